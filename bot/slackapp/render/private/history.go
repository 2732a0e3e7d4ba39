package private

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/commands"
)

const (
	historyTitle    = "Changes to %s, %s"
	HistoryUnread   = "Denials are left out: Zenlayer did not answer."
	HistoryOnlyYou  = "You may not see all of this, so I show it to you only."
	HistorySharedBy = "Shared by %s. Denials are left out."
	HistoryDenied   = "Denied"
)

// HistoryPage is one page of history, to be shown.
type HistoryPage struct {
	history.History
	Asked  commands.History
	By     operation.Actor // who asked
	Kept   string          // key under which the next page is remembered; empty: no button
	Shared bool            // for the channel: no denials and nobody is notified
}

// History is a page of history as a list, or as sentences.
func History(v HistoryPage) render.Message {
	entries := v.Entries
	if v.Shared {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e history.Entry) bool { return e.Denial != nil })
	}
	what, span := "all listeners", fmt.Sprintf("last %s", sinceWords(v.Asked.Since))
	if v.Listener.ID != "" {
		what = render.ListenerName(operation.Operation{Listener: v.Listener}, render.InText)
	}
	title := fmt.Sprintf(historyTitle, what, span)
	switch {
	case v.Asked.Here && v.Listener.ID != "":
		what = fmt.Sprintf("%s, asked for in this channel", what)
		title = fmt.Sprintf(historyTitle, what, span)
	case v.Asked.Here:
		what, title = "this channel", fmt.Sprintf("Changes asked for in this channel, %s", span)
	}
	title = render.BareName(render.Unmarked(title))
	list := []slack.Block{render.Header(title)}
	switch {
	case len(entries) == 0 && v.More:
		list = append(list, render.Section("Nothing that you may see in this part. Older has the rest."))
	case len(entries) == 0:
		list = append(list, render.Section("Nothing that you may see."))
	case v.Asked.Timeline:
		list = append(list, listed(sentences(entries, v.Shared))...)
	default:
		lines := make([]string, len(entries))
		for i, e := range entries {
			lines[i] = listLine(e, v.Asked.Since > commands.SinceDefault, shownTo(v.Shared))
		}
		list = append(list, listed(lines)...)
	}
	counted := CountWords(entries)
	list = append(list, render.ContextLine(historySmall(v, counted, len(entries))...))
	if v.Kept != "" && !v.Shared {
		list = append(list, render.Actions(render.Button(render.ActHistOlder, "Older",
			"Show older entries of this history",
			render.KeyValue(v.Kept, 0))))
	}
	return render.Ephemeral(fmt.Sprintf("History of %s, %s: %s.", what, span,
		strings.Join(render.NonEmpty([]string{entryWords(len(entries)), counted}), ": ")), list...)
}

// listed puts lines into sections.
func listed(lines []string) []slack.Block {
	var list []slack.Block
	for _, part := range paragraphs(lines) {
		list = append(list, render.Section(part...))
	}
	return list
}

func historySmall(v HistoryPage, counted string, n int) []string {
	order := "Newest first."
	if v.Asked.Timeline {
		order = "Oldest first."
	}
	if n == 0 {
		order = ""
	}
	small := []string{counted, order}
	switch {
	case v.Shared:
		return append(small, fmt.Sprintf(HistorySharedBy, render.ActorName(v.By)))
	case v.Asked.Share:
		small = append(small, HistoryOnlyYou)
	case v.Partial:
		small = append(small, "What you may not see is left out.")
	}
	switch {
	case v.Fault.Answered():
		small = append(small, fmt.Sprintf("Denials are left out, since %s: %s.", render.AnsweredHow(v.Fault),
			render.Prose(v.Fault.Words(), render.SaidLimit)))
	case v.Unread:
		small = append(small, HistoryUnread)
	}
	return small
}

