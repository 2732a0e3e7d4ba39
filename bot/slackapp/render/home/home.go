// Package home draws the App Home tab as Block Kit. It is pure: what the tab shows
// is in Page, and package home of slackapp finds that out.
package home

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
)

// How many requests a part of the tab shows. Slack allows 100 blocks.
const (
	Shown = 10 // of those that wait, and of those that run
	Last  = 5  // of what the person did
)

// Request is one request, with the address of its card.
type Request = private.OpenRequest

// Page is what the tab of one person shows.
type Page struct {
	Denied  *operation.Decision // the person may not be here: nothing else is shown
	Asked   []Request           // the person can approve them
	Stuck   []Request           // their own, which need a person
	Running []Request           // their other open ones
	More    int                 // further open ones of these, which are not listed
	InPart  bool                // there may be more open ones, which were not read
	Last    []Request           // what they asked for last, newest first
	Paused  *operation.Pause    // nil: the bot is not paused
	State   *State              // for owners of the bot; nil: not shown
	At      time.Time           // when it was found out
	Words   render.Wording
}

// State is how the bot is, for its owners.
type State struct {
	Connections int       // to Slack, that receive envelopes
	Since       time.Time // without one since
	ListsReadAt time.Time // when Zenlayer's lists were last read whole; zero: not, or not for 15 minutes
	Policy      string    // digest of the policies in force; empty: there are none
	Problem     bool      // the newest policy file is not in force
}

// Timeless returns the page without what changes by itself: two pages that are equal
// so show the same.
func (p Page) Timeless() Page {
	p.At = time.Time{}
	if p.State != nil {
		s := *p.State
		if !s.ListsReadAt.IsZero() {
			s.ListsReadAt = time.Unix(0, 0)
		}
		p.State = &s
	}
	return p
}

// View draws the tab.
func View(p Page) slack.HomeTabViewRequest {
	list := []slack.Block{render.Header(title)}
	if p.Denied != nil {
		list = append(list, denied(p)...)
	} else {
		if p.Paused != nil {
			list = append(list, render.Section("*Paused.* "+render.WithStop("I have been "+render.PausedBy(*p.Paused)),
				"I send nothing new until somebody resumes."))
		}
		list = append(list, ways(p))
		list = append(list, part("Waiting for you", asked(p))...)
		list = append(list, part("Running now", requests(p.Running, "Nothing of yours is running."))...)
		if p.More > 0 {
			list = append(list, render.ContextLine(fmt.Sprintf("%d more are not listed: /lb-register status", p.More)))
		}
		if p.InPart {
			list = append(list, render.ContextLine(private.ReadInPart+". There may be more for you."))
		}
		list = append(list, part(fmt.Sprintf("Your last %d", Last), lately(p))...)
		list = append(list, state(p)...)
		list = append(list, render.ContextLine("As of "+render.Clock(p.At),
			"follows changes for 10 minutes after you open it"))
	}
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, CallbackID: render.ViewHome,
		Blocks: slack.Blocks{BlockSet: render.Blocks(list...)}}
}

// Sent says where the answer to a click on the tab is.
func Sent() render.Message {
	return private.Answer("I sent you the answer in a direct message. Open Messages to see it.")
}

// UndoThere says how to take op back where its result was posted, which cannot be done
// from the tab.
func UndoThere(op operation.Operation) render.Message {
	return private.Answer(fmt.Sprintf("I cannot post the result in that channel from the Home tab. To undo it, type "+
		"/lb-register undo %s in the channel of the request.", op.Ref))
}

// Over is an answer to a click on the tab, as a view over it.
func Over(m render.Message) slack.ModalViewRequest {
	v := form.Modal(render.ViewNotice, title, "Close")
	v.Blocks.BlockSet = m.Blocks
	return v
}

// title of the tab, and of what is shown over it.
const title = "Load balancer changes"

// denied says why the person sees nothing here.
func denied(p Page) []slack.Block {
	sentence, why := private.Denial(*p.Denied, operation.Operation{}, p.Words)
	return []slack.Block{render.Section(sentence, why)}
}

