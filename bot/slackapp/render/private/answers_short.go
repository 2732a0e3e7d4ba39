package private

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
)

const (
	ButtonFixForm = "Open form with these values"
	ButtonHelp    = "Help"
	inputMore     = "• and %d more"
	notSentLine   = "*" + render.FirstNotSent + ".* %s"
	notSentText   = render.FirstNotSent + ": %s"
)

// NotSent is the shape of most private answers: first word, one sentence,
// and buttons if there is something to press.
func NotSent(sentence string, buttons ...slack.BlockElement) render.Message {
	return outcome(render.FirstNotSent, sentence, render.Actions(buttons...))
}

// outcome is a first word, one sentence and blocks.
func outcome(first, sentence string, more ...slack.Block) render.Message {
	return render.Ephemeral(first+": "+sentence, append([]slack.Block{
		render.Section(fmt.Sprintf("*%s.* %s", first, sentence))}, more...)...)
}

// Answer says one sentence about something that was not to be sent.
func Answer(sentence string, buttons ...slack.BlockElement) render.Message {
	return render.Ephemeral(sentence, render.Section(sentence), render.Actions(buttons...))
}

// bold is a word in bold, or in code style where it could be markup.
func bold(word string) string {
	if render.Harmless(word) && strings.TrimSpace(word) == word {
		return "*" + word + "*"
	}
	return render.Code(word)
}

func helpButton() slack.BlockElement {
	return render.Button(render.ActHelpOpen, ButtonHelp, "Help for /lb-register", "")
}

// Busy says that someone, maybe the reader, is changing the same server already.
// link is the address of that card, or empty.
func Busy(e *operation.BusyError, link string, reader operation.Actor) render.Message {
	op := e.Operation
	text, line := "Not sent: %s asked to {add} {server} here already", "*Not sent.* %s asked to {add} {server} here "+
		"already"
	who, mention := render.ActorName(op.Actor), render.Mention(op.Actor.UserID)
	switch waits := op.State == operation.Waiting; {
	case !op.Known():
		stands := strings.ReplaceAll(": {ref}. It is now: "+render.Stands(op), "%", "%%")
		text, line = text+stands, line+stands
	case op.Actor.UserID == reader.UserID && waits:
		who, mention, text, line = "you", "You", text+": {ref}", line+": it waits for approval: {ref}"
	case op.Actor.UserID == reader.UserID:
		who, mention, text, line = "you", "You", text+": {ref}", line+": {ref}"
	case waits:
		text, line = text+", and it waits for approval: {ref}", line+", and it waits for approval: {ref}"
	default:
		text, line = "Not sent: %s is already {adding} {server} here: {ref}",
			"*Not sent.* %s is already {adding} {server} here: {ref}"
	}
	return render.Ephemeral(render.Say(op, render.InText, text+". Nothing new is started.", who),
		render.Section(render.Say(op, render.Name, line+". Nothing new is started.", mention)),
		render.Actions(render.OpenButton(op, link)))
}

// Present says that the server is on the listener already, with the requested
// ports; only its weight can differ.
func Present(e *intake.PresentError) render.Message {
	op, there := e.Operation, e.Backend
	id := render.Code(there.BackendID)
	if e.By != nil {
		text := fmt.Sprintf("%s took it off at %s, and Zenlayer's list still shows it. Try again in a minute.",
			e.By.Ref, render.Clock(e.By.FinishedAt))
		return render.Ephemeral(fmt.Sprintf("Not sent: %s is still in the list of %s. %s",
			render.ServerName(op, render.InText), render.ListenerPort(op, render.InText), text),
			render.Section(fmt.Sprintf("*Not sent.* %s is still in the list of this listener, as %s. %s",
				render.ServerName(op, render.Name), id, text), render.NothingWasSent))
	}
	if e.Same {
		return render.Ephemeral(fmt.Sprintf("Nothing to do: %s is already on %s with the same ports and weight, as %s.",
			render.ServerName(op, render.InText), render.ListenerPort(op, render.InText),
			render.InText(there.BackendID)),
			render.Section("*"+render.FirstNothing+".* "+fmt.Sprintf("%s is already on this listener with the same "+
				"ports and weight: %s.", render.ServerName(op, render.Name), id), render.NothingWasSent))
	}
	return render.Ephemeral(fmt.Sprintf("Not sent: %s is already on %s as %s with weight %d.",
		render.ServerName(op, render.InText), render.ListenerPort(op, render.InText), render.InText(there.BackendID),
		there.Weight),
		render.Section(fmt.Sprintf("*Not sent.* It is on the listener with weight %d; you asked for %s. This load "+
			"balancer cannot change a weight in place.", there.Weight, render.WeightWords(op.Request.Weight)),
			fmt.Sprintf(render.DiffersAs, id, render.NothingWasSent)))
}

