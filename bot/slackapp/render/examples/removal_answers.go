package examples

import (
	"maps"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
)

// Removal is a draft that takes the server of Sample off its listener.
func Removal(change ...Change) operation.Operation {
	return Sample(append([]Change{InState(operation.Draft), func(op *operation.Operation) { *op = AsRemoval(*op) }},
		change...)...)
}

// Undo is Removal of an addition of this bot's.
func Undo(change ...Change) operation.Operation {
	return Removal(append([]Change{func(op *operation.Operation) {
		op.Undoes, op.Actor = "0192f0c1-7d2e-7c3a-9a51-0f6b1c2d3e00", operation.Actor{UserID: "U0BO", TeamID: "T0HOME"}
		op.Addition = &operation.Addition{Ref: "LBR-6E2JP7", By: Sample().Actor, At: Moment(19, 14, 23),
			Evidence: operation.EvidenceAnswered}
		op.Command = "/lb-register undo LBR-6E2JP7"
	}}, change...)...)
}

// removalAnswers are the private answers about taking a server off.
func removalAnswers(n Names, link string, w render.Wording) map[string]render.Message {
	removal, undo, of := named(n, Removal()), named(n, Undo()), named(n, PublicCards())["added"]
	last := named(n, Removal(func(op *operation.Operation) {
		op.Shown.Servers, op.Shown.Weights, op.Shown.Available = 1, 50, new(0)
		op.Approval = &operation.Approval{Needed: 1, Channel: "C0LEADS", Who: operation.People{IDs: []string{"U0BO"}},
			Picture: *op.Shown}
	}))
	dry := named(n, Removal(func(op *operation.Operation) { op.DryRun = true }))
	unsure := named(n, Undo(func(op *operation.Operation) { op.Addition.Evidence = operation.EvidenceSeen }))
	off := named(n, Undo(InState(operation.Done), func(op *operation.Operation) { op.FinishedAt = Moment(19, 20, 0) }))
	going := named(n, Undo(InState(operation.Sending)))
	all := map[string]render.Message{
		"preview_removal":      private.Preview(removal, w),
		"preview_removal_last": private.Preview(last, w),
		"preview_removal_protected": private.Preview(named(n, Removal(func(op *operation.Operation) {
			op.Listener.Protected = true
		})), w),
		"preview_removal_dry_run": private.Preview(dry, w),
		"preview_undo":            private.Preview(undo, w),
		"preview_undo_unsure":     private.Preview(unsure, w),
		"gone":                    private.Gone(&intake.GoneError{Operation: of, BackendID: of.BackendID}, ""),
		"gone_replaced": private.Gone(&intake.GoneError{Operation: of, BackendID: of.BackendID,
			Other: "be-20d3"}, ""),
		"gone_removed": private.Gone(&intake.GoneError{Operation: of, BackendID: of.BackendID,
			By: &off}, link),
		"present_removed": private.Present(&intake.PresentError{Operation: of, Backend: zenlayer.Backend{
			BackendID: of.BackendID}, Same: true, By: &off}),
		"gone_removing": private.Gone(&intake.GoneError{Operation: of, BackendID: of.BackendID,
			By: &going}, link),
		"nothing_to_undo":   private.NothingToUndo(),
		"nothing_to_repeat": private.NothingToRepeat(),
		"remove_again":      private.RemoveAgain(removal),
	}
	maps.Copy(all, answersAboutRemovals(n, removal, undo, link, w))
	for _, code := range []intake.UndoCode{intake.UndoNoAddition, intake.UndoNotOver, intake.UndoNothing,
		intake.UndoUnknown, intake.UndoLate} {
		all["not_undone_"+string(code)] = private.NotUndone(&intake.UndoError{Code: code, Operation: of}, link)
	}
	all["not_undone_changed"] = private.NotUndone(&intake.UndoError{Code: intake.UndoChanged, Operation: of,
		Changed: []operation.Difference{{Code: operation.DiffPorts, From: "8080", To: "9090"},
			{Code: operation.DiffWeight, Before: 50, After: 10}}}, "")
	return all
}

// answersAboutRemovals are the answers that additions have, too.
func answersAboutRemovals(n Names, removal, undo operation.Operation, link string,
	w render.Wording) map[string]render.Message {
	cards, no := named(n, Removals()), denial(operation.DeniedNoRule)
	return map[string]render.Message{
		"zeno_removal":         private.Zeno(cards["needs_person"]),
		"details_removal":      private.Details(cards["removed_undo"]),
		"status_removal":       private.Status(cards["removed"], named(n, removalSteps()), link),
		"reminder_removal":     card.Reminder(cards["waiting"]),
		"owner_removal_listed": card.OwnerNotice(cards["removed_listed_long"], w),
		"owner_removal_unread": card.OwnerNotice(cards["removed_unread"], w),
		"owner_removal":        card.OwnerNotice(cards["needs_person"], w),
		"busy_removal": private.Busy(&operation.BusyError{Operation: cards["removing"]},
			link, operation.Actor{UserID: "U0BO"}),
		"expired_removal":   private.Expired(removal),
		"approvers_removal": card.Approval(cards["waiting"], w),
		"denied_removal": private.Denied(&intake.DeniedError{Decision: no,
			Operation: removal}, w),
		"denied_undo": private.Denied(&intake.DeniedError{Decision: no,
			Operation: undo}, w),
		"pool_removal": private.Pool(removal, append(Backends(4), named(n, leaving())), Moment(19, 14, 30)),
	}
}

// leaving is the entry that a removal takes off, as it is listed.
func leaving() zenlayer.Backend {
	return zenlayer.Backend{ListenerID: "lst-8f2c", BackendID: "be-20d1", Name: "web-07", Status: "Available",
		Port: "8080", Weight: 50, InstanceID: "i-55a1"}
}

// removalSteps are the events of a removal that a person settled.
func removalSteps() []operation.Event {
	of := func(kind string, data map[string]string) operation.Event {
		data["change"] = string(operation.ChangeRemove)
		return operation.Event{At: Moment(19, 15, 0), Kind: kind, ActorID: "U0BO", Data: data}
	}
	return []operation.Event{
		of(operation.EventAttempt, map[string]string{"number": "1"}),
		of(operation.EventPerson, map[string]string{"answer": operation.AnswerThere, "requester": "U0ANA"}),
		of(operation.EventPerson, map[string]string{"answer": operation.AnswerNotThere, "requester": "U0ANA"}),
		of(operation.EventFinished, map[string]string{"state": "not_added", "reason": "proven"}),
	}
}
