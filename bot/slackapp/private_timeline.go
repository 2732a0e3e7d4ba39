package slackapp

import (
	"fmt"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// sentences is the list for a post-mortem: oldest first, with local time and
// UTC.
func sentences(entries []intake.Entry, public bool) []string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[len(lines)-1-i] = pastSentence(e, public)
	}
	return lines
}

func pastSentence(e intake.Entry, public bool) string {
	op := e.Operation
	show := mentionOf
	if public {
		show = func(a operation.Actor) string { return name(firstOf(a.Name, a.UserID)) } // a mention would notify them
	}
	who := show(op.Actor)
	when := stamp(e.At)
	server, listener := "a server", timelineNoThing
	if firstOf(op.Server.Name, op.Server.ID, op.Request.InstanceID) != "" {
		server = serverName(op, name)
	}
	if firstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID) != "" {
		listener = listenerName(op, name)
	}
	line := ""
	switch {
	case e.Denial != nil && e.Denial.Kind == operation.EventDeniedMore:

		return fmt.Sprintf("• %s: %s was denied %d more times, about %s: %s.", when, who, deniedTimes(e), names(listenersOf(*e.Denial)), deniedWhy(*e.Denial))
	case votes(e):
		return fmt.Sprintf("• %s: %s tried to decide on adding %s to %s and was denied: %s.", when, who, server, listener, name(denialRemark(*e.Denial)))
	case e.Denial != nil:
		return fmt.Sprintf("• %s: %s asked to add %s to %s and was denied: %s.", when, who, server, listener, name(remark(e)))
	case op.State == operation.Added:
		line = fmt.Sprintf("• %s: %s added %s to %s, weight %s (%s).", when, who, server, listener, weightWords(op.Request.Weight), name(op.Ref))
	case op.State == operation.AlreadyThere && op.Evidence == operation.EvidenceSeen:
		line = fmt.Sprintf("• %s: %s asked to add %s to %s; it is there, and it is not known who added it (%s).", when, who, server, listener, name(op.Ref))
	case op.State == operation.AlreadyThere:
		line = fmt.Sprintf("• %s: %s asked to add %s to %s; it was there already (%s).", when, who, server, listener, name(op.Ref))
	case op.State == operation.NotAdded && op.Known():
		line = fmt.Sprintf("• %s: %s asked to add %s to %s; not added: %s (%s).", when, who, server, listener, name(reasonWords(op.Reason)), name(op.Ref))
	default:
		line = fmt.Sprintf("• %s: %s asked to add %s to %s; now: %s (%s).", when, who, server, listener, name(stands(op)), name(op.Ref))
	}
	switch {
	case op.Glass != nil:
		line += fmt.Sprintf(" With break-glass: %s", prose(op.Glass.Why, reasonLimit))
	case wasApproved(op):
		line += fmt.Sprintf(" Approved by %s.", voters(op.Approval.Votes, show))
	}
	return line
}

// stamp is a day and time in the reader's zone with UTC beside it.
func stamp(t time.Time) string { return dated(t) + " (" + utc(t) + ")" }
