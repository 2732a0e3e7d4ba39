package sandbox

import (
	"slices"
)

// SetPerson adds or replaces a person.
func (s *Slack) SetPerson(p Person) {
	s.change(func(w *Workspace) {
		w.People = put(w.People, p, func(q Person) bool { return q.ID == p.ID })
	})
}

// SetGroup adds or replaces a user group.
func (s *Slack) SetGroup(g Group) {
	s.change(func(w *Workspace) {
		w.Groups = put(w.Groups, g, func(h Group) bool { return h.ID == g.ID })
	})
}

// SetGroupMembers replaces the members of a group; an unknown group is ignored.
func (s *Slack) SetGroupMembers(groupID string, ids ...string) {
	s.change(func(w *Workspace) {
		for i := range w.Groups {
			if w.Groups[i].ID == groupID {
				w.Groups[i].Members = slices.Clone(ids)
			}
		}
	})
}

// SetChannel adds or replaces a channel; its messages stay.
func (s *Slack) SetChannel(c Channel) {
	s.change(func(w *Workspace) {
		w.Channels = put(w.Channels, c, func(d Channel) bool { return d.ID == c.ID })
	})
}

func put[T any](list []T, v T, same func(T) bool) []T {
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = v
		return list
	}
	return append(list, v)
}

func (s *Slack) change(f func(*Workspace)) {
	s.mu.Lock()
	f(&s.state.world)
	s.mu.Unlock()
	s.changed()
}

// DeleteMessage is a person deleting a message.
func (s *Slack) DeleteMessage(channelID, ts string) error {
	s.mu.Lock()
	defer s.changed()
	defer s.mu.Unlock()
	m := s.message(channelID, ts)
	if m == nil {
		return errNoMessage
	}
	m.Deleted = true
	return nil
}

// SetOrgWide says whether the app is installed for the whole organization.
func (s *Slack) SetOrgWide(on bool) { s.change(func(w *Workspace) { w.OrgWide = on }) }

// SetEnterprise makes the workspace and its own people part of an organization.
func (s *Slack) SetEnterprise(id string) {
	s.change(func(w *Workspace) {
		w.EnterpriseID = id
		for i := range w.People {
			if w.People[i].TeamID == w.TeamID {
				w.People[i].EnterpriseID = id
			}
		}
	})
}
