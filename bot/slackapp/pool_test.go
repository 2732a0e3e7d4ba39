package slackapp

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// byHand is what a colleague does in the console.
func (r *rig) byHand(server, name string) zenlayer.Backend {
	return r.cloud.AddBackend(zenlayer.Backend{ListenerID: "lst-8f2c", InstanceID: server, Name: name, Port: "9000",
		Weight: 20, Status: "Available", InstanceType: zenlayer.InstanceBM})
}

// draft is the only preview there is.
func (r *rig) draft() operation.Operation {
	r.t.Helper()
	drafts := r.shelf.inState(operation.Draft)
	require.Len(r.t, drafts, 1)
	return drafts[0]
}

func TestPoolIsReadWhenItsMenuEntryIsPressed(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	r.byHand("i-55a0", "by-hand")
	more := render.MoreValue(render.MorePool, r.draft())
	r.clicks(ana, m, render.ActReqMore, more)
	require.True(t, r.sees(ana, incident, "Pool of https-443 on api-lb", "*new:* web-07", "by-hand", "→").Ephemeral)
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Refused, Action: "DescribeBackends", Times: -1, Status: 403,
		Code: "AUTHFAILURE_UNAUTHORIZED_OPERATION", Message: "not authorised"})
	r.clicks(ana, m, render.ActReqMore, more)
	told := r.sees(ana, incident, "I could not read which servers https-443 on api-lb has",
		"AUTHFAILURE_UNAUTHORIZED_OPERATION", "What to do: nothing on your side; the bot's owners")
	require.NotContains(t, told.Text, "in a minute", "that does not help")
	r.calm()
}

func TestPoolIsShownOverThePreviewInAView(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	preview := r.atPreview(ana, incident)
	value := render.ButtonValue(r.draft())
	r.acked(r.slack.ClickInView(t.Context(), ana, preview.ID, render.ActPoolShow, value, nil))
	r.until("the pool is filled in", func() bool {
		views := r.slack.Views(ana)
		return len(views) == 3 && views[2].Title == private.PoolTitle &&
			has(sandbox.Message{Blocks: views[2].Blocks}, "*Before:*", "*After:*", "*new:* web-07")
	})
	r.slack.CloseView(t.Context(), ana, r.view(ana, private.PoolTitle).ID, false)
	r.acked(r.submits(ana, r.view(ana, private.ViewCheckTitle), nil))
	r.idle()
	require.Len(t, r.starts.started(), 1, "the preview under it can still be sent")
	r.calm()
}

func TestPoolThatCannotBeReadIsSaidInTheView(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	preview := r.atPreview(ana, incident)
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.ConnectionDropped, Action: "DescribeBackends", Times: -1})
	r.acked(r.slack.ClickInView(t.Context(), ana, preview.ID, render.ActPoolShow, render.ButtonValue(r.draft()), nil))
	r.until("the view says so", func() bool {
		views := r.slack.Views(ana)
		return len(views) == 3 && has(sandbox.Message{Blocks: views[2].Blocks}, "I could not read which servers")
	})
	r.calm()
}

func TestPoolIsShownToApproversAndToNobodyFromOutside(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	more := render.MoreValue(render.MorePool, op)
	r.clicks(bo, card, render.ActApMore, more)
	r.sees(bo, card.ChannelID, "Pool of https-443 on api-lb", "*new:* web-07")

	calls := len(r.cloud.CallsOf("DescribeBackends"))
	payload := clickPayload(bo, partner, render.ActApMore, more)
	_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
	require.True(t, acked)
	r.idle()
	require.Len(t, r.cloud.CallsOf("DescribeBackends"), calls, "a channel shared with others learns nothing")
	r.calm()
}

func TestPressingAPreviewThatMovedShowsAFreshOneInItsPlace(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	old := r.draft()
	be := r.byHand("i-55a0", "web-07")
	changed := "Something changed since you looked: the name web-07 is taken by " + be.BackendID +
		". Here is the new picture."
	for range 2 { // the second press was on its way already
		payload := clickPayload(ana, incident, render.ActReqSend, render.ButtonValue(old))
		payload["container"] = map[string]any{"type": "message", "message_ts": m.TS, "channel_id": incident,
			"is_ephemeral": true}
		_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
		require.True(t, acked)
		r.idle()
		r.sees(ana, incident, changed, "backend name `web-07-2`", render.ActReqSend)
	}
	r.clicks(ana, m, render.ActReqSend, "")
	fresh := r.sees(ana, incident, changed, render.ButtonValue(r.draft()))
	require.Equal(t, m.TS, fresh.TS, "in its place")
	require.Empty(t, r.starts.started())
	require.EqualValues(t, 2, r.draft().Version, "it was stored again once")

	r.clicks(ana, fresh, render.ActReqSend, "")
	r.idle()
	require.Len(t, r.starts.started(), 1)
	accepted := r.shelf.inState(operation.Accepted)[0]
	require.Equal(t, "web-07-2", accepted.Request.BackendName)
	r.calm()
}

