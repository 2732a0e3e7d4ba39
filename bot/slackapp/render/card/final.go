package card

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	ButtonAgain      = "Try again"
	ButtonAgainForm  = "Try again with changes"
	ButtonUndo       = "Undo"
	ButtonWhoami     = "What may I do?"
	buttonConsole    = "Open the console"
	LabelAgain       = "Try again to {add} {server} {to} {listener}"
	LabelAgainForm   = "Try again with changes to {add} {server}"
	LabelWhoami      = "What may I do? Shows it with the ids of my groups"
	labelConsoleCard = "Open the console of Zenlayer"
	addingBy         = "by %s"
	FieldBackend     = "Backend ID"
	FieldRequest     = "Request ID"
	AddedDo          = "*What to do:* test %s; I cannot see traffic."
	AddedDoRisk      = "*What to do:* make sure that the server is ready for traffic."
	statusFault      = "I could not read the list when I last looked: %s"
	buttonAskAgain   = "Ask again"
	NotAddedSaid     = "*What it said:* %s"
	NotAddedDo       = "*What to do:* %s"
	notAddedPress    = "nothing, or press *%s* if it is still needed."
	StatusCommand    = "/lb-register status %s"
)

// addedCard: done. It fits a phone screen; the rest is behind Details.
func addedCard(op operation.Operation, w render.Wording) card {
	return card{
		text: inText(op, "{Added}: {server} on {port} as %s, %s, requested by %s. {ref}.", render.InText(op.BackendID),
			render.WeightPhrase(op.Request.Weight), render.ActorName(op.Actor)),
		header: inObject(op, "{Added} {server} {to} {listener}"),
		body: []slack.Block{
			render.Section(addedTodo(op, w), fmt.Sprintf("*%s:* %s", FieldBackend, render.Code(op.BackendID)),
				doneFacts(op)),
			render.Section(render.RiskLines(op, "*Risk when it was added:* %s")...),
			render.Section(EvidenceLine(op), resumed(op), statusLine(op, w)),
		},
		buttons: []slack.BlockElement{DetailsButton(op), UndoButton(op, w),
			render.LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL)},
		small: []string{op.Ref, FieldRequest + " " + requestID(op), utcSmall(op.FinishedAt), undoSmall(op, w)},
	}
}

// UndoButton opens the preview of taking the addition back. The click is checked
// when it comes: the card may not be edited once its time is over.
func UndoButton(op operation.Operation, w render.Wording) slack.BlockElement {
	if !offersUndo(op, w) {
		return nil
	}
	return render.Button(render.ActUndoAsk, ButtonUndo,
		inObject(op, "Undo: see what removing {server} from {listener} means"), render.ButtonValue(op))
}

// undoSmall says how long UndoButton works.
func undoSmall(op operation.Operation, w render.Wording) string {
	if !offersUndo(op, w) {
		return ""
	}
	return fmt.Sprintf("%s until %s", ButtonUndo,
		render.ShortTime(op.FinishedAt.Add(operation.UndoButtonFor), true))
}

// offersUndo reports whether the card of an addition has the button: it needs the
// id of the entry, its time is not over, and it was not taken back yet.
func offersUndo(op operation.Operation, w render.Wording) bool {
	return op.BackendID != "" && op.TakenBack == nil && !op.FinishedAt.IsZero() &&
		!w.At.After(op.FinishedAt.Add(operation.UndoButtonFor))
}

// Took is how long Zenlayer took, or nothing.
func Took(op operation.Operation) string {
	if op.FirstSent().IsZero() || op.FinishedAt.IsZero() {
		return ""
	}
	return render.Lasting(op.FinishedAt.Sub(op.FirstSent()))
}

// DetailsButton answers privately with what the card leaves out.
func DetailsButton(op operation.Operation) slack.BlockElement {
	return render.Button(render.ActReqMore, render.MoreWords(render.MoreDetails), fmt.Sprintf("Show the details of %s",
		op.Ref),
		render.MoreValue(render.MoreDetails, op))
}

