package bot

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// ListOperations writes a table of operations, newest first. Of several states it reads
// each, up to the limit.
func ListOperations(ctx context.Context, w io.Writer, j *journal.Store, f journal.Filter,
	states ...operation.State) error {
	if len(states) == 0 {
		states = []operation.State{f.State}
	}
	var ops []operation.Operation
	for _, f.State = range states {
		some, err := j.Search(ctx, f)
		if err != nil {
			return err
		}
		ops = append(ops, some...)
	}
	slices.SortStableFunc(ops, func(a, b operation.Operation) int { return b.ClickedAt.Compare(a.ClickedAt) })
	ops = ops[:min(len(ops), max(f.Limit, 0))]
	if len(ops) == 0 {
		fmt.Fprintln(w, "No request matches.")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "REF\tACCEPTED (UTC)\tCHANGE\tSTATE\tLISTENER\tSERVER\tBACKEND\tASKED BY\tCHANNEL\tAPPROVED BY")
	for _, op := range ops {
		state := render.FirstWord(op.Change, op.State)
		if detail := cmp.Or(string(op.Reason), onlyStored(op.State)); detail != "" {
			state += " (" + detail + ")"
		}
		if !op.Known() {
			state = stateOf(op) + ", unknown to this version"
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

// onlyStored is the stored word of a state whose cards begin with the word of another state; else empty.
func onlyStored(s operation.State) string {
	if s == operation.Waiting || s == operation.Accepted {
		return string(s)
	}
	return ""
}

// StateWords are the words that StateNamed takes: those that cards begin with, and the stored ones that differ.
func StateWords() (shown, stored []string) {
	for _, s := range operation.AllStates() {
		if s == operation.Draft { // not a request yet
			continue
		}
		for _, kind := range []operation.ChangeKind{operation.ChangeAdd, operation.ChangeRemove} {
			if word := render.FirstWord(kind, s); !slices.Contains(shown, word) {
				shown = append(shown, word)
			}
		}
		if !slices.ContainsFunc(shown, func(word string) bool { return sameWord(word, string(s)) }) {
			stored = append(stored, string(s))
		}
	}
	return shown, stored
}

func sameWord(a, b string) bool {
	plain := strings.NewReplacer("_", " ", "-", " ")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}

// StateNamed returns the states that a word means, and, for a word of cards, which requests
// are shown so: the cards of additions and of removals in one state begin with different
// words. A word that is not known has no states.
func StateNamed(word string) (states []operation.State, shownSo func(operation.Operation) bool) {
	so := func(kind operation.ChangeKind, s operation.State) bool {
		return sameWord(render.FirstWord(kind, s), word)
	}
	for _, s := range operation.AllStates() {
		switch {
		case s == operation.Draft:
		case so(operation.ChangeAdd, s) || so(operation.ChangeRemove, s):
			states = append(states, s)
		case string(s) == word:
			return []operation.State{s}, nil
		}
	}
	return states, func(op operation.Operation) bool { return so(op.Change, op.State) }
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
