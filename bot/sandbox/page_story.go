package sandbox

import "slices"

// story remembers how far the guided tour went. What happened in the cloud is
// read from its calls, the rest is noted here.
type story struct {
	Typed  bool // a command was sent
	Guest  bool // a guest or an outsider sent a command
	Agreed bool // the approver agreed to something
	Reset  bool // everything was started again, and nothing happened since
}

// typed notes a command.
func (s *story) typed(by shownPerson) {
	s.Typed, s.Reset = true, false
	s.Guest = s.Guest || by.Role != "Member"
}

// step is one step of the tour.
type step struct {
	Number int
	Title  string
	Text   string
	Do     string // what the step's button does: "command", "lose", "guest", "approver", "reset"; empty for none
	Label  string // of that button
	Link   string // id of the person to act as
	In     string // id of the channel to do it in; empty: where one is
	Done   bool
	Now    bool // the first that is not done
}

// steps is the tour for what has happened so far.
func (s story) steps(calls []CloudCall, willLose bool, people []shownPerson, approver Approver) []step {
	guest := ""
	if i := slices.IndexFunc(people, func(p shownPerson) bool { return p.Role == "Guest" }); i >= 0 {
		guest = people[i].ID
	}
	added := slices.ContainsFunc(calls, func(c CloudCall) bool { return c.Action == registering })
	lost := slices.ContainsFunc(calls, func(c CloudCall) bool { return c.Lost })
	lose := step{Title: "Lose an answer", Text: "The cloud acts, and nobody hears. Then add another server.", Do: "lose", Label: "Lose the next answer", Done: lost}
	if willLose {
		lose.Do, lose.Text = "", "The next answer will be lost. Now add another server."
	}
	all := []step{
		{Title: "Run the command", Text: "It stands in the composer. Press Enter.", Do: "command", Label: "Type it again", Done: s.Typed},
		{Title: "Press Add server", Text: "Nothing happens before you do.", Done: added},
		lose,
		{Title: "Act as the guest", Text: "Try the same as somebody who may not.", Do: "guest", Label: "Switch to the guest", Link: guest, Done: s.Guest},
	}
	if i := slices.IndexFunc(people, func(p shownPerson) bool { return p.ID == approver.ID }); i >= 0 {
		all = append(all, step{Title: "Act as an approver", Text: approver.Text, Do: "approver", Label: "Switch to " + people[i].Name,
			Link: approver.ID, In: approver.Channel, Done: s.Agreed})
	}
	all = append(all,
		step{Title: "Reset", Text: "Start again, as often as you like.", Do: "reset", Label: "Reset everything", Done: s.Reset})
	for i := range all {
		all[i].Number = i + 1
	}
	if i := slices.IndexFunc(all, func(s step) bool { return !s.Done }); i >= 0 {
		all[i].Now = true
	}
	return all
}

// registering is the call that adds a server
// (docs.console.zenlayer.com, RegisterBackend).
const registering = "RegisterBackend"

// person is who acts, as the page shows them.
func (p *site) person(id string) shownPerson {
	for _, s := range p.persons(p.slack.Workspace(), id) {
		if s.ID == id {
			return s
		}
	}
	return shownPerson{ID: id}
}