func firstTime(list ...time.Time) time.Time {
	for _, t := range list {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func requestID(op operation.Operation) string {
	if op.RequestID == "" {
		return "not known"
	}
	return render.Code(op.RequestID)
}

// A watch that has looked so often, or is so old, has ended without finding
// the backend in the list.
const (
	watchLooks = 7
	watchLasts = 6 * time.Minute
)

// statusLine is Zenlayer's own word for the backend, never a claim of ours. It
// stays true when no later edit comes.
func statusLine(op operation.Operation, w render.Wording) string {
	later := render.Code(fmt.Sprintf(StatusCommand, op.Ref))
	switch {
	case render.Clean(op.BackendStatus) != "":
		return fmt.Sprintf("*Status at Zenlayer:* \"%s\" (read %s).",
			render.Prose(op.BackendStatus, render.NameLimit), render.Clock(firstTime(op.StatusAt, op.FinishedAt)))
	case !op.StatusAt.IsZero():
		return fmt.Sprintf("*Status at Zenlayer:* none shown (read %s).", render.Clock(op.StatusAt))
	case !op.Watch:
		return "*Status:* not watched, as asked."
	case op.StatusLooks == 0 && !watchOver(op, w):
		return fmt.Sprintf("*Status at Zenlayer:* not known at that time. %s shows it later.", later)
	case render.UnreadWords(op, w, statusFault) != "":
		return fmt.Sprintf("%s %s shows its status later.", render.UnreadWords(op, w, statusFault), later)
	case watchOver(op, w):
		return "It was not in Zenlayer's list when I stopped looking."
	}
	return fmt.Sprintf("It was not in Zenlayer's list when I last looked. %s shows its status later.", later)
}

// watchOver reports whether nobody looks for the status any more.
func watchOver(op operation.Operation, w render.Wording) bool {
	return op.StatusLooks >= watchLooks || !w.At.IsZero() && !op.FinishedAt.IsZero() &&
		w.At.Sub(op.FinishedAt) > watchLasts
}

// addedTodo is what is left to do once a server was added.
func addedTodo(op operation.Operation, w render.Wording) string {
	switch t := op.TakenBack; {
	case t != nil:
		return fmt.Sprintf("*What to do:* nothing. *Taken back* by %s at %s (%s).", render.Mention(t.By.UserID),
			render.Clock(t.At), render.Name(t.Ref))
	case len(render.Risks(op)) > 0:
		return AddedDoRisk
	case op.Watch && op.StatusAt.IsZero() && render.Clean(op.BackendStatus) == "" && watchOver(op, w):
		return "*What to do:* look for this backend in the console."
	}
	return fmt.Sprintf(AddedDo, testAddress(op))
}

// testAddress is the address to test, or the server if the address is not known.
func testAddress(op operation.Operation) string {
	port := ""
	switch {
	case len(op.Request.PortList) > 0:
		port = strconv.Itoa(op.Request.PortList[0])
	case !strings.ContainsAny(op.Listener.Port, ",- "):
		port = render.Clean(op.Listener.Port)
	}
	if render.Clean(op.Server.IP) == "" || port == "" {
		return render.ServerName(op, render.Name)
	}
	return render.Name(endpoint(render.Clean(op.Server.IP), port))
}

// ending is what one reason of not being carried out says and offers.
type ending struct {
	text      string // the fallback text
	what      []string
	said      string // what Zenlayer said
	do        string
	again     bool // a new preview of the same request
	askAgain  bool // and the button says that it is asked for
	againForm bool // the form with its values
	whoami    bool
	faulty    bool // show the fault's code and status in the small print
	tries     bool // and how often it was tried
}

// notDoneCard: certain that nothing changed.
func notDoneCard(op operation.Operation, w render.Wording) card {
	e := endingOf(op, w)
	if !op.Change.HasForm() {
		e.again, e.againForm = e.again || e.againForm, false
	}
	c := card{
		text:   e.text,
		header: inObject(op, "{Not added}: {server} {to} {listener}"),
		body:   []slack.Block{render.Section(append([]string{fmt.Sprintf(NotAddedDo, todo(e))}, e.what...)...)},
	}
	if e.said != "" {
		c.body = append(c.body, render.Section(fmt.Sprintf(NotAddedSaid, e.said)))
	}
	c.buttons = append(endingButtons(op, e), DetailsButton(op))
	c.small = faultSmall(op, e)
	return c
}

// endingButtons are the ways on after an ending.
func endingButtons(op operation.Operation, e ending) (list []slack.BlockElement) {
	if e.again {
		text, label := ButtonAgain, LabelAgain
		if e.askAgain {
			text, label = buttonAskAgain, "Ask again to {add} {server} {to} {listener}"
		}
		list = append(list, render.Primary(render.Button(render.ActReqAgain, text, inObject(op, label),
			render.ButtonValue(op))))
	}
	if e.againForm {
		b := render.Button(render.ActReqAgainForm, ButtonAgainForm, inObject(op, LabelAgainForm),
			render.ButtonValue(op))
		if !e.again {
			render.Primary(b)
		}
		list = append(list, b)
	}
	if e.whoami {
		list = append(list, render.Button(render.ActWhoamiOpen, ButtonWhoami, LabelWhoami, ""))
	}
	return list
}

// todo is what to do after an ending.
func todo(e ending) string {
	switch {
	case e.do != "":
		return e.do
	case e.askAgain:
		return fmt.Sprintf(notAddedPress, buttonAskAgain)
	case e.again:
		return fmt.Sprintf(notAddedPress, ButtonAgain)
	case e.againForm:
		return fmt.Sprintf(notAddedPress, ButtonAgainForm)
	case e.whoami:
		return "nothing here. Press *What may I do?* to see what the policy allows."
	}
	return "nothing."
}

// faultSmall is the raw code in small print, then the ids and the time.
func faultSmall(op operation.Operation, e ending) []string {
	var parts []string
	if e.faulty {
		parts = render.FaultIDs(op.Fault)
	}
	if e.tries && op.Tries > 0 && !op.FirstTry.IsZero() {
		parts = append(parts, fmt.Sprintf("%d tries in %s", op.Tries, render.Lasting(op.FinishedAt.Sub(op.FirstTry))))
	}
	return append(parts, op.Ref, fmt.Sprintf(addingBy, render.Mention(op.Actor.UserID)), utcSmall(op.FinishedAt))
}

// ordinal is the word for an attempt.
func ordinal(n int) string {
	switch n {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	}
	return "last"
}

// endpoint is ip:port, with brackets where IPv6 needs them.
func endpoint(ip, port string) string { return net.JoinHostPort(ip, port) }
