package slackapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
)

// command answers a slash command: in the ack itself if nothing has to be looked
// up, else with a message before the ack.
func (a *App) command(ctx context.Context, d delivery.Delivery, answer *answer) {
	d.Stranger = true
	c, err := commands.Parse(d.Text)
	if err != nil {
		a.say(ctx, d, answer, a.problem(ctx, d, err))
		return
	}
	switch c.Verb {
	case commands.VerbForm:
		answer.empty(ctx)
		a.openForm(ctx, d, commands.Values{}, nil)
	case commands.VerbHelp:
		a.say(ctx, d, answer, a.help(ctx, d, strings.Join(c.Args, " ")))
	case commands.VerbDoctor:
		a.doctor(ctx, d, answer)
	case commands.VerbAgain:
		answer.empty(ctx) // a second delivery finds the trigger used up
		a.repeat(ctx, d, strings.Join(c.Args, ""))
	case commands.VerbRegister, commands.VerbRemove, commands.VerbUndo:
		reg, err := commands.BuildChange(c.Verb, c.Values)
		if err != nil {
			a.say(ctx, d, answer, a.problem(ctx, d, err))
			return
		}
		d.Stranger = false // what goes wrong after this is found by Intake, which admits nobody else
		a.register(ctx, d, answer, reg)
	default:
		if !a.delivered(ctx, d).Told {
			a.inform(ctx, d, c)
		}
	}
}

// helpWithin is how long help may take to find out what a person may do: Slack waits three seconds for the ack that
// carries it.
const helpWithin = time.Second

var errHelpWithin = errors.New("Slack did not answer within " + helpWithin.String())

// help is one page of help, with what the person may do here.
func (a *App) help(ctx context.Context, d delivery.Delivery, topic string) render.Message {
	ctx, cancel := context.WithTimeoutCause(ctx, helpWithin, errHelpWithin)
	defer cancel()
	return private.Help(commands.Help(topic, a.Suggester.Rights(ctx, d.Actor, d.Place)))
}

// inform answers a command that leads to no request.
func (a *App) inform(ctx context.Context, d delivery.Delivery, c commands.Command) {
	d.Question = c.Verb != commands.VerbPause && c.Verb != commands.VerbResume
	switch c.Verb {
	case commands.VerbWhoami:
		if len(c.Args) > 0 {
			a.why(ctx, d, c.Values)
			return
		}
		a.whoami(ctx, d)
	case commands.VerbPause, commands.VerbResume:
		a.pause(ctx, d, c)
	case commands.VerbStatus:
		if len(c.Args) == 0 {
			a.open(ctx, d)
			return
		}
		a.status(ctx, d, c.Args[0])
	case commands.VerbList:
		a.list(ctx, d, c.Args)
	case commands.VerbHistory:
		a.history(ctx, d, c.Values)
	}
}

// register shows the preview of a typed command or, where the settings say
// so, has an addition accepted at once.
func (a *App) register(ctx context.Context, d delivery.Delivery, answer *answer, reg commands.Registration) {
	previewed := reg.Verb != "" || a.Confirm == intake.ConfirmAlways || a.Confirm == ""
	answer.asking = previewed // else it may be accepted already when something breaks
	a.foresee(ctx, d.Actor.UserID, d.Place.ChannelID)
	known := a.delivered(ctx, d)
	if known.Told {
		return
	}
	op, accepted, err := a.ask(ctx, d, reg, known.OperationID)
	if again, ok := alreadyMine(err, d); ok {
		op, accepted, err = again, true, nil
	}
	switch {
	case err != nil:
		a.tell(ctx, d, a.problem(ctx, d, err))
	case accepted:
		answer.empty(ctx) // it is on disk
		a.begin(ctx, op)
	default:
		a.tell(ctx, d, private.Preview(op, a.wording()))
	}
}

// ask passes a registration to the intake, with its place and the ID of the
// operation that an earlier delivery stored.
func (a *App) ask(
	ctx context.Context, d delivery.Delivery, reg commands.Registration, earlier string,
) (operation.Operation, bool, error) {
	place, err := a.resultPlace(ctx, d, reg)
	if err == nil && reg.Verb == commands.VerbUndo {
		reg.Ref, err = a.undone(ctx, d, reg.Ref)
	}
	if err != nil {
		return operation.Operation{}, false, err
	}
	asked := intake.Request{Registration: reg, Actor: a.named(ctx, d.Actor), Place: place, Delivery: d.Key,
		Earlier: earlier}
	if d.Event.Edited == "" {
		return a.Intake.Submit(ctx, asked)
	}
	op, err := a.Intake.Preview(ctx, asked) // an edit sends nothing, whatever the settings say
	return op, err == nil && op.State != operation.Draft, err
}

