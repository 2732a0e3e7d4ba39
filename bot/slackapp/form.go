package slackapp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
)

// openForm opens the form with what is known already. Nothing is looked up
// before, because the trigger lives three seconds and began before us: the lists
// are in memory.
func (a *App) openForm(ctx context.Context, d delivery.Delivery, v commands.Values, notices []string) {
	if d.TriggerID == "" {
		a.offerForm(ctx, d, v, notices)
		return
	}
	f := a.newForm(d, v, notices)
	id, hash, err := a.Web.OpenView(ctx, d.TriggerID, form.Register(f))
	if err == nil {
		a.formOpened(ctx, d, f, delivery.View{ID: id, Hash: hash})
		return
	}
	switch code := web.ErrorCode(err); {
	case web.AlreadyOpen(err):
		a.Log.Info("form was opened by an earlier delivery", zap.Error(err))
		return
	case slices.Contains([]string{"expired_trigger_id", "invalid_trigger_id", "trigger_expired", "invalid_trigger", ""},
		code):
		a.Log.Info("form could not be opened in time", zap.Error(err))
	default:
		a.Log.Error("form could not be opened", zap.Error(err))
	}
	a.tell(ctx, d, private.ExpiredTrigger(a.memory.Keep(memory.Item{Values: v, Problems: notices, Stranger: d.Stranger,
		Searches: d.Searches, Thread: d.Place.ThreadTS})))
}

// submit answers a view that a person sent.
func (a *App) submit(ctx context.Context, d delivery.Delivery, answer *answer) {
	switch d.View.CallbackID {
	case render.ViewForm:
		a.check(ctx, d, answer)
	case render.ViewPreview:
		a.sendFromView(ctx, d, answer)
	case render.ViewDeny:
		a.deny(ctx, d, answer)
	case render.ViewGlass:
		a.breakGlass(ctx, d, answer)
	default:
		answer.empty(ctx)
	}
}

// check takes the form to its second screen, the preview, or puts the
// problems on their fields. A check that takes longer than Slack waits is
// finished behind a waiting screen.
func (a *App) check(ctx context.Context, d delivery.Delivery, answer *answer) {
	answer.asking = true
	f, err := a.readForm(d)
	if err != nil {
		a.broke(ctx, d, answer, "undecodable", zap.Error(err))
		return
	}
	op, err := a.preview(ctx, d, f)
	if err == nil {
		view := private.PreviewView(op, a.wording())
		if !answer.with(ctx, slack.NewPushViewSubmissionResponse(&view)) {
			a.showInstead(ctx, d, view, private.Preview(op, a.wording()))
		}
		return
	}
	words := a.problem(ctx, d, err)
	again := a.formAgain(d, f, err, words)
	response := slack.NewErrorsViewSubmissionResponse(formErrors(f, err, words))
	if e, ok := errors.AsType[*intake.UnavailableError](err); ok && e.Fault.Answered() {
		response = slack.NewUpdateViewSubmissionResponse(&again) // a field has no room for it
	}
	if !answer.with(ctx, response) {
		a.showInstead(ctx, d, again, words)
	}
}

// preview checks what was filled in, all of it in one round. Permission looks at the channel that the
// form was opened in and never at the one chosen for the result.
func (a *App) preview(ctx context.Context, d delivery.Delivery, f form.State) (operation.Operation, error) {
	reg, err := commands.BuildRegistration(f.Values)
	reg.Picked = slices.Collect(maps.Keys(f.Picked))
	wrong := f.Unlisted()
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		wrong = append(wrong, e.Problems...)
	}
	place, err := a.resultPlace(ctx, d, reg)
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		wrong, err = append(wrong, e.Problems...), nil
	}
	if e, ok := errors.AsType[*channelError](err); ok {
		wrong, err = append(wrong, commands.Problem{Field: commands.KeyTo, Text: render.Bare(e.words.Text)}), nil
	}
	if err != nil {
		return operation.Operation{}, err
	}
	// The same view can be sent again with other values: no key.
	return a.Intake.Preview(ctx, intake.Request{Registration: reg, Actor: a.named(ctx, d.Actor), Place: place,
		Wrong: wrong})
}

// formErrors puts an error on the fields it belongs to: Slack shows errors
// nowhere else.
func formErrors(f form.State, err error, words render.Message) map[string]string {
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		return f.Errors(e)
	}
	field := commands.KeyListener
	if _, ok := errors.AsType[*intake.PresentError](err); ok {
		field = commands.KeyServer
	}
	return map[string]string{f.Block(field): render.Clamp(render.Bare(words.Text), render.MaxFieldError)}
}

// formAgain is the submitted form with the problems on top, because Slack shows no
// field errors in an updated view.
func (a *App) formAgain(d delivery.Delivery, f form.State, err error, words render.Message) slack.ModalViewRequest {
	f.Alert, f.Notices = words.Text, nil
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		f.Alert, f.Notices = fmt.Sprintf(form.ToFix, e.Count()), form.Problems(e)
		f.About = a.aboutPicked(d, f) // Intake looks for mistakes only for people it admits
	}
	return form.Register(f)
}

// showInstead replaces the view whose ack could not carry the outcome. A
// person who closed it gets the words as a private message.
func (a *App) showInstead(ctx context.Context, d delivery.Delivery, view slack.ModalViewRequest, words render.Message) {
	if !a.replaceView(ctx, d, view) {
		a.tell(ctx, d, words)
	}
}

