package bot

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
)

// ListOperations writes a table of operations, newest first.
func ListOperations(ctx context.Context, w io.Writer, j *journal.Store, f journal.Filter) error {
	ops, err := j.Search(ctx, f)
	if err != nil {
		return err
	}
	if len(ops) == 0 {
		fmt.Fprintln(w, "No request matches.")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "REF\tACCEPTED (UTC)\tCHANGE\tSTATE\tLISTENER\tSERVER\tBACKEND\tASKED BY\tCHANNEL\tAPPROVED BY")
	for _, op := range ops {
		state := stateOf(op)
		if op.Reason != "" {
			state += " (" + string(op.Reason) + ")"
		}
		if !op.Known() {
			state += ", unknown to this version"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", op.Ref, op.ClickedAt.UTC().Format(time.DateTime),
			printable(changeOf(op)), printable(state),
			printable(cmp.Or(op.Listener.Name, op.Request.ListenerID)),
			printable(cmp.Or(op.Server.Name, op.Request.InstanceID)),
			cmp.Or(printable(op.BackendID), "-"), printable(op.Actor.UserID), printable(op.Place.ChannelID),
			cmp.Or(printable(approvers(op)), "-"))
	}
	return t.Flush()
}

// changeOf is what people ask for: add, undo or remove; a kind that this version does not know as it is stored.
func changeOf(op operation.Operation) string {
	if op.Change == operation.ChangeAdd {
		return "add"
	}
	return string(op.Action())
}

// stateOf is the stored state. States of every change are stored as those of additions: what is stored as added is
// removed if the change was a removal.
func stateOf(op operation.Operation) string {
	if op.Change != operation.ChangeRemove {
		return string(op.State)
	}
	switch op.State {
	case operation.Done:
		return "removed"
	case operation.NotDone:
		return "not_removed"
	case operation.NothingToDo:
		return "nothing_to_do"
	}
	return string(op.State)
}

// approvers returns the user ids of the approvals that count.
func approvers(op operation.Operation) string {
	if op.Approval == nil {
		return ""
	}
	ids := make([]string, len(op.Approval.Votes))
	for i, v := range op.Approval.Votes {
		ids[i] = v.By.UserID
	}
	return strings.Join(ids, " ")
}

// printable replaces control characters, which could change the terminal or break the
// table.
func printable(s string) string {
	clean := []rune(s)
	for i, r := range clean {
		if !unicode.IsPrint(r) {
			clean[i] = '?'
		}
	}
	return string(clean)
}
