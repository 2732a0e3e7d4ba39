package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
)

// ackBudget is how much of Slack's three seconds the work on an envelope may use.
// After it the envelope is acked without an outcome.
const ackBudget = 2 * time.Second

// answer is the one ack of an envelope.
type answer struct {
	app      *App
	envelope socket.Envelope
	delivery delivery.Delivery
	late     any    // the ack when there is no outcome in time; nil is the empty one
	asking   bool   // it asks for something new: if the work fails, nothing was sent
	about    string // id of the operation that it is about, if any
	once     sync.Once
}

// newAnswer makes the answer of d. An empty ack would close a view and lose the
// typed values, so a late submission shows the waiting screen. A late command
// tells the person that the answer will follow.
func (a *App) newAnswer(e socket.Envelope, d delivery.Delivery) *answer {
	r := &answer{app: a, envelope: e, delivery: d}
	switch {
	case d.Kind == delivery.KindSubmit && d.View != nil &&
		slices.Contains([]string{render.ViewForm, render.ViewPreview, render.ViewDeny, render.ViewGlass},
			d.View.CallbackID):
		waiting := form.CheckingView()
		r.late = slack.NewUpdateViewSubmissionResponse(&waiting)
	case d.Kind == delivery.KindCommand:
		r.late = ephemeral(private.Still(private.StillChecking))
	case d.Kind == delivery.KindSuggestion:
		r.late = form.NoList()
	}
	return r
}

// ackDeadline acks when ackBudget expires, even while the work is queued.
// The function it returns ends that, and must be called.
func (r *answer) ackDeadline(ctx context.Context) (stop func()) {
	left := ackBudget - r.app.Now().Sub(r.envelope.ReceivedAt)
	done := make(chan struct{})
	t := time.AfterFunc(max(0, left), func() {
		defer close(done)
		if !r.with(ctx, r.late) {
			return
		}
		// The ack of a click cannot carry words, and it looks like success. That of a
		// mention looks like nothing.
		if changes(r.delivery) {
			r.app.excuses.run("", func() { r.app.reply(ctx, r.delivery, private.Still(private.StillStoring), false) })
		} else if mentions(r.delivery) {
			r.app.excuses.run("", func() { r.app.reply(ctx, r.delivery, private.Still(private.StillChecking), false) })
		}
	})
	return func() {
		if !t.Stop() {
			<-done
		}
	}
}

// empty acks with nothing: Slack stops waiting, and shows nothing.
func (r *answer) empty(ctx context.Context) { r.with(ctx, nil) }

// with acks with a payload and reports whether Slack got it. It returns false if
// the envelope was acked before, the payload is too large, or the connection is
// gone. The caller then has to deliver the content in another way.
func (r *answer) with(ctx context.Context, payload any) (written bool) {
	r.once.Do(func() {
		defer r.app.backlog.leave()
		err := r.envelope.Ack(context.WithoutCancel(ctx), payload)
		written = err == nil
		if errors.Is(err, socket.ErrAckTooLarge) {
			r.app.Log.Error("ack is too large and goes out without its content", zap.String("type", r.envelope.Type))
			var waiting any
			if r.delivery.Kind == delivery.KindSubmit {
				waiting = r.late
			}
			err = r.envelope.Ack(context.WithoutCancel(ctx), waiting)
		}
		r.app.metrics.ackTime.Observe(r.app.Now().Sub(r.envelope.ReceivedAt).Seconds())
		if err != nil {
			r.app.metrics.acks.WithLabelValues("failed").Inc()
			r.app.Log.Warn("ack was not written", zap.String("type", r.envelope.Type), zap.Error(err))
			return
		}
		r.app.metrics.acks.WithLabelValues("written").Inc()
	})
	return written
}

// say answers a slash command, in the ack if that is possible, or a mention.
func (a *App) say(ctx context.Context, d delivery.Delivery, r *answer, m render.Message) {
	if d.Kind != delivery.KindCommand || !r.message(ctx, m) {
		a.tell(ctx, d, m)
	}
}

// message acks a slash command with a private message.
func (r *answer) message(ctx context.Context, m render.Message) bool {
	return r.with(ctx, ephemeral(m))
}

// ephemeral is the payload of an ack that shows a private message.
func ephemeral(m render.Message) any {
	return struct {
		ResponseType string        `json:"response_type"`
		Text         string        `json:"text"`
		Blocks       []slack.Block `json:"blocks,omitempty"`
	}{"ephemeral", m.Text, m.Blocks}
}

// responseFor is how long a response URL works
// (docs.slack.dev/interactivity/handling-user-interaction).
const responseFor = 30 * time.Minute

