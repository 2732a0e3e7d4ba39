package sandbox

import (
	"slices"
)

// copy makes a deep copy.
func (w Workspace) copy() Workspace {
	w.People = slices.Clone(w.People)
	for i := range w.People {
		if w.People[i].TeamID == "" {
			w.People[i].TeamID = w.TeamID
		}
	}
	w.Groups = slices.Clone(w.Groups)
	for i := range w.Groups {
		w.Groups[i].Members = slices.Clone(w.Groups[i].Members)
	}
	w.Channels = slices.Clone(w.Channels)
	for i := range w.Channels {
		w.Channels[i].Members = slices.Clone(w.Channels[i].Members)
	}
	return w
}

// Workspace returns the workspace as it is now.
func (s *Slack) Workspace() Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.world.copy()
}

// People lists everybody with an account, the bot and the deactivated included.
func (s *Slack) People() []Person { return s.Workspace().People }

// Groups lists the user groups.
func (s *Slack) Groups() []Group { return s.Workspace().Groups }

// Channels lists the channels that the viewer may read. An empty viewer gets all
// of them.
func (s *Slack) Channels(viewerID string) []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(s.state.world.copy().Channels, func(c Channel) bool {
		return viewerID != "" && !s.sees(viewerID, c)
	})
}

// person finds a person by id. The bot's own user is one.
func (s *Slack) person(id string) (Person, bool) {
	w := s.state.world
	for _, p := range w.People {
		if p.ID == id {
			if p.TeamID == "" {
				p.TeamID = w.TeamID
			}
			return p, true
		}
	}
	if id != "" && id == w.BotUserID {
		return Person{ID: id, Name: w.BotName, RealName: w.BotName, TeamID: w.TeamID, Bot: true}, true
	}
	return Person{}, false
}

func (s *Slack) channel(id string) (Channel, bool) {
	for _, c := range s.state.world.Channels {
		if c.ID == id {
			return c, true
		}
	}
	return Channel{}, false
}

// directMessage finds or makes the person's direct messages with the bot.
func (s *Slack) directMessage(personID string) Channel {
	for _, c := range s.state.world.Channels {
		if c.IM == personID {
			return c
		}
	}
	c := Channel{ID: s.nextID("D"), IM: personID, Creator: personID, Members: []string{personID}, BotMember: true,
		Private: true}
	s.state.world.Channels = append(s.state.world.Channels, c)
	return c
}

func isMember(c Channel, personID string) bool {
	return c.IM == personID || slices.Contains(c.Members, personID)
}

// sees reports whether a person may read a channel: its members, and everyone
// but guests and outsiders if it is public.
func (s *Slack) sees(personID string, c Channel) bool {
	if isMember(c, personID) {
		return true
	}
	p, ok := s.person(personID)
	return ok && !c.Private && c.IM == "" && !p.Guest && !p.SingleChannelGuest && !p.Stranger &&
		slices.Contains(p.teams(), s.state.world.TeamID)
}

// teams are the workspaces that a person is in.
func (p Person) teams() []string {
	if len(p.Teams) > 0 {
		return p.Teams
	}
	return []string{p.TeamID}
}
