package examples

import (
	"fmt"
	"maps"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/render/private"
)

// readingMessages answer status without an ID, and list.
func readingMessages(n Names, cards map[string]operation.Operation, w render.Wording) map[string]render.Message {
	at := Moment(19, 14, 30)
	open := named(n, PublicCards())
	maps.Copy(open, cards)
	on := history.On{Listener: named(n, Sample().Listener), Pool: Backends(4)}
	many := history.On{Listener: on.Listener, Pool: Backends(60)}
	return map[string]render.Message{
		"open_requests":              private.OpenRequests(openRequests(open)[:3], 0, true),
		"open_requests_one":          private.OpenRequests(openRequests(open)[:1], 0, true),
		"open_requests_many":         private.OpenRequests(openRequests(open), 7, true),
		"open_requests_none":         private.OpenRequests(nil, 0, true),
		"open_requests_in_part":      private.OpenRequests(openRequests(open)[:3], 0, false),
		"open_requests_none_in_part": private.OpenRequests(nil, 0, false),

		"home_sent":       home.Sent(),
		"home_undo_there": home.UndoThere(open["added"]),

		"list":           private.ListenerList("", listeners(n, 3), 0),
		"list_one":       private.ListenerList("api 443", listeners(n, 1), 0),
		"list_many":      private.ListenerList("<!channel> `api`", listeners(n, 100), 40),
		"list_nothing":   private.ListenerList("apy-lb", nil, 0),
		"list_denied":    private.ListenersDenied(operation.Decision{Code: operation.DeniedNoRule}, w),
		"list_guest":     private.ListenersDenied(operation.Decision{Code: operation.DeniedGuest}, w),
		"list_unloaded":  private.ListenersUnknown(false),
		"list_unread":    private.ListenersUnknown(true),
		"servers":        private.ServersOn(on, at),
		"servers_none":   private.ServersOn(history.On{Listener: on.Listener}, at),
		"servers_many":   private.ServersOn(many, at),
		"servers_names":  private.ServersOn(history.On{Listener: many.Listener, Pool: longPool()}, at),
		"servers_hidden": private.ServersHidden(on.Listener),
		"servers_unread": private.ServersUnread(on.Listener, &intake.UnavailableError{What: "Zenlayer", Busy: true}),
	}
}

// openRequests are ten requests in each open state.
func openRequests(cards map[string]operation.Operation) []private.OpenRequest {
	var out []private.OpenRequest
	names := []string{"adding", "waiting_one_of_two", "not_confirmed", "needs_person", "waiting"}
	for i := range private.OpenShown {
		r := private.OpenRequest{Past: history.Past{At: Moment(19, 30-i, 0), Operation: cards[names[i%len(names)]]}}
		if i%3 != 2 {
			r.Link = "https://example.slack.com/archives/C0INC1234/p1"
		}
		out = append(out, r)
	}
	return out
}

// listeners are those that a person may change.
func listeners(n Names, count int) []operation.Listener {
	out := make([]operation.Listener, count)
	for i := range out {
		l := Sample().Listener
		l.Servers = i - 1 // the first: not known
		if i > 0 {
			l.ID, l.Port = fmt.Sprintf("%s-%d", l.ID, i), fmt.Sprintf("%d,%d", 8000+i, 9000+i)
		}
		out[i] = named(n, l)
	}
	return out
}
