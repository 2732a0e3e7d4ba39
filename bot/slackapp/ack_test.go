package slackapp

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/socket"
	"lbbot/commands"
)

// onceEach requires that every envelope so far got exactly one ack in time:
// the stand-in counts second, late and foreign ones as findings.
func (r *rig) onceEach(envelopes float64) {
	r.t.Helper()
	r.idle()
	r.calm()
	require.Equal(r.t, envelopes, testutil.ToFloat64(r.app.metrics.acks.WithLabelValues("written")))
	require.Zero(r.t, testutil.ToFloat64(r.app.metrics.acks.WithLabelValues("failed")))
}

func TestEveryCommandIsAckedOnce(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	lines := []string{"", "help", "help all", "help errors", "help nonsense", "whoami", "status LBR-NOSUCH", "status",
		goodCommand, "register",
		"lst-8f2c", "lst-8f2c web-07 weight=500", "lst-8f2c web-07 wieght=5", "nolistener noserver",
		goodCommand + " dry-run",
		`unclosed "quote`, strings.Repeat("x", 2900), "<!channel> <@U0BO>", "\x00", "lst-8f2c web-07 to=#nowhere-here"}
	for _, line := range lines {
		r.types(ana, incident, line)
	}
	r.onceEach(float64(len(lines)))
	public, answers := r.said(ana, incident)
	require.Empty(t, public, "nothing leaks into the channel")
	require.GreaterOrEqual(t, len(answers), len(lines)-2, "all but the two that open the form are answered in words")
}

func TestEveryButtonIsAckedOnceWithWhateverValue(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.preview(ana, incident)
	mine := r.shelf.inState(operation.Draft)[0]
	r.preview(bo, incident)
	foreign := ""
	for _, op := range r.shelf.inState(operation.Draft) {
		if op.Actor.UserID == bo {
			foreign = render.ButtonValue(op)
		}
	}
	require.NotEmpty(t, foreign)
	r.idle()
	before := testutil.ToFloat64(r.app.metrics.acks.WithLabelValues("written"))
	n := 0
	for _, action := range append(render.ActionIDs(), "of_another_app", "") {
		for _, value := range []string{render.ButtonValue(mine), foreign, "garbage", "", "a:b:c", "no-such-id:1",
			render.MoreCopy + ":" + foreign, strings.Repeat("z", 2000)} {
			n++
			_, acked := r.slack.Deliver(t.Context(), "interactive", clickPayload(ana, incident, action, value), false)
			require.True(t, acked, "%s with %q", action, value)
		}
	}
	r.onceEach(before + float64(n))
	require.Len(t, r.shelf.inState(operation.Draft), 2,
		"ana's own was sent, bo's was not, and ana asked again for hers")
	for _, id := range r.starts.started() {
		op, err := r.shelf.Operation(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, ana, op.Actor.UserID, "somebody else's preview was sent")
	}
	public, _ := r.said(ana, incident)
	require.Empty(t, public)
}

// clickPayload is a click on an ephemeral message, with a value that Slack
// itself would not let a person choose.
func clickPayload(person, channel, action, value string) map[string]any {
	return map[string]any{"type": "block_actions", "trigger_id": "1.2.3", "team": map[string]any{"id": teamID},
		"user": map[string]any{"id": person, "team_id": teamID}, "channel": map[string]any{"id": channel},
		"container": map[string]any{"type": "message", "message_ts": "1.2", "channel_id": channel,
			"is_ephemeral": true},
		"actions": []any{map[string]any{"action_id": action, "value": value, "action_ts": time.Now().String(),
			"selected_option": option(action, value)}}}
}

func option(action, value string) any {
	if action != render.ActReqMore {
		return nil
	}
	return map[string]any{"value": value}
}

