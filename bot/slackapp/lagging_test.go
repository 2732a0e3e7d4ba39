package slackapp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// takesOff has ana remove be-19c1, which the list goes on showing.
func (r *rig) takesOff(preview func()) operation.Operation {
	r.t.Helper()
	r.types(ana, incident, "remove api-lb:443 be-19c1 reason=x")
	m := r.sees(ana, incident, "Preview", "be-19c1")
	if preview != nil {
		preview()
	}
	r.clicks(ana, m, render.ActReqSend, "")
	op := r.sent()
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.Version, op.State = op.Version+1, operation.Done
		op.FinishedAt, op.Evidence, op.BackendID = r.app.Now(), operation.EvidenceAnswered, "be-19c1"
	})
	return op
}

func TestAnEntryThatWasJustTakenOffIsNotRemovedAgainWhileTheListShowsIt(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op := r.takesOff(func() {
		r.types(bo, incident, "remove api-lb:443 be-19c1 reason=y")
		r.sees(bo, incident, "Preview", "be-19c1")
	})
	m := r.sees(bo, incident, "Preview", "be-19c1")
	r.clicks(bo, m, render.ActReqSend, "")
	r.sees(bo, incident, "Nothing to do", op.Ref)
	r.idle()
	require.Empty(t, r.shelf.inState(operation.Accepted))

	r.types(dev, incident, "remove api-lb:443 web-03 reason=z")
	r.sees(dev, incident, "Nothing to do", "be-19c1", op.Ref)
	r.idle()
	require.Empty(t, r.shelf.inState(operation.Accepted))
	r.calm()
}

// A backend ID may be given again. Then the removal that is over is not about this entry.
func TestARemovalThatEndedBeforeAnAdditionSaysNothingAboutItsEntry(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	before := r.takesOff(nil)
	op, card := r.added(func(op *operation.Operation) {
		op.BackendID, op.FinishedAt = "be-19c1", op.FinishedAt.Add(time.Second)
		op.Request.InstanceID, op.Request.PortList, op.Request.Weight = "i-5593", []int{8080}, 50
	})
	r.pressesUndo(ana, op, card)
	m := r.sees(ana, incident, "Preview", op.Ref)
	require.NotContains(t, string(m.Blocks), before.Ref)
	r.types(bo, incident, "remove api-lb:443 be-19c1 reason=x")
	r.sees(bo, incident, "Preview", "be-19c1")
	r.calm()
}

func TestAddingBackWhatWasJustTakenOffSaysThatTheListIsLate(t *testing.T) {
	t.Parallel()
	for _, weight := range []string{"50", "20"} {
		r := open(t, nil)
		op := r.takesOff(nil)
		r.types(bo, incident, "api-lb:443 web-03 ports=8080 weight="+weight)
		m := r.sees(bo, incident, "Not sent", op.Ref, "took it off",
			"Zenlayer's list still shows it", "Try again in a minute")
		require.NotContains(t, string(m.Blocks), "already on this listener")
		r.idle()
		require.Empty(t, r.shelf.inState(operation.Draft))
	}
}

func TestAnEntryWhosePortsCannotBeReadIsLeftToTheConsole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		denied bool
		says   string
	}{
		"who may remove it":     {false, "Do it in the Zenlayer console."},
		"who may not remove it": {true, "may not remove servers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			b := r.backend("be-19c1")
			r.cloud.RemoveBackend(b.BackendID)
			b.Port = "1-65535"
			r.cloud.AddBackend(b)
			if tt.denied {
				r.gate.deny(operation.DeniedNoRule)
			}
			r.types(bo, incident, "remove api-lb:443 be-19c1")
			r.sees(bo, incident, "Not sent", tt.says)
			require.Empty(t, r.shelf.inState(operation.Draft))
		})
	}
}
