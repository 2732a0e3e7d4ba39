package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// click answers a button. Buttons live as long as their message, so every one
// is checked against what is true now.
func (a *App) click(ctx context.Context, d delivery, answer *answer) {
	if len(d.Actions) == 0 {
		return
	}
	action := d.Actions[0]
	value := action.Value
	if id, _, err := render.ParseButtonValue(value); err == nil {
		answer.about = id
	}
	switch action.ActionID {
	case render.ActFixOpenForm, render.ActFormOpen, render.ActReqChange, render.ActReqAgainForm, render.ActGlassOpen,
		render.ActApNo:
		answer.empty(ctx) // it stores nothing; a second delivery finds the trigger used up
		a.clickToOpen(ctx, d, action.ActionID, value)
	case render.ActLinkOpen:
	default:
		if a.delivered(ctx, d).Told {
			return
		}
		if err := a.outsider(ctx, d); err != nil {
			answer.empty(ctx)
			a.tell(ctx, d, a.problem(ctx, d, err))
		} else {
			a.clickOnce(ctx, d, answer, action.ActionID, value)
		}
	}
}

// clickToOpen answers a button that opens a form.
func (a *App) clickToOpen(ctx context.Context, d delivery, action, value string) {
	if err := a.outsider(ctx, d); err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	switch action {
	case render.ActFixOpenForm, render.ActFormOpen:
		a.openRemembered(ctx, d, value)
	case render.ActReqChange, render.ActReqAgainForm:
		a.press(ctx, d, value, a.change)
	case render.ActGlassOpen:
		a.openGlass(ctx, d, value)
	case render.ActApNo:
		a.openDeny(ctx, d, value)
	}
}

// outsider refuses a click from another workspace or organization before
// anything is shown or opened for it. Only a click that could be one is looked
// up: a trigger does not wait, and what a click asks for is checked again.
func (a *App) outsider(ctx context.Context, d delivery) error {
	within, cancel := context.WithTimeoutCause(ctx, nameWithin,
		errors.New("Slack did not answer within "+nameWithin.String()))
	defer cancel()
	w, err := a.Directory.Workspace(within)
	ours := func(team string) bool {
		return team == "" || team == w.TeamID || w.EnterpriseID != "" && team == w.EnterpriseID
	}
	if err == nil && ours(d.Actor.TeamID) && ours(d.Place.TeamID) &&
		(d.Actor.EnterpriseID == "" || d.Actor.EnterpriseID == w.EnterpriseID) {
		return nil
	}
	return a.Intake.Admit(ctx, d.Actor, a.place(d))
}

// changes reports whether d is a click that stores something.
func (d delivery) changes() bool {
	if d.Kind != kindClick || len(d.Actions) == 0 {
		return false
	}
	switch d.Actions[0].ActionID {
	case render.ActReqSend, render.ActApprovalAsk, render.ActReqCancel, render.ActReqAgain, render.ActOpStop,
		render.ActSettleNow, render.ActSettleYes, render.ActSettleNo,
		render.ActApYes, render.ActApQuestion:
		return true
	}
	_, picks := private.PickIndex(d.Actions[0].ActionID)
	return picks
}

