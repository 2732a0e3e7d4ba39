package private

import (
	"fmt"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/trail"
)

// sentences is the list for a post-mortem: oldest first, with local time and
// UTC.
func sentences(entries []history.Entry, public bool) []string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[len(lines)-1-i] = PastSentence(e, public)
	}
	return lines
}

// PastSentence is an entry of a history as a sentence; public names people without mentions.
func PastSentence(e history.Entry, public bool) string {
	op := e.Operation
	show := shownTo(public)
	who := show(op.Actor)
	when := stamp(e.At)
	server, listener := "a server", trail.TimelineNoThing
	if render.FirstOf(op.Server.Name, op.Server.ID, op.Request.InstanceID) != "" {
		server = render.ServerName(op, render.Name)
	}
	if render.FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID) != "" {
		listener = render.ListenerName(op, render.Name)
	}
	line := ""
	say := func(sentence, last string) string {
		return render.Say(op, render.Name, "• "+when+": "+sentence, who, server, listener, last)
	}
	switch {
	case e.Denial != nil && e.Denial.Kind == operation.EventDeniedMore:
		return fmt.Sprintf("• %s: %s was denied %d more times, about %s: %s.", when, who, deniedTimes(e),
			render.Names(trail.ListenersOf(*e.Denial)), trail.DeniedWhy(*e.Denial))
	case votes(e):
		return say("%s tried to decide on {adding} %s {to} %s and was denied: %s.", denialWhy(*e.Denial))
	case e.Denial != nil:
		return say("%s asked to {add} %s {to} %s and was denied: %s.", denialWhy(*e.Denial))
	case op.State == operation.Done && op.Known():
		line = say("%s {added} %s {to} %s, %s ({ref}).", render.WeightPhrase(op.Request.Weight))
	default:
		line = say("%s asked to {add} %s {to} %s; %s ({ref}).", endedWords(op))
	}
	if ref := takenBack(op); ref != "" {
		line += fmt.Sprintf(" It takes back %s.", ref)
	}
	switch {
	case op.Glass != nil:
		line += fmt.Sprintf(" With break-glass: %s", render.Prose(op.Glass.Why, render.ReasonLimit))
	case card.WasApproved(op):
		line += fmt.Sprintf(" Approved by %s.", render.Voters(op.Approval.Votes, show))
	}
	return line
}

// endedWords say what became of a request that was not carried out, or is not over.
func endedWords(op operation.Operation) string {
	switch {
	case op.State == operation.NothingToDo && op.Known():
		return nothingWords(op)
	case op.State == operation.NotDone && op.Known():
		return render.SayKind(op.Change, "not {added}: %s", render.Name(render.ReasonWords(op.Change, op.Reason)))
	}
	return "now: " + render.Name(render.Stands(op))
}

// nothingWords say why there was nothing to do.
func nothingWords(op operation.Operation) string {
	seen := op.Evidence == operation.EvidenceSeen
	switch removal := op.Change == operation.ChangeRemove; {
	case removal && seen:
		return "it is not on the listener any more, and it is not known who removed it"
	case removal:
		return "it was not there any more"
	case seen:
		return "it is on the listener, and it is not known who added it"
	}
	return "it was there already"
}

// shownTo names people: in public without a mention, which would notify them.
func shownTo(public bool) func(operation.Actor) string {
	if !public {
		return render.ActorMention
	}
	return func(a operation.Actor) string { return render.Name(render.FirstOf(a.Name, a.UserID)) }
}

// stamp is a day and time in the reader's zone with UTC beside it.
func stamp(t time.Time) string { return render.Dated(t) + " (" + render.UTC(t) + ")" }