func TestEveryOtherEnvelopeIsAckedOnce(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	who := map[string]any{"id": ana, "team_id": teamID}
	submit := func(callback, metadata string, state any) map[string]any {
		return map[string]any{"type": "view_submission", "user": who, "team": map[string]any{"id": teamID},
			"view": map[string]any{"id": "V" + callback, "hash": "h", "callback_id": callback,
				"private_metadata": metadata, "state": state}}
	}
	tests := []struct {
		name, kind string
		payload    any
	}{
		{"the form, empty", "interactive", submit(render.ViewForm, form.Meta{Channel: incident}.String(),
			map[string]any{"values": map[string]any{}})},
		{"the form, without a channel", "interactive", submit(render.ViewForm, "", nil)},
		{"the form, with a state of another shape", "interactive",
			submit(render.ViewForm, form.Meta{Channel: incident}.String(), map[string]any{"values": 7})},
		{"the preview, with garbage", "interactive", submit(render.ViewPreview, "garbage", nil)},
		{"the preview, unknown", "interactive", submit(render.ViewPreview, "no-such-id:1", nil)},
		{"the form of a no, with garbage", "interactive", submit(render.ViewDeny, "garbage", nil)},
		{"the form of a no, unknown", "interactive",
			submit(render.ViewDeny, form.Meta{Channel: incident, About: "no-such-id:1"}.String(), nil)},
		{"the form of a no, with a state of another shape", "interactive",
			submit(render.ViewDeny, form.Meta{Channel: incident, About: "no-such-id:1"}.String(),
				map[string]any{"values": 7})},
		{"the form for break-glass, with garbage", "interactive", submit(render.ViewGlass, "garbage", nil)},
		{"the form for break-glass, unknown", "interactive",
			submit(render.ViewGlass, form.Meta{About: "no-such-id:1"}.String(), nil)},
		{"a notice", "interactive", submit(render.ViewNotice, "", nil)},
		{"an unknown view", "interactive", submit("of_another_app", "", nil)},
		{"a submission without a view", "interactive", map[string]any{"type": "view_submission", "user": who}},
		{"a closed view", "interactive", map[string]any{"type": "view_closed", "user": who,
			"view": map[string]any{"id": "V1"}}},
		{"a suggestion", "interactive", map[string]any{"type": "block_suggestion", "user": who}},
		{"a shortcut", "interactive", map[string]any{"type": "shortcut", "user": who, "trigger_id": "t1"}},
		{"a message shortcut", "interactive", map[string]any{"type": "message_action", "user": who, "trigger_id": "t2",
			"channel": map[string]any{"id": ops}}},
		{"a click without actions", "interactive",
			map[string]any{"type": "block_actions", "user": who, "actions": []any{}}},
		{"an unknown interaction", "interactive", map[string]any{"type": "workflow_step_edit", "user": who}},
		{"a mention", "events_api", map[string]any{"event_id": "E1", "team_id": teamID,
			"event": map[string]any{"type": "app_mention", "user": ana, "channel": ops}}},
		{"a mention by a bot", "events_api", map[string]any{"event_id": "E2",
			"event": map[string]any{"type": "app_mention", "bot_id": "B1", "channel": ops}}},
		{"an event of another shape", "events_api",
			map[string]any{"event_id": "E3", "event": map[string]any{"type": "channel_created",
				"channel": map[string]any{"id": "C1"}}}},
		{"an event without anything", "events_api", map[string]any{}},
		{"an unknown type", "brand_new", map[string]any{"what": "ever"}},
		{"a command with numbers for words", "slash_commands",
			map[string]any{"user_id": ana, "text": 7, "channel_id": incident}},
		{"a list", "slash_commands", []any{1, 2}},
		{"a word", "interactive", "word"},
		{"nothing", "interactive", nil},
	}
	for _, tt := range tests {
		answer, acked := r.slack.Deliver(t.Context(), tt.kind, tt.payload, true)
		require.True(t, acked, tt.name)
		require.NotContains(t, string(answer), `"clear"`, tt.name)
		if tt.name == "a suggestion" {
			require.JSONEq(t, `{"options":[]}`, string(answer))
		}
		if strings.HasPrefix(tt.name, "the form") || strings.HasPrefix(tt.name, "the preview") {
			require.Contains(t, string(answer), "response_action", "%s: an empty ack would close it", tt.name)
		}
	}
	r.onceEach(float64(len(tests)))
	require.Empty(t, r.starts.started())
	public, _ := r.said(ana, ops)
	require.Empty(t, public)
}

