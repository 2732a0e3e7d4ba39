package slackapp

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/trail"
	"lbbot/zenlayer"
)

// hostileRemoval is hostileOperation as a removal that takes an addition back.
func hostileRemoval(s string, state operation.State, reason operation.Reason) operation.Operation {
	op := hostileOperation(s, state, reason)
	op.Change, op.Undoes = operation.ChangeRemove, s
	op.Target = &operation.Target{BackendID: s, Name: s, Ports: s, Weight: 50}
	op.Found = &operation.Target{BackendID: s, Name: s, Ports: "other " + s, Weight: 20}
	op.Addition = &operation.Addition{Ref: s, By: operation.Actor{UserID: s, Name: s}, Evidence: operation.EvidenceSeen}
	op.Shown = &operation.Picture{Read: true, Servers: 2, Weights: 100, Entry: op.Target, Available: new(0)}
	op.Listed = true
	return op
}

// hostileRemovals are all messages of removals that show s.
func hostileRemovals(s string) map[string]render.Message {
	w, all := fixedWording(), map[string]render.Message{}
	for _, state := range operation.AllStates() {
		all["card "+string(state)] = card.Of(hostileRemoval(s, state, operation.ReasonRefused), w)
	}
	for _, reason := range operation.AllReasons() {
		all["not removed "+string(reason)] = card.Of(hostileRemoval(s, operation.NotDone, reason), w)
	}
	for _, e := range operation.AllEvidence() {
		op := hostileRemoval(s, operation.Done, "")
		op.Evidence = e
		all["evidence "+string(e)] = card.Of(op, w)
	}
	op := hostileRemoval(s, operation.Draft, "")
	done := hostileRemoval(s, operation.Done, "")
	maps.Copy(all, map[string]render.Message{
		"preview": private.Preview(op, w), "zeno": private.Zeno(op), "details": private.Details(op),
		"owner": card.OwnerNotice(done, w), "status": private.Status(done, nil, s),
		"gone":  private.Gone(&intake.GoneError{Operation: op, BackendID: s, By: &done}, s),
		"again": private.RemoveAgain(op),
		"busy":  private.Busy(&operation.BusyError{Operation: op}, s, operation.Actor{}),
		"changed": private.NotUndone(&intake.UndoError{Code: intake.UndoChanged, Operation: done,
			Changed: []operation.Difference{{Code: operation.DiffPorts, From: s, To: s},
				{Code: operation.DiffGone, From: s}}}, s),
		"pool": private.Pool(op, []zenlayer.Backend{{BackendID: s, Name: s, Port: s, Status: s, Weight: 1}},
			op.AskedAt),
		"denied": private.Denied(&intake.DeniedError{Operation: op,
			Decision: operation.Decision{Code: operation.DeniedNoRule, Action: operation.Action(s)}}, w),
	})
	return all
}

func TestNothingAPersonWroteBecomesMarkupInRemovals(t *testing.T) {
	t.Parallel()
	attacks := hostile()
	maps.Copy(attacks, longest())
	attacks["places of a sentence"] = "{server} %s %d {ref} 100%"
	for attack, s := range attacks {
		t.Run(attack, func(t *testing.T) {
			t.Parallel()
			for name, m := range hostileRemovals(s) {
				requireMessage(t, m)
				requireInert(t, name+" text", m.Text)
				requireInertBlocks(t, name, encode(t, m.Blocks))
				require.NotContains(t, m.Text+shownText(t, m), "%!", "%s: a value was read as a format", name)
			}
		})
	}
}

// What the button sends is whether the change was carried out.
func TestAPersonWhoSeesNoServerSettlesARemovalAsCarriedOut(t *testing.T) {
	t.Parallel()
	words := map[string]string{}
	for _, op := range []operation.Operation{examples.PublicCards()["needs_person"],
		examples.Removals()["needs_person"]} {
		var tree any
		require.NoError(t, json.Unmarshal(encode(t, card.Of(op, fixedWording()).Blocks), &tree))
		walk(tree, func(o map[string]any) {
			if id, ok := o["action_id"].(string); ok && o["type"] == "button" {
				words[string(op.Change)+id] = o["text"].(map[string]any)["text"].(string)
			}
		})
	}
	require.Equal(t, "It was added", words[render.ActSettleYes])
	require.Equal(t, "It was not added", words[render.ActSettleNo])
	require.Equal(t, "It is gone", words["remove"+render.ActSettleYes])
	require.Equal(t, "It is still there", words["remove"+render.ActSettleNo])
}

