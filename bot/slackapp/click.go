package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
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
	if id, _, err := parseButtonValue(value); err == nil {
		answer.about = id
	}
	switch action.ActionID {
	case actFixOpenForm, actFormOpen, actReqChange, actReqAgainForm, actGlassOpen, actApNo:
		answer.empty(ctx) // it stores nothing; a second delivery finds the trigger used up
		a.clickToOpen(ctx, d, action.ActionID, value)
	case actLinkOpen:
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
	case actFixOpenForm, actFormOpen:
		a.openRemembered(ctx, d, value)
	case actReqChange, actReqAgainForm:
		a.press(ctx, d, value, a.change)
	case actGlassOpen:
		a.openGlass(ctx, d, value)
	case actApNo:
		a.openDeny(ctx, d, value)
	}
}

// outsider refuses a click from another workspace or organization before
// anything is shown or opened for it. Only a click that could be one is looked
// up: a trigger does not wait, and what a click asks for is checked again.
func (a *App) outsider(ctx context.Context, d delivery) error {
	within, cancel := context.WithTimeoutCause(ctx, nameWithin, errors.New("Slack did not answer within "+nameWithin.String()))
	defer cancel()
	w, err := a.Directory.Workspace(within)
	ours := func(team string) bool {
		return team == "" || team == w.TeamID || w.EnterpriseID != "" && team == w.EnterpriseID
	}
	if err == nil && ours(d.Actor.TeamID) && ours(d.Place.TeamID) && (d.Actor.EnterpriseID == "" || d.Actor.EnterpriseID == w.EnterpriseID) {
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
	case actReqSend, actApprovalAsk, actReqCancel, actReqAgain, actOpStop, actSettleNow, actSettleYes, actSettleNo, actApYes, actApQuestion:
		return true
	}
	_, picks := pickIndex(d.Actions[0].ActionID)
	return picks
}

// clickOnce answers any other button. What it stores is stored before the ack.
func (a *App) clickOnce(ctx context.Context, d delivery, answer *answer, action, value string) {
	switch action {
	case actReqSend, actApprovalAsk:
		a.send(ctx, d, answer, value)
	case actHelpOpen:
		a.tell(ctx, d, helpMessage(commands.Help("")))
	case actWhoamiOpen:
		a.whoami(ctx, d)
	case actHistOlder:
		a.older(ctx, d, value)
	case actReqMore, actApMore:
		a.more(ctx, d, value)
	case actApYes:
		a.decide(ctx, d, value, a.approve)
	case actApQuestion:
		a.decide(ctx, d, value, a.question)
	case actReqCancel:
		a.press(ctx, d, value, a.cancelDraft)
	case actReqAgain:
		a.press(ctx, d, value, a.again)
	case actOpStop:
		a.press(ctx, d, value, func(ctx context.Context, _ delivery, c operation.Click) error {
			_, err := a.Intake.Stop(ctx, c)
			return err
		})
	case actSettleNow:
		a.press(ctx, d, value, func(ctx context.Context, _ delivery, c operation.Click) error {
			_, err := a.Intake.CheckNow(ctx, c)
			return err
		})
	case actSettleYes, actSettleNo:
		a.press(ctx, d, value, a.personAnswer(action))
	default:
		if index, ok := pickIndex(action); ok {
			a.pick(ctx, d, index, value)
			return
		}
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown button", zap.String("action", clamp(action, 64)))
		a.tell(ctx, d, notYetMessage(unofferedOther))
	}
}

// send accepts the draft of a preview.
func (a *App) send(ctx context.Context, d delivery, answer *answer, value string) {
	id, _, err := parseButtonValue(value)
	if err != nil {
		a.replace(ctx, d, forgottenMessage())
		return
	}
	answer.asking = true // and it is about the draft, which the journal knows
	op, err := a.Intake.Send(ctx, operation.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key})
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
func (a *App) press(ctx context.Context, d delivery, value string, do func(context.Context, delivery, operation.Click) error) {
	id, _, err := parseButtonValue(value)
	if err == nil {
		err = do(ctx, d, operation.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key})
	} else {
		err = operation.ErrNotFound
	}
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
	}
}

func (a *App) personAnswer(action string) func(context.Context, delivery, operation.Click) error {
	said := operation.AnswerThere
	if action == actSettleNo {
		said = operation.AnswerNotThere
	}
	return func(ctx context.Context, _ delivery, c operation.Click) error {
		_, err := a.Intake.Answer(ctx, c, said)
		return err
	}
}