func TestEnvelopesOfAnotherAppAreDropped(t *testing.T) {
	t.Parallel()
	r := open(t, func(c *Config) { c.AppID = "A0LOCAL001" })
	answer, acked := r.slack.Deliver(t.Context(), "slash_commands",
		map[string]any{"api_app_id": "A0OTHER", "user_id": ana, "text": "help", "channel_id": incident}, true)
	require.True(t, acked)
	require.Empty(t, answer)
	r.types(ana, incident, "help")
	r.onceEach(2)
	require.Equal(t, 1.0, testutil.ToFloat64(r.app.metrics.faults.WithLabelValues("foreign")))
}

func TestAPanicIsAckedAndAnsweredWithAToken(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.shelf.hook(func(context.Context, string) error { panic("planted") })
	r.types(ana, incident, "status LBR-AAAAAA")
	r.sees(ana, incident, "Try again in a moment") // "not added" would be taken for the status
	r.types(ana, incident, goodCommand)
	r.sees(ana, incident, "Not sent", "something broke in the bot before anything was sent")
	r.shelf.hook(nil)
	r.types(ana, incident, "help")
	r.onceEach(3)
	require.Equal(t, 2.0, testutil.ToFloat64(r.app.metrics.faults.WithLabelValues("panic")))
}

func TestAPanicAboutARunningOperationIsNotCalledNotAdded(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, card := r.card(incident, operation.Sending)
	r.shelf.hook(func(ctx context.Context, method string) error {
		if method == "Save" {
			panic("planted")
		}
		return ctx.Err()
	})
	r.clicks(ana, card, render.ActOpStop, "")
	m := r.sees(ana, incident, op.Ref, "already accepted")
	require.NotContains(t, m.Text, "Not added")
	r.calm()
}

func TestAPanicAfterTheCommitIsNotCalledNotAdded(t *testing.T) {
	t.Parallel()
	r := open(t, func(c *Config) {
		c.Intake.Engine = &panickyEngine{}
	})
	v := r.atPreview(ana, incident)
	r.acked(r.submits(ana, v, nil))
	r.idle()
	require.Len(t, r.shelf.inState(operation.Accepted), 1)
	_, answers := r.said(ana, incident)
	for _, m := range answers {
		require.NotContains(t, m.Text, "Not added")
	}
	r.calm()
}

type panickyEngine struct{ starts }

func (*panickyEngine) Start(context.Context, string) error { panic("planted") }

func TestAFullPoolSaysBusy(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	r.types(bo, incident, "")
	form := r.view(bo, form.Title)
	m := r.preview(bo, ops)
	r.idle()
	r.app.lanes.mu.Lock()
	r.app.lanes.count = maxTasks
	r.app.lanes.mu.Unlock()

	r.types(ana, incident, "whoami")
	r.sees(ana, incident, "I am busy")
	in := r.submits(bo, form, goodForm())
	require.Contains(t, in.Errors[render.FieldBlockID(commands.KeyListener)], "busy")
	r.acked(r.submits(ana, v, nil))
	require.Contains(t, string(r.view(ana, private.ViewCheckTitle).Blocks), "busy")
	r.clicks(bo, m, "req_send", "")
	r.sees(bo, ops, "I am busy")

	// Not even room for excuses: still one ack each.
	r.until("the excuses are made", func() bool {
		return testutil.ToFloat64(r.app.metrics.acks.WithLabelValues("written")) >= 8
	})
	r.app.excuses.mu.Lock()
	r.app.excuses.count += maxExcuses
	r.app.excuses.mu.Unlock()
	r.types(ana, incident, "whoami")
	r.app.excuses.mu.Lock()
	r.app.excuses.count -= maxExcuses
	r.app.excuses.mu.Unlock()

	r.app.lanes.mu.Lock()
	r.app.lanes.count = 0
	r.app.lanes.mu.Unlock()
	require.Empty(t, r.starts.started())
	r.calm()
}

