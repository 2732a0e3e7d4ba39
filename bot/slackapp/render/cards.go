package render

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	RehearsalLine = "*Rehearsal:* everything is checked, nothing is sent to Zenlayer."
	RehearsalText = "Rehearsal: nothing is sent to Zenlayer."
	ReplacesLine  = "This replaces any earlier card of %s."
	asOfSmall     = "As of %s."
	fieldServer   = "Server"
	fieldListener = "Listener"
	fieldPorts    = "Ports and weight"
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

// Card is the one public message that shows an operation, in whatever
// state it is. It is a pure function of its arguments.
func Card(op operation.Operation, w Wording) Message {
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
		c = addedCard(op, w)
	case operation.NothingToDo:
		c = nothingCard(op)
	case operation.NotDone:
		c = notAddedCard(op, w)
	default:
		c = unknownCard(op, w)
	}
	if !op.State.Final() && !c.stays && !w.At.IsZero() {
		c.small = append(c.small, fmt.Sprintf(asOfSmall, Clock(w.At)))
	}
	return c.message(op, w)
}

// underWayCard: accepted, and the call is being made or prepared.
func underWayCard(op operation.Operation, w Wording) card {
	switch {
	case w.Posted:
		return firstCard(op)
	case op.State == operation.Sending:
		return addingCard(op, w)
	case w.Approvers && WasApproved(op):
		return approvedCard(op)
	}
	return waitingCard(op)
}

// message puts a card together and adds what is said on any card.
func (c card) message(op operation.Operation, w Wording) Message {
	var list []slack.Block
	if c.header != "" {
		list = append(list, Header(c.header))
	}
	list = append(list, c.body[0])
	if op.Glass != nil && op.State == operation.Done {
		list = append(list, Section(GlassLine(op, "*Added* with *break-glass* by %s: \"%s\". Incident: %s.", w)))
	}
	list = append(list, c.body[1:]...)
	list = append(list, Section(approvalAside(op, w)), Section(asides(op, w)...), Actions(c.buttons...),
		ContextLine(c.small...))
	text := c.text + c.todo()
	if op.Glass != nil {
		text += " " + fmt.Sprintf("With break-glass: %s", Sentence(op.Glass.Why))
	}
	if op.Rehearsal {
		text += " " + RehearsalText
	}
	return Message{
		Text:   ClampMarkup(text, MaxText),
		Blocks: Blocks(list...),
		Metadata: &slack.SlackMetadata{EventType: CardEvent, EventPayload: map[string]any{
			"ref": op.Ref, "id": op.ID, "state": string(op.State), "version": op.Version,
		}},
	}
}

// asides are the lines that any card may carry.
func asides(op operation.Operation, w Wording) []string {
	var lines []string
	if op.Rehearsal {
		lines = append(lines, RehearsalLine)
	}
	if w.Late >= lateFrom {
		lines = append(lines, fmt.Sprintf("Posted %s late; times show when it happened.", Lasting(w.Late)))
	}
	if w.Refused != "" {
		lines = append(lines, fmt.Sprintf("This was meant for %s, where I could not post.", Channel(w.Refused)))
	}
	if w.NoThread {
		lines = append(lines, "This was meant for a thread, where I could not post.")
	}
	if w.Replaces {
		lines = append(lines, fmt.Sprintf(ReplacesLine, op.Ref))
	}
	return lines
}

// Shown is how a value is shown: in a block, in a sentence, in an object without
// markup.
type Shown func(string) string

// ServerName is what people call the server.
func ServerName(op operation.Operation, show Shown) string {
	return show(FirstOf(op.Server.Name, op.Server.ID, op.Request.InstanceID))
}

// ListenerName is "https-443 on api-lb".
func ListenerName(op operation.Operation, show Shown) string {
	s := show(FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID))
	if lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		s += " on " + show(lb)
	}
	return s
}

// ListenerPath is "api-lb/https-443", as people type it.
func ListenerPath(op operation.Operation, show Shown) string {
	s := show(FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID))
	if lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		s = show(lb) + "/" + s
	}
	return s
}

// ListenerPort is "api-lb port 443", for fallback texts.
func ListenerPort(op operation.Operation, show Shown) string {
	lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID)
	if lb == "" || Clean(op.Listener.Port) == "" {
		return ListenerName(op, show)
	}
	return show(lb) + " port " + show(op.Listener.Port)
}

