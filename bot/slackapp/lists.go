package slackapp

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
)

// The results of a question of the form for what to offer.
const (
	listOffered     = "offered"
	listDenied      = "denied"
	listUnavailable = "unavailable"
	listLate        = "late"
)

const (
	maxTyped      = 100 // characters of what was typed in a list
	beforeActions = "0" // earlier than Slack's time of any action
)

// suggest answers a question of the form for what to offer. A person who may see
// none of it is told only that.
func (a *App) suggest(ctx context.Context, d delivery.Delivery, answer *answer) {
	if len(d.Actions) == 0 || d.View == nil {
		answer.with(ctx, form.NoOptions())
		return
	}
	typed := operation.Clip(d.Actions[0].Value, maxTyped)
	var options any
	var err error
	var field string
	switch d.Actions[0].ActionID {
	case render.PickBlockID(commands.KeyListener):
		field = commands.KeyListener
		options, err = a.offerListeners(ctx, d, typed)
	case render.PickBlockID(commands.KeyServer):
		field = commands.KeyServer
		options, err = a.offerServers(ctx, d, typed)
	default:
		answer.with(ctx, form.NoOptions())
		return
	}
	result := listOffered
	if _, denied := errors.AsType[*suggest.DeniedError](err); denied {
		options, result = form.NothingAllowed(), listDenied
	} else if err != nil {
		options, result = form.NoList(), listUnavailable
		if a.asked.Claim("nothing to offer " + field + err.Error()) { // not for each letter
			a.Log.Info("the form has nothing to offer", zap.String("field", field), zap.Error(err))
		}
	}
	if !answer.with(ctx, options) {
		result = listLate
	}
	a.metrics.lists.WithLabelValues(field, result).Inc()
}

func (a *App) offerListeners(ctx context.Context, d delivery.Delivery, typed string) (options any, err error) {
	f, _ := a.readForm(d)
	var found suggest.Suggested
	for _, text := range f.Seek(commands.KeyListener, typed) {
		found, err = a.Suggester.Listeners(ctx, d.Actor, a.place(d), text)
		if err != nil || len(found.Lately)+len(found.Others) > 0 {
			break
		}
	}
	return form.Listeners(found), err
}

func (a *App) offerServers(ctx context.Context, d delivery.Delivery, typed string) (options any, err error) {
	f, _ := a.readForm(d) // only the zone, and the searches, depend on it
	var found []operation.Server
	var more int
	for _, text := range f.Seek(commands.KeyServer, typed) {
		found, more, err = a.Suggester.Servers(ctx, d.Actor, a.place(d), f.Values[commands.KeyListener], text)
		if err != nil || len(found) > 0 {
			break
		}
	}
	return form.Servers(found, more), err
}

// readForm reads what was filled in so far in the form.
func (a *App) readForm(d delivery.Delivery) (form.State, error) {
	state, err := delivery.ReadState(d.View.State)
	f := form.Read(state, d.View.PrivateMetadata)
	f.Listed = a.listed()
	return f, err
}

// listed has the fields for which there is a list.
func (a *App) listed() map[string]bool {
	listeners, servers := a.Suggester.Listed()
	return map[string]bool{commands.KeyListener: listeners, commands.KeyServer: servers}
}

// newForm returns the form with values, as far as they are known without asking
// anybody. A value that is exactly one thing in the lists is shown as picked; any
// other stays as it was typed.
func (a *App) newForm(d delivery.Delivery, v commands.Values, notices []string) form.State {
	f := form.New(d.Place.ChannelID, v, notices)
	f.ThreadTS, f.Searches, f.Listed = d.Place.ThreadTS, d.Searches, a.listed()
	f.Alert = form.WithoutLists(f.Listed[commands.KeyListener], f.Listed[commands.KeyServer])
	for key, listed := range f.Listed {
		f.Typed[key] = !listed
		if listed && v[key] != "" {
			f.PickOrType(key, a.optionFor(d, v, key))
		}
	}
	f.About = a.aboutPicked(d, f)
	return f
}

// optionFor is the option for what a person typed in a field; nil if it names
// nothing or several things. A stranger is shown no more than the ID that they
// typed.
func (a *App) optionFor(d delivery.Delivery, v commands.Values, key string) *slack.OptionBlockObject {
	var id string
	var o *slack.OptionBlockObject
	if key == commands.KeyListener {
		l, _ := a.Names.NamedListener(v[key])
		id, o = l.ID, form.ListenerOption(l)
	} else if s, _ := a.Names.NamedServer(v[key]); v[commands.KeyType] == "" ||
		strings.EqualFold(v[commands.KeyType], string(s.Type)) { // else the command asks for another one
		id, o = s.ID, form.ServerOption(s)
	}
	switch {
	case !d.Stranger:
		return o
	case id == v[key]:
		return form.TextOption(id)
	}
	return nil
}

