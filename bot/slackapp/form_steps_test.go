package slackapp

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
)

// The steps of a person through the form.
const (
	stepOpen = iota
	stepListener
	stepServer
	stepCheck
	stepAdd
	steps
)

// step takes a person one step on, and returns what Slack shows at once.
func (r *formRig) step(person string, n int) sandbox.Interaction {
	r.t.Helper()
	top := func() sandbox.View {
		views := r.slack.Views(person)
		require.NotEmpty(r.t, views)
		return views[len(views)-1]
	}
	switch n {
	case stepOpen:
		r.form(person)
	case stepListener:
		r.offers(person, top(), pickListener, "")
		in := r.slack.ClickInView(r.t.Context(), person, top().ID, pickListener, "lst-8f2c", nil)
		r.acked(in)
		r.idle()
	case stepServer:
		r.offers(person, top(), pickServer, "web-07")
	case stepCheck:
		return r.acked(r.submits(person, top(), picked("lst-8f2c", "i-55a1", nil)))
	case stepAdd:
		return r.acked(r.submits(person, top(), nil))
	}
	return sandbox.Interaction{}
}

// Line 7 of the script's tests, as far as it is about the form.
func TestBetweenAnyTwoStepsOfTheFormWhatChangedStopsItInWords(t *testing.T) {
	t.Parallel()
	offered := func(only string) func(r *formRig) {
		return func(r *formRig) {
			v := r.view(ana, form.Title)
			require.Equal(r.t, []string{only}, values(r.offers(ana, v, pickListener, "")))
			require.Equal(r.t, []string{only}, values(r.offers(ana, v, pickServer, "web")))
		}
	}
	changes := map[string]struct {
		change      func(r *formRig)
		from, until int              // the first and the last step after which it can happen
		words       []string         // one of them is shown in the end
		picking     func(r *formRig) // what is seen at once while a list is yet to be used
	}{
		"rights removed": {func(r *formRig) { r.gate.deny(operation.DeniedNoRule) }, stepOpen, stepCheck,
			[]string{"you may not add servers"}, offered(form.NoneToYou)},
		// After the check they are read again before the call, which is not the form's work.
		"listener gone": {func(r *formRig) { require.True(r.t, r.cloud.RemoveListener("lst-8f2c")) }, stepOpen,
			stepServer, []string{"No listener called"}, nil},
		"server gone": {func(r *formRig) { require.True(r.t, r.cloud.RemoveInstance("i-55a1")) }, stepOpen, stepServer,
			[]string{"No server called"}, nil},
		"the lists are too old": {func(r *formRig) { r.lists.set(func(l *memoryLists) { l.unread = true }) }, stepOpen,
			stepListener, nil, offered(form.NotListed)},
		"the journal is gone": {func(r *formRig) {
			r.shelf.hook(failing("SaveDraft", "Accept", "Operation"))
		}, stepOpen, stepCheck, []string{"cannot store requests", "could not find out whether"}, nil},
		"preview expired": {func(r *formRig) {
			for _, op := range r.shelf.inState(operation.Draft) {
				r.shelf.edit(op.ID, func(op *operation.Operation) { op.ExpiresAt = time.Now().Add(-time.Second) })
			}
		}, stepCheck, stepCheck, []string{"older than 5 minutes. Nothing was sent. Press Close, then Check again."},
			nil},
		"the name is taken": {func(r *formRig) { r.byHand("i-55a0", "web-07") }, stepCheck, stepCheck,
			[]string{"Something changed since you looked: the name web-07 is taken"}, nil},
	}
	for name, c := range changes {
		for after := c.from; after <= c.until; after++ {
			t.Run(fmt.Sprintf("%s after step %d", name, after), func(t *testing.T) {
				t.Parallel()
				r := openListed(t, sampleLists())
				for n := range after + 1 {
					r.step(ana, n)
				}
				c.change(r)
				if c.picking != nil && after < stepServer {
					c.picking(r)
					return
				}
				said := ""
				for n := after + 1; n < steps && said == ""; n++ {
					said = r.stopped(r.step(ana, n), n)
				}
				found := false
				for _, w := range c.words {
					found = found || has(sandbox.Message{Text: said}, w)
				}
				require.True(t, found, "%q does not say %q", said, c.words)
				r.idle()
				require.Empty(t, r.starts.started())
				require.Empty(t, r.shelf.inState(operation.Accepted))
				r.calm()
			})
		}
	}
}

// stopped is what a check or the last step was refused with; empty if it was not.
func (r *formRig) stopped(in sandbox.Interaction, n int) string {
	if n < stepCheck {
		return ""
	}
	for _, words := range in.Errors {
		return words
	}
	views := r.slack.Views(ana)
	if n == stepCheck && len(views) > 0 && views[len(views)-1].Title == private.ViewCheckTitle || len(views) == 0 {
		return ""
	}
	return string(views[len(views)-1].Blocks)
}

// Line 6 of the script's tests, as far as it is about the form.
func TestAFormThatIsSentTwiceIsOneOperation(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	for n := range stepAdd {
		in := r.step(ana, n)
		if n == stepCheck {
			require.True(t, r.slack.Redeliver(t.Context(), in, true).Acked)
		}
	}
	in := r.step(ana, stepAdd)
	r.slack.Redeliver(t.Context(), in, true)
	r.idle()
	accepted := r.shelf.inState(operation.Accepted)
	require.Len(t, accepted, 1)
	require.Equal(t, "lst-8f2c", accepted[0].Request.ListenerID)
	require.Equal(t, "i-55a1", accepted[0].Request.InstanceID)
	for _, id := range r.starts.started() {
		require.Equal(t, accepted[0].ID, id)
	}
}

func TestAFormThatIsClosedAfterAnyStepSendsNothing(t *testing.T) {
	t.Parallel()
	for after := range stepAdd {
		r := openListed(t, sampleLists())
		for n := range after + 1 {
			r.step(ana, n)
		}
		v := r.slack.Views(ana)[len(r.slack.Views(ana))-1]
		r.slack.CloseView(t.Context(), ana, v.ID, true)
		r.idle()
		require.Empty(t, r.starts.started())
		require.Empty(t, r.shelf.inState(operation.Accepted))
		require.Empty(t, r.slack.Views(ana))
		require.NotContains(t, r.log.String(), `"level":"error"`)
		r.calm()
	}
}

func TestErrorsOfPickedFieldsStandOnThemInOneRound(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	lists.add([]zenlayer.LoadBalancer{{ID: "lb-gone", Listeners: []zenlayer.Listener{{ListenerID: "lst-gone",
		Name: "gone"}}}}, zenlayer.Instance{ID: "i-gone", Name: "gone", Type: zenlayer.InstanceBM})
	r := openListed(t, lists)
	v := r.form(ana)
	r.offers(ana, v, pickListener, "")
	r.offers(ana, v, pickServer, "gone")
	in := r.acked(r.submits(ana, v, picked("lst-gone", "i-gone",
		map[string]string{"ports": "80808", "name": "a b!", "to": "C0OLD"})))
	for _, field := range []string{pickListener, pickServer, "field_ports", "field_name", "field_to"} {
		require.NotEmpty(t, in.Errors[field], field)
	}
	require.Len(t, in.Errors, 5)
	require.Equal(t, v.ID, r.view(ana, form.Title).ID)
	r.calm()
}
