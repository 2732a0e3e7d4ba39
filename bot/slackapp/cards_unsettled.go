package slackapp

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// unconfirmedCard: sent without an answer, and being settled.
func unconfirmedCard(op operation.Operation, w wording) card {
	c := card{
		text: fmt.Sprintf("Not confirmed: %s on %s was sent but no answer came. Being checked. Do not repeat. %s.",
			serverName(op, short), balancerName(op, short), op.Ref),
		header: fmt.Sprintf("Not confirmed: %s to %s", serverName(op, bareName), listenerName(op, bareName)),
		body: []slack.Block{
			section(doNotRepeat, unansweredLine(op)),
			section(checkingLine(op), lastReading(op, w), resumed(op), stopNote(op)),
			factFields(op, w, false),
		},
		buttons: []slack.BlockElement{
			button(actSettleNow, "Check now", fmt.Sprintf("Look now whether %s is on %s", serverName(op, bareName),
				listenerName(op, bareName)), buttonValue(op)),
		},
		small: []string{op.Ref, fmt.Sprintf(attemptSmall, max(1, len(op.Attempts))), utcSmall(op.FirstSent())},
	}
	if op.StopBy == "" && repeatsLeft(op) {
		c.buttons = append(c.buttons, stopButton(op))
	}
	return c
}

// unansweredLine says what is known about the attempt that was lost.
func unansweredLine(op operation.Operation) string {
	lost := op.Unanswered()
	if len(lost) == 0 && op.Doubted() {
		lost = op.Attempts[len(op.Attempts)-1:]
	}
	if len(lost) == 0 {
		return fmt.Sprintf(unconfirmedNone, clock(op.LastSent()))
	}
	a := lost[0]
	switch {
	case a.AnsweredAt.IsZero():
		return fmt.Sprintf(unconfirmedNone, clock(a.SentAt))
	case a.Fault.Status > 0:

		return fmt.Sprintf("The request was sent at %s and its answer (HTTP %d) does not tell. It may or may not have worked.", clock(a.SentAt), a.Fault.Status)
	}
	if a.AnsweredAt.Sub(a.SentAt) < time.Second {
		return fmt.Sprintf("The request was sent at %s and the connection broke before an answer came. It may or may not have worked.", clock(a.SentAt))
	}
	return fmt.Sprintf("The request was sent at %s and no answer came within %s. It may or may not have worked.", clock(a.SentAt), lasting(a.AnsweredAt.Sub(a.SentAt)))
}

// repeatsLeft reports whether the bot may still ask again.
func repeatsLeft(op operation.Operation) bool {
	if op.StopBy != "" || len(op.Attempts) > operation.MaxRepeats {
		return false
	}
	lost := op.Unanswered()
	if len(lost) == 0 && op.Doubted() {
		return false // it was asked again as often as is good already
	}
	return len(lost) == 0 || op.WaitUntil.Before(lost[0].SentAt.Add(operation.RepeatWithin))
}

func checkingLine(op operation.Operation) string {
	s := "*I am checking:* I look at the listener; nothing more is sent."
	if repeatsLeft(op) {
		s = "*I am checking:* I look at the listener first, then ask again with the same token."
	}
	if !op.WaitUntil.IsZero() {
		s += fmt.Sprintf(" Next look %s.", clock(op.WaitUntil))
	}
	return s
}

func lastReading(op operation.Operation, w wording) string {
	var lines []string
	if !op.LastLook.IsZero() {
		lines = append(lines, fmt.Sprintf("Last complete reading %s.", clock(op.LastLook)))
	}
	return strings.Join(nonEmpty(append(lines, unreadWords(op, w, "The last reading was not complete: %s"))), " ")
}

// needsPersonCard: the bot could not settle it.
func needsPersonCard(op operation.Operation, w wording) card {
	c := card{
		text:   fmt.Sprintf("Needs a person: I could not settle %s on %s. Look in the console, then answer on the card. %s.", serverName(op, short), listenerPort(op, short), op.Ref),
		header: fmt.Sprintf("Needs a person: %s to %s", serverName(op, bareName), listenerName(op, bareName)),
		small:  []string{op.Ref, fmt.Sprintf(attemptSmall, max(1, len(op.Attempts))), utcSmall(op.LastSent())},
	}
	var sent, told string
	if !op.FirstSent().IsZero() {
		sent = fmt.Sprintf("Sent at %s. The menu has the same call for the shell, with the client token of this request.", clock(op.FirstSent()))
	}
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told = fmt.Sprintf("The bot's owners are told (%s).", w.owners())
	}
	do, asks := answerLine(op)+" "+"There is nothing to do until that reading.", op.Answer == "" || op.Mismatch
	if asks {
		do = joinLines([]string{fmt.Sprintf("*What to do:* look in the console for %s on %s, then press *%s* or *%s*. Please do not repeat it.", serverName(op, name), listenerName(op, name), buttonThere, buttonNotThere), answerLine(op)})
	}
	c.body = []slack.Block{
		section(do),
		section("I could not settle it.", whyUnsettled(op, w), sent, told),
		factFields(op, w, true),
	}
	if asks {
		c.buttons = []slack.BlockElement{
			button(actSettleYes, buttonThere, fmt.Sprintf("Yes, %s is on %s", serverName(op, bareName), listenerName(op, bareName)), buttonValue(op)),
			button(actSettleNo, buttonNotThere, fmt.Sprintf("No, %s is not on %s", serverName(op, bareName), listenerName(op, bareName)), buttonValue(op)),
		}
	}
	if said := answerLine(op); said != "" {
		c.text += " " + said
	}
	c.buttons = append(c.buttons, linkButton(buttonConsole, labelConsoleCard, w.ConsoleURL), more(op, moreZeno, moreDetails))
	return c
}

func whyUnsettled(op operation.Operation, w wording) string {
	if len(op.Matches) > 1 {
		return fmt.Sprintf("*Why:* several entries fit: %s.", codes(op.Matches, 10))
	}
	return unreadWords(op, w, "*Why:* the listener could not be read: %s")
}

// answerLine is what became of a person's answer.
func answerLine(op operation.Operation) string {
	who, there := person(op.AnswerBy), op.Answer == operation.AnswerThere
	switch {
	case op.Answer == "":
		return ""
	case op.Mismatch && there:
		return fmt.Sprintf("%s says yes; I do not see it.", who)
	case op.Mismatch && len(op.Matches) > 0:
		return fmt.Sprintf("%s says no; I see it: %s.", who, codes(op.Matches, 10))
	case op.Mismatch:
		return fmt.Sprintf("%s says no; I see it.", who)
	case there:
		return fmt.Sprintf("%s says that it is there. I am reading the listener again.", who)
	}
	return fmt.Sprintf("%s says that it is not there. I am reading the listener again.", who)
}

// codes lists ids in code style, the first few and a count of the rest.
func codes(ids []string, limit int) string {
	rest := 0
	if len(ids) > limit {
		ids, rest = ids[:limit], len(ids)-limit
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = code(id)
	}
	s := strings.Join(list, ", ")
	if rest > 0 {
		s += fmt.Sprintf(andMore, rest)
	}
	return s
}
