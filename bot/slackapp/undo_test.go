package slackapp

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/zenlayer/zenlayertest"
)

// pressesUndo presses Undo on a card.
func (r *rig) pressesUndo(person string, op operation.Operation, card sandbox.Message) {
	r.t.Helper()
	_, acked := r.slack.Deliver(r.t.Context(), "interactive",
		clickPayload(person, card.ChannelID, render.ActUndoAsk, render.ButtonValue(op)), false)
	require.True(r.t, acked)
}

// nothingSent checks that nobody was shown a preview and nothing was accepted.
func (r *rig) nothingSent() {
	r.t.Helper()
	r.idle()
	require.Empty(r.t, r.shelf.inState(operation.Draft))
	require.Empty(r.t, r.starts.started()[1:], "but the addition")
	require.Empty(r.t, r.cloud.CallsOf("DeregisterBackend"))
}

func TestWhatCannotBeTakenBackIsSaidWithTheNextStep(t *testing.T) {
	t.Parallel()
	hours := func(n int) func(*operation.Operation) {
		return func(op *operation.Operation) { op.FinishedAt = op.FinishedAt.Add(-time.Duration(n) * time.Hour) }
	}
	in := func(s operation.State) func(*operation.Operation) {
		return func(op *operation.Operation) { op.State, op.Reason = s, operation.ReasonStopped }
	}
	for name, tt := range map[string]struct {
		edit   func(*operation.Operation)
		cloud  func(*rig, operation.Operation)
		says   []string
		button bool // only the button says so
	}{
		"changed since": {nil, func(r *rig, op operation.Operation) { r.cloud.SetBackendWeight(op.BackendID, 7) },
			[]string{"not as it was left", "20", "7", "/lb-register remove lst-8f2c"}, false},
		"another server's now": {nil, func(r *rig, op operation.Operation) {
			b := r.backend(op.BackendID)
			r.cloud.RemoveBackend(b.BackendID)
			b.InstanceID = "i-55a0"
			r.cloud.AddBackend(b)
		}, []string{"Nothing to do", "is not on"}, false},
		"replaced by hand": {nil, func(r *rig, op operation.Operation) {
			b := r.backend(op.BackendID)
			r.cloud.RemoveBackend(b.BackendID)
			b.BackendID = "be-99"
			r.cloud.AddBackend(b)
		}, []string{"Nothing to do", "is not on", "/lb-register remove lst-8f2c be-99"}, false},
		"already gone": {nil, func(r *rig, op operation.Operation) { r.cloud.RemoveBackend(op.BackendID) },
			[]string{"Nothing to do", "is not on"}, false},
		"the listener is gone": {nil, func(r *rig, _ operation.Operation) { r.cloud.RemoveListener("lst-8f2c") },
			[]string{"Nothing to do"}, false},
		"after the time": {hours(25), nil, []string{"The undo time is over", "/lb-register undo LBR-"}, true},
		"not over":       {in(operation.Unconfirmed), nil, []string{"is not over yet"}, false},
		"nothing added":  {in(operation.NotDone), nil, []string{"added nothing"}, false},
		"it was there":   {in(operation.NothingToDo), nil, []string{"added nothing"}, false},
		"entry not known": {func(op *operation.Operation) { op.BackendID = "" }, nil,
			[]string{"I do not know which backend"}, false},
		"a removal": {func(op *operation.Operation) {
			op.Change, op.Target = operation.ChangeRemove, &operation.Target{BackendID: "be-19c1"}
		}, nil, []string{"removed a server", "/lb-register again LBR-"}, false},
		"the pool cannot be read": {nil, func(r *rig, _ operation.Operation) {
			r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Refused, Action: "DescribeBackends", Times: -1,
				Status: 500})
		}, []string{"Zenlayer", "Nothing was changed"}, false},
		"the policy denies it": {nil, func(r *rig, _ operation.Operation) { r.gate.deny(operation.DeniedNoRule) },
			[]string{"Not sent", "take back additions"}, false},
	} {
		for _, way := range []string{"button", "command"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				t.Parallel()
				r := open(t, nil)
				op, card := r.added(tt.edit)
				if tt.cloud != nil {
					tt.cloud(r, op)
				}
				if way == "button" {
					r.pressesUndo(ana, op, card)
				} else {
					r.types(ana, incident, "undo "+op.Ref)
				}
				if tt.button && way == "command" {
					r.sees(ana, incident, "Preview", op.Ref)
					return
				}
				m := r.sees(ana, incident, tt.says...)
				require.True(t, m.Ephemeral)
				require.NotContains(t, string(m.Blocks), render.ActReqSend)
				r.nothingSent()
			})
		}
	}
}

func TestUndoWithoutAnIDTakesTheLastAdditionOfThePersonInTheChannel(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "undo")
	r.sees(ana, incident, "no recent addition in this channel", "/lb-register undo LBR-7F3KQ2")
	op, _ := r.added(nil)
	r.types(bo, incident, "undo")
	r.sees(bo, incident, "no recent addition in this channel")
	r.types(ana, ops, "undo")
	r.sees(ana, ops, "no recent addition in this channel")
	r.types(ana, incident, "undo LBR-AAAAAA")
	r.sees(ana, incident, "LBR-AAAAAA", "no request")
	r.types(ana, incident, "undo")
	r.sees(ana, incident, "Preview", op.Ref, op.BackendID)
	r.calm()
}