func (a *App) cancelDraft(ctx context.Context, d delivery, c operation.Click) error {
	op, err := a.Intake.Cancel(ctx, c)
	if err == nil {
		a.replace(ctx, d, cancelledMessage(op))
	}
	return err
}

// change opens the form with the values of an operation.
func (a *App) change(ctx context.Context, d delivery, c operation.Click) error {
	reg, err := a.registration(ctx, d, c.OperationID)
	if err != nil {
		return err
	}
	a.openForm(ctx, d, reg.Values(), nil)
	return nil
}

// again makes a new preview of the same request, for whoever pressed.
func (a *App) again(ctx context.Context, d delivery, c operation.Click) error {
	reg, err := a.registration(ctx, d, c.OperationID)
	if err != nil {
		return err
	}
	return a.clickedPreview(ctx, d, reg)
}

// clickedPreview shows the preview that a click asks for, in place of the
// private message with the button. A second delivery shows what the first one
// stored.
func (a *App) clickedPreview(ctx context.Context, d delivery, reg commands.Registration) error {
	place, err := a.resultPlace(ctx, d, reg)
	if err != nil {
		return err
	}
	op, err := a.Intake.Preview(ctx, operation.Ask{Registration: reg, Actor: d.Actor, Place: place, Delivery: d.Key, Earlier: a.delivered(ctx, d).OperationID})
	if err == nil && op.State != operation.Draft {
		err = &operation.StaleError{Operation: op} // by an earlier delivery of this click
	}
	if err != nil {
		return err
	}
	a.replace(ctx, d, previewMessage(op, a.wording()))
	return nil
}

// look returns an operation to the person behind d: their own at once, since
// a trigger does not wait for look-ups, and that of others only to those who
// may be here. Permission is asked again before anything is done with it.
func (a *App) look(ctx context.Context, d delivery, id string) (operation.Operation, error) {
	op, err := a.Journal.Operation(ctx, id)
	switch {
	case errors.Is(err, operation.ErrNotFound):
		return operation.Operation{}, err
	case err != nil:
		return operation.Operation{}, &operation.UnavailableError{What: "journal", Err: err}
	case op.Actor.Owns(d.Actor) && op.Actor.EnterpriseID == d.Actor.EnterpriseID && d.Container.IsEphemeral:
		return op, nil
	}
	return a.Intake.Shown(ctx, op.Ref, d.Actor, d.Place)
}

// registration reads back what an operation was asked for.
func (a *App) registration(ctx context.Context, d delivery, id string) (commands.Registration, error) {
	op, err := a.look(ctx, d, id)
	if err != nil {
		return commands.Registration{}, err
	}
	c, err := commands.Parse(trimName(op.Command))
	if err != nil {
		return commands.Registration{}, err
	}
	return commands.BuildRegistration(c.Values)
}

// openRemembered opens the form with what a person typed before.
func (a *App) openRemembered(ctx context.Context, d delivery, value string) {
	values, notices := commands.Values{}, []string(nil)
	key, _, err := parseButtonValue(value)
	kept, ok := a.memory.recall(key)
	if err == nil && ok {
		values, notices = kept, a.memory.problems(key)
	} else {
		notices = []string{forgottenMessage().Text}
	}
	a.openForm(ctx, d, values, notices)
}

// more answers an entry of an overflow menu.
func (a *App) more(ctx context.Context, d delivery, value string) {
	what, id, _, err := parseMoreValue(value)
	if err != nil {
		a.tell(ctx, d, forgottenMessage())
		return
	}
	op, err := a.look(ctx, d, id)
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	switch what {
	case moreCopy:
		a.tell(ctx, d, copyMessage(op))
	case moreWhy:
		a.tell(ctx, d, whyMessage(op))
	case moreZeno:
		a.zeno(ctx, d, op)
	case moreDetails:
		a.tell(ctx, d, detailsMessage(op))
	case morePool:
		a.tell(ctx, d, poolMessage(op))
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
	if err := a.Intake.May(ctx, operation.Click{OperationID: op.ID, Actor: d.Actor, Place: d.Place, Delivery: d.Key}); err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	a.tell(ctx, d, zenoMessage(op))
}
