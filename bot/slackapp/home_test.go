package slackapp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
)

// home opens a person's Home tab and returns its content once it has a part.
func (r *rig) home(person, part string) (id, content string) {
	r.t.Helper()
	require.True(r.t, r.slack.OpenHome(r.t.Context(), person).Acked)
	r.until("a Home tab with "+part, func() bool {
		v, there := r.slack.Home(person)
		if there {
			id, content = v.ID, string(v.Blocks)
		}
		return there && strings.Contains(content, part)
	})
	return id, content
}

func TestTheHomeTabLeadsToTheForm(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	id, content := r.home(ana, "Nothing waits for you")
	require.Contains(t, content, "Slack: 1 connection", "she owns the bot")
	require.Empty(t, r.slack.ClickInView(t.Context(), ana, id, render.ActHomeAdd, "", nil).Failure)
	v := r.view(ana, form.Title)
	require.Contains(t, string(v.Blocks), render.FieldBlockID(commands.KeyTo), "the channel of the result is asked for")
	r.calm()
}

func TestButtonsOfTheHomeTabWork(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op := r.opened(1, ana, incident, operation.NotDone)
	id, _ := r.home(ana, op.Ref)
	in := r.slack.ClickInView(t.Context(), ana, id, render.ActReqMore, render.MoreValue(render.MoreDetails, op), nil)
	require.Empty(t, in.Failure)
	require.Contains(t, string(r.view(ana, "Load balancer changes").Blocks), op.Ref)
	r.slack.CloseView(t.Context(), ana, r.view(ana, "Load balancer changes").ID, true)
	in = r.slack.ClickInView(t.Context(), ana, id, render.ActReqAgainForm, render.ButtonValue(op), nil)
	require.Empty(t, in.Failure)
	r.view(ana, form.Title)
	r.calm()
}

func TestUndoOnTheHomeTabSendsThePreview(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, _ := r.added(nil)
	who, direct := op.Actor.UserID, "D0"+op.Actor.UserID[2:]
	id, _ := r.home(who, render.ActUndoAsk)
	require.Empty(t, r.slack.ClickInView(t.Context(), who, id, render.ActUndoAsk, render.ButtonValue(op), nil).Failure)
	m := r.sees(who, direct, "Preview", op.Ref, op.BackendID)
	require.Contains(t, string(r.view(who, "Load balancer changes").Blocks), "direct message")
	r.clicks(who, m, render.ActReqSend, "")
	undo := r.sent()
	require.Equal(t, []any{op.ID, incident, "/lb-register undo " + op.Ref + " to=" + incident},
		[]any{undo.Undoes, undo.Place.ResultID, undo.Command}, "the result goes where the addition's card is")
	r.calm()
}

func TestAHomeTabOfSomebodyUnknownSaysOnlyThat(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.opened(1, ana, incident, operation.Sending)
	r.gate.unchecked = true
	_, content := r.home(ana, "I could not check your account")
	require.NotContains(t, content, "LBR-")
	require.NotContains(t, content, render.ActHomeAdd)
	require.Empty(t, r.shelf.denials(), "to open a tab is no request")
}

func TestTheMessagesTabIsNotTheHomeTab(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, acked := r.slack.Deliver(t.Context(), "events_api", map[string]any{"type": "event_callback", "team_id": teamID,
		"event_id": "Ev1", "event": map[string]any{"type": "app_home_opened", "user": ana, "channel": "D1",
			"tab": "messages"}}, false)
	require.True(t, acked)
	r.idle()
	require.Never(t, func() bool { _, there := r.slack.Home(ana); return there }, 200*time.Millisecond,
		20*time.Millisecond)
}