// Expired says that the preview is too old to be used.
func Expired(op operation.Operation) render.Message {
	return render.Ephemeral(fmt.Sprintf("Not sent: the preview %s is older than 5 minutes. Nothing was sent.", op.Ref),
		render.Section(fmt.Sprintf("*Not sent.* The preview %s is older than 5 minutes, so I did not use it. Nothing "+
			"was sent.", op.Ref)), render.Actions(
			render.Primary(render.Button(render.ActReqAgain, card.ButtonAgain,
				render.Say(op, render.BareName, card.LabelAgain), render.ButtonValue(op))), againFormButton(op)))
}

// againFormButton is nil for what has no form.
func againFormButton(op operation.Operation) slack.BlockElement {
	if !op.Change.HasForm() {
		return nil
	}
	return render.Button(render.ActReqAgainForm, card.ButtonAgainForm,
		render.Say(op, render.BareName, card.LabelAgainForm), render.ButtonValue(op))
}

// Stale answers a click on a card that shows an older version of op.
func Stale(op operation.Operation, link string) render.Message {
	text := fmt.Sprintf("This card is out of date. %s is now: %s.", op.Ref, render.Stands(op))
	return render.Ephemeral(text, render.Section(text, StaleSent), render.Actions(render.OpenButton(op, link)))
}

// Duplicate says that the same delivery was accepted before.
func Duplicate(op operation.Operation, link string) render.Message {
	return render.Ephemeral(fmt.Sprintf("Nothing to do: this was already accepted as %s.", op.Ref),
		render.Section(fmt.Sprintf("*Nothing to do.* This was already accepted as %s. It is done once.", op.Ref),
			fmt.Sprintf("*Now:* %s.", render.Stands(op))), render.Actions(render.OpenButton(op, link)))
}

// Cancelled replaces a preview that its asker dropped.
func Cancelled(op operation.Operation) render.Message {
	return render.Ephemeral(fmt.Sprintf("Not sent: %s was cancelled, as you asked. Nothing was changed.", op.Ref),
		render.Section(fmt.Sprintf("*Not sent.* %s was cancelled, as you asked. Nothing was changed.", op.Ref)))
}

// Unavailable says that something did not answer and nothing was changed; question says
// that nothing was to be. The cause is only logged, unless Zenlayer answered.
func Unavailable(e *intake.UnavailableError, w render.Wording, question bool) render.Message {
	first, unchanged := render.FirstNotSent, "Nothing was changed. "
	if question {
		first, unchanged = render.FirstNotAnswered, ""
	}
	if e.What == "journal" {
		return outcome(first, journalWords(e, question))
	}
	if setup, ok := errors.AsType[*operation.SetupError](e.Err); ok {
		return outcome(first, fmt.Sprintf("%s refuses what I have to ask, so I could not check. %sTrying again does "+
			"not help until this is changed: %s.", render.InText(e.What), unchanged,
			render.Prose(setup.Remedy, render.SaidLimit)))
	}
	if e.Busy {
		return outcome(first, fmt.Sprintf("Many requests to %s are waiting right now, so I could not check in time. "+
			"%sTry again in a minute.", render.InText(e.What), unchanged))
	}
	if !e.Fault.Answered() {
		return outcome(first, fmt.Sprintf("%s did not answer, so I could not check. %sTry again in a minute.",
			render.InText(e.What), unchanged))
	}
	said, do := render.AdviceOn(e.Fault, w.ReadAgain())
	m := outcome(first, strings.TrimSpace(fmt.Sprintf("I could not check, since %s. %s", render.AnsweredHow(e.Fault),
		unchanged)),
		render.Section(fmt.Sprintf(card.NotAddedSaid, said), fmt.Sprintf(card.NotAddedDo, do)),
		render.ContextLine(render.FaultIDs(e.Fault)...))
	m.Text = fmt.Sprintf("%s: I could not check, since %s: %s. What to do: %s", first, render.AnsweredHow(e.Fault),
		render.Prose(e.Fault.Words(), render.SaidLimit), do)
	return m
}

