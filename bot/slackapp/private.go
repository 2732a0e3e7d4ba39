package slackapp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

// notSent is the shape of most private answers: first word, one sentence,
// and buttons if there is something to press.
func notSent(sentence string, buttons ...slack.BlockElement) message {
	return private(fmt.Sprintf(notSentText, sentence), section(fmt.Sprintf(notSentLine, sentence)), actions(buttons...))
}

// maxProblems is how many problems are listed; the rest is counted.
const maxProblems = 12

// inputErrorMessage answers a command that cannot be taken: every problem, a
// corrected command, and the form unless e.Values are nil. key is what the
// caller keeps e.Values under, and offer that of its choices, empty if they are
// not kept; they come back as the buttons' values.
func inputErrorMessage(e *commands.InputError, key, offer string) message {
	lines := []string{fmt.Sprintf("*Not sent.* %s to fix:", e.Count())}
	first := ""
	for i, p := range e.Problems {
		text := problemWords(p.Text)
		if i == 0 {
			first = problemText(p.Text)
		}
		switch {
		case i == maxProblems:
			lines = append(lines, fmt.Sprintf(inputMore, len(e.Problems)-maxProblems))
		case i > maxProblems:
		case clean(p.Given) != "":
			lines = append(lines, fmt.Sprintf("• %s: %s", code(p.Given), text))
		default:
			lines = append(lines, fmt.Sprintf("• %s", text))
		}
	}
	var corrected slack.Block
	if e.Corrected != "" {
		corrected = section(
			"Corrected, as far as I can tell (names and ids are never guessed, only exact matches are taken):",
			codeBlock(e.Corrected))
	}
	var form slack.BlockElement
	if e.Values != nil {
		form = primary(button(actFixOpenForm, buttonFixForm, "Open the form with the values that were understood",
			keyValue(key, 0)))
	}
	list := append([]slack.Block{section(lines...), corrected}, pickBlocks(offerOf(e), offer)...)
	return private(fmt.Sprintf("Not sent: %s to fix in your command. %s", e.Count(), first),
		append(list, actions(form, helpButton()))...)
}

// unknownWord is how commands begins the sentence about a word that it does
// not know; the word ends with the same mark and a full stop.
const unknownWord = "I do not know *"

// problemWords shows a sentence of commands, which marks the word that was not
// known and the keys to use instead. Those marks are ours; what a person typed
// stays inert in them as outside.
func problemWords(text string) string {
	text = clamp(clean(text), reasonLimit)
	said := ""
	if word, rest, ok := unknownIn(text); ok {
		said = unknownWord[:len(unknownWord)-1] + bold(word)
		text = rest
	}
	for {
		before, rest, opened := strings.Cut(text, "`")
		marked, after, closed := strings.Cut(rest, "`")
		if !opened || !closed || clean(marked) == "" {
			return said + spaced(text)
		}
		said, text = said+spaced(before)+code(marked), after
	}
}

// spaced is prose for a piece of a sentence, which keeps its spaces at the ends.
func spaced(s string) string {
	said := prose(s, reasonLimit)
	if strings.HasPrefix(s, " ") && said != "" {
		said = " " + said
	}
	if strings.HasSuffix(s, " ") {
		said += " "
	}
	return said
}

// problemText is the same without marks.
func problemText(text string) string {
	if word, rest, ok := unknownIn(text); ok {
		text = unknownWord[:len(unknownWord)-1] + word + rest
	}
	return prose(strings.ReplaceAll(text, "`", ""), reasonLimit)
}

func unknownIn(text string) (word, rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, unknownWord)
	if !ok {
		return "", "", false
	}
	word, rest, ok = strings.Cut(rest, "*.")
	return word, "." + rest, ok && clean(word) != ""
}

// bold is a word in bold, or in code style where it could be markup.
func bold(word string) string {
	if harmless(word) && strings.TrimSpace(word) == word {
		return "*" + word + "*"
	}
	return code(word)
}

func helpButton() slack.BlockElement {
	return button(actHelpOpen, buttonHelp, "Help for /lb-register", "")
}

