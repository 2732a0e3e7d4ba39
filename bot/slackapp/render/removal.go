package render

import (
	"fmt"
	"strconv"

	"lbbot/bot/operation"
)

// entryDifference says what is different about the entry of a removal.
func entryDifference(d operation.Difference) string {
	switch d.Code {
	case operation.DiffGone:
		return fmt.Sprintf("%s is not on the listener any more", d.From)
	case operation.DiffInstance:
		return fmt.Sprintf("it belongs to another server now, %s", d.To)
	case operation.DiffPorts:
		return fmt.Sprintf("its ports changed from %s to %s", FirstOf(d.From, notKnown),
			FirstOf(d.To, notKnown))
	case operation.DiffWeight:
		return fmt.Sprintf("its weight changed from %s to %s", weightWords(d.Before), weightWords(d.After))
	case operation.DiffLast:
		return "no other server on the listener is available now"
	}
	return fmt.Sprintf(UnknownValue, string(d.Code))
}

// Stays says what is left on a listener without the entry of a removal.
func Stays(p operation.Picture) string {
	stay := p.Servers
	if p.Entry != nil {
		stay--
	}
	switch {
	case !p.Read, p.Available == nil:
		return ""
	case stay < 1:
		return "No server stays on the listener."
	case stay == 1 && *p.Available == 1:
		return "1 server stays on the listener, and it is available."
	case stay == 1:
		return "1 server stays on the listener, and it is not available."
	}
	return fmt.Sprintf("%d servers stay on the listener, %d of them available.", stay, *p.Available)
}

// Takes says how much of the traffic the entry of a removal takes, with marks
// around the number; empty if it is not known.
func Takes(op operation.Operation, p operation.Picture, mark string) string {
	percent, known := p.ShareOf(op.Request.Weight, op.Listener.Scheduler)
	if !known || p.Entry == nil {
		return ""
	}
	if p.Servers < 2 {
		return fmt.Sprintf("It takes %s of new connections.", Percent(percent, mark))
	}
	return fmt.Sprintf("It takes %s of new connections, which the other servers take over.", Percent(percent, mark))
}

// OpenConnections is what is not known about them, and what this API cannot do.
const OpenConnections = "Zenlayer does not say whether open connections are cut or drained: expect them to be cut. " +
	"It has no weight 0 that would drain the server first."

// EntryID is the entry that a removal takes off; empty for another kind.
func EntryID(op operation.Operation) string {
	if op.Target == nil {
		return ""
	}
	return op.Target.BackendID
}

// EntryChanges says how the entry of a removal differs from the one that was looked
// at; empty if it does not, as far as that was read.
func EntryChanges(op operation.Operation) string {
	return Differences(operation.Remove{}.Differences(op, operation.Picture{Read: true, Entry: op.Target},
		operation.Picture{Read: true, Entry: op.Found}))
}

// weightWords writes a weight; 0 is not known.
func weightWords(weight int) string {
	if weight == 0 {
		return notKnown
	}
	return strconv.Itoa(weight)
}
