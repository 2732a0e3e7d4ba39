package intake

import (
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// Lists is what may be picked, kept in memory. No method blocks for Zenlayer. What
// is returned may be shared and must not be changed. Without lists that may be used,
// every method returns none.
type Lists interface {
	// Listeners returns the listeners that match, best match first; without a
	// query all of them, by load balancer and name.
	Listeners(query string) []operation.Listener

	// Servers returns at most limit servers that match, those of the zone first,
	// then the best match, and how many more match.
	Servers(query, zone string, limit int) (best []operation.Server, more int)

	Listener(id string) (operation.Listener, bool)
	Server(id string) (operation.Server, bool)

	// ListenersOf returns the ids of the listeners that a server is on; false: it is
	// not known of all of them, for example because the list shows no servers of its
	// type.
	ListenersOf(instanceID string) (ids []string, known bool)
}

// KnownListener returns the listener that a text names exactly in the lists, in the
// way a command is understood; false: none or several. It does not block.
func (i *Intake) KnownListener(text string) (operation.Listener, bool) {
	if i.Lists == nil || text == "" {
		return operation.Listener{}, false
	}
	if l, ok := i.Lists.Listener(text); ok {
		return l, true
	}
	hits := exactMatches(text, i.Lists.Listeners(""), func(l operation.Listener, id string) bool { return l.ID == id },
		func(l operation.Listener, text string) bool { return listenerMatches(l, commands.ReadListener(text)) })
	if len(hits) != 1 {
		return operation.Listener{}, false
	}
	return hits[0], true
}

// KnownServer returns the server of a type that a text names exactly in the lists;
// false: none, several, or a server of another type. The lists do not tell host
// names apart, so nothing else in them may match the text. An empty type is any. It does not block.
func (i *Intake) KnownServer(text, kind string) (operation.Server, bool) {
	if i.Lists == nil || text == "" {
		return operation.Server{}, false
	}
	s, ok := i.Lists.Server(text)
	if !ok {
		hits, more := i.Lists.Servers(text, "", 2)
		if len(hits) != 1 || more > 0 || hits[0].Name != text && hits[0].IP != text {
			return operation.Server{}, false
		}
		s = hits[0]
	}
	if kind != "" && !strings.EqualFold(kind, string(s.Type)) {
		return operation.Server{}, false
	}
	return s, true
}