// resultPlace completes the place with the channel for the result. It checks first
// that the bot can post there.
func (a *App) resultPlace(
	ctx context.Context, d delivery.Delivery, reg commands.Registration,
) (operation.Place, error) {
	p := a.place(d)
	p.ResultID = p.ChannelID
	if reg.Channel != "" && reg.Channel != p.ChannelID {
		if strings.HasPrefix(reg.Channel, "#") {
			return p, unresolvedChannel(reg)
		}
		if !a.Intake.Permission.Admit(ctx, d.Actor, p).Allowed {
			return p, nil // Intake refuses and notes it; until then nothing is said about other channels
		}
		p.ResultID, p.ThreadTS = reg.Channel, ""
	}
	switch {
	case p.ResultID == "" && p.NoChannel:
		return p, noChannel(reg)
	case p.ResultID == "":
		return p, nil // Intake refuses a place without a channel
	}
	c, err := a.Directory.Channel(ctx, p.ResultID)
	elsewhere := p.ResultID != p.ChannelID
	switch {
	case err != nil:
		return p, &intake.UnavailableError{What: "Slack", Err: err}
	case c.ID == "", elsewhere && c.Private && !(c.Direct && c.Creator == d.Actor.UserID):
		// A person may not be in a private channel that the bot is in: they
		// neither post there through the bot nor learn that it exists.
		return p, a.cannotPost(p.ResultID, web.CodeChannelNotFound)
	case c.Archived:
		return p, a.cannotPost(p.ResultID, "is_archived")
	case c.Shared && elsewhere:
		return p, a.Intake.Refuse(ctx, operation.DeniedShared, d.Actor, p)
	case !c.Member && !c.Direct && !c.Shared:
		return p, a.cannotPost(p.ResultID, "not_in_channel")
	}
	if !elsewhere {
		p.ChannelName = c.Name
	}
	return p, nil
}

// unresolvedChannel says that Slack did not turn a channel's name into its id.
// Looking up a name would mean reading all channels.
func unresolvedChannel(reg commands.Registration) error {
	values := reg.Values()
	delete(values, commands.KeyTo)
	return &commands.InputError{Values: values, Problems: []commands.Problem{{
		Field: commands.KeyTo, Given: commands.KeyTo + "=" + reg.Channel,
		Text: fmt.Sprintf(channelUnresolved, reg.Channel),
	}}}
}

// noChannel asks for the channel of the result, which Slack does not name where the
// bot itself is asked.
func noChannel(reg commands.Registration) error {
	return &commands.InputError{Values: reg.Values(), Problems: []commands.Problem{{
		Field: commands.KeyTo, Text: private.ChooseChannel,
	}}}
}

// channelUnresolved asks for what Slack can resolve.
const channelUnresolved = "Slack did not say which channel %s is. Type # and pick the channel from Slack's " +
	"suggestions, or use the form."

// wordsError is an error with its whole answer.
type wordsError struct{ words render.Message }

func (e *wordsError) Error() string { return e.words.Text }

// channelError says that the bot cannot post where the result should go.
type channelError struct {
	channel string
	code    string // Slack's code
	words   render.Message
}

func (e *channelError) Error() string { return "cannot post in " + e.channel + ": " + e.code }

func (a *App) cannotPost(channel, code string) error {
	return &channelError{channel, code, private.ChannelRefused(channel, code, a.wording())}
}

// whoami tells a person what the bot knows about them and what the policy allows.
func (a *App) whoami(ctx context.Context, d delivery.Delivery) {
	s, err := a.Explainer.Whoami(ctx, d.Actor, d.Place)
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, &intake.UnavailableError{What: "Slack", Err: err}))
		return
	}
	a.tell(ctx, d, private.Whoami(s, a.limits(ctx, d), a.wording()))
}

// status shows the state of an operation.
func (a *App) status(ctx context.Context, d delivery.Delivery, ref string) {
	op, err := a.Reader.Status(ctx, ref, d.Actor, d.Place)
	if errors.Is(err, operation.ErrNotFound) {
		a.tell(ctx, d, private.UnknownRef(ref))
		return
	}
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	events, err := a.History.Events(ctx, op.ID)
	if err != nil {
		a.Log.Warn("history could not be read", zap.String("operation", op.ID), zap.Error(err))
	}
	board.LogUnknown(a.Log, op)
	board.LogUnknownEvents(a.Log, events)
	a.tell(ctx, d, private.Status(op, events, a.Board.CardLink(ctx, op.ID)))
}

// trimName removes the command's own name from a command line.
func trimName(line string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), commands.Name))
}

// ownersWithin bounds how long the owners' channel may take to hear of a pause.
const ownersWithin = 10 * time.Second

// pause answers pause and resume. The owners' channel is told of what changed, after
// the person.
func (a *App) pause(ctx context.Context, d delivery.Delivery, c commands.Command) {
	if d.Event.Edited != "" { // perhaps long after it was said
		a.tell(ctx, d, private.EditedPause())
		return
	}
	by, from := a.named(ctx, d.Actor), a.place(d)
	var got intake.PauseAnswer
	var err error
	over := c.Verb == commands.VerbResume
	if over {
		got, err = a.Intake.Resume(ctx, by, from, d.Key)
	} else {
		got, err = a.Intake.Pause(ctx, by, from, strings.Join(c.Args, " "), d.Key)
	}
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	if over {
		a.tell(ctx, d, private.Resumed(got))
	} else {
		a.tell(ctx, d, private.Paused(got))
	}
	if a.Owner == "" || !got.Changed {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), ownersWithin,
		errors.New("Slack did not take it within "+ownersWithin.String()))
	defer cancel()
	if err := a.Board.PostToOwners(ctx, private.PauseNotice(got, by, over)); err != nil {
		a.Log.Warn("owners were not told of a pause", zap.String("actor", by.UserID), zap.Error(err))
	}
}
