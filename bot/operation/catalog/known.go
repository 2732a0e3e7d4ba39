package catalog

import (
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// knownFor is how old a list may be to say what a name means and what the policy is asked about, counted from the
// beginning of its reading. A reading begins 5 minutes after the last one ended, so with a minute for the reading
// itself there is always a list, and a command needs no calls for its names. What was renamed, moved or made since
// then is known after at most this time. A listener or server that is gone is known by the answer to the next call
// about it, see Doubt.
const knownFor = every + time.Minute

// Doubt says that Zenlayer answered otherwise than the lists: they are not believed until they are read again.
func (c *Catalog) Doubt() {
	c.doubted.Store(c.now().UnixNano())
	c.Wake()
}

// recent reports whether a list that was read then may be believed.
func (c *Catalog) recent(at time.Time) bool {
	age := operation.Age(c.now(), at)
	return !at.IsZero() && age >= 0 && age <= knownFor && at.UnixNano() > c.doubted.Load()
}

// KnownListeners returns all listeners; none: there is no list that is recent and complete. The answer is shared: it
// must not be changed.
func (c *Catalog) KnownListeners() []operation.Listener {
	if l := c.usableListeners(); c.recent(l.at) && !l.moved {
		return l.items
	}
	return nil
}

// KnownListener returns the listener with this id; false: a recent list does not have it, or there is none.
func (c *Catalog) KnownListener(id string) (operation.Listener, bool) {
	l := c.usableListeners()
	found, ok := l.get(id)
	return found, ok && c.recent(l.at)
}

// KnownServers returns all servers of a type that a text may name, whatever its letter case, or of both types if that
// is empty. A server with this id is the only one. None: no server is named so, or there is no list that is recent and
// complete for that.
func (c *Catalog) KnownServers(text string, kind zenlayer.InstanceType) (named []operation.Server) {
	s := c.usableServers()
	if !c.recent(s.at) || s.bareMetalOnly && kind != zenlayer.InstanceBM {
		return nil
	}
	if _, isID := s.get(text); !isID && !asListed(text) {
		return nil
	}
	for _, found := range s.allNamed(text) {
		if kind == "" || found.Type == kind {
			named = append(named, found)
		}
	}
	if s.moved && (len(named) != 1 || named[0].ID != text) {
		return nil
	}
	return named
}

// asListed reports whether a text is compared as it stands. An address with a port, for one, is not: a server may have
// that very text as its name.
func asListed(text string) bool {
	line, ok := lineOf(text)
	return ok && line == fold(text)+"\n"
}
