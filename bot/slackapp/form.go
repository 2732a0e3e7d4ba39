package slackapp

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// openForm opens the form with what is known already. Nothing is looked up
// before, because the trigger lives three seconds and began before us.
func (a *App) openForm(ctx context.Context, d delivery, v commands.Values, notices []string) {
	view := formView(formState{Values: v, ChannelID: d.Place.ChannelID, DraftID: formMeta{Channel: d.Place.ChannelID}.String(), Notices: notices})
	_, err := a.Web.openView(ctx, d.TriggerID, view)
	if err == nil {
		return
	}
	if code := errorCode(err); !slices.Contains([]string{"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired", "trigger_exchanged", "invalid_arguments", ""}, code) {
		a.Log.Error("form could not be opened", zap.Error(err))
	} else {
		a.Log.Info("form could not be opened in time", zap.Error(err))
	}
	a.tell(ctx, d, expiredTriggerMessage(a.memory.keep(v)))
}

// submit answers a view that a person sent.
func (a *App) submit(ctx context.Context, d delivery, answer *answer) {
	switch d.View.CallbackID {
	case viewForm:
		a.check(ctx, d, answer)
	case viewPreview:
		a.sendFromView(ctx, d, answer)
	default:
		answer.empty(ctx)
	}
}

// check takes the form to its second screen, the preview, or puts the
// problems on their fields. A check that takes longer than Slack waits is
// finished behind a waiting screen.
func (a *App) check(ctx context.Context, d delivery, answer *answer) {
	values := formValues(d.View.State)
	reg, err := commands.BuildRegistration(values)
	if err != nil {
		a.answerForm(ctx, d, answer, operation.Operation{}, err)
		return
	}
	if reg.Channel != "" && d.Place.ChannelID == "" {
		d.Place.ChannelID = reg.Channel
	}
	type outcome struct {
		op  operation.Operation
		err error
	}
	ready := make(chan outcome, 1)
	a.lanes.work.Add(1)
	go func() {
		defer a.lanes.work.Done()
		place, err := a.resultPlace(ctx, d, reg)
		if err != nil {
			ready <- outcome{err: err}
			return
		}
		op, err := a.Intake.Preview(ctx, operation.Ask{Registration: reg, Actor: d.Actor, Place: place, Delivery: d.Key})
		ready <- outcome{op, err}
	}()
	timer := time.NewTimer(ackBudget)
	defer timer.Stop()
	select {
	case got := <-ready:
		a.answerForm(ctx, d, answer, got.op, got.err)
	case <-timer.C:
		waiting := checkingView()
		answer.with(ctx, slack.NewUpdateViewSubmissionResponse(&waiting))
		got := <-ready
		a.finishForm(ctx, d, values, got.op, got.err)
	}
}

// answerForm acks a form with its preview or its problems.
func (a *App) answerForm(ctx context.Context, d delivery, answer *answer, op operation.Operation, err error) {
	if err == nil {
		view := previewView(op)
		answer.with(ctx, slack.NewPushViewSubmissionResponse(&view))
		return
	}
	answer.with(ctx, slack.NewErrorsViewSubmissionResponse(a.formErrors(ctx, d, err)))
}

// formErrors puts an error on the fields it belongs to: Slack shows errors
// nowhere else.
func (a *App) formErrors(ctx context.Context, d delivery, err error) map[string]string {
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		return fieldErrors(e)
	}
	field := commands.KeyListener
	if _, ok := errors.AsType[*operation.PresentError](err); ok {
		field = commands.KeyServer
	}
	if _, ok := errors.AsType[*channelError](err); ok {
		field = commands.KeyTo
	}
	return map[string]string{fieldBlockID(field): clamp(bare(a.problem(ctx, d, err).Text), maxFieldError)}
}

// finishForm replaces the waiting screen. A person who closed it gets the
// preview as a private message instead.
func (a *App) finishForm(ctx context.Context, d delivery, values commands.Values, op operation.Operation, err error) {
	view, words := previewView(op), message{}
	if err == nil {
		words = previewMessage(op, a.wording())
	} else {
		words = a.problem(ctx, d, err)
		view = formView(formState{Values: values, ChannelID: d.Place.ChannelID, DraftID: d.View.PrivateMetadata, Alert: words.Text})
	}
	if err := a.Web.updateView(ctx, d.View.ID, view); err != nil {
		if errorCode(err) != "not_found" {
			a.Log.Warn("a checked form could not be shown", zap.Error(err))
		}
		a.tell(ctx, d, words)
	}
}

// sendFromView accepts what the second screen shows. The ack, which closes
// the form, is written after the operation is on disk.
func (a *App) sendFromView(ctx context.Context, d delivery, answer *answer) {
	id, _, err := parseButtonValue(d.View.PrivateMetadata)
	if err != nil {
		a.refuseSubmit(ctx, d, answer, forgottenMessage().Text)
		return
	}
	if op, loadErr := a.Journal.Operation(ctx, id); loadErr == nil {
		d.Place.ChannelID, d.Place.ChannelName = op.Place.ChannelID, op.Place.ChannelName
	}
	op, err := a.Intake.Send(ctx, operation.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key})
	if again, ok := a.alreadyMine(err, d); ok {
		answer.with(ctx, slack.NewClearViewSubmissionResponse())
		a.Intake.Begin(ctx, again.ID)
		return
	}
	if err != nil {
		a.refuseSubmit(ctx, d, answer, a.problem(ctx, d, err).Text)
		return
	}
	answer.with(ctx, slack.NewClearViewSubmissionResponse())
	a.Intake.Begin(ctx, op.ID)
}

// alreadyMine reports whether err says that this person's own click was taken
// before: the same delivery again, or a second press. Its answer is that of
// the first.
func (a *App) alreadyMine(err error, d delivery) (operation.Operation, bool) {
	if e, ok := errors.AsType[*operation.DuplicateError](err); ok {
		return e.Operation, true
	}
	if e, ok := errors.AsType[*operation.StaleError](err); ok && e.Operation.Actor.UserID == d.Actor.UserID && !e.Operation.DryRun && e.Operation.State != operation.Draft {
		return e.Operation, true
	}
	return operation.Operation{}, false
}

// refuseSubmit keeps a view open and says why: on its first field if it has
// fields, else in its place.
func (a *App) refuseSubmit(ctx context.Context, d delivery, answer *answer, text string) {
	if d.View.CallbackID == viewForm {
		answer.with(ctx, slack.NewErrorsViewSubmissionResponse(map[string]string{fieldBlockID(commands.KeyListener): clamp(bare(text), maxFieldError)}))
		return
	}
	view := failedView(text)
	answer.with(ctx, slack.NewUpdateViewSubmissionResponse(&view))
}
