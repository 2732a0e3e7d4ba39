package slackapp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
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
	lines := []string{fmt.Sprintf(inputTitle, e.Count())}
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
			lines = append(lines, fmt.Sprintf(inputProblem, code(p.Given), text))
		default:
			lines = append(lines, fmt.Sprintf(inputSentence, text))
		}
	}
	var corrected slack.Block
	if e.Corrected != "" {
		corrected = section(inputCorrected, codeBlock(e.Corrected))
	}
	var form slack.BlockElement
	if e.Values != nil {
		form = primary(button(actFixOpenForm, buttonFixForm, labelFixForm, keyValue(key, 0)))
	}
	list := append([]slack.Block{section(lines...), corrected}, pickBlocks(offerOf(e), offer)...)
	return private(fmt.Sprintf(inputText, e.Count(), first), append(list, actions(form, helpButton()))...)
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

func helpButton() slack.BlockElement { return button(actHelpOpen, buttonHelp, labelHelp, "") }

// codeBlock shows a whole line to copy.
func codeBlock(s string) string {
	s = clamp(clean(s), commandLimit)
	return "```" + escape(strings.ReplaceAll(s, "`", "'")) + "```"
}

const commandLimit = 1500 // characters of a command shown to copy; escaped it stays below a section's 3,000 but for pathological ones

// busyMessage: somebody is adding the same server, maybe the reader. link is the address
// of that card, or empty.
func busyMessage(e *operation.BusyError, link string, reader operation.Actor) message {
	op := e.Operation
	open := actions(openButton(op, link))
	switch waits := op.State == operation.Waiting; {
	case !op.Known():
		return private(fmt.Sprintf(busyUnknownText, actorName(op.Actor), serverName(op, short), op.Ref, stands(op)),
			section(fmt.Sprintf(busyUnknown, person(op.Actor.UserID), serverName(op, name), op.Ref, stands(op))), open)
	case op.Actor.UserID == reader.UserID:
		words := busyMine
		if waits {
			words = busyMineWaits
		}
		return private(fmt.Sprintf(busyMineText, serverName(op, short), op.Ref), section(fmt.Sprintf(words, serverName(op, name), op.Ref)), open)
	case waits:
		return private(fmt.Sprintf(busyWaitsText, actorName(op.Actor), serverName(op, short), op.Ref),
			section(fmt.Sprintf(busyWaits, person(op.Actor.UserID), serverName(op, name), op.Ref)), open)
	}
	return private(fmt.Sprintf(busyText, actorName(op.Actor), serverName(op, short), op.Ref),
		section(fmt.Sprintf(busyLine, person(op.Actor.UserID), serverName(op, name), op.Ref)), open)
}

// openButton leads to an operation's card; nil without an address.
func openButton(op operation.Operation, link string) slack.BlockElement {
	return linkButton(buttonOpen, fmt.Sprintf(labelOpenCard, op.Ref), link)
}

// presentMessage: the server is on the listener already, with the ports asked
// for; only its weight can differ.
func presentMessage(e *operation.PresentError) message {
	op, there := e.Operation, e.Backend
	id := code(there.BackendID)
	if e.Same {
		return private(fmt.Sprintf(presentText, serverName(op, short), listenerPort(op, short), short(there.BackendID)),
			section("*"+firstNothing+".* "+fmt.Sprintf(presentSame, serverName(op, name), id), nothingWasSent))
	}
	return private(fmt.Sprintf(differText, serverName(op, short), listenerPort(op, short), short(there.BackendID), there.Weight),
		section(fmt.Sprintf(differWeight, there.Weight, weightWords(op.Request.Weight)), fmt.Sprintf(differsAs, id, nothingWasSent)))
}

// expiredMessage: the preview is too old to be used.
func expiredMessage(op operation.Operation) message {
	return private(fmt.Sprintf(expiredText, op.Ref), section(fmt.Sprintf(expiredLine, op.Ref)), actions(
		primary(button(actReqAgain, buttonAgain, fmt.Sprintf(labelAgain, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))),
		button(actReqAgainForm, buttonAgainForm, fmt.Sprintf(labelAgainForm, serverName(op, bareName)), buttonValue(op))))
}

