package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"
)

// afterBreak is what to do when the trail is not as it was recorded.
const afterBreak = `What to do, before anything else is changed:
1. Keep a copy of the database as it is now; the bot may go on meanwhile.
2. Compare: give the heads of the audit channel or the log ("audit trail head") with --head, and verify
   the last export with --file. They tell up to where the trail can be trusted.
3. If the bot ran all the time, no backup was restored and no file was edited, tell your security
   people: events change only where somebody can write to them.`

// Report writes what Verify or VerifyExport found. A break is the error.
func Report(w io.Writer, t Trail) error {
	out := bufio.NewWriter(w)
	if c := t.Checkpoint; c != nil {
		fmt.Fprintf(out, "begins after position %d: what was before was deleted by retention at %s,\n  signed with the key %s\n",
			c.Position, c.At.Format(time.DateTime+" UTC"), c.PublicKey)
	}
	fmt.Fprintf(out, "%d events are as they were recorded", t.Events)
	if t.Events > 0 {
		fmt.Fprintf(out, ", positions %d to %d", t.First, t.Head.Position)
	}
	fmt.Fprintf(out, "\nhead %s\n", t.Head)
	for _, h := range t.Confirmed {
		fmt.Fprintf(out, "the head given for position %d fits\n", h.Position)
	}
	for _, h := range t.TooOld {
		fmt.Fprintf(out, "the head given for position %d is older than the trail: nothing can be said about it\n", h.Position)
	}
	if t.Unlinked > 0 {
		fmt.Fprintf(out, "%d events are too young to be in the chain\n", t.Unlinked)
	}
	if t.Break == nil {
		fmt.Fprintln(out, "fine: nothing was altered, deleted or moved")
		if len(t.Confirmed) == 0 {
			fmt.Fprintln(out, "no head was compared: a trail computed anew or cut at its end looks the same; give one with --head")
		}
		return out.Flush()
	}
	return errors.Join(out.Flush(), fmt.Errorf("%w\n%s", t.Break, afterBreak))
}