func entryWords(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// CountWords is "3 added, 1 not added, 1 denied", the commonest word first.
func CountWords(entries []history.Entry) string {
	var words []string
	counts := map[string]int{}
	for _, e := range entries {
		w := strings.ToLower(entryWord(e))
		if counts[w] == 0 {
			words = append(words, w)
		}
		counts[w] += deniedTimes(e)
	}
	slices.SortStableFunc(words, func(a, b string) int { return counts[b] - counts[a] })
	for i, w := range words {
		words[i] = fmt.Sprintf("%d %s", counts[w], w)
	}
	return strings.Join(words, ", ")
}

// sinceWords is "24 hours" or "7 days".
func sinceWords(minutes int) string {
	n, unit := minutes, "minute"
	switch {
	case minutes%(24*60) == 0 && minutes > 24*60:
		n, unit = minutes/(24*60), "day"
	case minutes%60 == 0:
		n, unit = minutes/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}

func entryWord(e history.Entry) string {
	if e.Denial != nil {
		return HistoryDenied
	}
	if !e.Operation.Known() {
		return render.FirstUnknown
	}
	return render.FirstWord(e.Operation.Change, e.Operation.State)
}

// listLine is an entry in the list: when, what became of it, which server and
// listener, the weight, who, how long it took, a remark and its reference.
func listLine(e history.Entry, days bool, show func(operation.Actor) string) string {
	op := e.Operation
	what := fmt.Sprintf("• %s *%s*", render.ShortTime(e.At, days), entryWord(e))
	if render.FirstOf(op.Server.Name, op.Server.ID, op.Request.InstanceID) != "" {
		what += " " + render.ServerName(op, render.Name)
	}
	if render.FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID) != "" {
		what += render.Say(op, render.Name, " {to} ") + render.ListenerPath(op, render.Name)
	}
	weight, took := "", card.Took(op)
	if e.Denial == nil && op.Request.Weight > 0 {
		weight = render.WeightPhrase(op.Request.Weight)
	}
	if took != "" {
		took = "took " + took
	}
	return strings.Join(render.NonEmpty([]string{what, weight, "by " + show(op.Actor), took, remark(e, show),
		op.Ref}), " · ")
}

// deniedTimes is how many denials an entry stands for; 1 for an operation.
func deniedTimes(e history.Entry) int {
	if e.Denial == nil {
		return 1
	}
	return e.Denial.Summarised()
}

// remark is why an entry ended as it did, or how it was allowed.
func remark(e history.Entry, show func(operation.Actor) string) string {
	op := e.Operation
	if e.Denial != nil && e.Denial.Kind == operation.EventDeniedMore {
		return fmt.Sprintf("%d more times", deniedTimes(e))
	}
	switch {
	case votes(e):
		return fmt.Sprintf(historyApprove, denialWhy(*e.Denial))
	case e.Denial != nil:
		return denialWhy(*e.Denial)
	}
	var parts []string
	if op.State == operation.NotDone {
		parts = append(parts, render.ReasonWords(op.Change, op.Reason))
	}
	if ref := takenBack(op); ref != "" {
		parts = append(parts, "takes back "+ref)
	}
	switch {
	case op.Glass != nil:
		parts = append(parts, "break-glass")
	case card.WasApproved(op):
		parts = append(parts, "approved by "+render.Voters(op.Approval.Votes, show))
	}
	return strings.Join(parts, ", ")
}

// votes reports whether an entry is of someone who might not decide on the
// request of another.
func votes(e history.Entry) bool {
	return e.Denial != nil && e.Denial.Data["action"] == string(operation.ActionApprove)
}

// denialWhy is why one request was denied.
func denialWhy(e operation.Event) string {
	code := operation.DenialCode(e.Data["code"])
	if rule := e.Data["policy_1"]; rule != "" &&
		code == operation.DeniedForbidden { // of a no_rule it is the nearest permit
		return render.Name("rule " + rule)
	}
	return render.Name(render.DenialWords(code))
}
