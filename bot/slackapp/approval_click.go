package slackapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// decide answers a button of the card on which approval is asked for.
func (a *App) decide(ctx context.Context, d delivery.Delivery, value string,
	do func(context.Context, intake.Click) error) {
	id, version, err := render.ParseButtonValue(value)
	if err != nil {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	if err := do(ctx, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key,
		Version: version}); err != nil {
		a.tell(ctx, d, a.approvalProblem(ctx, d, err))
	}
}

func (a *App) approve(ctx context.Context, c intake.Click) error {
	_, err := a.Intake.Approve(ctx, c)
	return err
}

// errAsked says that the same person asked about the same request lately.
var errAsked = errors.New("the question stands in the thread already")

// question starts the conversation in the thread, once per person and request, so
// that a double click asks once.
func (a *App) question(ctx context.Context, c intake.Click) error {
	key := c.OperationID + " " + c.Actor.UserID
	if !a.asked.Claim(key) {
		return errAsked
	}
	err := a.Intake.Question(ctx, c)
	if err != nil {
		a.asked.Release(key)
	}
	return err
}

// approvalProblem is problem for someone who was asked to decide.
func (a *App) approvalProblem(ctx context.Context, d delivery.Delivery, err error) render.Message {
	if errors.Is(err, errAsked) {
		return render.Ephemeral(private.QuestionStands, render.Section(private.QuestionStands))
	}
	if e, ok := errors.AsType[*intake.DecidedError](err); ok {
		if e.Operation.State == operation.Draft {
			return private.Forgotten() // nobody was asked about it
		}
		return private.Decided(e.Operation, a.askedLink(ctx, d, e.Operation))
	}
	if e, ok := errors.AsType[*operation.StaleError](err); ok && e.Operation.State == operation.Waiting {
		return private.OldPicture(e.Operation, a.askedLink(ctx, d, e.Operation))
	}
	if e, ok := errors.AsType[*intake.DeniedError](err); ok && rulesSay(e.Decision.Code) {
		switch {
		case decides(d):
			return private.NotOnList(e)
		case d.View != nil && d.View.CallbackID == render.ViewGlass:
			return private.NotSent(fmt.Sprintf(private.GlassDenied, render.ServerName(e.Operation, render.InText),
				render.ListenerName(e.Operation, render.InText)))
		}
	}
	return a.problem(ctx, d, err)
}

// rulesSay reports whether the policy denied this person in this channel.
func rulesSay(code operation.DenialCode) bool {
	return code == operation.DeniedNoRule || code == operation.DeniedForbidden || code == operation.DeniedApproval
}

// decides reports whether a delivery is about someone else's request.
func decides(d delivery.Delivery) bool {
	if d.View != nil {
		return d.View.CallbackID == render.ViewDeny
	}
	return len(d.Actions) > 0 && (d.Actions[0].ActionID == render.ActApYes ||
		d.Actions[0].ActionID == render.ActApQuestion)
}

// askedLink is the address of the card with the buttons to approve.
func (a *App) askedLink(ctx context.Context, d delivery.Delivery, op operation.Operation) string {
	if d.Kind == delivery.KindSubmit {
		return ""
	}
	return a.Board.ApprovalLink(ctx, op)
}

// nameWithin bounds reading who asked, for the label of a form that has to
// open at once.
const nameWithin = 500 * time.Millisecond

// openDeny opens the form that asks why. Only the journal is read before: the
// trigger waits for nothing else, and the card shows what was read.
func (a *App) openDeny(ctx context.Context, d delivery.Delivery, value string) {
	id, _, err := render.ParseButtonValue(value)
	if err != nil {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	within, cancel := context.WithTimeoutCause(ctx, nameWithin,
		errors.New("the journal did not answer within "+nameWithin.String()))
	defer cancel()
	op, err := a.Journal.Operation(within, id)
	if err != nil {
		a.Log.Warn("who asked could not be read for a form", zap.String("operation", id), zap.Error(err))
	}
	meta := form.Meta{Channel: d.Place.ChannelID, Thread: d.Place.ThreadTS, About: value}
	a.showForm(ctx, d, form.Deny(meta, op.Actor.Name))
}

// deny stores a denial. Its ack closes the form after the denial is on disk.
func (a *App) deny(ctx context.Context, d delivery.Delivery, answer *answer) {
	meta, id, ok := a.formAbout(ctx, d, answer)
	if !ok {
		return
	}
	values, err := said(d.View.State, []commands.Field{form.DenyField("")})
	if err != nil {
		a.broke(ctx, d, answer, "undecodable", zap.Error(err))
		return
	}
	_, version, _ := render.ParseButtonValue(meta.About) // formAbout has read it
	op, err := a.Intake.Deny(ctx, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key,
		Version: version}, values[commands.KeyReason])
	if e, ok := errors.AsType[*intake.DecidedError](err); ok && e.Operation.Approval != nil {
		if no := e.Operation.Approval.Denied; no != nil && no.By.UserID == d.Actor.UserID {
			op, err = e.Operation, nil // their own denial, delivered again
		}
	}
	if err != nil {
		a.refuseForm(ctx, d, answer, err, commands.KeyReason)
		return
	}
	if !answer.with(ctx, slack.NewClearViewSubmissionResponse()) {
		a.replaceView(ctx, d, form.NoticeView(form.DenyTitle, card.Of(op, a.wording()).Text,
			slack.AlertLevelInfo))
	}
}
