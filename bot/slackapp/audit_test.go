package slackapp

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/trail"
)

func TestEndsDecisionsOfPeopleAndWhatTheBotDoesHaveALine(t *testing.T) {
	t.Parallel()
	for _, e := range examples.AuditEvents() {
		require.True(t, trail.HasLine(e), e.Kind)
		require.NotContains(t, trail.Line(e), "\n")
	}
	for _, kind := range []string{operation.EventPreviewed, operation.EventAccepted, operation.EventAttempt,
		operation.EventLook, operation.EventStatus, operation.EventBreakGlass} {
		require.False(t, trail.HasLine(operation.Event{Kind: kind}), kind)
	}
	require.Empty(t, trail.Lines([]operation.Event{{Kind: operation.EventLook}}, 0).Blocks)
}

func TestNothingInALineOfTheAuditChannelIsMarkup(t *testing.T) {
	t.Parallel()
	for kind, s := range hostile() {
		var events []operation.Event
		for _, e := range examples.AuditEvents() {
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
		m := trail.Lines(events, 1)
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
	require.NoError(t, s.board.Audit(t.Context(), ops, examples.AuditEvents(), 0))
	require.NoError(t, s.board.Audit(t.Context(), ops, []operation.Event{{Kind: operation.EventLook}}, 0))
	posted := s.cards(ops)
	require.Len(t, posted, 1)
	require.True(t, strings.HasPrefix(posted[0].Text, "*Added* · web-07 to https-443"), posted[0].Text)
	many := slices.Repeat(examples.AuditEvents(), 5)
	require.Len(t, trail.Lines(many, 0).Blocks, trail.Limit)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "is_archived"})
	require.Error(t, s.board.Audit(t.Context(), ops, examples.AuditEvents(), 0))
}
