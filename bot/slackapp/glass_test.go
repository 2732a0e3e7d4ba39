package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
)

func TestBreakGlassAddsAtOnceAndSaysWhoWillBeTold(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo, chen)
	form := r.glassForm()
	require.True(t, has(sandbox.Message{Blocks: form.Blocks},
		"This skips approval. Bo (lead) and Chen (lead) will be told at once.") ||
		has(sandbox.Message{Blocks: form.Blocks}, "This skips approval. bo and chen will be told at once."))
	hasty := goodGlass()
	hasty[render.FieldBlockID("why")] = map[string]any{render.FieldBlockID("why"): "because"}
	in := r.acked(r.submits(ana, form, hasty))
	require.Contains(t, in.Errors[render.FieldBlockID("why")], "20 characters", "on its field, which stays filled in")
	in = r.acked(r.submits(ana, form, goodGlass()))
	require.Empty(t, in.Errors)
	require.Empty(t, r.slack.Views(ana), "it closes")
	r.slack.Redeliver(t.Context(), in, true)
	r.idle()
	ops := r.shelf.inState(operation.Accepted)
	require.Len(t, ops, 1)
	require.Equal(t, "inc-2041", ops[0].Glass.Incident)
	_, answers := r.said(ana, incident)
	require.Empty(t, answers, "the used preview is taken away")
	require.Equal(t, 1, r.events(operation.EventBreakGlass), "once")
	require.Contains(t, r.starts.started(), ops[0].ID)

	require.NoError(t, r.board.Report(t.Context(), ops[0]))
	require.NoError(t, skipsTold(t, r.board, ops[0]))
	card := r.sees(bo, approvers, "Break-glass", "customers cannot pay", "tells", bo, chen)
	require.False(t, has(card, render.ActApYes))
	r.sees(ana, incident, "Break-glass", "inc-2041")
	r.calm()
}

func TestBreakGlassFromThePreviewInAView(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	view := r.atPreview(ana, incident)
	r.acked(r.slack.ClickInView(t.Context(), ana, view.ID, render.ActGlassOpen, "", nil))
	r.until("the warning is filled in", func() bool {
		views := r.slack.Views(ana)
		return len(views) > 0 && has(sandbox.Message{Blocks: views[len(views)-1].Blocks},
			"You have used 0 of 2 this week.")
	})
	r.acked(r.submits(ana, r.view(ana, form.GlassTitle), goodGlass()))
	r.idle()
	ops := r.shelf.inState(operation.Accepted)
	require.Len(t, ops, 1)
	require.Equal(t, incident, ops[0].Place.ChannelID)
	r.calm()
}

func TestBreakGlassStaysARightAndABudget(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit func(*asking)
		want string
	}{
		"the right is gone": {func(r *asking) { r.rules.set(func(g *rules) { g.breaker = bo }) },
			"does not let you add web-07 to https-443 on api-lb without approval"},
		"approval is not asked": {func(r *asking) { r.rules.set(func(g *rules) { g.needed = 0 }) },
			"approval is not needed any more"},
		"the same server came": {func(r *asking) { r.byHand("i-55a1", "by-hand") },
			"the same server is on the listener"},
		"a fresh preview was made": {func(r *asking) {
			r.byHand("i-55a1", "by-hand")
			op := r.draft()
			_, err := r.app.Intake.Send(r.t.Context(), intake.Click{OperationID: op.ID, Actor: op.Actor,
				Place: op.Place, Version: op.Version})
			require.ErrorAs(r.t, err, new(*intake.ChangedError))
		}, "the same server is on the listener"},
		"the journal is away": {func(r *asking) { r.shelf.hook(failing("Accept")) }, "cannot store requests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openAsking(t, 1, bo)
			form := r.glassForm()
			tt.edit(r)
			in := r.acked(r.submits(ana, form, goodGlass()))
			said := string(r.slack.Views(ana)[0].Blocks)
			for _, text := range in.Errors {
				said += text
			}
			require.Contains(t, said, tt.want)
			require.Empty(t, r.shelf.inState(operation.Accepted))
			require.Empty(t, r.starts.started())
			r.calm()
		})
	}
}
