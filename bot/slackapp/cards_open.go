package slackapp

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// slowFrom is how long an answer may take before the card says so.
const slowFrom = 3 * time.Second

// firstCard is the first post: what was asked, by whom, and where the result
// comes. Its Stop button works until the operation is over; after that a click
// is answered with where it stands.
func firstCard(op operation.Operation) card {
	c := card{
		text:  fmt.Sprintf(askedText, actorName(op.Actor), serverName(op, short), listenerPort(op, short), op.Ref),
		small: []string{op.Ref, fmt.Sprintf(waitingSmall, both(askedAt(op)))},
		stays: true,
	}
	lines := []string{headline(op, fmt.Sprintf(askedLine, serverName(op, name), listenerName(op, name))), follows, stopNote(op)}
	if op.StopBy == "" {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// waitingCard: on disk, the last checks run, nothing is sent.
func waitingCard(op operation.Operation) card {
	c := card{
		text:  fmt.Sprintf(waitingText, serverName(op, short), listenerPort(op, short), op.Ref, actorName(op.Actor)),
		small: []string{op.Ref, fmt.Sprintf(waitingSmall, both(askedAt(op)))},
	}
	lines := []string{waitingLine, follows, headline(op, serverName(op, name)+" to "+listenerName(op, name)), waitLine(op), resumed(op)}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(waitingStop, person(op.StopBy)))
	} else {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// addingCard: the call is being made, or waits for its next try.
func addingCard(op operation.Operation, w wording) card {
	c := card{text: fmt.Sprintf(addingText, serverName(op, short), listenerPort(op, short), op.Ref, actorName(op.Actor))}
	if sent := op.LastSent(); sent.IsZero() {
		c.small = []string{fmt.Sprintf(addingNotSent, both(askedAt(op)))}
	} else {
		c.small = []string{fmt.Sprintf(addingSent, both(sent))}
	}
	lines := []string{
		headline(op, fmt.Sprintf(addingLine, serverName(op, name), listenerName(op, name))), follows,
		slowLine(op, w), waitLine(op), resumed(op),
	}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(addingStop, person(op.StopBy)))
	} else {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// headline is what, which request, who and why, on one line.
func headline(op operation.Operation, what string) string {
	return strings.Join(nonEmpty([]string{what, op.Ref, fmt.Sprintf(addingBy, person(op.Actor.UserID)), purpose(op)}), "   ·   ")
}

// slowLine says that the answer takes long, if it does.
func slowLine(op operation.Operation, w wording) string {
	if w.At.IsZero() || len(op.Attempts) == 0 || op.WaitFor != "" {
		return ""
	}
	last := op.Attempts[len(op.Attempts)-1]
	if !last.AnsweredAt.IsZero() || w.At.Sub(last.SentAt) < slowFrom {
		return ""
	}
	return fmt.Sprintf(addingSlow, lasting(w.At.Sub(last.SentAt).Truncate(time.Second)))
}

// waitLine says what the next try waits for.
func waitLine(op operation.Operation) string {
	if op.WaitFor == operation.WaitLine {
		return lineWords(op)
	}
	if op.WaitUntil.IsZero() {
		return ""
	}
	switch op.WaitFor {
	case operation.WaitRateLimit:
		if n := len(op.Attempts); n > 0 && op.WaitUntil.After(op.Attempts[n-1].AnsweredAt) && !op.Attempts[n-1].AnsweredAt.IsZero() {
			return fmt.Sprintf(waitRate, lasting(op.WaitUntil.Sub(op.Attempts[n-1].AnsweredAt).Round(time.Second)), clock(op.WaitUntil))
		}
		return fmt.Sprintf(waitRateOnly, clock(op.WaitUntil))
	case operation.WaitUnreachable:
		if op.Fault.Status > 0 {
			return fmt.Sprintf(waitRefused, op.Fault.Status, clock(op.WaitUntil))
		}
		return fmt.Sprintf(waitNetwork, clock(op.WaitUntil))
	case operation.WaitRules:
		return fmt.Sprintf(waitRules, clock(op.WaitUntil))
	}
	return ""
}

// lineWords says that op is in line, and behind how many where that is known.
// The number is of one moment, so the moment stands with it.
func lineWords(op operation.Operation) string {
	s := fmt.Sprintf(waitInLine, clock(op.InLine), clock(op.ClickedAt.Add(operation.StartWithin)))
	if op.Others > 0 {
		s += " " + fmt.Sprintf(waitOthers, op.Others, clock(op.InLine))
	}
	return s
}

func resumed(op operation.Operation) string {
	if op.ResumedAt.IsZero() {
		return ""
	}
	return fmt.Sprintf(resumedLine, clock(op.ResumedAt))
}

func stopButton(op operation.Operation) slack.BlockElement {
	return button(actOpStop, buttonStop, fmt.Sprintf(labelStop, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))
}

// askedAt is when the person last asked for it.
func askedAt(op operation.Operation) time.Time {
	if !op.ClickedAt.IsZero() {
		return op.ClickedAt
	}
	return op.AskedAt
}

// unconfirmedCard: sent without an answer, and being settled.
func unconfirmedCard(op operation.Operation, w wording) card {
	c := card{
		text:   fmt.Sprintf(unconfirmedText, serverName(op, short), balancerName(op, short), op.Ref),
		header: fmt.Sprintf(unconfirmedHeader, serverName(op, bareName), listenerName(op, bareName)),
		body: []slack.Block{
			section(doNotRepeat, unansweredLine(op)),
			section(checkingLine(op), lastReading(op, w), resumed(op), stopNote(op)),
			factFields(op, w, false),
		},
		buttons: []slack.BlockElement{
			button(actSettleNow, buttonCheckNow, fmt.Sprintf(labelCheckNow, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op)),
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
		return fmt.Sprintf(unconfirmedStatus, clock(a.SentAt), a.Fault.Status)
	}
	if a.AnsweredAt.Sub(a.SentAt) < time.Second {
		return fmt.Sprintf(unconfirmedBroke, clock(a.SentAt))
	}
	return fmt.Sprintf(unconfirmedWithin, clock(a.SentAt), lasting(a.AnsweredAt.Sub(a.SentAt)))
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
	s := checkingLook
	if repeatsLeft(op) {
		s = checkingRepeat
	}
	if !op.WaitUntil.IsZero() {
		s += fmt.Sprintf(checkingNext, clock(op.WaitUntil))
	}
	return s
}

func lastReading(op operation.Operation, w wording) string {
	var lines []string
	if !op.LastLook.IsZero() {
		lines = append(lines, fmt.Sprintf(checkingLast, clock(op.LastLook)))
	}
	return strings.Join(nonEmpty(append(lines, unreadWords(op, w, checkingFault))), " ")
}

func stopNote(op operation.Operation) string {
	if op.StopBy == "" {
		return ""
	}
	return fmt.Sprintf(addingStop, person(op.StopBy))
}

// utcSmall is the one place of a card that shows UTC.
func utcSmall(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return both(t)
}

// sentence makes foreign words end like a sentence.
func sentence(s string) string {
	s = prose(s, saidLimit)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// needsPersonCard: the bot could not settle it.
func needsPersonCard(op operation.Operation, w wording) card {
	c := card{
		text:   fmt.Sprintf(needsText, serverName(op, short), listenerPort(op, short), op.Ref),
		header: fmt.Sprintf(needsHeader, serverName(op, bareName), listenerName(op, bareName)),
		small:  []string{op.Ref, fmt.Sprintf(attemptSmall, max(1, len(op.Attempts))), utcSmall(op.LastSent())},
	}
	var sent, told string
	if !op.FirstSent().IsZero() {
		sent = fmt.Sprintf(needsSent, clock(op.FirstSent()))
	}
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told = fmt.Sprintf(needsOwners, w.owners())
	}
	do, asks := answerLine(op)+" "+needsNothing, op.Answer == "" || op.Mismatch
	if asks {
		do = joinLines([]string{fmt.Sprintf(needsLine, serverName(op, name), listenerName(op, name), buttonThere, buttonNotThere), answerLine(op)})
	}
	c.body = []slack.Block{
		section(do),
		section(needsUnsettled, whyUnsettled(op, w), sent, told),
		factFields(op, w, true),
	}
	if asks {
		c.buttons = []slack.BlockElement{
			button(actSettleYes, buttonThere, fmt.Sprintf(labelThere, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op)),
			button(actSettleNo, buttonNotThere, fmt.Sprintf(labelNotThere, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op)),
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
		return fmt.Sprintf(needsMatches, codes(op.Matches, 10))
	}
	return unreadWords(op, w, needsUnread)
}

// answerLine is what became of a person's answer.
func answerLine(op operation.Operation) string {
	who, there := person(op.AnswerBy), op.Answer == operation.AnswerThere
	switch {
	case op.Answer == "":
		return ""
	case op.Mismatch && there:
		return fmt.Sprintf(needsYesUnseen, who)
	case op.Mismatch && len(op.Matches) > 0:
		return fmt.Sprintf(needsNoSeen, who, codes(op.Matches, 10))
	case op.Mismatch:
		return fmt.Sprintf(needsNoSeenOnly, who)
	case there:
		return fmt.Sprintf(needsReadingYes, who)
	}
	return fmt.Sprintf(needsReadingNo, who)
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