// staleMessage answers a click on a card that shows an older version of op.
func staleMessage(op operation.Operation, link string) message {
	text := fmt.Sprintf(staleText, op.Ref, stands(op))
	return private(text, section(text, staleSent), actions(openButton(op, link)))
}

// duplicateMessage: the same delivery was accepted before.
func duplicateMessage(op operation.Operation, link string) message {
	return private(fmt.Sprintf(duplicateText, op.Ref),
		section(fmt.Sprintf(duplicateLine, op.Ref), fmt.Sprintf(stillSeen, stands(op))), actions(openButton(op, link)))
}

// cancelledMessage replaces a preview that its asker dropped.
func cancelledMessage(op operation.Operation) message {
	return private(fmt.Sprintf(cancelledText, op.Ref), section(fmt.Sprintf(cancelledLine, op.Ref)))
}

// unavailableMessage: something did not answer, and nothing was changed. The
// cause stays in the log, unless it is an answer of Zenlayer's.
func unavailableMessage(e *operation.UnavailableError, w wording) message {
	_, moved := errors.AsType[*operation.JournalMovedError](e.Err)
	setup, _ := errors.AsType[*operation.SetupError](e.Err)
	switch {
	case moved:
		return notSent(unavailableMoved)
	case e.What == "journal":
		return notSent(unavailableJournal)
	case setup != nil:
		return notSent(fmt.Sprintf(unavailableSetup, short(e.What), prose(setup.Remedy, saidLimit)))
	case e.Busy:
		return notSent(fmt.Sprintf(unavailableBusy, short(e.What)))
	}
	if !e.Fault.Answered() {
		return notSent(fmt.Sprintf(unavailableText, short(e.What)))
	}
	said, do := adviceOn(e.Fault, w.readAgain())
	return private(fmt.Sprintf(notSentText, fmt.Sprintf(readingText, answeredHow(e.Fault), prose(e.Fault.Words(), saidLimit), do)),
		section(fmt.Sprintf(notSentLine, fmt.Sprintf(readingLine, answeredHow(e.Fault)))),
		section(fmt.Sprintf(notAddedSaid, said), fmt.Sprintf(notAddedDo, do)),
		contextLine(faultIDs(e.Fault)...))
}

// uncertainMessage: it is not known whether the journal took it.
func uncertainMessage(e *operation.UncertainError) message {
	if e.Ref == "" {
		return stillMessage(uncertainClick)
	}
	return private(fmt.Sprintf(uncertainText, short(e.Ref)),
		section(fmt.Sprintf(uncertainLine, name(e.Ref)),
			fmt.Sprintf(uncertainLook, code(fmt.Sprintf(statusCommand, e.Ref)))))
}

// stillMessage: Slack had to be acked before there was an outcome.
func stillMessage(words string) message { return private(words, section(words)) }

// tryAgainMessage: the bot has more to do than it can take.
func tryAgainMessage() message { return notSent(againText) }

// faultMessage: something broke before anything was sent. token is what the
// log knows it by.
func faultMessage(token string, w wording) message {
	return private(fmt.Sprintf(faultText, short(token), w.owners()), section(fmt.Sprintf(faultLine, code(token), w.owners())))
}

// expiredTriggerMessage: the form could not be opened in time. key is what
// the caller keeps the values under.
func expiredTriggerMessage(key string) message {
	return notSent(triggerText, primary(button(actFormOpen, buttonContinue, labelContinue, keyValue(key, 0))))
}

// forgottenMessage: what a button refers to is not kept any more.
func forgottenMessage() message { return notSent(goneText2, helpButton()) }

// unknownRefMessage answers a status question about a request nobody knows.
func unknownRefMessage(ref string) message {
	return notSent(fmt.Sprintf(unknownRef, name(ref)), helpButton())
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
	words := notYetOther
	switch kind {
	case unofferedMention:
		words = notYetMention
	case unofferedShortcut:
		words = notYetShortcut
	case unofferedSuggestion:
		words = notYetSuggest
	case unofferedThread:
		words = notYetThread
	}
	return notSent(words, helpButton())
}
