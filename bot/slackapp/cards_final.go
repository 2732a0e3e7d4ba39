package slackapp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	buttonAgain      = "Try again"
	buttonAgainForm  = "Try again with changes"
	buttonWhoami     = "What may I do?"
	buttonConsole    = "Open the console"
	labelAgain       = "Try again to add %s to %s"
	labelAgainForm   = "Change the values and try again to add %s"
	labelWhoami      = "Show what I may do and the ids of my groups"
	labelConsoleCard = "Open the Zenlayer console"
	addingBy         = "by %s"
	fieldBackend     = "Backend ID"
	fieldRequest     = "Request ID"
	addedDo          = "There is nothing more to do."
	addedDoRisk      = "*What to do:* make sure that the server is ready for traffic."
	statusFault      = "The error was: %s"
	buttonAskAgain   = "Ask again"
	notAddedSaid     = "*What it said:* %s"
	notAddedDo       = "*What to do:* %s"
	notAddedPress    = "nothing, or press *%s* if it is still needed."
	statusCommand    = "/lb-register status %s"
	unknownValue     = "%s, which this version does not know"
)

// addedCard: done.
func addedCard(op operation.Operation, w wording) card {
	took := lasting(op.FinishedAt.Sub(firstTime(op.FirstSent(), askedAt(op))))
	return card{
		text: fmt.Sprintf("Added: %s on %s as %s, %s, by %s, in %s. %s.", serverName(op, short),
			listenerPort(op, short), short(op.BackendID),
			weightPhrase(op.Request.Weight), actorName(op.Actor), took, op.Ref),
		header: fmt.Sprintf("Added %s to %s", serverName(op, bareName), listenerName(op, bareName)),
		body: []slack.Block{
			section(addedTodo(op, w), evidenceLine(op), resumed(op)),
			section(riskLines(op, "*Risk when it was added:* %s")...),
			fields(
				[2]string{fieldBackend, code(op.BackendID)},
				[2]string{fieldServer, serverFacts(op)},
				[2]string{fieldListener, listenerFacts(op)},
				[2]string{fieldPorts, portWords(op.Request.PortList) + " · " + weightWords(op.Request.Weight)},
				[2]string{"By · approved by", person(op.Actor.UserID) + " · " + approvedBy(op)},
				[2]string{"Reason", firstOf(prose(op.Purpose, reasonLimit), reasonNone)},
				[2]string{"When · took", both(op.FinishedAt) + " · " + took},
				[2]string{fieldRequest, requestID(op)},
			),
			section(statusLine(op, w)),
		},
		buttons: []slack.BlockElement{linkButton(buttonConsole, labelConsoleCard, w.ConsoleURL),
			more(op, moreCopy, moreDetails)},
		small: []string{op.Ref},
	}
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
		return "not known: the answer was lost"
	}
	return code(op.RequestID)
}

// evidenceLine says how it is known, where it was not simply answered.
func evidenceLine(op operation.Operation) string {
	switch op.Evidence {
	case operation.EvidenceRepeated:

		return fmt.Sprintf("*Added* as %s (confirmed %s: Zenlayer answered the %s try).", code(op.BackendID), clock(op.FinishedAt), ordinal(len(op.Attempts)))
	case operation.EvidenceSeen:
		if i := slices.IndexFunc(op.Attempts, operation.Attempt.Doubtful); i >= 0 && len(op.Unanswered()) == 0 {
			return fmt.Sprintf("*Added:* %s is on the listener. Zenlayer had answered with an error (HTTP %d), so I cannot tell who added it.", code(op.BackendID), op.Attempts[i].Fault.Status)
		}
		return fmt.Sprintf("*Added:* %s is on the listener. The answer was lost, so I cannot tell who added it.", code(op.BackendID))
	case operation.EvidencePerson:
		return fmt.Sprintf("*Added:* %s said that it is there, and a reading shows %s.", person(op.AnswerBy), code(op.BackendID))
	case operation.EvidenceAnswered, "":
		return ""
	}
	return fmt.Sprintf("*Added* as %s. How that is known is stored as %s.", code(op.BackendID), fmt.Sprintf(unknownValue, code(string(op.Evidence))))
}

// A watch that has looked so often, or is so old, has ended without finding
// the backend in the list.
const (
	watchLooks = 7
	watchLasts = 6 * time.Minute
)

// statusLine is Zenlayer's own word for the backend, never a claim of ours. It
// stays true when no later edit comes.
func statusLine(op operation.Operation, w wording) string {
	later := code(fmt.Sprintf(statusCommand, op.Ref))
	switch {
	case clean(op.BackendStatus) != "":
		return fmt.Sprintf("*Status at Zenlayer:* \"%s\" (read %s). I cannot see traffic", prose(op.BackendStatus, nameLimit), clock(firstTime(op.StatusAt, op.FinishedAt))) + testLine(op)
	case !op.StatusAt.IsZero():
		return fmt.Sprintf("*Status at Zenlayer:* none shown (read %s). I cannot see traffic", clock(op.StatusAt)) + testLine(op)
	case !op.Watch:
		return "*Status:* not watched, as asked."
	case op.StatusLooks == 0 && !watchOver(op, w):
		return fmt.Sprintf("*Status at Zenlayer:* not known at that time. %s shows it later.", later)
	case unreadWords(op, w, statusFault) != "":
		return fmt.Sprintf("Zenlayer gave backend %s; I could not read the list when I last looked. %s shows its status later.", code(op.BackendID), later) + " " + unreadWords(op, w, statusFault)
	case watchOver(op, w):
		return fmt.Sprintf("Zenlayer gave backend %s; it was not in the list when I stopped looking.", code(op.BackendID))
	}
	return fmt.Sprintf("Zenlayer gave backend %s; it was not in the list when I last looked. %s shows its status later.", code(op.BackendID), later)
}