// busyMessage: somebody is adding the same server, maybe the reader. link is the address
// of that card, or empty.
func busyMessage(e *operation.BusyError, link string, reader operation.Actor) message {
	op := e.Operation
	open := actions(openButton(op, link))
	switch waits := op.State == operation.Waiting; {
	case !op.Known():

		return private(fmt.Sprintf("Not sent: %s asked for %s here already: %s. It is now: %s. Nothing new is started.", actorName(op.Actor), serverName(op, short), op.Ref, stands(op)),
			section(fmt.Sprintf("*Not sent.* %s asked for %s here already: %s. It is now: %s. Nothing new is started.", person(op.Actor.UserID), serverName(op, name), op.Ref, stands(op))), open)
	case op.Actor.UserID == reader.UserID:
		words := "*Not sent.* You asked for %s here already: %s. Nothing new is started."
		if waits {
			words = "*Not sent.* You asked for %s here already: it waits for approval: %s. Nothing new is started."
		}
		return private(fmt.Sprintf("Not sent: you asked for %s here already: %s. Nothing new is started.", serverName(op, short), op.Ref), section(fmt.Sprintf(words, serverName(op, name), op.Ref)), open)
	case waits:
		return private(fmt.Sprintf("Not sent: %s asked for %s here already, and it waits for approval: %s.", actorName(op.Actor), serverName(op, short), op.Ref),
			section(fmt.Sprintf("*Not sent.* %s asked for %s here already, and it waits for approval: %s. Nothing new is started.", person(op.Actor.UserID), serverName(op, name), op.Ref)), open)
	}
	return private(fmt.Sprintf("Not sent: %s is already adding %s here: %s.", actorName(op.Actor), serverName(op, short), op.Ref),
		section(fmt.Sprintf("*Not sent.* %s is already adding %s here: %s. Nothing new is started.", person(op.Actor.UserID), serverName(op, name), op.Ref)), open)
}

// presentMessage: the server is on the listener already, with the ports asked
// for; only its weight can differ.
func presentMessage(e *intake.PresentError) message {
	op, there := e.Operation, e.Backend
	id := code(there.BackendID)
	if e.Same {
		return private(fmt.Sprintf("Nothing to do: %s is already on %s with the same ports and weight, as %s.", serverName(op, short), listenerPort(op, short), short(there.BackendID)),
			section("*"+firstNothing+".* "+fmt.Sprintf("%s is already on this listener with the same ports and weight: %s.", serverName(op, name), id), nothingWasSent))
	}
	return private(fmt.Sprintf("Not sent: %s is already on %s as %s with weight %d.", serverName(op, short), listenerPort(op, short), short(there.BackendID), there.Weight),
		section(fmt.Sprintf("*Not sent.* It is there with weight %d; you asked for %s. This load balancer cannot change a weight in place.", there.Weight, weightWords(op.Request.Weight)), fmt.Sprintf(differsAs, id, nothingWasSent)))
}

// expiredMessage: the preview is too old to be used.
func expiredMessage(op operation.Operation) message {
	return private(fmt.Sprintf("Not sent: the preview %s is older than 5 minutes. Nothing was sent.", op.Ref), section(fmt.Sprintf("*Not sent.* The preview %s is older than 5 minutes, so I did not use it. Nothing was sent.", op.Ref)), actions(
		primary(button(actReqAgain, buttonAgain, fmt.Sprintf(labelAgain, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))),
		button(actReqAgainForm, buttonAgainForm, fmt.Sprintf(labelAgainForm, serverName(op, bareName)), buttonValue(op))))
}

// staleMessage answers a click on a card that shows an older version of op.
func staleMessage(op operation.Operation, link string) message {
	text := fmt.Sprintf("This card is out of date. %s is now: %s.", op.Ref, stands(op))
	return private(text, section(text, staleSent), actions(openButton(op, link)))
}

// duplicateMessage: the same delivery was accepted before.
func duplicateMessage(op operation.Operation, link string) message {
	return private(fmt.Sprintf("Nothing to do: this was already accepted as %s.", op.Ref),
		section(fmt.Sprintf("*Nothing to do.* This was already accepted as %s. It is done once.", op.Ref), fmt.Sprintf("*Now:* %s.", stands(op))), actions(openButton(op, link)))
}

// cancelledMessage replaces a preview that its asker dropped.
func cancelledMessage(op operation.Operation) message {
	return private(fmt.Sprintf("Not sent: %s was cancelled, as you asked. Nothing was changed.", op.Ref), section(fmt.Sprintf("*Not sent.* %s was cancelled, as you asked. Nothing was changed.", op.Ref)))
}