// ways lead to the form: an empty one, and the last addition once more.
func ways(p Page) slack.Block {
	add := render.Primary(render.Button(render.ActHomeAdd, "Add server", "Add server: opens the form", ""))
	elements := []slack.BlockElement{add}
	for _, r := range p.Last {
		if op := r.Operation; op.Change.HasForm() {
			again := fmt.Sprintf("Again: %s to %s", render.ServerName(op, render.BareName),
				render.BareName(render.FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID)))
			elements = append(elements, render.Button(render.ActReqAgainForm, again, again+", as in "+op.Ref,
				render.ButtonValue(op)))
			break
		}
	}
	return render.Actions(elements...)
}

func part(title string, content []slack.Block) []slack.Block {
	return append([]slack.Block{render.Header(title)}, content...)
}

func asked(p Page) []slack.Block {
	if len(p.Asked)+len(p.Stuck) == 0 {
		return []slack.Block{render.Section("Nothing waits for you.")}
	}
	var list []slack.Block
	for _, r := range p.Asked {
		what := "asks for your approval"
		if a := r.Operation.Approval; a != nil && !a.ExpiresAt.IsZero() {
			what += " until " + render.Clock(a.ExpiresAt)
		}
		list = append(list, linked(fmt.Sprintf("%s %s", line(r.Operation), what), r))
	}
	for _, r := range p.Stuck {
		list = append(list, linked(line(r.Operation)+" · say on the card what the Zenlayer console shows", r))
	}
	return list
}

func requests(of []Request, none string) []slack.Block {
	if len(of) == 0 {
		return []slack.Block{render.Section(none)}
	}
	var list []slack.Block
	for _, r := range of {
		list = append(list, linked(line(r.Operation)+" · since "+render.Dated(r.At), r))
	}
	return list
}

// linked is a line with a button that leads to the card.
func linked(words string, r Request) slack.Block {
	return render.Beside(words, render.OpenButton(r.Operation, r.Link))
}

// line is what a request is, and who asked for it.
func line(op operation.Operation) string {
	return strings.Join(render.NonEmpty([]string{private.OpenWords(op), "by " + render.ActorMention(op.Actor), op.Ref}),
		" · ")
}

// lately is what the person did, with buttons for each.
func lately(p Page) []slack.Block {
	if len(p.Last) == 0 {
		return []slack.Block{render.Section("Nothing yet.")}
	}
	var list []slack.Block
	for _, r := range p.Last {
		op := r.Operation
		list = append(list, render.Section(strings.Join([]string{private.OpenWords(op), render.Dated(r.At), op.Ref},
			" · ")))
		buttons := []slack.BlockElement{card.DetailsButton(op)}
		if op.State == operation.Done && op.Change.CanBeUndone() && !p.undone(op) {
			if undo := card.UndoButton(op, p.Words); undo != nil {
				buttons = append(buttons, undo)
			}
		}
		list = append(list, slack.NewActionBlock("", buttons...))
	}
	return list
}

// undone reports whether the person has taken an addition back, as far as the page
// knows.
func (p Page) undone(op operation.Operation) bool {
	return slices.ContainsFunc(slices.Concat(p.Last, p.Running, p.Stuck), func(r Request) bool {
		return r.Operation.Undoes == op.ID && r.Operation.State != operation.NotDone
	})
}

// state is a line on the bot, for its owners.
func state(p Page) []slack.Block {
	if p.State == nil {
		return nil
	}
	s := p.State
	words := []string{"Slack: no connection since " + render.Dated(s.Since)}
	switch {
	case s.Connections == 1:
		words[0] = "Slack: 1 connection"
	case s.Connections > 1:
		words[0] = fmt.Sprintf("Slack: %d connections", s.Connections)
	}
	switch {
	case s.ListsReadAt.IsZero():
		words = append(words, "Zenlayer: lists not read for 15 minutes")
	default:
		words = append(words, "Zenlayer: lists read "+render.Clock(s.ListsReadAt))
	}
	switch {
	case s.Policy == "":
		words = append(words, "Policy: none is loaded, so everybody is denied")
	case s.Problem:
		words = append(words, "Policy: "+digest(s.Policy)+"; the newest file is broken and not used")
	default:
		words = append(words, "Policy: "+digest(s.Policy))
	}
	return part("Bot", []slack.Block{render.Section(strings.Join(words, " · "))})
}

// digest shows as much of a digest as is needed to compare it with another.
func digest(s string) string { return render.Code(s[:min(len(s), 12)]) }
