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
	unconfirmedNone = "The request was sent at %s and no answer came. It may or may not have worked."
	DoNotRepeat     = "*Please do not repeat it* by hand or in the console until the result is here."
	attemptSmall    = "attempt %d"
)

// unconfirmedCard: sent without an answer, and being settled.
func unconfirmedCard(op operation.Operation, w render.Wording) card {
	c := card{
		text: inText(op, "Not confirmed: the request to {add} {server} {to} {port} was sent"+unansweredText(op)+
			". {ref}."),
		header: inObject(op, "Not confirmed: {adding} {server} {to} {listener}"),
		body: []slack.Block{
			render.Section(DoNotRepeat, unansweredLine(op)),
			render.Section(checkingLine(op), lastReading(op, w), resumed(op), stopNote(op)),
			handover(op, w),
		},
		buttons: []slack.BlockElement{
			render.Button(render.ActSettleNow, "Check now", inObject(op, "Check now whether {server} is on {listener}"),
				render.ButtonValue(op)),
		},
		small: []string{op.Ref, fmt.Sprintf(attemptSmall, max(1, len(op.Attempts))), utcSmall(op.FirstSent())},
	}
	if op.StopBy == "" && repeatsLeft(op) {
		c.buttons = append(c.buttons, stopButton(op))
	}
	return c
}

// unansweredText is what a sentence says of the answer to the request.
func unansweredText(op operation.Operation) string {
	switch lost := op.Unanswered(); {
	case disowned(op):
		return ", and Zenlayer's answer and its list contradict each other"
	case len(lost) > 0 && lost[0].Fault.Status > 0, len(lost) == 0 && op.Doubted():
		return ", and its answer does not say what happened"
	}
	return " but no answer came"
}

// disowned reports whether Zenlayer answered that it does not know the entry of a
// removal, while its list still showed it.
func disowned(op operation.Operation) bool {
	n := len(op.Attempts)
	return op.Change == operation.ChangeRemove && n > 0 && len(op.Unanswered()) == 0 && !op.Doubted() &&
		op.Attempts[n-1].Outcome == operation.OutcomeRefused
}

// unansweredLine says what is known about the attempt that was lost.
func unansweredLine(op operation.Operation) string {
	if disowned(op) {
		return fmt.Sprintf("The request was sent at %s. Zenlayer answered that %s does not exist, but its list still "+
			"showed it.", render.Clock(op.LastSent()), render.Code(render.EntryID(op)))
	}
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
	if op.StopBy != "" || len(op.Attempts) > operation.MaxRepeats || disowned(op) {
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
	switch left, removal := repeatsLeft(op), op.Change == operation.ChangeRemove; {
	case op.Found != nil:
		s = "*I am checking* the listener. " + foundWords(op) + " Nothing more is sent."
	case left && removal:
		s = "*I am checking* the listener. If the entry is still there and as it was, I repeat the request."
	case left:
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
		text:   inText(op, "Needs a person: I could not find out whether {server} was {added} {to} {port}. {ref}."),
		header: inObject(op, "Needs a person: {adding} {server} {to} {listener}"),
		small:  []string{op.Ref, fmt.Sprintf(attemptSmall, max(1, len(op.Attempts))), utcSmall(op.LastSent())},
	}
	told := ""
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told = fmt.Sprintf("The bot's owners are told (%s).", w.Owners())
	}
	do, asks := answerLine(op)+" "+"There is nothing to do until then.", op.Answer == "" || op.Mismatch
	if asks {
		do = render.JoinLines([]string{lookForIt(op), answerLine(op)})
	}
	c.body = []slack.Block{
		render.Section(do),
		render.Section(render.SayKind(op.Change, "I could not find out whether it was {added}."), whyUnsettled(op, w),
			sentLine(op), told),
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

// sentLine says when it was sent, and where the call is for the shell.
func sentLine(op operation.Operation) string {
	if op.FirstSent().IsZero() {
		return ""
	}
	with := ", with the client token of this request"
	if op.Change == operation.ChangeRemove {
		with = "" // it has none
	}
	return fmt.Sprintf("Sent at %s. The menu has the same call for the shell%s.", render.Clock(op.FirstSent()), with)
}

// lookForIt says what a person has to look for.
func lookForIt(op operation.Operation) string {
	done, notDone := render.Outcomes(op.Change)
	const press = ", then press *%s* or *%s*. Please do not repeat it."
	if op.Change == operation.ChangeRemove {
		return inBlock(op, "*What to do:* look in the console whether {server} (%s) is still on {listener}"+press,
			render.Code(render.EntryID(op)), render.Capital(done), render.Capital(notDone))
	}
	return inBlock(op, "*What to do:* look in the console for {server} on {listener}"+press, render.Capital(done),
		render.Capital(notDone))
}

// answerButtons let a person say what the console shows. What they send is whether
// the change was carried out.
func answerButtons(op operation.Operation) []slack.BlockElement {
	done, notDone := render.Outcomes(op.Change)
	done, notDone = render.Capital(done), render.Capital(notDone)
	yes, no := ": {server} is on {listener}", ": {server} is not on {listener}"
	if op.Change == operation.ChangeRemove {
		yes, no = no, yes
	}
	return []slack.BlockElement{
		render.Button(render.ActSettleYes, done, inObject(op, done+yes), render.ButtonValue(op)),
		render.Button(render.ActSettleNo, notDone, inObject(op, notDone+no), render.ButtonValue(op)),
	}
}

func whyUnsettled(op operation.Operation, w render.Wording) string {
	switch {
	case op.Found != nil:
		return "*Why:* " + foundWords(op)
	case len(op.Matches) > 1:
		return fmt.Sprintf("*Why:* several entries fit: %s.", render.FirstFew(op.Matches, 10, render.Code))
	}
	return render.UnreadWords(op, w, "*Why:* the listener could not be read: %s")
}

// foundWords says what is on the listener in place of the entry of a removal.
func foundWords(op operation.Operation) string {
	entry := render.Code(render.EntryID(op))
	if changed := render.EntryChanges(op); changed != "" {
		return fmt.Sprintf("%s is still on the listener, but it is not as it was: %s.", entry, changed)
	}
	return fmt.Sprintf("%s is still on the listener, although Zenlayer answered that it does not exist.", entry)
}

// answerLine is what became of a person's answer.
func answerLine(op operation.Operation) string {
	if op.Answer == "" {
		return ""
	}
	words, notDone := render.Outcomes(op.Change)
	said := op.Answer == operation.AnswerThere
	if !said {
		words = notDone
	}
	line := fmt.Sprintf("%s says that %s", render.Mention(op.AnswerBy), words)
	switch listed := said == (op.Change == operation.ChangeRemove); { // what a mismatch means
	case !op.Mismatch:
		return line + ". I am checking the listener again."
	case listed && len(op.Matches) > 0:
		return line + fmt.Sprintf(", but I see it: %s.", render.FirstFew(op.Matches, 10, render.Code))
	case listed:
		return line + ", but I see it."
	}
	return line + ", but I do not see it."
}
