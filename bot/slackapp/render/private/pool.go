package private

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/zenlayer"
)

const (
	// PoolTitle is the title of PoolView.
	PoolTitle = "Pool before and after"

	poolRows = 10 // servers that are listed
	poolPart = 5  // of them in one section, so that Slack's limit cuts none
	poolName = 40 // characters of a value in a row
)

// Pool is what is on the listener of op, as it was read at that time, and what
// would be there with op carried out. Once op may have been sent, it is only
// what is there.
func Pool(op operation.Operation, pool []zenlayer.Backend, at time.Time) render.Message {
	before := operation.PictureOf(op, pool, nil)
	what := fmt.Sprintf("*Pool of %s*, read %s", render.ListenerName(op, render.Name), render.Clock(at))
	has := poolWords(before)
	if op.State.Final() || op.MaybeSent() {
		return render.Ephemeral(fmt.Sprintf("%s: %s now has %s.", op.Ref, render.ListenerPort(op, render.InText), has),
			append([]slack.Block{render.Section(what, fmt.Sprintf("*Now:* %s.", has))},
				poolList(op, pool, before, false, poolRows)...)...)
	}
	after, then := poolWords(pictureAfter(op, pool)), ""
	if percent, known := before.Share(op.Request.Weight,
		op.Listener.Scheduler); known && op.Change == operation.ChangeAdd {
		who := render.ServerName(op, render.Name)
		if len(before.Same) > 0 {
			who = "the new entry"
		}
		then = fmt.Sprintf("; %s would take %s of new connections", who, render.Percent(percent, ""))
	}
	after += then
	return render.Ephemeral(fmt.Sprintf("%s: before %s, after %s.", op.Ref, has, after),
		append([]slack.Block{render.Section(what, fmt.Sprintf("*Before:* %s.", has),
			fmt.Sprintf("*After:* %s.", after))}, poolList(op, pool, before, true, poolRows)...)...)
}

// pictureAfter is what would be on the listener with op carried out.
func pictureAfter(op operation.Operation, pool []zenlayer.Backend) operation.Picture {
	if op.Change == operation.ChangeAdd {
		return operation.PictureOf(op, pool, nil).With(op.Request.Weight)
	}
	return operation.PictureOf(op, slices.DeleteFunc(slices.Clone(pool), func(b zenlayer.Backend) bool {
		return b.BackendID == render.EntryID(op)
	}), nil)
}

// poolWords is "4 servers, total weight 200".
func poolWords(p operation.Picture) string {
	words := render.InPool(p)
	switch {
	case p.Servers == 0 || p.Unweighed > 0:
		return words
	case p.Servers == 1:
		return fmt.Sprintf("%s, weight %d", words, p.Weights)
	}
	return fmt.Sprintf("%s, total weight %d", words, p.Weights)
}

// poolList is a line for the new server, if it is still to be added, and for the
// first few of the others, limit at most. open says that op was not sent yet.
func poolList(op operation.Operation, pool []zenlayer.Backend, before operation.Picture, open bool,
	limit int) []slack.Block {
	var rows []string
	pictures := []operation.Picture{before}
	if open {
		pictures = append(pictures, pictureAfter(op, pool))
	}
	if open && op.Change == operation.ChangeAdd {
		after := pictures[1]
		rows = append(rows, poolRow("*new:* "+poolWord(op.Request.BackendName), render.PortPhrase(op),
			render.WeightPhrase(op.Request.Weight), shareIn(op, op.Request.Weight, after), ""))
	}
	for _, b := range pool[:min(len(pool), limit)] {
		weight := "weight not shown"
		if b.Weight > 0 {
			weight = render.WeightPhrase(b.Weight)
		}
		name, share := poolWord(b.Name)+" "+poolCode(b.BackendID), shareIn(op, b.Weight, pictures...)
		if open && op.Target != nil && b.BackendID == op.Target.BackendID {
			name, share = "*to be removed:* "+name, shareIn(op, b.Weight, before)
		}
		rows = append(rows, poolRow(name, poolWord(render.Ports(b.Port)), weight, share, b.Status))
	}
	if more := len(pool) - limit; more > 0 {
		rows = append(rows, fmt.Sprintf(inputMore, more))
	}
	var list []slack.Block
	for len(rows) > 0 {
		n := min(len(rows), poolPart)
		list, rows = append(list, render.Section(rows[:n]...)), rows[n:]
	}
	return list
}

func poolWord(s string) string { return render.Name(render.Clamp(render.Clean(s), poolName)) }

func poolCode(s string) string { return render.Code(render.Clamp(render.Clean(s), poolName)) }

func poolRow(name, ports, weight, share, status string) string {
	if status = render.Prose(status, poolName); status != "" {
		status = "\"" + status + "\""
	}
	return "• " + strings.Join(render.NonEmpty([]string{name, ports, weight, share, status}), " · ")
}

// shareIn is the share of a server with this weight in each picture, "25 % → 20 %";
// once if it is the same, and empty if it is not known.
func shareIn(op operation.Operation, weight int, pictures ...operation.Picture) string {
	var shares []string
	for _, p := range pictures {
		percent, known := p.ShareOf(weight, op.Listener.Scheduler)
		if !known {
			return ""
		}
		shares = append(shares, strings.TrimPrefix(render.Percent(percent, ""), "about "))
	}
	return strings.Join(slices.Compact(shares), " → ")
}

// PoolUnread says that the pool could not be read.
func PoolUnread(op operation.Operation, e *intake.UnavailableError) render.Message {
	why, do := "Zenlayer did not answer in time.", "try again in a minute."
	switch {
	case e.Busy:
		why = "Many requests to Zenlayer are waiting right now."
	case e.Fault.Answered():
		why = "Zenlayer answered: " + render.Sentence(e.Fault.Words())
		_, do = render.AdviceOn(e.Fault, do)
	}
	return Answer(fmt.Sprintf("I could not read which servers %s has. %s What to do: %s",
		render.ListenerName(op, render.InText), why, do))
}

// PoolHidden tells a person without any right on the listener of op that its
// servers are not shown to them.
func PoolHidden(op operation.Operation) render.Message {
	return Answer(fmt.Sprintf("The policy does not let you see which servers %s has. Everyone who may change this "+
		"listener, approve changes to it, or see its history sees them. What to do: ask one of them, or the people "+
		"who maintain the policy.",
		render.ListenerName(op, render.InText)))
}

// PoolView is a message about the pool as a view over the preview.
func PoolView(m render.Message) slack.ModalViewRequest {
	v := form.Modal(render.ViewNotice, PoolTitle, "Back")
	v.Blocks.BlockSet = m.Blocks
	return v
}

// PoolReading is PoolView while the pool is read.
func PoolReading() slack.ModalViewRequest {
	return PoolView(Still("Reading which servers are on this listener …"))
}
