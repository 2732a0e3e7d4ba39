package slackapp

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/rendertest"
)

// auditEvents are one of each kind that has a line.
func auditEvents() []operation.Event {
	about := map[string]string{"ref": "LBR-7F3KQ2", "listener": "lst-8f2c", "listener_name": "https-443",
		"instance":      "i-55a1",
		"instance_name": "web-07", "policy_1": "sre-in-incidents"}
	event := func(kind string, pairs ...string) operation.Event {
		e := operation.Event{At: rendertest.Moment(19, 14, 22), Kind: kind, OperationID: "0199-op", ActorID: "U0ANA",
			ChannelID: "C0INC1234", Data: map[string]string{}}
		for key, value := range about {
			e.Data[key] = value
		}
		for n := 0; n < len(pairs); n += 2 {
			e.Data[pairs[n]] = pairs[n+1]
		}
		return e
	}
	bots := func(kind string, pairs ...string) operation.Event {
		e := operation.Event{At: rendertest.Moment(19, 14, 22), Kind: kind, Data: map[string]string{}}
		for n := 0; n < len(pairs); n += 2 {
			e.Data[pairs[n]] = pairs[n+1]
		}
		return e
	}
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
		{At: rendertest.Moment(19, 14, 22), Kind: operation.EventDeniedMore, ActorID: "U0ELI", ChannelID: "C0INC1234",
			Data: map[string]string{"count": "37",
				"codes": "no_rule forbidden", "listeners": "lst-8f2c lst-53d0", "first": "2026-11-23T19:14:22.000Z",
				"last": "2026-11-23T19:20:22.000Z"}},
		event(operation.EventApproved, "requester", "U0DEV", "requester_channel", "C0OPS1234", "missing", "0"),
		event(operation.EventNotApproved, "requester", "U0DEV", "requester_channel", "C0OPS1234", "reason",
			"wrong listener"),
		event(operation.EventBreakGlass, "why", "customers cannot pay, nobody answered", "incident", "inc-2041"),
		{At: rendertest.Moment(19, 14, 22), Kind: operation.EventDenied, ActorID: "U0GUEST", ChannelID: "C0INC1234",
			Data: map[string]string{"code": "guest"}},
		bots(operation.EventStarted, "version", "0.1.0", "replica", "host-1/0199"),
		bots(operation.EventEnded, "version", "0.1.0"),
		bots(operation.EventHead, "head", "41:"+strings.Repeat("ab", 32)),
		bots(operation.EventPolicy, "result", "good", "digest", "9f86d081884c"),
		bots(operation.EventPolicy, "result", "broken", "digest", "9f86d081884c"),
		bots(operation.EventPolicy, "result", "absent", "digest", "9f86d081884c"),
		bots(operation.EventPolicy, "result", "broken"),
		event("of_a_later_version", "requester", "U0ANA", "requester_channel", "C0INC1234"),
	}
}

func TestEndsDecisionsOfPeopleAndWhatTheBotDoesHaveALine(t *testing.T) {
	t.Parallel()
	for _, e := range auditEvents() {
		require.True(t, render.Audited(e), e.Kind)
		require.NotContains(t, render.AuditLine(e), "\n")
	}
	for _, kind := range []string{operation.EventPreviewed, operation.EventAccepted, operation.EventAttempt,
		operation.EventLook, operation.EventStatus, operation.EventBreakGlass} {
		require.False(t, render.Audited(operation.Event{Kind: kind}), kind)
	}
	require.Empty(t, render.AuditLines([]operation.Event{{Kind: operation.EventLook}}, 0).Blocks)
}

func TestNothingInALineOfTheAuditChannelIsMarkup(t *testing.T) {
	t.Parallel()
	for kind, s := range hostile() {
		var events []operation.Event
		for _, e := range auditEvents() {
			for key := range e.Data {
				if key != "state" || kind != "blank" {
					e.Data[key] = s
				}
			}
			if e.ActorID != "" {
				e.ActorID, e.ChannelID = s, s
			}
			events = append(events, e)
		}
		m := render.AuditLines(events, 1)
		requireMessage(t, m)
		text := string(encodeMessage(t, m))
		for _, never := range []string{"<!", "<@U0VICTIM", "<#C0VICTIM", "<https:", "\\u003c!", "\\u003c@U0VICTIM",
			"\\u003c#C0VICTIM", "\\u003chttps:"} {
			require.NotContains(t, text, never, kind)
		}
	}
}

func TestLinesOfTheAuditChannelGoOutAsOneMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.board.Audit(t.Context(), ops, auditEvents(), 0))
	require.NoError(t, s.board.Audit(t.Context(), ops, []operation.Event{{Kind: operation.EventLook}}, 0))
	posted := s.cards(ops)
	require.Len(t, posted, 1)
	require.True(t, strings.HasPrefix(posted[0].Text, "*Added* · web-07 to https-443"), posted[0].Text)
	many := slices.Repeat(auditEvents(), 5)
	require.Len(t, render.AuditLines(many, 0).Blocks, render.AuditLimit)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "is_archived"})
	require.Error(t, s.board.Audit(t.Context(), ops, auditEvents(), 0))
}