func TestARightThatIsGoneStopsAnUndoAtEachStep(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, _ := r.added(nil)
	r.types(ana, incident, "undo "+op.Ref)
	m := r.sees(ana, incident, "Preview", op.Ref)
	r.gate.deny(operation.DeniedNoRule)
	r.clicks(ana, m, render.ActReqSend, "")
	r.sees(ana, incident, "Not sent")
	r.idle()
	require.Len(t, r.starts.started(), 1, "the addition")
	r.calm()
}

func TestAnEntryThatChangedSinceThePreviewIsNotRemovedAsItWas(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text  string
		cloud func(*rig, operation.Operation)
		says  []string
	}{
		"an undo, changed": {"undo", func(r *rig, op operation.Operation) { r.cloud.SetBackendWeight(op.BackendID, 7) },
			[]string{"not as it was left"}},
		"an undo, gone": {"undo", func(r *rig, op operation.Operation) { r.cloud.RemoveBackend(op.BackendID) },
			[]string{"Nothing to do"}},
		"a removal, changed": {"remove lst-8f2c i-55a1",
			func(r *rig, op operation.Operation) { r.cloud.SetBackendWeight(op.BackendID, 7) },
			[]string{"Something changed since you looked", render.ActReqSend}},
		"a removal, gone": {"remove lst-8f2c i-55a1",
			func(r *rig, op operation.Operation) { r.cloud.RemoveBackend(op.BackendID) }, []string{"Nothing to do"}},
		"a removal, of another server now": {"remove lst-8f2c i-55a1", func(r *rig, op operation.Operation) {
			b := r.backend(op.BackendID)
			r.cloud.RemoveBackend(b.BackendID)
			b.InstanceID, b.Weight = "i-55a0", 9
			r.cloud.AddBackend(b)
		}, []string{"Nothing to do"}},
		"a removal, the last one now": {"remove lst-8f2c i-55a1", func(r *rig, _ operation.Operation) {
			for _, id := range []string{"be-19c1", "be-19c2", "be-19c3", "be-19c5"} {
				r.cloud.SetBackendStatus(id, "Abnormal")
			}
		}, []string{"Something changed since you looked", render.ActApprovalAsk}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			op, _ := r.added(nil)
			r.types(ana, incident, tt.text)
			m := r.sees(ana, incident, "Preview", op.BackendID)
			tt.cloud(r, op)
			r.clicks(ana, m, render.ActReqSend, "")
			again := r.sees(ana, incident, tt.says...)
			require.Equal(t, m.TS, again.TS, "in place of the preview")
			r.idle()
			require.Len(t, r.starts.started(), 1, "the addition")
			if tt.text != "undo" && len(r.shelf.inState(operation.Draft)) == 1 && name == "a removal, changed" {
				r.clicks(ana, again, render.ActReqSend, "")
				require.Equal(t, 7, r.sent().Target.Weight, "as the new preview showed it")
			}
			r.calm()
		})
	}
}

func TestTheLastAvailableServerNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, _ := r.added(nil)
	for _, id := range []string{"be-19c1", "be-19c2", "be-19c3", "be-19c5"} {
		r.cloud.SetBackendStatus(id, "Abnormal")
	}
	r.types(ana, incident, "undo")
	m := r.sees(ana, incident, "Preview", op.BackendID, render.ActApprovalAsk)
	require.NotContains(t, string(m.Blocks), render.ActReqSend)
	require.NotContains(t, string(m.Blocks), render.ActGlassOpen)
	r.clicks(ana, m, render.ActApprovalAsk, "")
	sent := r.sent()
	require.Equal(t, operation.Waiting, sent.State)
	require.Equal(t, 1, sent.Approval.Needed)
	r.calm()
}

func TestTwoPeopleWhoUndoAtOnceAreOneRemoval(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, card := r.added(nil)
	previews := map[string]sandbox.Message{}
	for _, person := range []string{ana, bo} {
		r.pressesUndo(person, op, card)
		previews[person] = r.sees(person, incident, "Preview", op.Ref)
	}
	for person, m := range previews {
		r.clicks(person, m, render.ActReqSend, "")
	}
	r.idle()
	require.Len(t, r.starts.started(), 2, "the addition and one removal")
	require.Len(t, r.shelf.inState(operation.Accepted), 1)
	for _, person := range []string{ana, bo} {
		if r.sent().Actor.UserID != person {
			r.sees(person, incident, r.sent().Ref)
			r.types(person, incident, "undo "+op.Ref)
			r.sees(person, incident, "Nothing to do", "is being taken off", r.sent().Ref)
		}
	}
	r.calm()
}

func TestARedeliveredUndoIsOnePreviewAndOneRemoval(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, card := r.added(nil)
	payload := clickPayload(ana, card.ChannelID, render.ActUndoAsk, render.ButtonValue(op))
	for range 2 {
		r.slack.Deliver(t.Context(), "interactive", payload, true)
	}
	m := r.sees(ana, incident, "Preview", op.Ref)
	r.idle()
	require.Len(t, r.shelf.inState(operation.Draft), 1)
	for range 2 {
		r.slack.Click(t.Context(), ana, m.ChannelID, m.TS, render.ActReqSend, "")
	}
	r.idle()
	require.Len(t, r.shelf.inState(operation.Accepted), 1)
	require.Empty(t, r.shelf.inState(operation.Draft))
	r.calm()
}

func TestARemovalNeedsTheJournalToSeeOthers(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.hook(func(_ context.Context, method string) error {
		if method == "Leaving" {
			return errPlanted
		}
		return nil
	})
	r.types(ana, incident, "remove lst-8f2c i-5593")
	require.True(t, r.sees(ana, incident, "I cannot store requests right now").Ephemeral)
	r.idle()
	require.Empty(t, r.shelf.inState(operation.Draft))
}
