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
	RehearsalLine = "*Rehearsal:* everything is checked, nothing is sent to Zenlayer."
	RehearsalText = "Rehearsal: nothing is sent to Zenlayer."
	ReplacesLine  = "This replaces any earlier card of %s."
	asOfSmall     = "As of %s."
)

// card is a public card before it is put together: always in this order.
type card struct {
	text    string
	header  string        // empty: the first section carries the first word
	body    []slack.Block // at least one; the first says what to do
	buttons []slack.BlockElement
	small   []string
	stays   bool // every sentence stays true; else it says as of when, until it is over
}

// inText, inBlock and inObject are render.Say for the fallback text, for a block,
// and for an object without markup.
func inText(op operation.Operation, format string, args ...any) string {
	return render.Say(op, render.InText, format, args...)
}

func inBlock(op operation.Operation, format string, args ...any) string {
	return render.Say(op, render.Name, format, args...)
}

func inObject(op operation.Operation, format string, args ...any) string {
	return render.Say(op, render.BareName, format, args...)
}

// Of is the one public message that shows an operation, in whatever
// state it is. It is a pure function of its arguments.
func Of(op operation.Operation, w render.Wording) render.Message {
	if !op.Known() {
		return unknownCard(op, w).message(op, w)
	}
	var c card
	switch op.State {
	case operation.Waiting:
		c = waitingForPeople(op, w)
	case operation.Accepted, operation.Sending:
		c = underWayCard(op, w)
	case operation.Unconfirmed:
		c = unconfirmedCard(op, w)
	case operation.NeedsPerson:
		c = needsPersonCard(op, w)
	case operation.Done:
		c = doneCard(op, w)
	case operation.NothingToDo:
		c = nothingCard(op)
	case operation.NotDone:
		c = notDoneCard(op, w)
	default: // a draft, which has a preview and no card
		c = unknownCard(op, w)
	}
	if !op.State.Final() && !c.stays && !w.At.IsZero() {
		c.small = append(c.small, fmt.Sprintf(asOfSmall, render.Clock(w.At)))
	}
	return c.message(op, w)
}

// underWayCard: accepted, and the call is being made or prepared.
func underWayCard(op operation.Operation, w render.Wording) card {
	switch {
	case w.Posted:
		return firstCard(op)
	case op.State == operation.Sending:
		return sendingCard(op, w)
	case w.Approvers && WasApproved(op):
		return approvedCard(op)
	}
	return waitingCard(op)
}

// message puts a card together and adds what is said on any card.
func (c card) message(op operation.Operation, w render.Wording) render.Message {
	var list []slack.Block
	if c.header != "" {
		list = append(list, render.Header(c.header))
	}
	list = append(list, c.body[0])
	if op.Glass != nil && op.State == operation.Done {
		list = append(list, render.Section(GlassLine(op,
			inBlock(op, "*{Added}* with *break-glass*")+" by %s: \"%s\". Incident: %s.", w)))
	}
	list = append(list, c.body[1:]...)
	list = append(list, render.Section(approvalAside(op, w)), render.Section(asides(op, w)...),
		render.Actions(c.buttons...),
		render.ContextLine(c.small...))
	text := c.text + c.todo()
	if op.Glass != nil {
		text += " " + fmt.Sprintf("With break-glass: %s", render.Sentence(op.Glass.Why))
	}
	if op.Rehearsal {
		text += " " + RehearsalText
	}
	return render.Message{
		Text:   render.ClampMarkup(text, render.MaxText),
		Blocks: render.Blocks(list...),
		Metadata: &slack.SlackMetadata{EventType: render.CardEvent, EventPayload: map[string]any{
			"ref": op.Ref, "id": op.ID, "state": string(op.State), "version": op.Version,
		}},
	}
}

// asides are the lines that any card may carry.
func asides(op operation.Operation, w render.Wording) []string {
	var lines []string
	if op.Rehearsal {
		lines = append(lines, RehearsalLine)
	}
	if w.Late >= lateFrom {
		lines = append(lines, fmt.Sprintf("Posted %s late; times show when it happened.", render.Lasting(w.Late)))
	}
	if w.Refused != "" {
		lines = append(lines, fmt.Sprintf("This was meant for %s, where I could not post.", render.Channel(w.Refused)))
	}
	if w.NoThread {
		lines = append(lines, "This was meant for a thread, where I could not post.")
	}
	if w.Replaces {
		lines = append(lines, fmt.Sprintf(ReplacesLine, op.Ref))
	}
	return lines
}

// handover is Facts for someone who continues elsewhere. It has the client
// token only while a person has to settle op: later, the token could only add
// the server a second time. A removal has none.
func handover(op operation.Operation, w render.Wording) slack.Block {
	card, token, entry := "", "", ""
	if op.Target != nil {
		entry = render.Code(op.Target.BackendID)
	}
	if render.WebAddress(w.Link) {
		card = "<" + w.Link + "|" + render.Name(op.Ref) + ">"
	}
	if op.State == operation.NeedsPerson && op.Change == operation.ChangeAdd {
		token = render.Code(op.Request.ClientToken)
	}
	return render.Facts(op, [2]string{FieldBackend, entry}, [2]string{"Card", card}, [2]string{"Client token", token})
}

// purpose is the asker's reason in quotes, or nothing.
func purpose(op operation.Operation) string {
	if p := render.Prose(op.Purpose, render.ReasonLimit); p != "" {
		return "\"" + p + "\""
	}
	return ""
}

// todo is the line of a card that says what to do, the second one, for its text.
func (c card) todo() string {
	lines := c.body[0].(*slack.SectionBlock).Text.Text
	if c.header == "" {
		_, lines, _ = strings.Cut(lines, "\n")
	}
	line, _, _ := strings.Cut(lines, "\n")
	if strings.HasPrefix(c.header, render.FirstNothing) {
		return "" // the text says so already
	}
	return " " + strings.ReplaceAll(line, "*", "")
}

// lateFrom is the delay that is worth a word.
const lateFrom = 10 * time.Second
