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
	Follows      = "Wait for the result here."
	waitingSmall = "Asked %s."
	addingStop   = "%s pressed Stop: no further attempts. What was sent is still settled."
)

// slowFrom is how long an answer may take before the card says so.
const slowFrom = 3 * time.Second

// firstCard is the first post: what was asked, by whom, and where the result
// comes. Its Stop button works until the operation is over; after that a click
// is answered with where it stands.
func firstCard(op operation.Operation) card {
	c := card{
		text:  inText(op, "Asked: %s asks to {add} {server} {to} {port}. {ref}.", render.ActorName(op.Actor)),
		small: []string{op.Ref, fmt.Sprintf(waitingSmall, render.ClockAndUTC(askedAt(op)))},
		stays: true,
	}
	lines := []string{headline(op, "*Asked:* {add} {server} {to} {listener}"), Follows, stopNote(op)}
	if op.StopBy == "" {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{render.Section(lines...)}
	return c
}

// waitingCard: on disk, the last checks run, nothing is sent.
func waitingCard(op operation.Operation) card {
	c := card{
		text: inText(op, "Waiting: last checks before {adding} {server} {to} {port} ({ref}, by %s). Nothing is sent "+
			"yet.",
			render.ActorName(op.Actor)),
		small: []string{op.Ref, fmt.Sprintf(waitingSmall, render.ClockAndUTC(askedAt(op)))},
	}
	lines := []string{"*Waiting* for the last checks. Nothing is sent yet.", Follows,
		headline(op, toDo), waitLine(op), resumed(op)}
	if op.WaitFor == operation.WaitPaused && op.Pause != nil {
		c.text = inText(op, "Waiting: the bot is paused. {Adding} {server} {to} {port} is not sent ({ref}, by %s).",
			render.ActorName(op.Actor))
		lines[0] = "*Waiting:* the bot is paused. Nothing is sent yet."
		lines[1] = fmt.Sprintf("*What to do:* ask %s to resume it, or press *Stop*.", render.ActorName(op.Pause.By))
	}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(waitingStop, render.Mention(op.StopBy)))
	} else {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{render.Section(lines...)}
	return c
}

// sendingCard: the call is being made, or waits for its next try.
func sendingCard(op operation.Operation, w render.Wording) card {
	c := card{text: inText(op, "{Adding} {server} {to} {port} ({ref}, by %s).", render.ActorName(op.Actor))}
	if sent := op.LastSent(); sent.IsZero() {
		c.small = []string{fmt.Sprintf("Not sent yet. Asked %s.", render.ClockAndUTC(askedAt(op)))}
	} else {
		c.small = []string{fmt.Sprintf("Sent to Zenlayer %s.", render.ClockAndUTC(sent))}
	}
	lines := []string{
		headline(op, "*{Adding}* {server} {to} {listener}"), Follows, slowLine(op, w), waitLine(op), resumed(op),
	}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(addingStop, render.Mention(op.StopBy)))
	} else {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{render.Section(lines...)}
	return c
}

// toDo is what an operation is about, for headline.
const toDo = "{Add} {server} {to} {listener}"

// headline is what, which request, who and why, on one line. what is for render.Say.
func headline(op operation.Operation, what string) string {
	return strings.Join(render.NonEmpty([]string{inBlock(op, what), op.Ref,
		fmt.Sprintf(addingBy, render.Mention(op.Actor.UserID)), purpose(op)}), "   ·   ")
}

// slowLine says that the answer takes long, if it does.
func slowLine(op operation.Operation, w render.Wording) string {
	if w.At.IsZero() || len(op.Attempts) == 0 || op.WaitFor != "" {
		return ""
	}
	last := op.Attempts[len(op.Attempts)-1]
	if !last.AnsweredAt.IsZero() || w.At.Sub(last.SentAt) < slowFrom {
		return ""
	}
	return fmt.Sprintf("Zenlayer has not answered yet, %s so far.",
		render.Lasting(w.At.Sub(last.SentAt).Truncate(time.Second)))
}

// waitLine says what the next try waits for.
func waitLine(op operation.Operation) string {
	switch {
	case op.WaitFor == operation.WaitLine:
		return lineWords(op)
	case op.WaitFor == operation.WaitPaused && op.Pause != nil:
		return render.WithStop("The bot has been "+render.PausedBy(*op.Pause)) + fmt.Sprintf(" I start by %s if "+
			"somebody resumes before, or not at all.", render.Clock(op.ClickedAt.Add(operation.StartWithin)))
	}
	if op.WaitUntil.IsZero() {
		return ""
	}
	switch op.WaitFor {
	case operation.WaitRateLimit:
		if n := len(op.Attempts); n > 0 && op.WaitUntil.After(op.Attempts[n-1].AnsweredAt) &&
			!op.Attempts[n-1].AnsweredAt.IsZero() {
			return fmt.Sprintf("Zenlayer asks to wait %s. Trying again at %s.",
				render.Lasting(op.WaitUntil.Sub(op.Attempts[n-1].AnsweredAt).Round(time.Second)),
				render.Clock(op.WaitUntil))
		}
		return fmt.Sprintf("Zenlayer asks to wait. Trying again at %s.", render.Clock(op.WaitUntil))
	case operation.WaitUnreachable:
		if op.Fault.Status > 0 {
			return fmt.Sprintf("Zenlayer did not take it (HTTP %d). Nothing was changed. Trying again at %s.",
				op.Fault.Status, render.Clock(op.WaitUntil))
		}
		return fmt.Sprintf("Zenlayer cannot be reached. Nothing was changed. Trying again at %s.",
			render.Clock(op.WaitUntil))
	case operation.WaitRules:
		return fmt.Sprintf("I do not have the current policy yet, so I decide nothing. Nothing was sent. Asking "+
			"again at %s.", render.Clock(op.WaitUntil))
	}
	return ""
}

// lineWords says that op is queued, and how many others are where that is known.
// The number is true at one moment only, so the sentence names the moment.
func lineWords(op operation.Operation) string {
	s := fmt.Sprintf("Queued since %s: Zenlayer takes only so many calls. I start by %s, or not at all.",
		render.Clock(op.InLine), render.Clock(op.ClickedAt.Add(operation.StartWithin)))
	if op.Others > 0 {
		s += " " + fmt.Sprintf("Other queued requests for this account: %d (at %s).", op.Others,
			render.Clock(op.InLine))
	}
	return s
}

func resumed(op operation.Operation) string {
	if op.ResumedAt.IsZero() {
		return ""
	}
	return fmt.Sprintf("The bot restarted at %s and continues with this.", render.Clock(op.ResumedAt))
}

func stopButton(op operation.Operation) slack.BlockElement {
	return render.Button(render.ActOpStop, "Stop", inObject(op, "Stop {adding} {server} {to} {listener}"),
		render.ButtonValue(op))
}

// askedAt is when the person last asked for it.
func askedAt(op operation.Operation) time.Time {
	if !op.ClickedAt.IsZero() {
		return op.ClickedAt
	}
	return op.AskedAt
}

func stopNote(op operation.Operation) string {
	if op.StopBy == "" {
		return ""
	}
	return fmt.Sprintf(addingStop, render.Mention(op.StopBy))
}

// utcSmall is the one place of a card that shows UTC.
func utcSmall(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return render.ClockAndUTC(t)
}
