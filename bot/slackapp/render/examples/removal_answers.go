package examples

import (
	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
)

// Removal is a draft that takes the server of Sample off its listener.
func Removal(change ...Change) operation.Operation {
	return Sample(append([]Change{func(op *operation.Operation) {
		op.State, op.Change = operation.Draft, operation.ChangeRemove
		op.Target = &operation.Target{BackendID: "be-20d1", Name: "web-07", Ports: "8080", Weight: 50}
		op.Shown = &operation.Picture{Read: true, Servers: 5, Weights: 250, Usual: 50, Entry: op.Target}
		op.Command = "/lb-register remove api-lb/https-443 be-20d1"
	}}, change...)...)
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
		op.Shown.Last, op.Shown.Servers = true, 1
		op.Approval = &operation.Approval{Needed: 1, Channel: "C0LEADS", Who: operation.People{IDs: []string{"U0BO"}},
			Picture: *op.Shown}
	}))
	dry := named(n, Removal(func(op *operation.Operation) { op.DryRun = true }))
	unsure := named(n, Undo(func(op *operation.Operation) { op.Addition.Evidence = operation.EvidenceSeen }))
	all := map[string]render.Message{
		"preview_removal":         private.Preview(removal, w),
		"preview_removal_last":    private.Preview(last, w),
		"preview_removal_dry_run": private.Preview(dry, w),
		"preview_undo":            private.Preview(undo, w),
		"preview_undo_unsure":     private.Preview(unsure, w),
		"gone":                    private.Gone(&intake.GoneError{Operation: of, BackendID: of.BackendID}),
		"nothing_to_undo":         private.NothingToUndo(),
		"nothing_to_repeat":       private.NothingToRepeat(),
		"remove_again":            private.RemoveAgain(removal),
	}
	for _, code := range []intake.UndoCode{intake.UndoNoAddition, intake.UndoNotOver, intake.UndoNothing,
		intake.UndoUnknown, intake.UndoLate} {
		all["not_undone_"+string(code)] = private.NotUndone(&intake.UndoError{Code: code, Operation: of}, link)
	}
	all["not_undone_changed"] = private.NotUndone(&intake.UndoError{Code: intake.UndoChanged, Operation: of,
		Changed: []operation.Difference{{Code: operation.DiffPorts, From: "8080", To: "9090"},
			{Code: operation.DiffWeight, Before: 50, After: 10}}}, "")
	return all
}