func (a *App) replaceView(ctx context.Context, d delivery.Delivery, view slack.ModalViewRequest) bool {
	ctx, cancel := a.outlive(ctx, tellWithin)
	defer cancel()
	_, err := a.Web.UpdateView(ctx, d.View.ID, "", view)
	if err != nil && web.ErrorCode(err) != "not_found" {
		a.Log.Warn("a view could not be replaced", zap.Error(err))
	}
	return err == nil
}

// sendFromView accepts what the second screen shows. The ack that closes the
// form is written after the operation is on disk.
func (a *App) sendFromView(ctx context.Context, d delivery.Delivery, answer *answer) {
	answer.asking = true
	id, version, err := render.ParseButtonValue(d.View.PrivateMetadata)
	if err != nil {
		a.refuseSubmit(ctx, d, answer, private.Forgotten(), nil)
		return
	}
	draft, loadErr := a.Journal.Operation(ctx, id)
	if loadErr == nil && draft.Actor.UserID == d.Actor.UserID {
		d.Place = from(d.Place, draft.Place)
	}
	answer.about = id
	op, err := a.Intake.Send(ctx, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key,
		Version: version})
	if again, ok := alreadyMine(err, d); ok {
		op, err = again, nil
	}
	if _, ok := errors.AsType[*intake.ChangedError](err); ok {
		a.refuseForm(ctx, d, answer, err, "")
		return
	}
	if err != nil {
		var retry *operation.Operation
		if loadErr == nil && sendable(err) {
			retry = &draft
		}
		a.refuseSubmit(ctx, d, answer, a.problem(ctx, d, err), retry)
		return
	}
	closed := answer.with(ctx, slack.NewClearViewSubmissionResponse())
	a.begin(ctx, op)
	if !closed {
		// A view that is gone needs no words: the card comes to the channel.
		a.replaceView(ctx, d, form.NoticeView(form.Title, acceptedText(op, a.wording()),
			slack.AlertLevelInfo))
	}
}

// from is the place of a view, which has no channel: it counts as used where its
// preview was asked for.
func from(view, preview operation.Place) operation.Place {
	view.ChannelID, view.ChannelName, view.NoChannel = preview.ChannelID, preview.ChannelName, preview.NoChannel
	return view
}

// acceptedText is a view's last word about op, which is never updated.
func acceptedText(op operation.Operation, w render.Wording) string {
	w.Posted = true
	return card.Of(op, w).Text
}

// sendable reports whether a draft that was refused with err may be sent
// again as it is: then it stays on the screen.
func sendable(err error) bool {
	if _, ok := errors.AsType[*intake.UnavailableError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*intake.UncertainError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*operation.BusyError](err); ok {
		return true
	}
	e, ok := errors.AsType[*intake.DeniedError](err)
	return ok && slices.Contains([]operation.DenialCode{operation.DeniedRate, operation.DeniedListenerRate,
		operation.DeniedUnchecked}, e.Decision.Code)
}

// alreadyMine reports whether err says that this person's own click was accepted
// before: a redelivery or a second press, which gets the answer of the first. A
// draft or a dry run was not accepted.
func alreadyMine(err error, d delivery.Delivery) (operation.Operation, bool) {
	var op operation.Operation
	if e, ok := errors.AsType[*operation.DuplicateError](err); ok {
		op = e.Operation
	} else if e, ok := errors.AsType[*operation.StaleError](err); ok {
		op = e.Operation
	}
	if op.ID == "" || op.State == operation.Draft || op.DryRun {
		return operation.Operation{}, false
	}
	return op, op.Actor.Owns(d.Actor)
}

// refuseSubmit keeps a view open and says why: on its first field if it has
// fields, else in its place. A draft that may be sent again stays sendable.
func (a *App) refuseSubmit(ctx context.Context, d delivery.Delivery, answer *answer, words render.Message,
	retry *operation.Operation) {
	var view slack.ModalViewRequest
	switch {
	case d.View.CallbackID == render.ViewForm:
		f, _ := a.readForm(d) // unreadable values are dropped
		if answer.with(ctx, slack.NewErrorsViewSubmissionResponse(formErrors(f, nil, words))) {
			return
		}
		a.showInstead(ctx, d, a.formAgain(d, f, nil, words), words)
		return
	case retry != nil:
		view = private.PreviewView(*retry, a.wording())
		view.Blocks.BlockSet = append(render.Blocks(form.Alert(words.Text, slack.AlertLevelWarning)),
			view.Blocks.BlockSet...)
	default:
		view = form.FailedView(titleOf(d), words.Text)
	}
	if !answer.with(ctx, slack.NewUpdateViewSubmissionResponse(&view)) {
		a.showInstead(ctx, d, view, words)
	}
}

// titleOf is the title of the view that a person sent.
func titleOf(d delivery.Delivery) string {
	switch {
	case d.View == nil:
		return form.Title
	case d.View.CallbackID == render.ViewPreview:
		return private.ViewCheckTitle
	case d.View.CallbackID == render.ViewDeny:
		return form.DenyTitle
	case d.View.CallbackID == render.ViewGlass:
		return form.GlassTitle
	}
	return form.Title
}
