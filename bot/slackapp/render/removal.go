package render

import (
	"fmt"
	"strconv"

	"lbbot/bot/operation"
)

// removalWarning is warningWords for a removal.
func removalWarning(w operation.Warning) string {
	switch w.Code {
	case operation.WarnLast:
		return "No other server on this listener is available. Without this one, nobody may answer."
	case operation.WarnUnchecked:
		return "Health checks are off: Zenlayer does not know whether the other servers work."
	}
	return ""
}

// removalDifference is differenceWords for a removal.
func removalDifference(d operation.Difference) string {
	switch d.Code {
	case operation.DiffGone:
		return fmt.Sprintf("%s is not on the listener any more", d.From)
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

// weightWords writes a weight; 0 is not known.
func weightWords(weight int) string {
	if weight == 0 {
		return notKnown
	}
	return strconv.Itoa(weight)
}