// balancerName is "api-lb", or the listener where it is not known.
func balancerName(op operation.Operation, show Shown) string {
	if lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		return show(lb)
	}
	return ListenerName(op, show)
}

// ActorName names the asker in a fallback text, where a mention would be
// read aloud as an id.
func ActorName(a operation.Actor) string {
	if Clean(a.Name) == "" {
		return Mention(a.UserID)
	}
	return InText(a.Name)
}

// ServerFacts is "web-07 (`i-55a1`, bare metal, 10.0.3.17)".
func ServerFacts(op operation.Operation) string {
	id := Code(FirstOf(op.Server.ID, op.Request.InstanceID))
	facts := []string{ServerType(cmp.Or(op.Request.InstanceType, op.Server.Type))}
	if Clean(op.Server.IP) != "" {
		facts = append(facts, Name(op.Server.IP))
	}
	if Clean(op.Server.Name) == "" {
		return id + " (" + strings.Join(facts, ", ") + ")"
	}
	return Name(op.Server.Name) + " (" + id + ", " + strings.Join(facts, ", ") + ")"
}

// ListenerFacts is "https-443 (`lst-8f2c`, TCP 443) on api-lb".
func ListenerFacts(op operation.Operation) string {
	l := op.Listener
	s, facts := Code(FirstOf(l.ID, op.Request.ListenerID)), []string{}
	if Clean(l.Name) != "" {
		s, facts = Name(l.Name), []string{s}
	}
	if p := Clean(l.Protocol + " " + l.Port); p != "" {
		facts = append(facts, Name(p))
	}
	if len(facts) > 0 {
		s += " (" + strings.Join(facts, ", ") + ")"
	}
	if lb := FirstOf(l.LoadBalancerName, l.LoadBalancerID); lb != "" {
		s += " on " + Name(lb)
	}
	return s
}

// PortPhrase is "port 8080", "ports 8080, 8081", or "port 443 (the listener's)"
// where the request leaves them to the listener.
func PortPhrase(op operation.Operation) string {
	texts := make([]string, len(op.Request.PortList))
	for i, p := range op.Request.PortList {
		texts[i] = strconv.Itoa(p)
	}
	switch {
	case len(texts) == 1:
		return "port " + texts[0]
	case len(texts) > 1:
		return "ports " + strings.Join(texts, ", ")
	}
	own, ports := Clean(op.Listener.Port), "port"
	if strings.ContainsAny(own, ",- ") {
		ports = "ports"
	}
	if own == "" || len(own) > maxOwnPorts || strings.Trim(own, "0123456789,- ") != "" {
		return "the listener's " + ports
	}
	return ports + " " + own + " (the listener's)"
}

// maxOwnPorts is how long the ports of a listener may be to be shown, which are
// Zenlayer's text.
const maxOwnPorts = 40

// Facts is the request as a list of labels and values, and more pairs: five at
// most, those without a value left out.
func Facts(op operation.Operation, more ...[2]string) slack.Block {
	pairs := [][2]string{
		{fieldServer, ServerFacts(op)},
		{fieldListener, ListenerFacts(op)},
		{fieldPorts, Capital(PortPhrase(op)) + " · " + WeightPhrase(op.Request.Weight)},
		{"Backend name", Code(op.Request.BackendName)},
		{"Requested by", Mention(op.Actor.UserID)},
	}
	for _, p := range more {
		if p[1] != "" {
			pairs = append(pairs, p)
		}
	}
	return fields(pairs...)
}

// handover is Facts for someone who continues elsewhere. It has the client
// token only while a person has to settle op: later, the token could only add
// the server a second time.
func handover(op operation.Operation, w Wording) slack.Block {
	card, token := "", ""
	if webAddress(w.Link) {
		card = "<" + w.Link + "|" + Name(op.Ref) + ">"
	}
	if op.State == operation.NeedsPerson {
		token = Code(op.Request.ClientToken)
	}
	return Facts(op, [2]string{"Card", card}, [2]string{"Client token", token})
}

// purpose is the asker's reason in quotes, or nothing.
func purpose(op operation.Operation) string {
	if p := Prose(op.Purpose, ReasonLimit); p != "" {
		return "\"" + p + "\""
	}
	return ""
}

// FirstOf returns the first of its arguments that has something to show.
func FirstOf(list ...string) string {
	for _, s := range list {
		if Clean(s) != "" {
			return s
		}
	}
	return ""
}
