package card

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	buttonThere     = "It was added"
	buttonNotThere  = "It was not added"
	unconfirmedNone = "The request was sent at %s and no answer came. It may or may not have worked."
	DoNotRepeat     = "*Please do not repeat it* by hand or in the console until the result is here."
	attemptSmall    = "attempt %d"
)

// unconfirmedCard: sent without an answer, and being settled.
func unconfirmedCard(op operation.Operation, w render.Wording) card {
	c := card{
		text: fmt.Sprintf("Not confirmed: %s on %s was sent but no answer came. %s.",
			render.ServerName(op, render.InText), balancerName(op, render.InText), op.Ref),
		header: fmt.Sprintf("Not confirmed: %s to %s", render.ServerName(op, render.BareName), render.ListenerName(op,
			render.BareName)),
		body: []slack.Block{
			render.Section(DoNotRepeat, unansweredLine(op)),
			render.Section(checkingLine(op), lastReading(op, w), resumed(op), stopNote(op)),
			handover(op, w),
		},
		buttons: []slack.BlockElement{
			render.Button(render.ActSettleNow, "Check now", fmt.Sprintf("Check now whether %s is on %s",
				render.ServerName(op, render.BareName),
				render.ListenerName(op, render.BareName)), render.ButtonValue(op)),
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
		return fmt.Sprintf(unconfirmedNone, render.Clock(op.LastSent()))
	}
	a := lost[0]
	switch {
	case a.AnsweredAt.IsZero():
		return fmt.Sprintf(unconfirmedNone, render.Clock(a.SentAt))
	case a.Fault.Status > 0:

		return fmt.Sprintf("The request was sent at %s and its answer (HTTP %d) does not say what happened. It may "+
			"or may not have worked.", render.Clock(a.SentAt), a.Fault.Status)
	}
	if a.AnsweredAt.Sub(a.SentAt) < time.Second {
		return fmt.Sprintf("The request was sent at %s and the connection broke before an answer came. It may or may "+
			"not have worked.", render.Clock(a.SentAt))
	}
	return fmt.Sprintf("The request was sent at %s and no answer came within %s. It may or may not have worked.",
		render.Clock(a.SentAt), render.Lasting(a.AnsweredAt.Sub(a.SentAt)))
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
	s := "*I am checking* the listener. Nothing more is sent."
	if repeatsLeft(op) {
		s = "*I am checking* the listener. If the server is not there, I repeat the request with the same client token."
	}
	if !op.WaitUntil.IsZero() {
		s += fmt.Sprintf(" Next check %s.", render.Clock(op.WaitUntil))
	}
	return s
}

func lastReading(op operation.Operation, w render.Wording) string {
	var lines []string
	if !op.LastLook.IsZero() {
		lines = append(lines, fmt.Sprintf("Last complete check %s.", render.Clock(op.LastLook)))
	}
	return strings.Join(render.NonEmpty(append(lines, render.UnreadWords(op, w,
		"The last check was not complete: %s"))), " ")
}

// needsPersonCard: the bot could not settle it.
func needsPersonCard(op operation.Operation, w render.Wording) card {
	c := card{
		text: fmt.Sprintf("Needs a person: I could not find out whether %s was added to %s. %s.",
			render.ServerName(op, render.InText), render.ListenerPort(op, render.InText), op.Ref),
		header: fmt.Sprintf("Needs a person: %s to %s", render.ServerName(op, render.BareName), render.ListenerName(op,
			render.BareName)),
		small: []string{op.Ref, fmt.Sprintf(attemptSmall, max(1, len(op.Attempts))), utcSmall(op.LastSent())},
	}
	var sent, told string
	if !op.FirstSent().IsZero() {
		sent = fmt.Sprintf("Sent at %s. The menu has the same call for the shell, with the client token of this "+
			"request.", render.Clock(op.FirstSent()))
	}
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told = fmt.Sprintf("The bot's owners are told (%s).", w.Owners())
	}
	do, asks := answerLine(op)+" "+"There is nothing to do until then.", op.Answer == "" || op.Mismatch
	if asks {
		do = render.JoinLines([]string{fmt.Sprintf("*What to do:* look in the console for %s on %s, then press "+
			"*%s* or *%s*. Please do not repeat it.", render.ServerName(op, render.Name), render.ListenerName(op,
			render.Name),
			buttonThere,
			buttonNotThere), answerLine(op)})
	}
	c.body = []slack.Block{
		render.Section(do),
		render.Section("I could not find out whether it was added.", whyUnsettled(op, w), sent, told),
		handover(op, w),
	}
	if asks {
		c.buttons = answerButtons(op)
	}
	if said := answerLine(op); said != "" && asks {
		c.text += " " + said
	}
	c.buttons = append(c.buttons, render.LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL),
		render.More(op, render.MoreZeno, render.MoreDetails))
	return c
}

// answerButtons let a person say what the console shows.
func answerButtons(op operation.Operation) []slack.BlockElement {
	server, listener := render.ServerName(op, render.BareName), render.ListenerName(op, render.BareName)
	return []slack.BlockElement{
		render.Button(render.ActSettleYes, buttonThere, fmt.Sprintf("Yes, %s is on %s", server, listener),
			render.ButtonValue(op)),
		render.Button(render.ActSettleNo, buttonNotThere, fmt.Sprintf("No, %s is not on %s", server, listener),
			render.ButtonValue(op)),
	}
}

func whyUnsettled(op operation.Operation, w render.Wording) string {
	if len(op.Matches) > 1 {
		return fmt.Sprintf("*Why:* several entries fit: %s.", render.FirstFew(op.Matches, 10, render.Code))
	}
	return render.UnreadWords(op, w, "*Why:* the listener could not be read: %s")
}

// answerLine is what became of a person's answer.
func answerLine(op operation.Operation) string {
	who, there := render.Mention(op.AnswerBy), op.Answer == operation.AnswerThere
	switch {
	case op.Answer == "":
		return ""
	case op.Mismatch && there:
		return fmt.Sprintf("%s says that it was added, but I do not see it.", who)
	case op.Mismatch && len(op.Matches) > 0:
		return fmt.Sprintf("%s says that it was not added, but I see it: %s.", who, render.FirstFew(op.Matches, 10,
			render.Code))
	case op.Mismatch:
		return fmt.Sprintf("%s says that it was not added, but I see it.", who)
	case there:
		return fmt.Sprintf("%s says that it was added. I am checking the listener again.", who)
	}
	return fmt.Sprintf("%s says that it was not added. I am checking the listener again.", who)
}
