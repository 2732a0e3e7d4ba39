package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
)

// atDeny opens the form that asks for the reason of a no.
func (r *asking) atDeny(person string, card sandbox.Message) sandbox.View {
	r.t.Helper()
	r.clicks(person, card, render.ActApNo, "")
	return r.view(person, form.DenyTitle)
}

// told requires that a submitted form stays open, or is replaced, and says why.
func (r *asking) told(person string, in sandbox.Interaction, want string) {
	r.t.Helper()
	views := r.slack.Views(person)
	require.NotEmpty(r.t, views, "the form is closed, as if all were well")
	said := string(views[len(views)-1].Blocks)
	for _, text := range in.Errors {
		said += text
	}
	require.Contains(r.t, said, want)
}

func TestANoOnAnOlderPictureCountsForNothing(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	form := r.atDeny(bo, card)
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.Version += 2
		op.Approval.Since = op.Version
		op.Approval.Again, op.Approval.Changes = operation.AgainPicture, []string{"the name web-07 is taken by be-77"}
	})
	in := r.acked(r.submits(bo, form, filled(map[string]string{"reason": "the name is free: take it"})))
	r.idle()
	require.Nil(t, r.stored(op.ID).Approval.Denied, "it was said about something else")
	r.told(bo, in, "This card is out of date")
	for _, v := range r.slack.Views(bo) {
		r.slack.CloseView(t.Context(), bo, v.ID, true)
	}

	r.shows(op.ID)
	form = r.atDeny(bo, r.sees(bo, approvers, "Approve as it is now"))
	require.Empty(t, r.acked(r.submits(bo, form, filled(map[string]string{"reason": "the name is taken"}))).Errors)
	r.idle()
	require.Equal(t, "the name is taken", r.stored(op.ID).Approval.Denied.Reason)
	r.calm()
}

func TestANoAfterSomebodyElsesIsNotTakenForIt(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo, chen)
	op, card := r.asked()
	first, second := r.atDeny(bo, card), r.atDeny(chen, card)
	require.Empty(t, r.acked(r.submits(bo, first, filled(map[string]string{"reason": "wrong listener"}))).Errors)
	r.idle()
	require.Empty(t, r.slack.Views(bo), "it closes")
	in := r.acked(r.submits(chen, second, filled(map[string]string{"reason": "wrong weight"})))
	r.idle()
	r.told(chen, in, "Already denied by")
	no := r.stored(op.ID).Approval.Denied
	require.Equal(t, []string{bo, "wrong listener"}, []string{no.By.UserID, no.Reason})
	require.Equal(t, 1, r.events(operation.EventNotApproved))
	r.calm()
}

// What a button carries can be made up; the form must not tell of what is
// somebody else's or not waiting for it.
func TestTheFormForBreakGlassTellsNothingOfWhatIsNotOnesOwnDraft(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		who  string
		edit func(*operation.Operation)
		want bool
	}{
		"one's own draft":             {ana, func(*operation.Operation) {}, true},
		"somebody else's draft":       {bo, func(*operation.Operation) {}, false},
		"what is not a draft anymore": {ana, func(op *operation.Operation) { op.State = operation.Waiting }, false},
		"what needs no approval":      {ana, func(op *operation.Operation) { op.Approval = nil }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openAsking(t, 1, chen)
			r.types(ana, incident, goodCommand)
			r.sees(ana, incident, "Needs approval", render.ActGlassOpen)
			draft := r.shelf.inState(operation.Draft)[0]
			r.shelf.edit(draft.ID, tt.edit)
			payload := clickPayload(tt.who, incident, render.ActGlassOpen, render.ButtonValue(draft))
			payload["trigger_id"] = r.types(tt.who, incident, "help").TriggerID
			_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
			require.True(t, acked)
			r.view(tt.who, form.GlassTitle)
			r.idle()
			form := sandbox.Message{Blocks: r.view(tt.who, form.GlassTitle).Blocks}
			require.True(t, has(form, "This skips approval."))
			require.Equal(t, tt.want, has(form, "You have used 0 of 2 this week."), "%s", form.Blocks)
			require.Equal(t, tt.want, has(form, "chen"), "%s", form.Blocks)
			r.calm()
		})
	}
}
