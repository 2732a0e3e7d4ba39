package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
)

// fillWithin bounds the look-ups for a form that is open already.
const fillWithin = 5 * time.Second

// openGlass opens the form for break-glass, over the preview if that is a
// view, and fills in its warning afterwards.
func (a *App) openGlass(ctx context.Context, d delivery.Delivery, value string) {
	id, _, err := render.ParseButtonValue(value)
	if err != nil {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	meta := form.Meta{Channel: d.Place.ChannelID, Thread: d.Place.ThreadTS, About: value, Preview: a.keepPreview(d)}
	view := form.Glass(meta, fmt.Sprintf(form.GlassAlertOff, form.GlassApprovers))
	viewID := a.showForm(ctx, d, view)
	if viewID == "" {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fillWithin,
		errors.New("filling the form took longer than "+fillWithin.String()))
	defer cancel()
	op, err := a.Journal.Operation(ctx, id)
	if err == nil && (op.Actor.UserID != d.Actor.UserID || op.State != operation.Draft || op.Approval == nil) {
		err = operation.ErrNotFound
	}
	if err != nil {
		a.Log.Info("break-glass form is not filled", zap.String("operation", id), zap.Error(err))
		return // submitting says what is wrong
	}
	used, limit, window, err := a.Intake.GlassUsed(ctx, d.Actor)
	if err != nil {
		limit = 0
		a.Log.Warn("earlier break-glass could not be counted for a form", zap.Error(err))
	}
	if meta.Channel == "" {
		meta.Channel = op.Place.ChannelID
	}
	filled := form.Glass(meta, form.GlassWarning(a.plainNames(ctx, op.Approval.Who), used, limit, window))
	a.updateForm(ctx, viewID, filled)
}

// showForm opens a view from a message, or puts it in the place of the view
// that was clicked in; it returns its id, empty when it is not there.
func (a *App) showForm(ctx context.Context, d delivery.Delivery, view slack.ModalViewRequest) string {
	if d.View != nil {
		if a.replaceView(ctx, d, view) {
			return d.View.ID
		}
		return ""
	}
	opened, _, err := a.Web.OpenView(ctx, d.TriggerID, view)
	if err != nil {
		a.Log.Info("a form could not be opened", zap.String("form", view.CallbackID), zap.Error(err))
		if !web.AlreadyOpen(err) {
			a.tell(ctx, d, private.NotSent(private.TriggerAgain))
		}
		return ""
	}
	return opened
}

func (a *App) updateForm(ctx context.Context, id string, view slack.ModalViewRequest) {
	ctx, cancel := a.outlive(ctx, tellWithin)
	defer cancel()
	if _, err := a.Web.UpdateView(ctx, id, "", view); err != nil && web.ErrorCode(err) != "not_found" {
		a.Log.Warn("an open form could not be filled", zap.Error(err))
	}
}

// maxPlainNames is how many people an alert names; it has room for 200
// characters.
const maxPlainNames = 4

// plainNames are the names of those who may approve, for where there are no
// mentions: "Bo, Chen and Dee".
func (a *App) plainNames(ctx context.Context, p operation.People) string {
	if p.Everybody || len(p.IDs) == 0 {
		return form.GlassApprovers
	}
	var list []string
	for _, id := range p.IDs[:min(len(p.IDs), maxPlainNames)] {
		who, err := a.Directory.Person(ctx, id)
		if err != nil || render.Clean(who.Name) == "" {
			a.Log.Info("a person could not be named", zap.String("person", id), zap.Error(err))
			continue
		}
		list = append(list, render.Clamp(render.Clean(who.Name), 20))
	}
	if len(list) == 0 {
		return form.GlassApprovers
	}
	if rest := len(p.IDs) - len(list); rest > 0 {
		list = append(list, fmt.Sprintf("%d more", rest))
	}
	return form.JoinNames(list)
}

// named returns a person with the name that Slack shows for them. Slack's
// payloads have only the handle, which stays if the name cannot be read within
// nameWithin. The permission check that follows reads the same answer, so this
// costs no further call.
func (a *App) named(ctx context.Context, who operation.Actor) operation.Actor {
	ctx, cancel := context.WithTimeout(ctx, nameWithin)
	defer cancel()
	if p, err := a.Directory.Person(ctx, who.UserID); err == nil && render.Clean(p.Name) != "" {
		who.Name = p.Name
	}
	return who
}

// breakGlass accepts a draft without the approvals it needs. The ack that
// closes the form is written after the operation is on disk.
func (a *App) breakGlass(ctx context.Context, d delivery.Delivery, answer *answer) {
	answer.asking = true
	meta, id, ok := a.formAbout(ctx, d, answer)
	if !ok {
		return
	}
	said, err := said(d.View.State, form.GlassFields())
	if err != nil {
		a.broke(ctx, d, answer, "undecodable", zap.Error(err))
		return
	}
	if meta.Channel == "" { // from a preview in a view
		if draft, err := a.Journal.Operation(ctx, id); err == nil && draft.Actor.UserID == d.Actor.UserID {
			d.Place = from(d.Place, draft.Place)
		}
	}
	_, version, _ := render.ParseButtonValue(meta.About) // formAbout has read it
	op, err := a.Intake.Break(ctx, intake.Click{OperationID: id, Actor: d.Actor, Place: a.place(d), Delivery: d.Key,
		Version: version}, intake.Justification{Why: said[intake.FieldWhy], Incident: said[intake.FieldIncident],
		Responsible: said[intake.FieldResponsible] != ""})
	if again, ok := alreadyMine(err, d); ok {
		op, err = again, nil
	}
	if err != nil {
		a.refuseForm(ctx, d, answer, err, intake.FieldWhy)
		return
	}
	closed := answer.with(ctx, slack.NewClearViewSubmissionResponse())
	a.begin(ctx, op)
	a.removeKept(ctx, meta.Preview)
	if !closed {
		a.replaceView(ctx, d, form.NoticeView(form.GlassTitle, acceptedText(op, a.wording()),
			slack.AlertLevelInfo))
	}
}

// keepPreview remembers how to take away the preview that was clicked on, once
// the form has used it up; empty where there is nothing to take away.
func (a *App) keepPreview(d delivery.Delivery) string {
	if d.ResponseURL == "" || !d.Container.IsEphemeral {
		return ""
	}
	return a.memory.Keep(memory.Item{Respond: d.ResponseURL})
}

func (a *App) removeKept(ctx context.Context, key string) {
	kept, ok := a.memory.Recall(key)
	if !ok || kept.Respond == "" {
		return // its button is answered by what became of the request
	}
	used := delivery.Delivery{ResponseURL: kept.Respond}
	used.Container.IsEphemeral = true
	a.remove(ctx, used)
}

// formAbout reads which operation a small form is about.
func (a *App) formAbout(ctx context.Context, d delivery.Delivery, answer *answer) (meta form.Meta, id string, ok bool) {
	if err := json.Unmarshal([]byte(d.View.PrivateMetadata), &meta); err == nil {
		if id, _, err := render.ParseButtonValue(meta.About); err == nil {
			answer.about = id
			return meta, id, true
		}
	}
	a.refuseSubmit(ctx, d, answer, private.Forgotten(), nil)
	return meta, "", false
}

// said reads what was filled in.
func said(raw json.RawMessage, fields []commands.Field) (map[string]string, error) {
	state, err := delivery.ReadState(raw)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, f := range fields {
		id := render.FieldBlockID(f.Key)
		values[f.Key] = form.FieldValue(f, state.Values[id][id])
	}
	return values, nil
}

// refuseForm keeps a small form open and says why on its fields, so that what
// was typed stays. What no typing can put right takes its place.
func (a *App) refuseForm(ctx context.Context, d delivery.Delivery, answer *answer, err error, first string) {
	if e, ok := errors.AsType[*intake.ChangedError](err); ok {
		words := private.Changed(e, a.wording())
		view := private.PreviewView(e.Operation, a.wording())
		lines := private.ChangedLines(e.Operation)
		view.Blocks.BlockSet = append(render.Blocks(form.Alert(lines[0], slack.AlertLevelWarning),
			render.Section(lines[1:]...)), view.Blocks.BlockSet...)
		if !answer.with(ctx, slack.NewUpdateViewSubmissionResponse(&view)) {
			a.showInstead(ctx, d, view, words)
		}
		return
	}
	words := a.approvalProblem(ctx, d, err)
	errs := map[string]string{}
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		words = private.NotSent(render.Prose(e.Problems[0].Text, render.SaidLimit))
		for _, p := range e.Problems {
			errs[render.FieldBlockID(p.Field)] = render.Clamp(render.Bare(p.Text), render.MaxFieldError)
		}
	} else if sendable(err) {
		errs[render.FieldBlockID(first)] = render.Clamp(render.Bare(words.Text), render.MaxFieldError)
	}
	if len(errs) == 0 {
		a.refuseSubmit(ctx, d, answer, words, nil)
		return
	}
	if !answer.with(ctx, slack.NewErrorsViewSubmissionResponse(errs)) {
		view := form.FailedView(titleOf(d), words.Text)
		a.showInstead(ctx, d, view, words)
	}
}
