package slackapp

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

const (
	wordDefault   = "Zenlayer's default"
	wordOwnPorts  = "the listener's own"
	rehearsalLine = "*Rehearsal:* everything is checked, nothing is sent to Zenlayer."
	rehearsalText = "Rehearsal: nothing is sent to Zenlayer."
	replacesLine  = "This replaces any earlier card of %s."
	asOfSmall     = "As of %s."
	fieldServer   = "Server"
	fieldListener = "Listener"
	fieldPorts    = "Ports · weight"
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

// cardMessage is the one public message that shows an operation, in whatever
// state it is. It is a pure function of its arguments.
func cardMessage(op operation.Operation, w wording) message {
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
	case operation.Added:
		c = addedCard(op, w)
	case operation.AlreadyThere:
		c = nothingCard(op)
	case operation.NotAdded:
		c = notAddedCard(op, w)
	default:
		c = unknownCard(op, w)
	}
	if !op.State.Final() && !c.stays && !w.At.IsZero() {
		c.small = append(c.small, fmt.Sprintf(asOfSmall, clock(w.At)))
	}
	return c.message(op, w)
}

// underWayCard: accepted, and the call is being made or prepared.
func underWayCard(op operation.Operation, w wording) card {
	switch {
	case w.Posted:
		return firstCard(op)
	case op.State == operation.Sending:
		return addingCard(op, w)
	case w.Approvers && wasApproved(op):
		return approvedCard(op)
	}
	return waitingCard(op)
}

// message puts a card together and adds what is said on any card.
func (c card) message(op operation.Operation, w wording) message {
	var list []slack.Block
	if c.header != "" {
		list = append(list, header(c.header))
	}
	list = append(list, c.body[0])
	if op.Glass != nil && op.State == operation.Added {
		list = append(list, section(glassLine(op, "*Added* with *break-glass* by %s: \"%s\". Incident: %s.", w)))
	}
	list = append(list, c.body[1:]...)
	list = append(list, section(approvalAside(op, w)), section(asides(op, w)...), actions(c.buttons...),
		contextLine(c.small...))
	text := c.text
	if op.Glass != nil {
		text += " " + fmt.Sprintf("With break-glass: %s", sentence(op.Glass.Why))
	}
	if op.Rehearsal {
		text += " " + rehearsalText
	}
	return message{
		Text:   clampMarkup(text, maxText),
		Blocks: blocks(list...),
		Metadata: &slack.SlackMetadata{EventType: metadataEvent, EventPayload: map[string]any{
			"ref": op.Ref, "id": op.ID, "state": string(op.State), "version": op.Version,
		}},
	}
}

// asides are the lines that any card may carry.
func asides(op operation.Operation, w wording) []string {
	var lines []string
	if op.Rehearsal {
		lines = append(lines, rehearsalLine)
	}
	if w.Late >= lateFrom {
		lines = append(lines, fmt.Sprintf("Posted %s late; times show when it happened.", lasting(w.Late)))
	}
	if w.Refused != "" {
		lines = append(lines, fmt.Sprintf("This was meant for %s, where I could not post.", channel(w.Refused)))
	}
	if w.Replaces {
		lines = append(lines, fmt.Sprintf(replacesLine, op.Ref))
	}
	return lines
}

// How a value is shown: in a block, in a sentence, in an object without
// markup.
type shown func(string) string

// serverName is what people call the server.
func serverName(op operation.Operation, show shown) string {
	return show(firstOf(op.Server.Name, op.Server.ID, op.Request.InstanceID))
}

// listenerName is "https-443 on api-lb".
func listenerName(op operation.Operation, show shown) string {
	s := show(firstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID))
	if lb := firstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		s += " on " + show(lb)
	}
	return s
}

// listenerPort is "api-lb port 443", for fallback texts.
func listenerPort(op operation.Operation, show shown) string {
	lb := firstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID)
	if lb == "" || clean(op.Listener.Port) == "" {
		return listenerName(op, show)
	}
	return show(lb) + " port " + show(op.Listener.Port)
}