// unavailableMessage: something did not answer, and nothing was changed. The
// cause stays in the log, unless it is an answer of Zenlayer's.
func unavailableMessage(e *intake.UnavailableError, w wording) message {
	_, moved := errors.AsType[*operation.JournalMovedError](e.Err)
	setup, _ := errors.AsType[*operation.SetupError](e.Err)
	switch {
	case moved:
		return notSent("The bot's database file was moved, deleted or overwritten, so nothing was accepted and nothing is sent. Ask whoever runs the bot to repair it; its log and /readyz say how.")
	case e.What == "journal":
		return notSent("I cannot write requests down right now, so I do nothing. Nothing was changed. Try again in a minute.")
	case setup != nil:
		return notSent(fmt.Sprintf("%s refuses what I have to ask, so I could not check. Nothing was changed. Trying again does not help until this is changed: %s.", short(e.What), prose(setup.Remedy, saidLimit)))
	case e.Busy:
		return notSent(fmt.Sprintf("%s is being asked a lot right now, so I could not check in time. Nothing was changed. Try again in a minute.", short(e.What)))
	}
	if !e.Fault.Answered() {
		return notSent(fmt.Sprintf("%s did not answer, so I could not check. Nothing was changed. Try again in a minute.", short(e.What)))
	}
	said, do := adviceOn(e.Fault, w.readAgain())
	return private(fmt.Sprintf(notSentText, fmt.Sprintf("I could not check, since %s: %s. What to do: %s", answeredHow(e.Fault), prose(e.Fault.Words(), saidLimit), do)),
		section(fmt.Sprintf(notSentLine, fmt.Sprintf("I could not check, since %s. Nothing was changed.", answeredHow(e.Fault)))),
		section(fmt.Sprintf(notAddedSaid, said), fmt.Sprintf(notAddedDo, do)),
		contextLine(faultIDs(e.Fault)...))
}

// uncertainMessage: it is not known whether the journal took it.
func uncertainMessage(e *intake.UncertainError) message {
	if e.Ref == "" {
		return stillMessage("I could not find out whether this was stored. If nothing has changed in a minute, press the button again.")
	}
	return private(fmt.Sprintf("Not confirmed: I could not find out whether %s was accepted.", short(e.Ref)),
		section(fmt.Sprintf("*Not confirmed.* I could not find out whether %s was accepted. Pressing the same button again is safe: a preview is accepted once.", name(e.Ref)),
			fmt.Sprintf("To see what became of it: %s", code(fmt.Sprintf(statusCommand, e.Ref)))))
}

// stillMessage: Slack had to be acked before there was an outcome.
func stillMessage(words string) message { return private(words, section(words)) }

// tryAgainMessage: the bot has more to do than it can take.
func tryAgainMessage() message {
	return notSent("I am busy. Nothing was changed. Try again in a moment.")
}

// faultMessage: something broke before anything was sent. token is what the
// log knows it by.
func faultMessage(token string, w wording) message {
	return private(fmt.Sprintf("Not added: something broke in the bot before anything was sent. Quote token %s to %s.", short(token), w.owners()), section(fmt.Sprintf("*Not added.* Something broke in the bot before anything was sent. Quote token %s to %s.", code(token), w.owners())))
}

// expiredTriggerMessage: the form could not be opened in time. key is what
// the caller keeps the values under.
func expiredTriggerMessage(key string) message {
	return notSent("Slack gives me 3 seconds to open a form, and they were over. Your values are kept.", primary(button(actFormOpen, "Continue in the form", "Open the form with your values", keyValue(key, 0))))
}

// forgottenMessage: what a button refers to is not kept any more.
func forgottenMessage() message {
	return notSent("This has expired. Nothing was changed. Type /lb-register to start again.", helpButton())
}

// unknownRefMessage answers a status question about a request nobody knows.
func unknownRefMessage(ref string) message {
	return notSent(fmt.Sprintf("I know no request %s.", name(ref)), helpButton())
}

// unoffered names an interaction that this version does not offer.
type unoffered string

// The interactions that are acked and answered kindly.
const (
	unofferedMention    unoffered = "mention"
	unofferedShortcut   unoffered = "shortcut"
	unofferedSuggestion unoffered = "suggestion"
	unofferedThread     unoffered = "thread"
	unofferedOther      unoffered = "other"
)

// notYetMessage says kindly what does not work yet, and what does.
func notYetMessage(kind unoffered) message {
	words := "I cannot do this yet. Type /lb-register help for what I can do."
	switch kind {
	case unofferedMention:
		words = "I do not answer mentions yet. Type /lb-register in a channel or in a direct message with me."
	case unofferedShortcut:
		words = "This shortcut does not work yet. Type /lb-register in a channel or in a direct message with me."
	case unofferedSuggestion:
		words = "I have no list to choose from yet. Type the name or the ID."
	case unofferedThread:
		words = "Slash commands do not work in threads. Type /lb-register in the channel or in a direct message with me."
	}
	return notSent(words, helpButton())
}