func TestUndoIsOfferedForADayOnTheCardOfAnAddition(t *testing.T) {
	t.Parallel()
	added := examples.PublicCards()["added"]
	unnamed := added
	unnamed.BackendID = ""
	at := func(d time.Duration) render.Wording { return render.Wording{At: added.FinishedAt.Add(d)} }
	for name, tt := range map[string]struct {
		op   operation.Operation
		w    render.Wording
		want bool
	}{
		"at once":              {added, at(time.Second), true},
		"when it is not known": {added, render.Wording{}, true},
		"on the last minute":   {added, at(operation.UndoButtonFor), true},
		"a second later":       {added, at(operation.UndoButtonFor + time.Second), false},
		"without a backend ID": {unnamed, at(0), false},
		"not added":            {examples.Endings()["refused"], at(0), false},
		"a removal":            {examples.Removals()["removed"], at(0), false},
	} {
		raw := string(encodeMessage(t, card.Of(tt.op, tt.w)))
		if tt.want {
			require.Contains(t, raw, `"`+render.ActUndoAsk+`"`, name)
			require.Contains(t, raw, "Undo until ", name)
			continue
		}
		require.NotContains(t, raw, render.ActUndoAsk, name)
		require.NotContains(t, raw, "Undo until ", name)
	}
}

func TestThePastOfARemovalIsToldAsOne(t *testing.T) {
	t.Parallel()
	denied := func(action, change string) history.Entry {
		e := operation.Event{Kind: operation.EventDenied, Data: map[string]string{"code": "no_rule", "action": action,
			"change": change, "instance": "i-55a1", "listener": "lst-8f2c"}}
		op := examples.Sample()
		op.Change = e.Change()
		require.Contains(t, trail.Line(e), "i-55a1 from lst-8f2c")
		return history.Entry{Operation: op, Denial: &e}
	}
	removals := examples.Removals()
	for want, e := range map[string]history.Entry{
		"<@U0ANA> removed web-07 from https-443 on api-lb, weight 50 (LBR-7F3KQ2). It takes back LBR-6E2JP7.": {
			Operation: removals["removed_undo"]},
		"<@U0ANA> asked to remove web-07 from https-443 on api-lb; it was not there any more (LBR-7F3KQ2).": {
			Operation: removals["removal_nothing_to_do"]},
		"not removed: no answer came, and it stayed on the listener (LBR-7F3KQ2).": {
			Operation: removals["not_removed_proven"]},
		"now: Removing (LBR-7F3KQ2).": {Operation: removals["removing_unsent"]},
		"asked to remove web-07 from https-443 on api-lb and was denied: no rule allows it.": denied("remove", ""),
		"asked to remove web-07 from https-443 on api-lb and was denied":                     denied("undo", ""),
		"tried to decide on removing web-07 from https-443 on api-lb and was denied": denied("approve",
			"remove"),
	} {
		require.Contains(t, private.PastSentence(e, false), want)
	}
	line := listed(t, history.Entry{Operation: removals["removed_undo"]}, 1)
	require.Contains(t, line, "*Removed* web-07 from api-lb/https-443")
	require.Contains(t, line, "takes back LBR-6E2JP7")
	ended := operation.Event{Kind: operation.EventFinished, Data: map[string]string{"change": "remove",
		"state":    "added",
		"instance": "i-55a1", "listener": "lst-8f2c", "target": "be-20d1"}}
	require.Contains(t, trail.Line(ended), "*Removed* · i-55a1 from lst-8f2c · backend `be-20d1`")
	ended.Data["change"] = "drain"
	require.Contains(t, trail.Line(ended), "*Cannot tell")
}