// watchOver reports whether nobody looks for the status any more.
func watchOver(op operation.Operation, w wording) bool {
	return op.StatusLooks >= watchLooks || !w.At.IsZero() && !op.FinishedAt.IsZero() && w.At.Sub(op.FinishedAt) > watchLasts
}

// addedTodo is what is left to do once a server was added.
func addedTodo(op operation.Operation, w wording) string {
	switch {
	case len(op.Risks()) > 0:
		return addedDoRisk
	case op.Watch && op.StatusAt.IsZero() && clean(op.BackendStatus) == "" && watchOver(op, w):
		return "*What to do:* look in the console for the backend; I did not find it in the list."
	}
	return addedDo
}

// testLine names the address to test, if it is known.
func testLine(op operation.Operation) string {
	port := ""
	switch {
	case len(op.Request.PortList) > 0:
		port = strconv.Itoa(op.Request.PortList[0])
	case !strings.ContainsAny(op.Listener.Port, ",- "):
		port = clean(op.Listener.Port)
	}
	if clean(op.Server.IP) == "" || port == "" {
		return "."
	}
	return fmt.Sprintf("; test %s.", name(endpoint(clean(op.Server.IP), port)))
}

// nothingCard: it is as asked, and no call of ours is known to have done it.
func nothingCard(op operation.Operation) card {
	text, body := "Nothing to do: %s is already on %s with the same ports and weight, as %s. %s.", section(fmt.Sprintf("%s is already on this listener with the same ports and weight: %s.", serverName(op, name), code(op.BackendID)), sentOrNot(op))
	if i := slices.IndexFunc(op.Attempts, operation.Attempt.Limited); op.Evidence == operation.EvidenceSeen && i >= 0 {
		text = "Nothing to do: %s is on %s with the ports and weight asked for, as %s. I cannot tell who added it. %s."
		body = section(fmt.Sprintf("%s is on this listener with the ports and weight asked for: %s. Zenlayer had answered my call with HTTP %d, so I cannot tell who added it.", serverName(op, name), code(op.BackendID), op.Attempts[i].Fault.Status))
	}
	return card{
		text:    fmt.Sprintf(text, serverName(op, short), listenerPort(op, short), short(op.BackendID), op.Ref),
		header:  fmt.Sprintf("Nothing to do: %s is on %s", serverName(op, bareName), listenerName(op, bareName)),
		body:    []slack.Block{body},
		buttons: []slack.BlockElement{more(op, moreCopy, moreDetails)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, person(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

// ending is what one reason of "Not added" says and offers.
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

// notAddedCard: certain that nothing changed.
func notAddedCard(op operation.Operation, w wording) card {
	if !op.Known() {
		return unknownCard(op, w)
	}
	e := endingOf(op, w)
	c := card{
		text:   e.text,
		header: fmt.Sprintf("Not added: %s to %s", serverName(op, bareName), listenerName(op, bareName)),
		body:   []slack.Block{section(append([]string{fmt.Sprintf(notAddedDo, todo(e))}, e.what...)...)},
	}
	if e.said != "" {
		c.body = append(c.body, section(fmt.Sprintf(notAddedSaid, e.said)))
	}
	if e.again {
		text, label := buttonAgain, labelAgain
		if e.askAgain {
			text, label = buttonAskAgain, "Ask again to add %s to %s"
		}
		c.buttons = append(c.buttons, primary(button(actReqAgain, text,
			fmt.Sprintf(label, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))))
	}
	if e.againForm {
		b := button(actReqAgainForm, buttonAgainForm, fmt.Sprintf(labelAgainForm, serverName(op, bareName)), buttonValue(op))
		if !e.again {
			primary(b)
		}
		c.buttons = append(c.buttons, b)
	}
	if e.whoami {
		c.buttons = append(c.buttons, button(actWhoamiOpen, buttonWhoami, labelWhoami, ""))
	}
	c.buttons = append(c.buttons, more(op, moreCopy, moreDetails))
	c.small = faultSmall(op, e)
	return c
}

// todo is what to do after an ending.
func todo(e ending) string {
	switch {
	case e.do != "":
		return e.do
	case e.askAgain:
		return fmt.Sprintf(notAddedPress, buttonAskAgain)
	case e.again:
		return fmt.Sprintf(notAddedPress, buttonAgain)
	case e.againForm:
		return fmt.Sprintf(notAddedPress, buttonAgainForm)
	case e.whoami:
		return "nothing here. Press *What may I do?* to see what the policy allows."
	}
	return "nothing."
}

// faultSmall is the raw code in small print, then the ids and the time.
func faultSmall(op operation.Operation, e ending) []string {
	var parts []string
	if e.faulty {
		parts = faultIDs(op.Fault)
	}
	if e.tries && op.Tries > 0 && !op.FirstTry.IsZero() {
		parts = append(parts, fmt.Sprintf("%d tries in %s", op.Tries, lasting(op.FinishedAt.Sub(op.FirstTry))))
	}
	return append(parts, op.Ref, fmt.Sprintf(addingBy, person(op.Actor.UserID)), utcSmall(op.FinishedAt))
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