// aboutPicked is what the lists know of the listener that was picked; nil if that
// is nothing, and for a stranger.
func (a *App) aboutPicked(d delivery.Delivery, f form.State) *form.About {
	if d.Stranger || f.Picked[commands.KeyListener] == nil {
		return nil
	}
	l, ok := a.Names.NamedListener(f.Values[commands.KeyListener])
	if !ok {
		return nil
	}
	return &form.About{Listener: l}
}

// formOpened does what can wait until the form is open.
func (a *App) formOpened(ctx context.Context, d delivery.Delivery, f form.State, v delivery.View) {
	a.Suggester.FormOpened(d.Actor, a.place(d))
	if f.Picked[commands.KeyListener] != nil && a.lastActions.Note(v.ID, beforeActions) {
		d.View = &v
		a.describe(ctx, d, f, beforeActions)
	}
}

// chose shows what is known of the listener that was just picked in a form.
func (a *App) chose(ctx context.Context, d delivery.Delivery, id string) {
	if id == form.NotListed {
		a.typeIDs(ctx, d, "")
		return
	}
	a.inForm(d, func(f form.State, at string) { a.describe(ctx, d, f, at) })
}

// typeIDs turns the lists of a form into fields to type into.
func (a *App) typeIDs(ctx context.Context, d delivery.Delivery, _ string) {
	a.inForm(d, func(f form.State, at string) {
		f.TypeIDs()
		a.redraw(ctx, d, f, at)
	})
}

// pickFromLists turns the fields to type into back into lists. An ID that was typed
// stays picked; a list begins with what any other text finds.
func (a *App) pickFromLists(ctx context.Context, d delivery.Delivery, _ string) {
	d.Stranger = true // nobody has checked whether the person may learn names
	a.inForm(d, func(f form.State, at string) {
		f.Alert = form.WithoutLists(f.Listed[commands.KeyListener], f.Listed[commands.KeyServer])
		for key, listed := range f.Listed {
			if listed && f.Typed[key] {
				f.PickOrSearch(key, a.optionFor(d, f.Values, key))
			}
		}
		if f.Picked[commands.KeyListener] != nil {
			a.describe(ctx, d, f, at)
			return
		}
		a.redraw(ctx, d, f, at)
	})
}

// inForm does something with the form in which d was pressed, unless something
// later was done in it already.
func (a *App) inForm(d delivery.Delivery, do func(f form.State, at string)) {
	if d.View == nil || d.View.CallbackID != render.ViewForm {
		return
	}
	at := d.Actions[0].ActionTS
	f, err := a.readForm(d)
	switch {
	case err != nil:
		a.Log.Warn("a form could not be read and stays as it is", zap.Error(err))
	case a.lastActions.Note(d.View.ID, at):
		do(f, at)
	}
}

// describe draws a form again with what is known of the listener in it.
func (a *App) describe(ctx context.Context, d delivery.Delivery, f form.State, at string) {
	f.About = a.aboutChosen(ctx, d, f)
	a.redraw(ctx, d, f, at)
}

// aboutChosen reads what the form says about the listener in it.
func (a *App) aboutChosen(ctx context.Context, d delivery.Delivery, f form.State) *form.About {
	id := f.Values[commands.KeyListener]
	c, err := a.Suggester.Chosen(ctx, d.Actor, a.place(d), id)
	denied, isDenied := errors.AsType[*suggest.DeniedError](err)
	switch {
	case err == nil:
		return &form.About{Listener: c.Listener, Pool: c.Pool, Read: c.Read}
	case isDenied && denied.Decision.Code == operation.DeniedNoRule:
		return &form.About{Problem: form.NotAllowed}
	case isDenied:
		return &form.About{Problem: private.DeniedText(denied.Decision, d.Actor, a.place(d), a.wording())}
	case errors.Is(err, suggest.ErrGone) && id == form.NoneToYou:
		return &form.About{Problem: form.NoneToYouHelp}
	case errors.Is(err, suggest.ErrGone):
		return &form.About{Problem: form.Gone}
	}
	a.Log.Info("the form says less about a listener", zap.Error(err))
	return a.aboutPicked(d, f)
}

// redraw replaces a form in which something was done at a time, unless something
// later was done in it, it was sent, or another replica drew it. What is typed
// meanwhile stays: Slack keeps it by the ids of the blocks.
func (a *App) redraw(ctx context.Context, d delivery.Delivery, f form.State, at string) {
	a.lastActions.Draw(d.View.ID, at, func(own string) string {
		ctx, cancel := a.outlive(ctx, tellWithin)
		defer cancel()
		shown := form.Register(f)
		hash, err := a.Web.UpdateView(ctx, d.View.ID, d.View.Hash, shown)
		if own != "" && web.ErrorCode(err) == hashConflict { // drawn here since, for something earlier
			hash, err = a.Web.UpdateView(ctx, d.View.ID, own, shown)
		}
		if err != nil && !slices.Contains([]string{hashConflict, "not_found"}, web.ErrorCode(err)) {
			a.Log.Warn("a view could not be replaced", zap.Error(err))
		}
		return hash
	})
}

const hashConflict = "hash_conflict"
