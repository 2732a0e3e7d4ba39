package page

import (
	"slices"
	"strings"
	"time"

	"lbbot/bot/sandbox"
)

// composer is a form in which a person writes.
type composer struct {
	As, Channel, Thread string
	Prefix              string // of the ids of its parts
	Label, Placeholder  string
	Text                string // typed in when the page opens
	Command             string // what comes before a sample that is typed in; may be empty
	Notice              string
	Offers              []Completion
	Shortcuts           []sandbox.Shortcut // global ones
}

// thread is the pane of a thread that the reader may see.
func (p *site) thread(at place, ts string, all []sandbox.Message, world sandbox.Workspace,
	people []shownPerson) shownThread {
	if !slices.ContainsFunc(all, func(m sandbox.Message) bool {
		return m.TS == ts && m.ThreadTS == "" && !m.Ephemeral
	}) {
		return shownThread{}
	}
	p.read(at.Viewer, ts, all)
	at.Thread = ts
	return shownThread{TS: ts, List: p.messages(at, all, world, people)}
}

// composer is the composer of the channel, or of a thread of it, where only
// mentions reach the app. It is called with mu held.
func (p *site) composer(l look, thread string) composer {
	c := composer{As: l.As.ID, Channel: l.Channel.ID, Thread: thread, Command: commandOf(p.options.Stories),
		Label: "Message or command", Placeholder: "Type /lb-register …"}
	if n := p.notes[spot{c.As, c.Channel, thread}]; time.Since(n.at) < noticeFor {
		c.Notice = n.text
	}
	mention := "@" + l.Bot
	if thread != "" {
		c.Prefix, c.Label, c.Placeholder = "thread-", "Reply", "Reply, or type "+mention+" …"
	} else {
		c.Offers = slices.Clone(p.options.Completions)
		c.Shortcuts = slices.DeleteFunc(p.slack.Shortcuts(), func(s sandbox.Shortcut) bool { return s.OnMessage })
	}
	for _, offer := range p.options.Completions {
		_, verb, _ := strings.Cut(offer.Text, " ")
		offer.Text = strings.TrimSpace(mention + " " + verb)
		c.Offers = append(c.Offers, offer)
	}
	return c
}

// began is the key of the newest message of all when a person first looked.
const began = ""

// read notes that a person has seen a thread.
func (p *site) read(as, thread string, all []sandbox.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range all {
		if m.ThreadTS == thread {
			p.seen[as][thread] = max(p.seen[as][thread], m.TS)
		}
	}
}

// unread says that a thread has replies that the person has not seen.
func (p *site) unread(as string, first sandbox.Message, all []sandbox.Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := max(p.seen[as][began], p.seen[as][first.TS])
	return slices.ContainsFunc(all, func(m sandbox.Message) bool {
		return m.ThreadTS == first.TS && m.TS > seen && m.UserID != as
	})
}
