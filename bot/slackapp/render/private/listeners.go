package private

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
)

const (
	listenersShown = 20
	listenerPath   = 130 // characters of what people type for one
	serversShown   = 40  // on one listener
)

const (
	listenersNone = "You may change no listener from here. To see why, type /lb-register whoami why and a listener."
	listenersGone = "The lists of listeners are not loaded: Zenlayer has not answered yet, or not for 15 minutes. " +
		"Try again in a minute. A whole name or ID works without them: /lb-register list and that name or ID."
	listenersUnread = "I could not check which listeners you may change, because Slack did not answer. Try again in " +
		"a minute."
)

// ListenersUnknown says that there is nothing to list, because the lists are not
// loaded or, with listed, permission could not be checked.
func ListenersUnknown(listed bool) render.Message {
	if listed {
		return Answer(listenersUnread)
	}
	return Answer(listenersGone)
}

// ListenersDenied says why a person is shown no listener.
func ListenersDenied(d operation.Decision, w render.Wording) render.Message {
	if d.Code == operation.DeniedNoRule || d.Code == operation.DeniedForbidden {
		return Answer(listenersNone)
	}
	return Denied(&intake.DeniedError{Decision: d}, w)
}

// ListenerList lists listeners that a person may change, the first few of them.
// typed is what they searched by, and more how many there are besides list.
func ListenerList(typed string, list []operation.Listener, more int) render.Message {
	about, found := "", listenersNone
	if typed = render.Clean(typed); typed != "" {
		about = ", matching " + poolCode(typed)
		found = fmt.Sprintf("No listener that you may change from here matches %s. What to do: /lb-register list "+
			"shows all that you may change.", poolCode(typed))
	}
	if len(list) == 0 {
		return Answer(found)
	}
	total := len(list) + more
	counted := fmt.Sprintf("%d listeners", total)
	if total == 1 {
		counted = "1 listener"
	}
	shown := list[:min(len(list), listenersShown)]
	rows := make([]string, len(shown))
	for i, l := range shown {
		rows[i] = listenerRow(l)
	}
	blocks := append([]slack.Block{render.Section(fmt.Sprintf("*%s* that you may change%s", counted, about))},
		listed(rows)...)
	small := "To see the servers on a listener, type /lb-register list and its name or ID."
	if left := total - len(shown); left > 0 {
		small = fmt.Sprintf("%d more are not shown. Search: /lb-register list and a part of the name, the ID or the "+
			"port, for example /lb-register list api. %s", left, small)
	}
	return render.Ephemeral(fmt.Sprintf("%s that you may change.", counted),
		append(blocks, render.ContextLine(small))...)
}

// listenerRow is "`api-lb/https-443` · TCP 443 · 4 servers · `lst-8f2c`".
func listenerRow(l operation.Listener) string {
	path := render.ListenerPath(operation.Operation{Listener: l}, render.Clean)
	servers := ""
	if l.Servers >= 0 {
		servers = render.Servers(l.Servers)
	}
	return poolRow(render.Code(render.Clamp(path, listenerPath)), poolWord(l.Protocol+" "+render.Ports(l.Port)),
		servers, poolCode(l.ID), "")
}

// ServersOn lists what is on a listener, as it was read at that time.
func ServersOn(on history.On, at time.Time) render.Message {
	op := listenerOnly(on.Listener)
	now := operation.PictureOf(op, on.Pool, nil)
	return render.Ephemeral(fmt.Sprintf("%s has %s.", render.ListenerPort(op, render.InText), poolWords(now)),
		append([]slack.Block{render.Section(fmt.Sprintf("*Servers on %s*, read %s",
			render.ListenerName(op, render.Name), render.Clock(at)), fmt.Sprintf("*Now:* %s.", poolWords(now)))},
			poolList(op, on.Pool, now, false, serversShown)...)...)
}

// listenerOnly is an operation that is about a listener and nothing else.
func listenerOnly(l operation.Listener) operation.Operation {
	op := operation.Operation{Listener: l}
	op.Request.ListenerID = l.ID
	return op
}

// ServersUnread is PoolUnread for a listener.
func ServersUnread(l operation.Listener, e *intake.UnavailableError) render.Message {
	return PoolUnread(listenerOnly(l), e)
}

// ServersHidden is PoolHidden for a listener.
func ServersHidden(l operation.Listener) render.Message { return PoolHidden(listenerOnly(l)) }
