package slackapp

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	andMore         = " and %d more"
	buttonThere     = "It is there"
	buttonNotThere  = "It is not there"
	follows         = "The result follows here. Until then there is nothing to do; please do not repeat it."
	waitingSmall    = "Asked %s."
	addingStop      = "%s pressed Stop: no further attempts. What was sent is still settled."
	unconfirmedNone = "The request was sent at %s and no answer came. It may or may not have worked."
	doNotRepeat     = "*Please do not repeat it* by hand or in the console until the result is here."
	attemptSmall    = "attempt %d"
)

// slowFrom is how long an answer may take before the card says so.
const slowFrom = 3 * time.Second

// firstCard is the first post: what was asked, by whom, and where the result
// comes. Its Stop button works until the operation is over; after that a click
// is answered with where it stands.
func firstCard(op operation.Operation) card {
	c := card{
		text:  fmt.Sprintf("Asked: %s asks to add %s to %s. The result follows. %s.", actorName(op.Actor), serverName(op, short), listenerPort(op, short), op.Ref),
		small: []string{op.Ref, fmt.Sprintf(waitingSmall, both(askedAt(op)))},
		stays: true,
	}
	lines := []string{headline(op, fmt.Sprintf("*Asked:* add %s to %s", serverName(op, name), listenerName(op, name))), follows, stopNote(op)}
	if op.StopBy == "" {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// waitingCard: on disk, the last checks run, nothing is sent.
func waitingCard(op operation.Operation) card {
	c := card{
		text:  fmt.Sprintf("Waiting: last checks for %s on %s (%s, by %s). Nothing is sent yet.", serverName(op, short), listenerPort(op, short), op.Ref, actorName(op.Actor)),
		small: []string{op.Ref, fmt.Sprintf(waitingSmall, both(askedAt(op)))},
	}
	lines := []string{"*Waiting* for the last checks. Nothing is sent yet.", follows, headline(op, serverName(op, name)+" to "+listenerName(op, name)), waitLine(op), resumed(op)}
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
	c := card{text: fmt.Sprintf("Adding %s to %s (%s, by %s).", serverName(op, short), listenerPort(op, short), op.Ref, actorName(op.Actor))}
	if sent := op.LastSent(); sent.IsZero() {
		c.small = []string{fmt.Sprintf("Not sent yet. Asked %s.", both(askedAt(op)))}
	} else {
		c.small = []string{fmt.Sprintf("Sent to Zenlayer %s.", both(sent))}
	}
	lines := []string{
		headline(op, fmt.Sprintf("*Adding* %s to %s", serverName(op, name), listenerName(op, name))), follows,
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
	return fmt.Sprintf("Zenlayer has not answered yet, %s so far. Do not repeat it.", lasting(w.At.Sub(last.SentAt).Truncate(time.Second)))
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
			return fmt.Sprintf("Zenlayer asks to wait %s. Trying again at %s.", lasting(op.WaitUntil.Sub(op.Attempts[n-1].AnsweredAt).Round(time.Second)), clock(op.WaitUntil))
		}
		return fmt.Sprintf("Zenlayer asks to wait. Trying again at %s.", clock(op.WaitUntil))
	case operation.WaitUnreachable:
		if op.Fault.Status > 0 {
			return fmt.Sprintf("Zenlayer did not take it (HTTP %d). Nothing was changed. Trying again at %s.", op.Fault.Status, clock(op.WaitUntil))
		}
		return fmt.Sprintf("Zenlayer cannot be reached. Nothing was changed. Trying again at %s.", clock(op.WaitUntil))
	case operation.WaitRules:
		return fmt.Sprintf("I do not have the newest rules yet, so I decide nothing. Nothing was sent. Asking again at %s.", clock(op.WaitUntil))
	}
	return ""
}

// lineWords says that op is in line, and behind how many where that is known.
// The number is of one moment, so the moment stands with it.
func lineWords(op operation.Operation) string {
	s := fmt.Sprintf("In line for a free call to Zenlayer since %s. I start by %s, or not at all.", clock(op.InLine), clock(op.ClickedAt.Add(operation.StartWithin)))
	if op.Others > 0 {
		s += " " + fmt.Sprintf("Other requests in line for this account: %d (at %s).", op.Others, clock(op.InLine))
	}
	return s
}

func resumed(op operation.Operation) string {
	if op.ResumedAt.IsZero() {
		return ""
	}
	return fmt.Sprintf("The bot restarted at %s and picked this up again.", clock(op.ResumedAt))
}

func stopButton(op operation.Operation) slack.BlockElement {
	return button(actOpStop, "Stop", fmt.Sprintf("Stop adding %s to %s", serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))
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
		text:   fmt.Sprintf("Not confirmed: %s on %s was sent but no answer came. Being checked. Do not repeat. %s.", serverName(op, short), balancerName(op, short), op.Ref),
		header: fmt.Sprintf("Not confirmed: %s to %s", serverName(op, bareName), listenerName(op, bareName)),
		body: []slack.Block{
			section(doNotRepeat, unansweredLine(op)),
			section(checkingLine(op), lastReading(op, w), resumed(op), stopNote(op)),
			factFields(op, w, false),
		},
		buttons: []slack.BlockElement{
			button(actSettleNow, "Check now", fmt.Sprintf("Look now whether %s is on %s", serverName(op, bareName), listenerName(op, bareName)), buttonValue(op)),
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

// riskLines are what may go wrong, one line each.
func riskLines(op operation.Operation, format string) []string {
	var lines []string
	for _, r := range op.Risks() {
		lines = append(lines, fmt.Sprintf(format, prose(r, noteLimit)))
	}
	return lines
}

// primaryUnlessRisky makes a button the one to press, unless there are risks:
// then nothing is the obvious next press.
func primaryUnlessRisky(op operation.Operation, b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	if len(op.Risks()) > 0 {
		return b
	}
	return primary(b)
}
