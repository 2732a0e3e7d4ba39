package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"
)

// afterBreak is what to do when the trail differs from what was recorded.
const afterBreak = `What to do, before anything else is changed:
1. Keep a copy of the database as it is now. The bot may keep running.
2. Compare: give the heads of the audit channel or the log ("audit trail head") with --head, and verify
   the last export with --file. They show up to where the trail can be trusted.
3. If the bot was never stopped, no backup was restored and no file was edited, tell your security
   team: somebody who can write to the database has changed events.`

// Report writes what Verify or VerifyExport found. A break is the error. Without
// a head that was kept elsewhere it claims no more than an unbroken chain.
func Report(w io.Writer, t Trail) error {
	out := bufio.NewWriter(w)
	if c := t.Checkpoint; c != nil {
		fmt.Fprintf(out, "retention deleted everything up to position %d at %s,\n  and the checkpoint is signed "+
			"with the key %s\n",
			c.Position, c.At.Format(time.DateTime+" UTC"), c.PublicKey)
	}
	fmt.Fprintf(out, "%d events checked", t.Events)
	if t.Events > 0 {
		fmt.Fprintf(out, ", positions %d to %d", t.First, t.Head.Position)
	}
	fmt.Fprintf(out, "\nhead %s\n", t.Head)
	for _, h := range t.Confirmed {
		fmt.Fprintf(out, "the head given for position %d matches\n", h.Position)
	}
	for _, h := range t.TooOld {
		fmt.Fprintf(out, "the head given for position %d is older than the trail: it proves nothing about what is "+
			"left\n", h.Position)
	}
	if t.Unlinked > 0 {
		fmt.Fprintf(out, "%d new events are not in the chain yet\n", t.Unlinked)
	}
	if t.Break != nil {
		return errors.Join(out.Flush(), fmt.Errorf("%w\n%s", t.Break, afterBreak))
	}
	if n := len(t.Confirmed); n > 0 {
		fmt.Fprintf(out, "fine: up to position %d nothing was altered, deleted or moved, and the chain is unbroken\n",
			t.Confirmed[n-1].Position)
	} else {
		fmt.Fprintln(out, "the chain is unbroken, but no head was compared: a trail that was cut off at its end, or "+
			"whose hashes\n"+
			"  were all computed again, looks the same. Give a head that was kept elsewhere with --head")
	}
	return out.Flush()
}
