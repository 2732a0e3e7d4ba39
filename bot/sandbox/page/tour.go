package page

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/sandbox"
)

// story remembers how far the person has followed the tour. What the cloud was
// asked is read from its calls.
type story struct {
	Typed  bool // a command was sent
	Guest  bool // a guest or an outsider sent a command
	Agreed bool // the approver approved something
	Reset  bool // the sandbox was reset, and no command was sent since

	Alert time.Time // when a shortcut of a message was first used
}

// typed notes a command.
func (s *story) typed(by shownPerson) {
	s.Typed, s.Reset = true, false
	s.Guest = s.Guest || by.Role != "Member"
}

// alerted notes that a shortcut of a message was used.
func (s *story) alerted(at time.Time) {
	if s.Alert.IsZero() {
		s.Alert = at
	}
}

// step is one step of the tour.
type step struct {
	Number int
	Title  string
	Text   string
	Do     string // what the step's button does: "command", "lose", "go", "reset"; empty for none
	Label  string // of that button
	Link   string // id of the person to act as, for "go"
	In     string // id of the channel to do it in; empty: the current one
	Type   string // command that following the link types in
	Done   bool
	Now    bool // the first step that is not done
}

// scene is what the tour depends on besides the story.
type scene struct {
	calls    []Call
	willLose bool
	people   []shownPerson
	command  string
	approver Approver
	undo     bool
	alert    Alert
	waiting  bool              // a request waits for the approver
	channels map[string]string // names by id
	first    bool              // the reader is in the channel whose composer has the first command
}

func (p *site) scene(calls []Call, willLose bool, people []shownPerson, world sandbox.Workspace) scene {
	c := scene{calls: calls, willLose: willLose, people: people, command: p.options.Command,
		approver: p.options.Approver, undo: p.options.Undo, alert: p.options.Alert, channels: map[string]string{}}
	for _, ch := range world.Channels {
		c.channels[ch.ID] = ch.Name
	}
	if a := c.approver; a.ID != "" {
		c.waiting = slices.ContainsFunc(p.slack.Messages(a.Channel, a.ID), func(m sandbox.Message) bool {
			return !m.Deleted && strings.Contains(string(m.Blocks), `"`+a.Action+`"`)
		})
	}
	return c
}

// approval is the step in which a request is approved. It leads to the person
// who asks, and to the approver while a request waits. It returns false if the
// options name no approver.
func (c scene) approval(agreed bool) (step, bool) {
	s := step{Title: "Act as an approver", Text: c.approver.Text, Do: "go", Done: agreed,
		Link: c.approver.Asker, In: c.approver.AskIn, Type: c.approver.Command}
	s.Label = c.be(s.Link, s.In)
	if c.waiting {
		s.Text, s.Link, s.In, s.Type = c.approver.Waits, c.approver.ID, c.approver.Channel, ""
		s.Label = "Switch to " + c.name(c.approver.ID)
	}
	return s, c.approver.ID != "" && c.name(s.Link) != ""
}

// name is what the page calls a person; empty if there is no such person.
func (c scene) name(id string) string {
	if i := slices.IndexFunc(c.people, func(p shownPerson) bool { return p.ID == id }); i >= 0 {
		return c.people[i].Name
	}
	return ""
}

// be is the label of a link that leads to a person in a channel.
func (c scene) be(person, channel string) string {
	first, _, _ := strings.Cut(c.name(person), " ")
	return "Be " + first + " in #" + c.channels[channel]
}

// called says that the cloud was asked for an action.
func (c scene) called(action string) bool {
	return slices.ContainsFunc(c.calls, func(call Call) bool { return call.Action == action })
}

// more are the steps about an undo and an alert, as far as the options have them.
func (c scene) more(alerted time.Time) []step {
	var all []step
	if c.undo {
		all = append(all, step{Title: "Undo it", Text: "Press Undo on the card, then confirm.",
			Done: c.called(removing)})
	}
	if c.alert.Reader != "" {
		all = append(all, step{Title: "Start from an alert", Do: "go", Link: c.alert.Reader, In: c.alert.Channel,
			Text: "Press ⚡ on the alert, then add its server.", Label: c.be(c.alert.Reader, c.alert.Channel),
			Done: !alerted.IsZero() && slices.ContainsFunc(c.calls, func(call Call) bool {
				return call.Action == registering && !call.At.Before(alerted)
			})})
	}
	return all
}

// steps is the tour for what has happened so far.
func (s story) steps(c scene) []step {
	guest := ""
	if i := slices.IndexFunc(c.people, func(p shownPerson) bool { return p.Role == "Guest" }); i >= 0 {
		guest = c.people[i].ID
	}
	lost := slices.ContainsFunc(c.calls, func(c Call) bool { return c.Lost })
	lose := step{Title: "Lose an answer", Do: "lose",
		Text:  "The cloud makes the next change, but its answer is lost. Then add another server.",
		Label: "Lose the next answer", Done: lost}
	if c.willLose {
		lose.Do, lose.Text = "", "The next answer will be lost. Now add another server."
	}
	run := step{Title: "Run the command", Text: "The command is already typed in. Press Enter.", Do: "command",
		Label: "Type it again", Done: s.Typed}
	if !c.first {
		run.Text, run.Label = "Type the command in and press Enter.", "Type it in"
	}
	all := []step{run,
		{Title: "Press Add server", Text: "Nothing changes until you press it.", Done: c.called(registering)},
	}
	all = append(all, c.more(s.Alert)...)
	all = append(all, lose, step{Title: "Act as the guest", Text: "Try the same command as someone who is not allowed.",
		Do: "go", Label: "Switch to the guest", Link: guest, Type: c.command, Done: s.Guest})
	if agree, ok := c.approval(s.Agreed); ok {
		all = append(all, agree)
	}
	all = append(all, step{Title: "Reset", Text: "Start again at any time.", Do: "reset",
		Label: "Reset everything", Done: s.Reset})
	for i := range all {
		all[i].Number = i + 1
	}
	if i := slices.IndexFunc(all, func(s step) bool { return !s.Done }); i >= 0 {
		all[i].Now = true
	}
	return all
}

// composer is the text that is typed in when the page opens: the command of the
// tour's link, or the first command, in the first channel until one was sent.
func (s story) composer(number string, all []step, command string, first bool) string {
	for _, step := range all {
		if number != "" && number == strconv.Itoa(step.Number) {
			return step.Type
		}
	}
	if !s.Typed && first {
		return command
	}
	return ""
}

// The calls that add a server and take one off (docs.console.zenlayer.com).
const (
	registering = "RegisterBackend"
	removing    = "DeregisterBackend"
)

// person is the person with the id, as the page shows them.
func (p *site) person(id string) shownPerson {
	for _, s := range p.persons(p.slack.Workspace(), id) {
		if s.ID == id {
			return s
		}
	}
	return shownPerson{ID: id}
}
