package bot

import (
	"cmp"
	"context"
	"encoding/json"
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
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "REF\tACCEPTED (UTC)\tSTATE\tLISTENER\tSERVER\tBACKEND\tASKED BY\tCHANNEL\tAPPROVED BY")
	for _, op := range ops {
		state := string(op.State)
		if op.Reason != "" {
			state += " (" + string(op.Reason) + ")"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", op.Ref, op.ClickedAt.UTC().Format(time.DateTime), state,
			printable(cmp.Or(op.Listener.Name, op.Request.ListenerID)), printable(cmp.Or(op.Server.Name, op.Request.InstanceID)),
			cmp.Or(printable(op.BackendID), "-"), printable(op.Actor.UserID), printable(op.Place.ChannelID), cmp.Or(printable(approvers(op)), "-"))
	}
	return t.Flush()
}

// approvers are the user ids of those whose approval counts.
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

// ShowOperation writes everything that is stored about an operation, and its
// events. Addresses that let anybody post are left out.
func ShowOperation(ctx context.Context, w io.Writer, j *journal.Store, ref string) error {
	op, err := j.Operation(ctx, ref)
	if err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	card, err := j.Card(ctx, op.ID)
	if err != nil {
		return err
	}
	asked, err := j.ApprovalCards().Card(ctx, op.ID)
	if err != nil {
		return err
	}
	events, err := j.Events(ctx, op.ID)
	if err != nil {
		return err
	}
	op.Place.ResponseURL, op.Place.ResponseBy = "", time.Time{}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(struct {
		Operation operation.Operation `json:"operation"`
		Card      operation.Card      `json:"card"`
		Asked     operation.Card      `json:"approval_card"` // in the approvers' channel, if there is one
		Events    []operation.Event   `json:"events"`
	}{op, card, asked, events})
}

// printable keeps what others wrote from steering a terminal or breaking a
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
