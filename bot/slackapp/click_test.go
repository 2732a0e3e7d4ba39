package slackapp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
)

// card accepts a preview of ana's in a channel and shows its card there.
func (r *rig) card(channel string, state operation.State) (operation.Operation, sandbox.Message) {
	r.t.Helper()
	r.clicks(ana, r.preview(ana, channel), render.ActReqSend, "")
	r.idle()
	op := r.shelf.inState(operation.Accepted)[0]
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.Version, op.State = op.Version+1, state
		if state == operation.NotDone {
			op.Reason = operation.ReasonTooLate
		}
	})
	op, err := r.shelf.Operation(r.t.Context(), op.ID)
	require.NoError(r.t, err)
	require.NoError(r.t, r.board.Report(r.t.Context(), op))
	public, _ := r.said(ana, channel)
	require.Len(r.t, public, 1)
	return op, public[0]
}

func TestASentPreviewIsTakenAwayAndAnythingElseKeepsIt(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	r.shelf.hook(failing("Accept"))
	r.clicks(ana, m, render.ActReqSend, "")
	r.sees(ana, incident, "cannot store requests")
	require.True(t, has(r.sees(ana, incident, "Preview"), render.ActReqSend), "the button is still good")

	r.shelf.hook(nil)
	r.clicks(ana, m, render.ActReqSend, "")
	r.idle()
	require.Len(t, r.starts.started(), 1)
	_, answers := r.said(ana, incident)
	for _, m := range answers {
		require.False(t, has(m, "Preview"), "a used preview is gone")
	}
	r.calm()
}

func TestASlowCommitIsAckedWithoutSayingAccepted(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	hook, entered, release := gated("Operation")
	r.shelf.hook(hook)
	done := make(chan sandbox.Interaction, 1)
	go func() { done <- r.slack.Click(t.Context(), ana, incident, m.TS, render.ActReqSend, "") }()
	<-entered
	in := r.acked(<-done)
	require.Less(t, in.AckAfter, 3*time.Second)
	require.True(t, has(r.sees(ana, incident, "Preview"), render.ActReqSend),
		"it is still there: nothing was accepted")
	close(release)
	r.until("it is carried out", func() bool { return len(r.starts.started()) == 1 })
	r.idle()
	r.calm()
}

func TestAnExpiredPreviewIsReplacedByAWayOn(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	r.shelf.edit(r.shelf.inState(operation.Draft)[0].ID,
		func(op *operation.Operation) { op.ExpiresAt = time.Now().Add(-time.Second) })
	r.clicks(ana, m, render.ActReqSend, "")
	expired := r.sees(ana, incident, "older than 5 minutes", render.ActReqAgain)
	require.Equal(t, m.TS, expired.TS, "in its place")
	r.clicks(ana, expired, render.ActReqAgain, "")
	r.sees(ana, incident, "Preview", render.ActReqSend)
	require.Empty(t, r.starts.started())
	r.calm()
}

func TestACancelledPreviewIsReplaced(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	r.clicks(ana, m, render.ActReqCancel, "")
	require.Equal(t, m.TS, r.sees(ana, incident, "was cancelled").TS)
	r.idle()
	require.Empty(t, r.starts.started())
	r.calm()
}

func TestTheFormOpensWithTheValuesOfThePreview(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	m := r.preview(ana, incident)
	r.clicks(ana, m, render.ActReqChange, "")
	require.True(t, has(sandbox.Message{Blocks: r.view(ana, form.Title).Blocks}, "api-lb/https-443", "web-07",
		"8443",
		"20", "more room"))
	r.calm()
}

func TestNoClickReplacesThePublicCard(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, card := r.card(incident, operation.NotDone)
	before, calls := string(card.Blocks), len(r.slack.APICalls())
	for _, person := range []string{ana, bo} {
		for _, action := range render.ActionIDs() {
			payload := clickPayload(person, incident, action, render.ButtonValue(op))
			if action == render.ActReqMore {
				payload = clickPayload(person, incident, action, render.MoreValue(render.MoreDetails, op))
			}
			payload["container"] = map[string]any{"type": "message", "message_ts": card.TS, "channel_id": incident,
				"is_ephemeral": false}
			payload["response_url"] = r.slack.Click(t.Context(), person, incident, card.TS, render.ActReqMore,
				render.MoreValue(render.MoreDetails, op)).ResponseURL
			_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
			require.True(t, acked, action)
			r.idle()
		}
	}
	for _, call := range r.slack.APICalls()[calls:] {
		require.NotEqual(t, "true", string(call.Args["replace_original"]), "Slack does not refuse this everywhere")
		require.NotEqual(t, "true", string(call.Args["delete_original"]))
	}
	public, answers := r.said(bo, incident)
	require.Len(t, public, 1)
	require.JSONEq(t, before, string(public[0].Blocks))
	require.Empty(t, public[0].History)
	require.NotEmpty(t, answers)
	_, others := r.said("U0CHEN", incident)
	require.Empty(t, others, "answers to a click are for the one who clicked")
}