// place completes where a delivery came from.
func (a *App) place(d delivery.Delivery) operation.Place {
	p := d.Place
	if p.ResponseURL != "" {
		p.ResponseBy = a.Now().Add(responseFor - time.Minute)
	}
	return p
}

// tell says something to the person behind d only: in the thread in which it
// happened, else through the interaction itself, else in the channel, else in a
// direct message. It must not be the answer that is lost, so the last failure is an
// error in the log.
func (a *App) tell(ctx context.Context, d delivery.Delivery, m render.Message) {
	a.once(ctx, d, func() bool { return a.reply(ctx, d, m, false) })
}

// replace is tell, but replaces the private message that was clicked.
func (a *App) replace(ctx context.Context, d delivery.Delivery, m render.Message) {
	a.once(ctx, d, func() bool { return a.reply(ctx, d, m, d.Container.IsEphemeral) })
}

// reply reports whether Slack took the message. A response URL cannot post into a
// thread, but it replaces a message in one.
func (a *App) reply(ctx context.Context, d delivery.Delivery, m render.Message, replace bool) bool {
	ways := []way{a.overHome(d, m), a.respond(d, m, replace), a.privately(d, m, ""), a.directly(d, m)}
	if d.Thread != "" {
		at := 1
		if replace {
			at = 2
		}
		ways = slices.Insert(ways, at, a.privately(d, m, d.Thread))
	}
	var errs []error
	for _, w := range ways {
		if w.send == nil {
			continue
		}
		err := func() error {
			ctx, cancel := a.outlive(ctx, w.within)
			defer cancel()
			return w.send(ctx)
		}()
		if err == nil {
			return true
		}
		errs = append(errs, err)
	}
	a.metrics.faults.WithLabelValues("untold").Inc()
	a.Log.Error("a person could not be answered", zap.String("actor", d.Actor.UserID), zap.Error(errors.Join(errs...)))
	return false
}

// way is one way of answering a person; send is nil where there is no such way.
type way struct {
	within time.Duration
	send   func(context.Context) error
}

func (a *App) respond(d delivery.Delivery, m render.Message, replace bool) way {
	if d.ResponseURL == "" {
		return way{}
	}
	return way{respondWithin, func(ctx context.Context) error {
		return a.Web.Respond(ctx, d.ResponseURL,
			web.Response{Text: m.Text, Blocks: m.Blocks, ResponseType: "ephemeral", ReplaceOriginal: replace})
	}}
}

func (a *App) privately(d delivery.Delivery, m render.Message, thread string) way {
	if d.Place.ChannelID == "" || d.Actor.UserID == "" {
		return way{}
	}
	return way{tellWithin, func(ctx context.Context) error {
		return a.Web.Ephemeral(ctx, d.Place.ChannelID, thread, d.Actor.UserID, m)
	}}
}

func (a *App) directly(d delivery.Delivery, m render.Message) way {
	if d.Actor.UserID == "" {
		return way{}
	}
	return way{tellWithin, func(ctx context.Context) error {
		_, _, err := a.Web.Post(ctx, d.Actor.UserID, "", m)
		return err
	}}
}

// How long each way of answering is tried; the Web API may ask us to wait.
const (
	respondWithin = 5 * time.Second
	tellWithin    = 30 * time.Second
)

// outlive returns a context for an answer, which is due even after the timeout of
// the work. Only the end of the App cancels it.
func (a *App) outlive(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), within,
		fmt.Errorf("Slack did not take it within %s", within))
	stop := context.AfterFunc(a.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// remove deletes the private message that was clicked.
func (a *App) remove(ctx context.Context, d delivery.Delivery) {
	if d.ResponseURL == "" || !d.Container.IsEphemeral {
		return
	}
	ctx, cancel := a.outlive(ctx, respondWithin)
	defer cancel()
	if err := a.Web.Respond(ctx, d.ResponseURL, web.Response{DeleteOriginal: true}); err != nil {
		a.Log.Info("a used preview could not be removed", zap.Error(err))
	}
}

// sayBusy answers when there is no room for the work itself.
func (a *App) sayBusy(ctx context.Context, d delivery.Delivery, answer *answer) {
	switch d.Kind {
	case delivery.KindCommand:
		answer.message(ctx, private.TryAgain()) // nothing was done: no need for a second way if Slack is gone
	case delivery.KindSubmit:
		a.refuseSubmit(ctx, d, answer, private.TryAgain(), nil)
	case delivery.KindClick, delivery.KindShortcut, delivery.KindMessageAct:
		a.tell(ctx, d, private.TryAgain())
	default:
		answer.with(ctx, answer.late)
		if mentions(d) { // of the rest nobody waits for words
			a.tell(ctx, d, private.TryAgain())
		}
	}
}