// journalWords say that the bot's database is away.
func journalWords(e *intake.UnavailableError, question bool) string {
	_, moved := errors.AsType[*operation.JournalMovedError](e.Err)
	switch {
	case moved && question:
		return "The bot's database file was moved, deleted or overwritten. Ask whoever runs the bot to repair it; " +
			"its log and /readyz say how."
	case moved:
		return "The bot's database file was moved, deleted or overwritten, so nothing was accepted and nothing is " +
			"sent. Ask whoever runs the bot to repair it; its log and /readyz say how."
	case question:
		return "I cannot read requests right now. Try again in a minute."
	}
	return "I cannot store requests right now, so I do nothing. Nothing was changed. Try again in a minute."
}

// Uncertain says that the bot does not know whether the request was stored.
func Uncertain(e *intake.UncertainError) render.Message {
	if e.Ref == "" {
		return Still("I could not find out whether this was stored. If nothing has changed in a minute, press the " +
			"button again.")
	}
	return render.Ephemeral(fmt.Sprintf("Not confirmed: I could not find out whether %s was accepted.",
		render.InText(e.Ref)),
		render.Section(fmt.Sprintf("*Not confirmed.* I could not find out whether %s was accepted. Pressing the same "+
			"button again is safe: a preview is accepted once.", render.Name(e.Ref)),
			fmt.Sprintf("To see the result: %s", render.Code(fmt.Sprintf(card.StatusCommand, e.Ref)))))
}

// Still says words when Slack had to be acked before there was an outcome.
func Still(words string) render.Message { return render.Ephemeral(words, render.Section(words)) }

// TryAgain says that the bot is overloaded.
func TryAgain() render.Message {
	return NotSent("I am busy. Nothing was changed. Try again in a moment.")
}

// Fault says that the bot failed before anything was sent, or, for a question, that it
// failed. token finds the log line.
func Fault(token string, w render.Wording, question bool) render.Message {
	first, broke := render.FirstNotSent, "Something broke in the bot before anything was sent"
	if question {
		first, broke = render.FirstNotAnswered, "Something broke in the bot"
	}
	m := outcome(first, fmt.Sprintf("%s. Quote token %s to %s.", broke, render.Code(token), w.Owners()))
	m.Text = fmt.Sprintf("%s: s%s. Quote token %s to %s.", first, broke[1:], render.InText(token), w.Owners())
	return m
}

// ExpiredTrigger says that the form could not be opened in time. The caller
// keeps the values under key.
func ExpiredTrigger(key string) render.Message {
	return NotSent("Slack gives me 3 seconds to open a form, and they were over. Your values are kept.",
		render.Primary(render.Button(render.ActFormOpen, "Continue in the form",
			"Continue in the form, with your values",
			render.KeyValue(key, 0))))
}

// EmptyForm is the key of OpenForm where no values are kept.
const EmptyForm = "empty"

// OpenForm offers to open the form, where a mention asked for it: Slack lets only a
// click or a command open one. The caller keeps the values under key; empty: none.
func OpenForm(key string) render.Message {
	open := render.Button(render.ActFormOpen, "Open the form", "Open the form to add a server",
		render.KeyValue(render.FirstOf(key, EmptyForm), 0))
	return Answer("Press the button to open the form.", render.Primary(open))
}

// HowToMention answers a message that mentions the bot and does not begin with that.
func HowToMention(w render.Wording) render.Message {
	return Answer(fmt.Sprintf("To ask me for something, begin your message with %s. The words are those of "+
		"/lb-register.", w.Mentioned()), helpButton())
}

// Forgotten says that what a button refers to has expired.
func Forgotten() render.Message {
	return NotSent("This has expired. Nothing was changed. Type /lb-register to start again.", helpButton())
}

// UnknownRef answers a status question about a request nobody knows.
func UnknownRef(ref string) render.Message {
	return Answer(fmt.Sprintf("I know no request %s.", render.Name(ref)), helpButton())
}

// Unoffered names an interaction that this version does not offer.
type Unoffered string

// The interactions that are acked and answered kindly.
const (
	UnofferedShortcut Unoffered = "shortcut"
	UnofferedOther    Unoffered = "other"
)

// NotYet says kindly what does not work yet, and what does.
func NotYet(kind Unoffered) render.Message {
	words := "I cannot do this yet. Type /lb-register help for what I can do."
	switch kind {
	case UnofferedShortcut:
		words = "This shortcut does not work yet. Type /lb-register in a channel or in a direct message with me."
	}
	return Answer(words, helpButton())
}
