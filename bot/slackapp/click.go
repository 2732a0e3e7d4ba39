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
	if action.Selected != nil {
		value = action.Selected.Value
	}
	switch action.ActionID {
	case actLinkOpen:
		answer.empty(ctx)
	case actHelpOpen:
		answer.empty(ctx)
		a.tell(ctx, d, helpMessage(commands.Help("")))
	case actWhoamiOpen:
		answer.empty(ctx)
		a.whoami(ctx, d)
	case actFixOpenForm, actFormOpen:
		answer.empty(ctx)
		a.openRemembered(ctx, d, value)
	case actReqMore:
		answer.empty(ctx)
		a.more(ctx, d, value)
	case actReqSend:
		a.send(ctx, d, answer, value)
	case actReqCancel:
		a.press(ctx, d, answer, value, a.cancelDraft)
	case actReqChange, actReqAgainForm:
		a.press(ctx, d, answer, value, a.change)
	case actReqAgain:
		a.press(ctx, d, answer, value, a.again)
	case actOpStop:
		a.press(ctx, d, answer, value, func(ctx context.Context, d delivery, c operation.Click) error {
			_, err := a.Intake.Stop(ctx, c)
			return err
		})
	case actSettleNow:
		a.press(ctx, d, answer, value, func(ctx context.Context, d delivery, c operation.Click) error {
			_, err := a.Intake.CheckNow(ctx, c)
			return err
		})
	case actSettleYes, actSettleNo:
		a.press(ctx, d, answer, value, a.personAnswer(action.ActionID))
	default:
		answer.empty(ctx)
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown button", zap.String("action", clamp(action.ActionID, 64)))
		a.tell(ctx, d, notYetMessage(unofferedOther))
	}
}

// send accepts the draft of a preview. The ack follows the commit.
func (a *App) send(ctx context.Context, d delivery, answer *answer, value string) {
	id, _, err := parseButtonValue(value)
	if err != nil {
		answer.empty(ctx)
		a.replace(ctx, d, forgottenMessage())
		return
	}
	op, err := a.Intake.Send(ctx, operation.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key})
	answer.empty(ctx)
	if again, ok := a.alreadyMine(err, d); ok {
		a.Intake.Begin(ctx, again.ID)
		a.remove(ctx, d)
		return
	}
	if err != nil {
		a.replace(ctx, d, a.problem(ctx, d, err))
		return
	}
	a.Intake.Begin(ctx, op.ID)
	a.remove(ctx, d)
}

// press handles a button of an operation that needs no answer but a problem.
func (a *App) press(ctx context.Context, d delivery, answer *answer, value string, do func(context.Context, delivery, operation.Click) error) {
	answer.empty(ctx)
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
	reg, err := a.registration(ctx, c.OperationID)
	if err != nil {
		return err
	}
	a.openForm(ctx, d, reg.Values(), nil)
	return nil
}

// again makes a new preview of the same request, for whoever pressed.
func (a *App) again(ctx context.Context, d delivery, c operation.Click) error {
	reg, err := a.registration(ctx, c.OperationID)
	if err != nil {
		return err
	}
	place, err := a.resultPlace(ctx, d, reg)
	if err != nil {
		return err
	}
	op, err := a.Intake.Preview(ctx, operation.Ask{Registration: reg, Actor: d.Actor, Place: place, Delivery: c.Delivery})
	if err != nil {
		return err
	}
	a.replace(ctx, d, previewMessage(op, a.wording()))
	return nil
}

// registration reads back what an operation was asked for.
func (a *App) registration(ctx context.Context, id string) (commands.Registration, error) {
	op, err := a.Journal.Operation(ctx, id)
	if err != nil {
		if errors.Is(err, operation.ErrNotFound) {
			return commands.Registration{}, err
		}
		return commands.Registration{}, &operation.UnavailableError{What: "journal", Err: err}
	}
	c, err := commands.Parse(trimName(op.Command))
	if err != nil {
		return commands.Registration{}, err
	}
	return commands.BuildRegistration(c.Values)
}

// openRemembered opens the form with what a person typed before.
func (a *App) openRemembered(ctx context.Context, d delivery, value string) {
	values := commands.Values{}
	if key, _, err := parseButtonValue(value); err == nil {
		if kept, ok := a.memory.recall(key); ok {
			values = kept
		}
	}
	a.openForm(ctx, d, values, nil)
}

// more answers an entry of an overflow menu.
func (a *App) more(ctx context.Context, d delivery, value string) {
	what, id, _, err := parseMoreValue(value)
	if err != nil {
		a.tell(ctx, d, forgottenMessage())
		return
	}
	if denial := a.Intake.Permission.Admit(ctx, d.Actor, d.Place); !denial.Allowed {
		a.tell(ctx, d, deniedMessage(&operation.DeniedError{Decision: denial, Operation: operation.Operation{Actor: d.Actor, Place: d.Place}}, a.wording()))
		return
	}
	op, err := a.Journal.Operation(ctx, id)
	if err != nil {
		if !errors.Is(err, operation.ErrNotFound) {
			err = &operation.UnavailableError{What: "journal", Err: err}
		}
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	switch what {
	case moreCopy:
		a.tell(ctx, d, copyMessage(op))
	case moreWhy:
		a.tell(ctx, d, whyMessage(op))
	case moreZeno:
		a.tell(ctx, d, zenoMessage(op))
	case moreDetails:
		a.tell(ctx, d, detailsMessage(op))
	}
}
