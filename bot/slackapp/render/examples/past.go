package examples

import (
	"slices"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// Pasts are entries of each kind, newest first.
func Pasts() []history.Entry {
	cards, ends := PublicCards(), Endings()
	entry := func(op operation.Operation, minute int) history.Entry {
		return history.Entry{At: Moment(19, minute, 0), Operation: op}
	}
	glass := cards["added"]
	glass.Glass = &operation.BreakGlass{Why: "customers cannot pay, nobody answered"}
	denied := history.Entry{At: Moment(18, 55, 0),
		Denial: &operation.Event{Kind: operation.EventDenied,
			Data: map[string]string{"code": "no_rule", "policy_1": "payments"}},
		Operation: operation.Operation{Actor: operation.Actor{UserID: "U0BO", Name: "bo"},
			Server: operation.Server{ID: "i-55a1", Name: "web-07"}, Listener: Sample().Listener}}
	bare := history.Entry{At: Moment(18, 50, 0),
		Denial:    &operation.Event{Data: map[string]string{"code": "guest"}},
		Operation: operation.Operation{Actor: operation.Actor{UserID: "U0ANA"}}}
	return []history.Entry{entry(cards["adding"], 20), entry(cards["added"], 14), entry(glass, 12),
		entry(cards["nothing_to_do"], 10),
		entry(ends["refused"], 8), entry(ends["too_late"], 6), denied, bare}
}

// HistoryPages are histories as they are asked for: of a day, as sentences, partial, shared.
func HistoryPages() map[string]private.HistoryPage {
	day := commands.History{Since: commands.SinceDefault}
	week := commands.History{Since: 7 * commands.SinceDefault, Timeline: true}
	full := history.History{Entries: Pasts(), More: true, Listener: Sample().Listener}
	wanting := history.History{Entries: Pasts()[:1], Partial: true, Unread: true}
	share := day
	share.Share = true
	return map[string]private.HistoryPage{
		"day": {History: full, Asked: day, Kept: "k1"},
		"week": {History: history.History{Entries: Pasts()},
			Asked: commands.History{Since: 7 * commands.SinceDefault}},
		"timeline":    {History: full, Asked: week, Kept: "k1"},
		"nothing":     {Asked: commands.History{Since: 30}},
		"nothing_yet": {History: history.History{More: true}, Asked: day, Kept: "k1"},
		"partial":     {History: wanting, Asked: day},
		"not_shared":  {History: wanting, Asked: share},
		"shared": {History: full, Asked: share, Kept: "k1", Shared: true,
			By: operation.Actor{UserID: "U0ANA", Name: "ana"}},
		"shared_phrase": {History: full, Asked: week, Shared: true, By: operation.Actor{UserID: "U0ANA", Name: "ana"}},
	}
}

// AuditEvents are one of each kind that has a line.
func AuditEvents() []operation.Event {
	ended := func(pairs ...string) operation.Event {
		e := event(operation.EventFinished, append(pairs, "requester", "U0ANA", "requester_channel", "C0INC1234")...)
		e.ActorID, e.ChannelID = operation.SystemActor, ""
		return e
	}
	return []operation.Event{
		ended("state", "added", "backend_id", "be-19c4", "request_ids", "3f6c2a1e"),
		ended("state", "not_added", "reason", "refused", "code", "INVALID_INSTANCE_NOT_FOUND", "request_ids",
			"3f6c2a1f"),
		ended("state", "already_there"),
		event(operation.EventDenied, "code", "no_rule"),
		{At: Moment(19, 14, 22), Kind: operation.EventDeniedMore, ActorID: "U0ELI", ChannelID: "C0INC1234",
			Data: map[string]string{"count": "37",
				"codes": "no_rule forbidden", "listeners": "lst-8f2c lst-53d0", "first": "2026-11-23T19:14:22.000Z",
				"last": "2026-11-23T19:20:22.000Z"}},
		event(operation.EventApproved, "requester", "U0DEV", "requester_channel", "C0OPS1234", "missing", "0"),
		event(operation.EventNotApproved, "requester", "U0DEV", "requester_channel", "C0OPS1234", "reason",
			"wrong listener"),
		event(operation.EventBreakGlass, "why", "customers cannot pay, nobody answered", "incident", "inc-2041"),
		{At: Moment(19, 14, 22), Kind: operation.EventDenied, ActorID: "U0GUEST", ChannelID: "C0INC1234",
			Data: map[string]string{"code": "guest"}},
		bots(operation.EventStarted, "version", "0.1.0", "replica", "host-1/0199"),
		bots(operation.EventEnded, "version", "0.1.0"),
		bots(operation.EventHead, "head", "41:"+strings.Repeat("ab", 32)),
		{At: Moment(19, 14, 22), Kind: operation.EventPaused, ActorID: "U0LEO", ChannelID: "C0OPS1234",
			Data: map[string]string{"why": "Zenlayer maintenance"}},
		{At: Moment(19, 14, 22), Kind: operation.EventPauseOver, ActorID: "U0LEO", ChannelID: "C0OPS1234"},
		bots(operation.EventPolicy, "result", "good", "digest", "9f86d081884c"),
		bots(operation.EventPolicy, "result", "broken", "digest", "9f86d081884c"),
		bots(operation.EventPolicy, "result", "absent", "digest", "9f86d081884c"),
		bots(operation.EventPolicy, "result", "broken"),
		event("of_a_later_version", "requester", "U0ANA", "requester_channel", "C0INC1234"),
	}
}

// event is something that happened to a request; pairs are keys and values of its data.
func event(kind string, pairs ...string) operation.Event {
	e := bots(kind, append([]string{"ref", "LBR-7F3KQ2", "listener", "lst-8f2c", "listener_name", "https-443",
		"instance", "i-55a1", "instance_name", "web-07", "policy_1", "sre-in-incidents"}, pairs...)...)
	e.OperationID, e.ActorID, e.ChannelID = "0199-op", "U0ANA", "C0INC1234"
	return e
}

// bots is something that happened to the bot.
func bots(kind string, pairs ...string) operation.Event {
	e := operation.Event{At: Moment(19, 14, 22), Kind: kind, Data: map[string]string{}}
	for pair := range slices.Chunk(pairs, 2) {
		e.Data[pair[0]] = pair[1]
	}
	return e
}

// Unknowns are operations that another version stored.
func Unknowns() map[string]operation.Operation {
	return map[string]operation.Operation{
		"a state":  Sample(func(op *operation.Operation) { op.State = "paused" }),
		"no state": Sample(func(op *operation.Operation) { op.State = "" }),
		"a reason": Sample(func(op *operation.Operation) {
			op.State, op.Reason = operation.NotDone, "eaten"
		}),
		"no reason": Sample(func(op *operation.Operation) {
			op.State, op.Reason = operation.NotDone,
				""
		}),
		"a change": Sample(func(op *operation.Operation) { op.Change = "drain" }),
		"a change that is carried out": Sample(one(), Added(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.Change = "drain" }),
		"a change that is not": Sample(NotAdded(operation.ReasonRefused),
			func(op *operation.Operation) { op.Change = "drain" }),
		"a state with a known": Sample(func(op *operation.Operation) {
			op.State, op.Reason = "paused", operation.ReasonRefused
		}),
	}
}
