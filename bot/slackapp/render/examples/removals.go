package examples

import (
	"maps"
	"strings"

	"lbbot/bot/operation"
)

// AsRemoval is op, as if it were to take the server of Sample off its listener.
func AsRemoval(op operation.Operation) operation.Operation {
	op.Change = operation.ChangeRemove
	op.Command = "/lb-register remove api-lb/https-443 be-20d1"
	op.Target = &operation.Target{BackendID: "be-20d1", Name: "web-07", Ports: "8080", Weight: 50}
	p := operation.Picture{Read: true, Servers: 5, Weights: 250, Usual: 50, Entry: op.Target, Available: new(3)}
	op.Shown = &p
	if op.Approval != nil {
		op.Approval = new(*op.Approval)
		p.Read = op.Approval.Picture.Read
		op.Approval.Picture = p
	}
	if op.State == operation.Done || op.State == operation.NothingToDo {
		op.BackendID, op.BackendStatus, op.FoundWeight = "be-20d1", "", 0
	}
	return op
}

// Removals has one entry for each card of a removal.
func Removals() map[string]operation.Operation {
	all := removedCards()
	for _, list := range []map[string]operation.Operation{openCards(), unsettledCards(), askedCards(), decidedCards()} {
		for name, op := range list {
			if op.State != operation.Done && op.Matches == nil {
				all[strings.NewReplacer("adding", "removing").Replace(name)] = AsRemoval(op)
			}
		}
	}
	for name, op := range Endings() {
		if op.Reason != operation.ReasonDiffers {
			all["not_removed_"+name] = AsRemoval(op)
		}
	}
	for name, change := range map[string]Change{"": found(20), "_unknown": func(*operation.Operation) {}} {
		all["not_removed_differs"+name] = AsRemoval(Sample(NotAdded(operation.ReasonDiffers), change))
	}
	all["not_confirmed_changed"] = AsRemoval(Sample(InState(operation.Unconfirmed), lost(), found(20),
		waiting(operation.WaitLook, Moment(19, 14, 45))))
	all["not_confirmed_disowned"] = AsRemoval(Sample(InState(operation.Unconfirmed), Attempted(Moment(19, 14, 22),
		Moment(19, 14, 23), operation.OutcomeRefused, operation.Fault{Code: "OPERATION_FAILED_RESOURCE_NOT_FOUND",
			Status: 404}), waiting(operation.WaitLook, Moment(19, 14, 45))))
	all["needs_person_changed"] = AsRemoval(Sample(InState(operation.NeedsPerson), lost(), found(20)))
	all["needs_person_listed"] = AsRemoval(Sample(InState(operation.NeedsPerson), lost(), found(50)))
	return all
}

// removedCards are removals that were carried out, or had nothing to do.
func removedCards() map[string]operation.Operation {
	done := func(change ...Change) operation.Operation { return AsRemoval(Sample(change...)) }
	gone := func(op *operation.Operation) { op.StatusAt, op.StatusLooks = Moment(19, 14, 26), 1 }
	still := func(op *operation.Operation) { op.StatusAt, op.StatusLooks, op.Listed = Moment(19, 14, 26), 2, true }
	all := map[string]operation.Operation{
		"removed":         done(one(), Added(operation.EvidenceAnswered), gone),
		"removed_unread":  done(one(), Added(operation.EvidenceAnswered)),
		"removed_refused": done(one(), Added(operation.EvidenceAnswered), keyRefused),
		"removed_listed":  done(one(), Added(operation.EvidenceAnswered), still),
		"removed_listed_long": done(one(), Added(operation.EvidenceAnswered), still,
			func(op *operation.Operation) { op.StatusLooks = 7 }),
		"removed_repeated":      done(lost(), one(), Added(operation.EvidenceRepeated), gone),
		"removed_seen":          done(lost(), Added(operation.EvidenceSeen), gone),
		"removed_listener_gone": done(lost(), Added(operation.EvidenceGone), gone),
		"removed_person":        done(lost(), Added(operation.EvidencePerson), gone),
		"removed_by_two": done(one(), Added(operation.EvidenceAnswered), gone,
			NeedsApproval(2, voteBo(), voteChen())),
	}
	last := done(one(), Added(operation.EvidenceAnswered), gone)
	last.Shown.Available = new(0)
	undo := done(one(), Added(operation.EvidenceAnswered), gone)
	undo.Undoes, undo.Addition = "0192f0c1-7d2e-7c3a-9a51-0f6b1c2d3e00", Undo().Addition
	maps.Copy(all, map[string]operation.Operation{"removed_last": last, "removed_undo": undo})
	for name, op := range addedCards() {
		if op.State == operation.NothingToDo {
			all["removal_"+name] = AsRemoval(op)
		}
	}
	return all
}

// found is the entry of a removal, seen with this weight.
func found(weight int) Change {
	return func(op *operation.Operation) {
		op.Found = &operation.Target{BackendID: "be-20d1", Name: "web-07", Ports: "8080", Weight: weight}
	}
}

// removalCards are the cards of removals whose words differ from those of additions.
func removalCards() []string {
	return []string{"removed", "removed_unread", "removed_refused", "removed_listed", "removed_listed_long",
		"removed_repeated", "removed_seen", "removed_listener_gone", "removed_person", "removed_by_two", "removed_last",
		"removed_undo", "removal_nothing_to_do", "removal_nothing_to_do_after_429",
		"waiting", "waiting_here", "waiting_notes", "removing", "removing_stopping",
		"not_confirmed", "not_confirmed_stopped", "not_confirmed_changed",
		"not_confirmed_disowned", "needs_person",
		"needs_person_changed", "needs_person_listed", "needs_person_mismatch",
		"needs_person_mismatch_no_id", "needs_person_reading",
		"needs_person_reading_no", "approved", "denied", "unanswered",
		"not_removed_refused", "not_removed_differs", "not_removed_differs_unknown", "not_removed_stopped",
		"not_removed_gone", "not_removed_proven", "not_removed_person", "not_removed_rehearsal", "not_removed_internal",
		"not_removed_too_late"}
}
