package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// scriptedFault is one FailNext.
type scriptedFault struct {
	method string
	APIFault
	left int // calls to hit; below zero: all
}

// FailNext makes the next calls of a method fail. "response_url" names posts to
// response addresses, "*" every method. Scripts of one method run in order.
func (s *Slack) FailNext(method string, f APIFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := f.Times
	if left == 0 {
		left = 1
	}
	s.state.faults = append(s.state.faults, scriptedFault{method: method, APIFault: f, left: left})
}

// ClearFaults forgets every scripted fault.
func (s *Slack) ClearFaults() { s.locked(func() { s.state.faults = nil }) }

// nextFault takes the fault for one call. The zero fault does nothing.
func (s *Slack) nextFault(method string, args arguments) APIFault {
	for i, f := range s.state.faults {
		if f.method != method && f.method != "*" ||
			f.Channel != "" && f.Channel != args.str("channel") || f.TS != "" && f.TS != args.str("ts") {
			continue
		}
		if f.left > 0 {
			s.state.faults[i].left--
		}
		if s.state.faults[i].left == 0 {
			s.state.faults = slices.Delete(s.state.faults, i, i+1)
		}
		return f.APIFault
	}
	return APIFault{}
}

// strikesBefore and strikesAfter report whether the call ends with the fault,
// before it was executed or after.
func (f APIFault) strikesBefore() bool { return f.DropBefore || f.any() && !f.Execute }

func (f APIFault) strikesAfter() bool { return f.DropAfter || f.NoBody || f.any() && f.Execute }

func (f APIFault) any() bool { return f.Hang || f.RetryAfter > 0 || f.Status > 0 || f.Error != "" }

// strike answers the call as the script says.
func (f APIFault) strike(s *Slack, w http.ResponseWriter, r *http.Request) {
	switch {
	case f.DropBefore || f.DropAfter:
		dropConnection()
	case f.NoBody:
		w.WriteHeader(http.StatusOK)
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.closed:
		}
		dropConnection()
	case f.RetryAfter > 0:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Retry-After", retryAfterSeconds(f.RetryAfter))
		writeJSON(w, http.StatusTooManyRequests, object{"ok": false, "error": "ratelimited"})
	case f.Status > 0:
		http.Error(w, "the stand-in was told to fail", f.Status)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		writeJSON(w, http.StatusOK, object{"ok": false, "error": f.Error})
	}
}

// dropConnection ends the TCP connection without an answer.
func dropConnection() { panic(http.ErrAbortHandler) }

// OnAPICall sets a function that is called before and after each Web API call is
// executed; nil removes it. It may block, so that a test can stop the bot there.
func (s *Slack) OnAPICall(f func(method string, phase Phase)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.onCall = f
}

func (s *Slack) phase(method string, phase Phase) {
	s.mu.Lock()
	f := s.state.onCall
	s.mu.Unlock()
	if f != nil {
		f(method, phase)
	}
}

// callsKept bounds what APICalls remembers.
const callsKept = 10_000

// raw copies the arguments as they were sent: the call adds ids to blocks.
func (a arguments) raw() map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(a.values))
	for key, v := range a.values {
		out[key] = mustJSON(v)
	}
	return out
}

func (s *Slack) record(method string, started time.Time, args map[string]json.RawMessage, fail *apiError) {
	call := APICall{Method: method, At: started, OK: fail == nil, Args: args}
	if fail != nil {
		call.Error = fail.code
	}
	s.mu.Lock()
	if len(s.state.calls) >= callsKept {
		s.state.calls = slices.Clone(s.state.calls[callsKept/2:])
	}
	s.state.calls = append(s.state.calls, call)
	s.mu.Unlock()
	s.changed()
}

// APICalls lists the calls so far, failed ones included, oldest first. It keeps
// the last 5,000 to 10,000.
func (s *Slack) APICalls() []APICall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state.calls)
}

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

// RevokeToken revokes one token: calls with it answer token_revoked.
func (s *Slack) RevokeToken(kind TokenKind) { s.locked(func() { s.state.revoked[kind] = true }) }

// RestoreTokens makes both tokens work again.
func (s *Slack) RestoreTokens() { s.locked(func() { clear(s.state.revoked) }) }

// SetMissingScopes replaces the set of scopes that were not granted.
func (s *Slack) SetMissingScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.state.missing)
	for _, scope := range scopes {
		s.state.missing[scope] = true
	}
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
