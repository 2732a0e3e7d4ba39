package intake

import (
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// Listed reports which lists can be offered from; servers are offered only beside
// listeners. It does not block, nor do KnownListener and KnownServer.
func (i *Intake) Listed() (listeners, servers bool) {
	if i.Lists == nil {
		return false, false
	}
	_, listeners = i.Lists.ReadAt()
	_, servers = i.Lists.ServersReadAt()
	return listeners, listeners && servers
}

// KnownListener returns the listener that a text names exactly in the lists, in the
// way a command is understood; false: none or several.
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
// names apart, so nothing else in them may match the text. An empty type is any.
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