// clickOnce answers any other button. What it stores is stored before the ack.
func (a *App) clickOnce(ctx context.Context, d delivery, answer *answer, action, value string) {
	switch action {
	case render.ActReqSend, render.ActApprovalAsk:
		a.send(ctx, d, answer, value)
	case render.ActHelpOpen:
		a.tell(ctx, d, private.Help(commands.Help("")))
	case render.ActWhoamiOpen:
		a.whoami(ctx, d)
	case render.ActHistOlder:
		a.older(ctx, d, value)
	case render.ActReqMore, render.ActApMore:
		a.more(ctx, d, value)
	case render.ActApYes:
		a.decide(ctx, d, value, a.approve)
	case render.ActApQuestion:
		a.decide(ctx, d, value, a.question)
	case render.ActReqCancel:
		a.press(ctx, d, value, a.cancelDraft)
	case render.ActReqAgain:
		a.press(ctx, d, value, a.again)
	case render.ActOpStop:
		a.press(ctx, d, value, func(ctx context.Context, _ delivery, c intake.Click) error {
			_, err := a.Intake.Stop(ctx, c)
			return err
		})
	case render.ActSettleNow:
		a.press(ctx, d, value, func(ctx context.Context, _ delivery, c intake.Click) error {
			_, err := a.Intake.CheckNow(ctx, c)
			return err
		})
	case render.ActSettleYes, render.ActSettleNo:
		a.press(ctx, d, value, a.personAnswer(action))
	default:
		if index, ok := private.PickIndex(action); ok {
			a.pick(ctx, d, index, value)
			return
		}
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown button", zap.String("action", render.Clamp(action, 64)))
		a.tell(ctx, d, private.NotYet(private.UnofferedOther))
	}
}

// send accepts the draft of a preview.
func (a *App) send(ctx context.Context, d delivery, answer *answer, value string) {
	id, _, err := render.ParseButtonValue(value)
	if err != nil {
		a.replace(ctx, d, private.Forgotten())
		return
	}
	answer.asking = true // and it is about the draft, which the journal knows
	op, err := a.Intake.Send(ctx, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key})
	if again, ok := alreadyMine(err, d); ok {
		op, err = again, nil
	}
	switch {
	case err == nil:
		answer.empty(ctx) // it is on disk
		a.begin(ctx, op)
		a.remove(ctx, d)
	case sendable(err):
		a.tell(ctx, d, a.problem(ctx, d, err)) // beside the preview, whose button is still good
	default:
		a.replace(ctx, d, a.problem(ctx, d, err))
	}
}

// press handles a button of an operation that needs no answer but a problem.
func (a *App) press(ctx context.Context, d delivery, value string,
	do func(context.Context, delivery, intake.Click) error) {
	id, _, err := render.ParseButtonValue(value)
	if err == nil {
		err = do(ctx, d, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key})
	} else {
		err = operation.ErrNotFound
	}
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
	}
}

func (a *App) personAnswer(action string) func(context.Context, delivery, intake.Click) error {
	said := operation.AnswerThere
	if action == render.ActSettleNo {
		said = operation.AnswerNotThere
	}
	return func(ctx context.Context, _ delivery, c intake.Click) error {
		_, err := a.Intake.Answer(ctx, c, said)
		return err
	}
}

func (a *App) cancelDraft(ctx context.Context, d delivery, c intake.Click) error {
	op, err := a.Intake.Cancel(ctx, c)
	if err == nil {
		a.replace(ctx, d, private.Cancelled(op))
	}
	return err
}

// more answers an entry of an overflow menu.
func (a *App) more(ctx context.Context, d delivery, value string) {
	what, id, _, err := render.ParseMoreValue(value)
	if err != nil {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	op, err := a.look(ctx, d, id)
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	switch what {
	case render.MoreCopy:
		a.tell(ctx, d, private.Copy(op))
	case render.MoreWhy:
		a.tell(ctx, d, private.Why(op))
	case render.MoreZeno:
		a.zeno(ctx, d, op)
	case render.MoreDetails:
		a.tell(ctx, d, private.Details(op))
	case render.MorePool:
		a.tell(ctx, d, private.Pool(op))
	}
}

// zeno shows the call with the token of an operation that is not settled, to
// those who could have asked for it. Of a settled one the token is of no use
// but to add the server a second time.
func (a *App) zeno(ctx context.Context, d delivery, op operation.Operation) {
	if op.State != operation.Unconfirmed && op.State != operation.NeedsPerson {
		a.tell(ctx, d, a.problem(ctx, d, &operation.StaleError{Operation: op}))
		return
	}
	if err := a.Intake.MayPress(ctx, intake.Click{OperationID: op.ID, Actor: d.Actor, Place: d.Place,
		Delivery: d.Key}); err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	a.tell(ctx, d, private.Zeno(op))
}