func TestOutsidersLearnNothingFromACardInASharedChannel(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, _ := r.card(incident, operation.NotDone)
	for _, action := range render.ActionIDs() {
		value := render.ButtonValue(op)
		if action == render.ActReqMore {
			value = render.MoreValue(render.MoreZeno, op)
		}
		payload := clickPayload(olga, partner, action, value)
		payload["user"] = map[string]any{"id": olga, "team_id": "T0PARTNER"}
		payload["container"] = map[string]any{"type": "message", "message_ts": "1.2", "channel_id": partner}
		_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
		require.True(t, acked, action)
	}
	r.idle()
	public, answers := r.said(olga, partner)
	require.Empty(t, public)
	require.NotEmpty(t, answers)
	for _, m := range answers {
		for _, secret := range []string{op.Request.ClientToken, "more room", "Not added"} {
			require.False(t, has(m, secret), "%s is told to an outsider: %s", secret, m.Text)
		}
	}
	require.Empty(t, r.slack.Views(olga), "not even a form with its values")
	require.Len(t, r.starts.started(), 1)
}

func TestDetailsAnswerInsidersPrivately(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, card := r.card(incident, operation.NotDone)
	r.clicks(bo, card, render.ActReqMore, "")
	require.True(t, r.sees(bo, incident, "Details of "+op.Ref).Ephemeral)
	r.calm()
}

func TestSomebodyElsesDraftIsUnknownToTheMenuAndTheForm(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.preview(ana, incident)
	draft := r.shelf.inState(operation.Draft)[0]
	for action, value := range map[string]string{render.ActReqMore: render.MoreValue(render.MoreZeno, draft),
		render.ActReqChange: render.ButtonValue(draft), render.ActReqAgain: render.ButtonValue(draft)} {
		_, acked := r.slack.Deliver(t.Context(), "interactive", clickPayload(bo, incident, action, value), false)
		require.True(t, acked)
	}
	r.idle()
	_, answers := r.said(bo, incident)
	for _, m := range answers {
		require.True(t, has(m, "This has expired"), m.Text)
	}
	require.Len(t, answers, 3)
	require.Empty(t, r.slack.Views(bo))
}

func TestRedeliveriesAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, card := r.card(incident, operation.NotDone)
	r.idle()
	_, before := r.said(bo, incident)
	again := r.clicks(bo, card, render.ActReqAgain, "")
	whoami := r.types(bo, incident, "whoami")
	status := r.types(bo, incident, "status LBR-NOSUCH")
	command := r.types(bo, incident, goodCommand)
	r.idle()
	_, after := r.said(bo, incident)
	require.Len(t, after, len(before)+4)
	for _, in := range []sandbox.Interaction{again, whoami, status, command} {
		r.acked(r.slack.Redeliver(t.Context(), in, true))
		r.acked(r.slack.Redeliver(t.Context(), in, true))
	}
	r.idle()
	_, now := r.said(bo, incident)
	require.Len(t, now, len(after))
	require.Len(t, r.shelf.inState(operation.Draft), 2)
}

func TestButtonsOfARunningOperationReachIt(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, _ := r.card(incident, operation.Unconfirmed)
	click := func(action string) {
		payload := clickPayload(ana, incident, action, render.ButtonValue(op))
		payload["container"] = map[string]any{"type": "message", "message_ts": "1.2", "channel_id": incident}
		_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
		require.True(t, acked)
		r.idle()
	}
	click(render.ActOpStop)
	stopped, err := r.shelf.Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ana, stopped.StopBy)
	click(render.ActSettleNow)
	require.Len(t, r.starts.pokes, 2)
	r.shelf.edit(op.ID, func(op *operation.Operation) { op.State = operation.NeedsPerson })
	click(render.ActSettleNo)
	answered, err := r.shelf.Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.AnswerNotThere, answered.Answer)
	r.shelf.edit(op.ID, func(op *operation.Operation) { op.State = operation.Done })
	click(render.ActOpStop)
	r.sees(ana, incident, "This card is out of date")
}

func TestAPersonWhoLeftTheChannelIsAnsweredDirectly(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.slack.FailNext("response_url", sandbox.APIFault{Error: "used_url", Times: -1})
	r.slack.FailNext("chat.postEphemeral", sandbox.APIFault{Error: "user_not_in_channel", Times: -1})
	r.types(ana, incident, "whoami")
	r.sees(ana, "D0ANA", ana)
	public, answers := r.said(ana, incident)
	require.Empty(t, public)
	require.Empty(t, answers)
}

func TestAnAnswerThatReachesNobodyIsAnErrorInTheLog(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.slack.FailNext("*", sandbox.APIFault{Status: 503, Times: -1})
	r.types(ana, incident, "whoami")
	r.idle()
	require.Contains(t, r.log.String(), "a person could not be answered")
}

func TestTheCallForTheShellIsShownOnlyWhileItIsNotSettled(t *testing.T) {
	t.Parallel()
	for state, shown := range map[operation.State]bool{operation.NeedsPerson: true, operation.Unconfirmed: true,
		operation.Done: false, operation.NotDone: false} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			op, card := r.card(incident, state)
			payload := clickPayload(bo, incident, render.ActReqMore, render.MoreValue(render.MoreZeno, op))
			payload["container"] = map[string]any{"type": "message", "message_ts": card.TS, "channel_id": incident}
			_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
			require.True(t, acked)
			r.idle()
			_, answers := r.said(bo, incident)
			require.Len(t, answers, 1)
			require.Equal(t, shown, has(answers[0], op.Request.ClientToken), answers[0].Text)
		})
	}
}