// balancerName is "api-lb", or the listener where it is not known.
func balancerName(op operation.Operation, show shown) string {
	if lb := firstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		return show(lb)
	}
	return listenerName(op, show)
}

// actorName names the asker in a fallback text, where a mention would be
// read aloud as an id.
func actorName(a operation.Actor) string {
	if clean(a.Name) == "" {
		return person(a.UserID)
	}
	return short(a.Name)
}

// serverFacts is "web-07 (`i-55a1`, bare metal, 10.0.3.17)".
func serverFacts(op operation.Operation) string {
	id := code(firstOf(op.Server.ID, op.Request.InstanceID))
	facts := []string{typeWords(op)}
	if clean(op.Server.IP) != "" {
		facts = append(facts, name(op.Server.IP))
	}
	if clean(op.Server.Name) == "" {
		return id + " (" + strings.Join(facts, ", ") + ")"
	}
	return name(op.Server.Name) + " (" + id + ", " + strings.Join(facts, ", ") + ")"
}

// listenerFacts is "https-443 (`lst-8f2c`, TCP 443) on api-lb".
func listenerFacts(op operation.Operation) string {
	l := op.Listener
	s, facts := code(firstOf(l.ID, op.Request.ListenerID)), []string{}
	if clean(l.Name) != "" {
		s, facts = name(l.Name), []string{s}
	}
	if p := clean(l.Protocol + " " + l.Port); p != "" {
		facts = append(facts, name(p))
	}
	if len(facts) > 0 {
		s += " (" + strings.Join(facts, ", ") + ")"
	}
	if lb := firstOf(l.LoadBalancerName, l.LoadBalancerID); lb != "" {
		s += " on " + name(lb)
	}
	return s
}

func typeWords(op operation.Operation) string {
	if t := op.Request.InstanceType; t == zenlayer.InstanceVM || t == "" && op.Server.Type == zenlayer.InstanceVM {
		return "virtual machine"
	}
	return "bare metal"
}

// portWords lists the ports asked for.
func portWords(ports []int) string {
	if len(ports) == 0 {
		return wordOwnPorts
	}
	texts := make([]string, len(ports))
	for i, p := range ports {
		texts[i] = strconv.Itoa(p)
	}
	return strings.Join(texts, ", ")
}

func weightWords(weight int) string {
	if weight == 0 {
		return wordDefault
	}
	return strconv.Itoa(weight)
}

// weightPhrase is "weight 50".
func weightPhrase(weight int) string {
	if weight == 0 {
		return wordDefault + " weight"
	}
	return "weight " + strconv.Itoa(weight)
}

// factFields is everything that somebody needs who goes on elsewhere. token
// adds the client token: it is shown only while a person has to settle op, and
// of a settled one it would be of no use but to add the server a second time.
func factFields(op operation.Operation, w wording, token bool) slack.Block {
	pairs := [][2]string{
		{fieldServer, serverFacts(op)},
		{fieldListener, listenerFacts(op)},
		{fieldPorts, portWords(op.Request.PortList) + " · " + weightWords(op.Request.Weight)},
		{"Backend name", code(op.Request.BackendName)},
		{"Asked by", person(op.Actor.UserID)},
	}
	if webAddress(w.Link) {
		pairs = append(pairs, [2]string{"Card", "<" + w.Link + "|" + name(op.Ref) + ">"})
	}
	if token {
		pairs = append(pairs, [2]string{"Client token", code(op.Request.ClientToken)})
	}
	return fields(pairs...)
}

// purpose is the asker's reason in quotes, or nothing.
func purpose(op operation.Operation) string {
	if p := prose(op.Purpose, reasonLimit); p != "" {
		return "\"" + p + "\""
	}
	return ""
}

// firstOf returns the first of its arguments that has something to show.
func firstOf(list ...string) string {
	for _, s := range list {
		if clean(s) != "" {
			return s
		}
	}
	return ""
}
