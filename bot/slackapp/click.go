package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
)

// click answers a button. Buttons live as long as their message, so each click is
// checked against the current state.
func (a *App) click(ctx context.Context, d delivery.Delivery, answer *answer) {
	if len(d.Actions) == 0 {
		return
	}
	action := d.Actions[0]
	value := action.Value
	if id, _, err := render.ParseButtonValue(value); err == nil {
		answer.about = id
	}
	b, known := buttonOf(action.ActionID)
	switch {
	case known && b.do == nil:
		return
	case b.opens:
		answer.empty(ctx) // it stores nothing; a second delivery finds the trigger used up
	case a.delivered(ctx, d).Told:
		return
	}
	if err := a.outsider(ctx, d); err != nil {
		answer.empty(ctx)
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	if !known {
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown button", zap.String("action", render.Clamp(action.ActionID, 64)))
		a.tell(ctx, d, private.NotYet(private.UnofferedOther))
		return
	}
	b.do(ctx, a, d, answer, value)
}

// outsider refuses a click from another workspace or organization before it shows
// or opens anything. It looks up only a click that could be from outside, because a
// trigger expires soon and the request of a click is checked again.
func (a *App) outsider(ctx context.Context, d delivery.Delivery) error {
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
	return a.Intake.Admit(ctx, d.Actor, a.place(d), "")
}

// send accepts the draft of a preview.
func (a *App) send(ctx context.Context, d delivery.Delivery, answer *answer, value string) {
	id, version, err := render.ParseButtonValue(value)
	if err != nil {
		a.replace(ctx, d, private.Forgotten())
		return
	}
	answer.asking = true // and it is about the draft, which the journal knows
	op, err := a.Intake.Send(ctx, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key,
		Version: version})
	if again, ok := alreadyMine(err, d); ok {
		op, err = again, nil
	}
	switch {
	case err == nil:
		answer.empty(ctx) // it is on disk
		a.begin(ctx, op)
		a.remove(ctx, d)
	case sendable(err):
		a.tell(ctx, d, a.problem(ctx, d, err)) // the preview stays: its button can be pressed again
	default:
		a.replace(ctx, d, a.problem(ctx, d, err))
	}
}

// press handles a button of an operation that needs no answer but a problem.
func (a *App) press(ctx context.Context, d delivery.Delivery, value string,
	do func(context.Context, delivery.Delivery, intake.Click) error) {
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

func (a *App) stop(ctx context.Context, _ delivery.Delivery, c intake.Click) error {
	_, err := a.Intake.Stop(ctx, c)
	return err
}

func (a *App) checkNow(ctx context.Context, _ delivery.Delivery, c intake.Click) error {
	_, err := a.Intake.CheckNow(ctx, c)
	return err
}

func (a *App) confirmAdded(ctx context.Context, _ delivery.Delivery, c intake.Click) error {
	_, err := a.Intake.Answer(ctx, c, operation.AnswerThere)
	return err
}

func (a *App) confirmNotAdded(ctx context.Context, _ delivery.Delivery, c intake.Click) error {
	_, err := a.Intake.Answer(ctx, c, operation.AnswerNotThere)
	return err
}

func (a *App) cancelDraft(ctx context.Context, d delivery.Delivery, c intake.Click) error {
	op, err := a.Intake.Cancel(ctx, c)
	if err == nil {
		a.replace(ctx, d, private.Cancelled(op))
	}
	return err
}

// more answers an entry of an overflow menu.
func (a *App) more(ctx context.Context, d delivery.Delivery, value string) {
	what, id, _, err := render.ParseMoreValue(value)
	if err != nil {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	d.Question = true
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
		a.tell(ctx, d, a.poolNow(ctx, d, op))
	}
}

// zeno shows the call with the client token of an unsettled operation, to people
// who could have asked for it. The token of a settled operation could only add the
// server a second time.
func (a *App) zeno(ctx context.Context, d delivery.Delivery, op operation.Operation) {
	unsettled := op.State == operation.Unconfirmed || op.State == operation.NeedsPerson
	if op.Change != operation.ChangeAdd || !unsettled {
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