func TestAnAckThatIsTooLargeGoesOutEmptyAndIsMadeUpFor(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	large := render.Message{Text: strings.Repeat("x", 3000), Blocks: render.Blocks(render.Section("short"))}
	for range 9 {
		large.Blocks = append(large.Blocks, render.Section(strings.Repeat("x", 2900)))
	}
	receive := make(chan socket.Envelope, 1)
	r.divert(func(e socket.Envelope) { receive <- e })
	delivered := make(chan json.RawMessage, 1)
	go func() {
		answer, acked := r.slack.Deliver(t.Context(), "slash_commands", map[string]any{"user_id": ana}, true)
		if acked {
			delivered <- answer
		}
		close(delivered)
	}()
	e := <-receive
	d := delivery.Delivery{Kind: delivery.KindCommand, Actor: operation.Actor{UserID: ana},
		Place: operation.Place{ChannelID: incident}}
	answer := r.app.newAnswer(e, d)
	r.app.say(t.Context(), d, answer, large)
	empty, acked := <-delivered
	require.True(t, acked)
	require.Empty(t, empty)
	r.sees(ana, incident, "xxxx")
	answer.empty(t.Context())
	r.calm()
}

func TestAnOperationSurvivesAConnectionThatIsGone(t *testing.T) {
	t.Parallel()
	r := unconnected(t, nil)
	op := operation.Operation{ID: "0199-gone", Ref: "LBR-AAAAAA", Version: 1, State: operation.Draft,
		Times: operation.Times{ExpiresAt: time.Now().Add(time.Minute)},
		Actor: operation.Actor{UserID: ana, TeamID: teamID},
		Place: operation.Place{TeamID: teamID, ChannelID: incident, ResultID: incident}}
	require.NoError(t, r.shelf.SaveDraft(t.Context(), op, operation.Event{}))
	raw, err := json.Marshal(clickPayload(ana, incident, render.ActReqSend, render.ButtonValue(op)))
	require.NoError(t, err)
	r.app.Receive(socket.Envelope{ID: "e1", Type: "interactive", Payload: raw, ReceivedAt: time.Now()})
	r.idle()
	require.Equal(t, []string{op.ID}, r.starts.started())
	require.Contains(t, r.log.String(), "ack was not written")
	require.Equal(t, 1.0, testutil.ToFloat64(r.app.metrics.acks.WithLabelValues("failed")))
}

func TestHelpWhoseAckIsLostComesAnotherWay(t *testing.T) {
	t.Parallel()
	r := unconnected(t, nil)
	raw, err := json.Marshal(map[string]any{"user_id": ana, "team_id": teamID, "channel_id": incident, "text": "help",
		"trigger_id": "t"})
	require.NoError(t, err)
	r.app.Receive(socket.Envelope{ID: "e1", Type: "slash_commands", Payload: raw, ReceivedAt: time.Now()})
	require.True(t, r.sees(ana, incident, "/lb-register").Ephemeral)
}

func TestClosingWaitsForTheWork(t *testing.T) {
	t.Parallel()
	r := unconnected(t, nil)
	hook, entered, release := gated("Operation")
	r.shelf.hook(hook)
	raw, err := json.Marshal(map[string]any{"user_id": ana, "team_id": teamID, "channel_id": incident,
		"text": "status LBR-AAAAAA", "trigger_id": "t"})
	require.NoError(t, err)
	r.app.Receive(socket.Envelope{ID: "e1", Type: "slash_commands", Payload: raw, ReceivedAt: time.Now()})
	<-entered
	var closed sync.WaitGroup
	closed.Go(func() { r.app.Close(t.Context()) })
	close(release)
	closed.Wait()
	r.sees(ana, incident, "LBR-AAAAAA")
}

func TestClosingCutsOffWorkThatHangs(t *testing.T) {
	t.Parallel()
	r := unconnected(t, nil)
	hook, entered, _ := gated("Operation")
	r.shelf.hook(hook)
	raw, err := json.Marshal(map[string]any{"user_id": ana, "team_id": teamID, "channel_id": incident,
		"text": "status LBR-AAAAAA", "trigger_id": "t"})
	require.NoError(t, err)
	r.app.Receive(socket.Envelope{ID: "e1", Type: "slash_commands", Payload: raw, ReceivedAt: time.Now()})
	<-entered
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r.app.Close(ended)
}
