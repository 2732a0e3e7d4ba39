package intake

import (
	"context"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Known are lists of listeners and servers in memory, at most as old as package catalog says. What they do not know
// for certain is read from Zenlayer. No method blocks.
type Known interface {
	// KnownListeners returns all listeners; none: there is no recent list.
	KnownListeners() []operation.Listener
	// KnownServers returns all servers of a type that a text may name, and perhaps others; none: it is not known.
	KnownServers(text string, kind zenlayer.InstanceType) []operation.Server
	// Doubt says that Zenlayer answered otherwise than the lists.
	Doubt()
}

// knownListener returns the only listener that a text names as it stands.
func knownListener(c operation.Catalog, text string) (found operation.Listener, ok bool) {
	lists, _ := c.(Known)
	if lists == nil {
		return found, false
	}
	hits, ref := 0, commands.ReadListener(text)
	for _, l := range lists.KnownListeners() {
		if l.ID == text {
			return l, true
		}
		if listenerMatches(l, ref) {
			found, hits = l, hits+1
		}
	}
	return found, hits == 1
}

// goneListener looks a listener up again whose servers are not found: the lists may have known it for too long. It
// returns nil if it is there, or if that is not known.
func (i *Intake) goneListener(ctx context.Context, reg commands.Registration, id string, err error) error {
	if !zenlayer.IsNotFound(err) {
		return nil
	}
	if _, none, err := findListener(ctx, i.Catalog, commands.ReadListener(id), nil); err == nil && none != nil {
		return inputError(reg, *none)
	}
	return nil
}

// knownServers returns the servers that a text names as it stands; none: the lists do not know for certain.
func knownServers(c operation.Catalog, text string, kind zenlayer.InstanceType) []operation.Server {
	lists, _ := c.(Known)
	if lists == nil {
		return nil
	}
	all := lists.KnownServers(text, kind)
	for _, s := range all {
		if !namesServer(s, text) {
			return nil
		}
	}
	return all
}

// namesServer reports whether a text that may name a server does so: by its id, its name or its address. The lists do
// not say whether another spelling of its name is its host name.
func namesServer(s operation.Server, text string) bool {
	_, addressed := address(text)
	return s.ID == text || s.Name == text || addressed && !strings.EqualFold(s.Name, text)
}

// KnownListeners implements Known.
func (s *Shared) KnownListeners() []operation.Listener {
	if s.Lists == nil {
		return nil
	}
	return s.Lists.KnownListeners()
}

// KnownServers implements Known.
func (s *Shared) KnownServers(text string, kind zenlayer.InstanceType) []operation.Server {
	if s.Lists == nil {
		return nil
	}
	return s.Lists.KnownServers(text, kind)
}

// Doubt implements Known.
func (s *Shared) Doubt() {
	if s.Lists != nil {
		s.Lists.Doubt()
	}
}