func TestSubmittingAPreviewThatMovedShowsAFreshOne(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	be := r.byHand("i-55a1", "by-hand").BackendID
	r.acked(r.submits(ana, v, nil))
	again := r.view(ana, private.ViewCheckTitle)
	require.True(t, has(sandbox.Message{Blocks: again.Blocks},
		"Something changed since you looked: the same server is on the listener as "+be+". Here is the new picture.",
		"web-07 is already on this listener as "+be+" (port 9000)."))
	require.Equal(t, render.ButtonValue(r.draft()), again.PrivateMetadata)
	require.Empty(t, r.starts.started())
	r.acked(r.submits(ana, again, nil))
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestSubmittingWhatIsThereAlreadySaysSo(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	r.cloud.AddBackend(zenlayer.Backend{ListenerID: "lst-8f2c", InstanceID: "i-55a1", Name: "by-hand", Port: "8443",
		Weight: 20, Status: "Available", InstanceType: zenlayer.InstanceBM})
	r.acked(r.submits(ana, v, nil))
	require.True(t, has(sandbox.Message{Blocks: r.view(ana, private.ViewCheckTitle).Blocks},
		"Nothing to do: web-07 is already on api-lb port 443 with the same ports and weight"))
	require.Empty(t, r.starts.started())
	require.EqualValues(t, 1, r.draft().Version)
	r.calm()
}

func TestAskingForApprovalOfAPreviewThatMovedAsksNobody(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	r.types(ana, incident, goodCommand)
	m := r.sees(ana, incident, "Preview", "Needs approval", render.ActApprovalAsk)
	r.byHand("i-55a0", "web-07")
	r.clicks(ana, m, render.ActApprovalAsk, "")
	fresh := r.sees(ana, incident, "Something changed since you looked", "Needs approval", render.ActApprovalAsk)
	require.Empty(t, r.shelf.inState(operation.Waiting))
	r.clicks(ana, fresh, render.ActApprovalAsk, "")
	r.idle()
	waiting := r.shelf.inState(operation.Waiting)
	require.Len(t, waiting, 1)
	require.Equal(t, *waiting[0].Shown, waiting[0].Approval.Picture, "approvers see what the asker saw last")
	r.calm()
}

func TestPoolSaysOneShareInItsHeadingAndItsRows(t *testing.T) {
	t.Parallel()
	pool := examples.Backends(4)
	for i := range pool {
		pool[i].Weight = 100
	}
	op := examples.Draft(examples.Shown(pool), func(op *operation.Operation) { op.Request.Weight = 1 })
	shown, err := json.Marshal(private.Pool(op, pool, op.AskedAt).Blocks)
	require.NoError(t, err)
	require.Contains(t, string(shown), "web-07 would take less than 1 % of new connections")
	require.Contains(t, string(shown), "weight 1 · less than 1 %")
	require.Contains(t, string(shown), "weight 100 · 25 % · ", "said once, since it stays the same")
	require.NotContains(t, string(shown), " 0 %")
}

func TestPoolIsNotShownToAMemberOfTheChannelWithoutAnyRight(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	r.rules.set(func(g *rules) { g.without = chen })
	r.clicks(chen, card, render.ActApMore, render.MoreValue(render.MorePool, op))
	told := r.sees(chen, approvers, "The policy does not let you see which servers https-443 on api-lb has")
	require.True(t, told.Ephemeral)
	require.False(t, has(told, "Before"))
	r.calm()
}

// A view has no channel. That of a request counts only for who made it.
func TestPoolOverAViewIsNotAskedForFromTheChannelOfOthers(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	preview := r.atPreview(ana, incident)
	draft := r.draft()
	r.shelf.edit(draft.ID, func(op *operation.Operation) { op.State, op.Actor.UserID = operation.Waiting, bo })
	r.acked(r.slack.ClickInView(t.Context(), ana, preview.ID, render.ActPoolShow, render.ButtonValue(draft), nil))
	r.idle()
	shown := sandbox.Message{Blocks: r.view(ana, private.PoolTitle).Blocks}
	require.True(t, has(shown, "I could not check"), string(shown.Blocks))
	require.False(t, has(shown, "web-03"))
	r.calm()
}
