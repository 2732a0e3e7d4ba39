package slackapp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
)

// accepts stores what the acceptance of an operation stores of its card.
func (s *stage) accepts(op operation.Operation) {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	s.shelf.cards[op.ID] = operation.Card{Posting: time.Now()}
}

// calls counts the calls of Slack's Web API by method.
func (s *stage) calls() map[string]int {
	counts := map[string]int{}
	for _, c := range s.slack.APICalls() {
		counts[c.Method]++
	}
	return counts
}

func (s *stage) commits() []string {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	return append([]string{}, s.shelf.commits...)
}

func TestAQuickRequestIsOnePostOneEditAndOneCommit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.op(1, operation.Accepted)
	s.accepts(op)
	s.board.Announce(op)
	s.until("the card is posted", func() bool { return len(s.cards(incident)) == 1 })
	require.NoError(t, s.report(s.op(3, operation.Done)))
	require.Equal(t, map[string]int{"chat.postMessage": 1, "chat.update": 1}, s.calls())
	require.Equal(t, []string{"SaveCard"}, s.commits(), "the place and the end")
	card := s.shelf.card(op.ID)
	require.Equal(t, operation.Card{Channel: incident, TS: s.cards(incident)[0].TS, Shown: 3, Closed: true}, card)
}

func TestAnEndBeforeTheFirstPostIsTheOnlyPost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.True(t, s.board.Lane(incident).AllowN(time.Now(), 3), "the channel takes the next message in a second")
	op := s.op(1, operation.Accepted)
	s.accepts(op)
	s.board.Announce(op)
	s.board.Show(s.op(2, operation.Sending))
	require.NoError(t, s.report(s.op(3, operation.Done)))
	require.Equal(t, map[string]int{"chat.postMessage": 1}, s.calls())
	require.Equal(t, []string{"SaveCard"}, s.commits())
	require.Contains(t, s.cards(incident)[0].Text, "Added")
}

func TestACardThatIsFirstPostedWhileItWaitsSaysForWhat(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.True(t, s.board.Lane(incident).AllowN(time.Now(), 3), "the channel takes the next message in a second")
	op := s.op(1, operation.Accepted)
	s.accepts(op)
	s.board.Announce(op)
	waits := s.op(2, operation.Accepted)
	waits.WaitFor = operation.WaitPaused
	waits.Pause = &operation.Pause{By: operation.Actor{UserID: "U0ANA"}, At: time.Now()}
	s.board.Show(waits)
	s.until("the card says that the bot is paused", func() bool {
		cards := s.cards(incident)
		return len(cards) == 1 && strings.Contains(cards[0].Text, "the bot is paused")
	})
	s.until("the edit is counted", func() bool { return len(s.calls()) > 1 })
	require.Equal(t, map[string]int{"chat.postMessage": 1, "chat.update": 1}, s.calls())
}

func TestThePlaceOfACardThatDoesNotEndIsStored(t *testing.T) {
	t.Parallel()
	for name, begins := range map[string]func(*stage, operation.Operation){
		"when nothing follows": func(s *stage, op operation.Operation) { s.board.Announce(op) },
		"when someone waits for it": func(s *stage, op operation.Operation) {
			s.board.Announce(op)
			require.NoError(s.t, s.report(op))
			require.NotEmpty(s.t, s.shelf.card(op.ID).TS)
		},
		"while an edit waits for Slack": func(s *stage, op operation.Operation) {
			s.board.Announce(op)
			s.until("the card is posted", func() bool { return len(s.cards(incident)) == 1 })
			s.slack.FailNext("chat.update", sandbox.APIFault{RetryAfter: 5 * time.Second})
			s.board.Show(s.op(2, operation.Unconfirmed))
			s.until("the place is stored", func() bool { return s.shelf.card(op.ID).TS != "" })
			require.True(s.t, has(s.cards(incident)[0], "Asked"), "the edit still waits")
		},
		"when the end cannot be shown": func(s *stage, op operation.Operation) {
			s.board.Announce(op)
			s.until("the card is posted", func() bool { return len(s.cards(incident)) == 1 })
			s.slack.FailNext("chat.update", sandbox.APIFault{Status: 503})
			require.Error(s.t, s.report(s.op(3, operation.Done)))
			require.NotEmpty(s.t, s.shelf.card(op.ID).TS)
		},
		"by the process that follows one that was killed": func(s *stage, op operation.Operation) {
			s.posts(op)
			s.board.Show(op)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			op := s.op(1, operation.Accepted)
			s.accepts(op)
			begins(s, op)
			s.until("the place is stored", func() bool { return s.shelf.card(op.ID).TS != "" })
			require.NoError(t, s.report(s.op(3, operation.Done)))
			require.Len(t, s.cards(incident), 1)
			require.Contains(t, s.cards(incident)[0].Text, "Added")
		})
	}
}

// posts posts op's card as a process does that is killed before it stores the place.
func (s *stage) posts(op operation.Operation) {
	s.t.Helper()
	stage := &stage{rig: &rig{t: s.t, slack: s.slack, shelf: newShelf(), log: s.log}}
	stage.board = newBoard(s.t, s.web, stage.shelf, s.log.logger())
	stage.accepts(op)
	stage.board.Announce(op)
	s.until("the card is posted", func() bool { return len(s.cards(incident)) == 1 })
}

func TestWithoutTheHistoryScopeACardThatAKilledProcessPostedIsReplaced(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.SetMissingScopes("channels:history", "groups:history", "im:history", "mpim:history")
	op := s.op(1, operation.Accepted)
	s.accepts(op)
	s.posts(op)
	require.NoError(t, s.report(s.op(3, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 2)
	require.True(t, has(cards[0], "Asked"), "true for good")
	require.True(t, has(cards[1], "Added", "replaces"))
}

// Two processes may each have posted a card, if one was paused: the first place that is
// stored counts.
func TestACardThatAnotherReplicaReplacedIsRemoved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.op(1, operation.Accepted)
	s.accepts(op)
	s.board.Announce(op)
	s.until("the card is posted", func() bool { return len(s.cards(incident)) == 1 })
	s.slack.SetMissingScopes("channels:history", "groups:history", "im:history", "mpim:history")
	other := newBoard(t, s.web, s.shelf, s.log.logger())
	require.NoError(t, other.Report(t.Context(), op))
	require.NoError(t, s.report(s.op(3, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Contains(t, cards[0].Text, "Added")
	require.Equal(t, cards[0].TS, s.shelf.card(op.ID).TS)
}
