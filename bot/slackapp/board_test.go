package slackapp

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/render/card"
	"lbbot/zenlayer"
)

// stage is a Board before the Slack stand-in.
type stage struct {
	*rig
	board *board.Boards
}

func newStage(t *testing.T) *stage {
	r := &rig{t: t, slack: newSlack(t), shelf: newShelf(), log: &lines{}}
	r.web = newWeb(t, r.slack, r.log.logger())
	return &stage{rig: r, board: newBoard(t, r.web, r.shelf, r.log.logger())}
}

func (s *stage) op(version int64, state operation.State) operation.Operation {
	return operation.Operation{ID: "0199-op", Ref: "LBR-7F3KQ2", Version: version, State: state,
		Times:    operation.Times{AskedAt: time.Now(), ClickedAt: time.Now()},
		Request:  zenlayer.RegisterBackendRequest{ListenerID: "lst-8f2c", InstanceID: "i-55a1"},
		Listener: operation.Listener{ID: "lst-8f2c", Name: "https-443", LoadBalancerName: "api-lb"},
		Server:   operation.Server{ID: "i-55a1", Name: "web-07"},
		Actor:    operation.Actor{UserID: ana, TeamID: teamID, Name: "ana"},
		Place:    operation.Place{TeamID: teamID, ChannelID: incident, ResultID: incident}}
}

func (s *stage) report(op operation.Operation) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	return s.board.Report(ctx, op)
}

func (s *stage) cards(channel string) []sandbox.Message {
	public, _ := s.said(ana, channel)
	return public
}

func TestOneCardIsPostedAndThenEdited(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.report(s.op(1, operation.Accepted)))
	require.NoError(t, s.report(s.op(2, operation.Sending)))
	require.NoError(t, s.report(s.op(3, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Contains(t, cards[0].Text, "Added")
	require.Len(t, cards[0].History, 2)
	require.Equal(t, int64(3), s.shelf.cards["0199-op"].Shown)
	require.True(t, s.shelf.cards["0199-op"].Closed)
	s.calm()
}

func TestAnOlderVersionNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.report(s.op(5, operation.Done)))
	require.NoError(t, s.report(s.op(2, operation.Sending)), "what is shown already is shown")
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Contains(t, cards[0].Text, "Added")
	require.Empty(t, cards[0].History)
}

func TestOfSeveralWaitingChangesTheLastIsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	entered, release := make(chan struct{}, 8), make(chan struct{})
	s.slack.OnAPICall(func(method string, p sandbox.Phase) {
		if method == "chat.postMessage" && p == sandbox.BeforeExecute {
			entered <- struct{}{}
			<-release
		}
	})
	s.board.Show(s.op(1, operation.Accepted))
	<-entered
	for v := int64(2); v <= 6; v++ {
		s.board.Show(s.op(v, operation.Sending))
	}
	last := s.op(7, operation.Done)
	s.board.Show(last)
	done := make(chan error, 1)
	go func() { done <- s.report(last) }()
	close(release)
	require.NoError(t, <-done)
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Len(t, cards[0].History, 1, "the ones in between are left out")
}

func TestADeletedCardIsPostedAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.report(s.op(1, operation.Accepted)))
	require.NoError(t, s.slack.DeleteMessage(incident, s.cards(incident)[0].TS))
	require.NoError(t, s.report(s.op(2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.True(t, has(cards[0], "Added", "LBR-7F3KQ2"))
}

func TestAChannelThatRefusesSendsTheCardToThePersonWhoIsTold(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"not_in_channel", "channel_not_found", "is_archived"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: code})
			op := s.op(1, operation.Accepted)
			op.Place.ResponseURL, op.Place.ResponseBy = s.responseURL(), time.Now().Add(time.Minute)
			require.NoError(t, s.report(op))
			direct := s.sees(ana, "D0ANA", "LBR-7F3KQ2", incident)
			require.False(t, direct.Ephemeral)
			s.sees(ana, incident, "LBR-7F3KQ2", "direct message")
			require.NoError(t, s.report(s.op(2, operation.Done)), "from then on it is edited there")
			require.Len(t, s.cards("D0ANA"), 1)
			require.Empty(t, s.cards(incident))
			require.True(t, has(s.cards("D0ANA")[0], "Added", incident))
		})
	}
}

// responseURL is one for ana in the incident channel.
func (s *stage) responseURL() string {
	return s.slack.TypeCommand(s.t.Context(), ana, incident, "/lb-register", "").ResponseURL
}

func TestARateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{RetryAfter: time.Second})
	require.NoError(t, s.report(s.op(1, operation.Done)))
	require.Len(t, s.cards(incident), 1)
}

func TestACardWhosePostHadNoAnswerIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.op(1, operation.Accepted)))
	require.NoError(t, s.report(s.op(2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1, "one card")
	require.True(t, has(cards[0], "Added"))
	require.False(t, has(cards[0], "eplaces"))
}

func TestWithoutTheHistoryScopeASecondCardSaysWhatItReplaces(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.SetMissingScopes("channels:history", "groups:history", "im:history", "mpim:history")
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.op(1, operation.Accepted)))
	require.NoError(t, s.report(s.op(2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 2)
	require.True(t, has(cards[1], fmt.Sprintf(card.ReplacesLine, "LBR-7F3KQ2")))
}

func TestHistoryThatDoesNotAnswerHoldsUpTheSecondCard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.op(1, operation.Accepted)))
	s.slack.FailNext("conversations.history", sandbox.APIFault{Status: 503})
	require.Error(t, s.report(s.op(2, operation.Done)), "better late than twice")
	require.Len(t, s.cards(incident), 1)
	require.NoError(t, s.report(s.op(2, operation.Done)))
	require.Len(t, s.cards(incident), 1)
}

func TestAFoundCardThatCannotBeEditedDoesNotGoRoundInCircles(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.op(1, operation.Accepted)))
	s.slack.FailNext("chat.update", sandbox.APIFault{Error: "cant_update_message", Times: -1})
	require.NoError(t, s.report(s.op(2, operation.Done)))
	require.Len(t, s.cards(incident), 1, "the old one is taken away")
	require.True(t, has(s.cards(incident)[0], "Added"))
	require.False(t, has(s.cards(incident)[0], "eplaces"))
}

func TestAFoundCardThatCanNeitherBeEditedNorRemovedIsReplaced(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.op(1, operation.Accepted)))
	s.slack.FailNext("chat.update", sandbox.APIFault{Error: "cant_update_message", Times: -1})
	s.slack.FailNext("chat.delete", sandbox.APIFault{Error: "cant_delete_message", Times: -1})
	require.NoError(t, s.report(s.op(2, operation.Done)))
	require.Len(t, s.cards(incident), 2)
	require.True(t, has(s.cards(incident)[1], fmt.Sprintf(card.ReplacesLine, "LBR-7F3KQ2")))
}

// A replica that is held up in the moment of posting is taken over from, and
// posts all the same when it goes on.
func TestACardThatIsPostedLateBesideThatOfAnotherReplicaIsRemoved(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		late int64 // version that the held-up replica posts
	}{
		"an older version than the other's": {late: 1},
		"the same version as the other's":   {late: 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			other := newBoard(t, s.web, s.shelf, s.log.logger())
			begun, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			s.slack.OnAPICall(func(method string, phase sandbox.Phase) {
				if method == "chat.postMessage" && phase == sandbox.BeforeExecute {
					held := false
					once.Do(func() { held = true; close(begun) })
					if held {
						<-goOn
					}
				}
			})
			done := make(chan error, 1)
			go func() { done <- s.report(s.op(tt.late, operation.Accepted)) }()
			<-begun
			require.NoError(t, other.Report(t.Context(), s.op(2, operation.Done)))
			close(goOn)
			require.NoError(t, <-done)
			cards := s.cards(incident)
			require.Len(t, cards, 1, "one card")
			require.True(t, has(cards[0], "Added"))
			stored, err := s.shelf.Card(t.Context(), "0199-op")
			require.NoError(t, err)
			require.Equal(t, cards[0].TS, stored.TS)
		})
	}
}

// A replica that is held up in the middle of an edit writes over the newer
// words of another one, which has no reason to come back.
func TestAnEditThatLandsLateIsMadeGood(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ answerLost bool }{
		"on a card that stands":               {},
		"on a card that had to be looked for": {answerLost: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			other := newBoard(t, s.web, s.shelf, s.log.logger())
			if tt.answerLost {
				s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
			}
			require.Equal(t, tt.answerLost, s.report(s.op(1, operation.Accepted)) != nil)
			begun, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			s.slack.OnAPICall(func(method string, phase sandbox.Phase) {
				if method == "chat.update" && phase == sandbox.BeforeExecute {
					held := false
					once.Do(func() { held = true; close(begun) })
					if held {
						<-goOn
					}
				}
			})
			done := make(chan error, 1)
			go func() { done <- s.report(s.op(2, operation.Sending)) }()
			<-begun
			end := s.op(3, operation.Done)
			s.shelf.mu.Lock()
			s.shelf.ops[end.ID] = end
			s.shelf.mu.Unlock()
			require.NoError(t, other.Report(t.Context(), end))
			close(goOn)
			require.NoError(t, <-done)
			cards := s.cards(incident)
			require.Len(t, cards, 1)
			require.Contains(t, cards[0].Text, "Added")
		})
	}
}

// The newer edit may be the one that is stored last: then only its own replica
// can see that an older one came in between.
func TestANewerEditThatWasWrittenOverIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := newBoard(t, s.web, s.shelf, s.log.logger())
	require.NoError(t, s.report(s.op(1, operation.Accepted)))
	end := s.op(3, operation.Done)
	s.shelf.mu.Lock()
	s.shelf.ops[end.ID] = end
	s.shelf.mu.Unlock()
	late := make(chan error, 1)
	var lateErr error
	var first, second sync.Once
	looked, wrote := make(chan struct{}), make(chan struct{})
	s.slack.OnAPICall(func(method string, phase sandbox.Phase) {
		if method != "chat.update" {
			return
		}
		switch phase {
		case sandbox.BeforeExecute:
			held := false
			first.Do(func() { held = true; close(looked) })
			if held {
				<-wrote
			}
		case sandbox.AfterExecute:
			held := false
			second.Do(func() { held = true })
			if held { // the newer one is written: now the older one, and it is stored
				close(wrote)
				lateErr = <-late
			}
		}
	})
	go func() { late <- s.report(s.op(2, operation.Sending)) }()
	<-looked
	require.NoError(t, other.Report(t.Context(), end))
	require.NoError(t, lateErr)
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Contains(t, cards[0].Text, "Added")
}

func TestACardTooLongForSlackIsShownAsOneLine(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "msg_too_long"})
	require.NoError(t, s.report(s.op(1, operation.Accepted)))
	require.Len(t, s.cards(incident), 1)
	s.slack.FailNext("chat.update", sandbox.APIFault{Error: "msg_too_long"})
	require.NoError(t, s.report(s.op(2, operation.Done)))
	card := s.cards(incident)[0]
	require.Contains(t, card.Text, "Added")
	require.NotContains(t, string(card.Blocks), `"actions"`)
}

func TestSlackBeingDownIsAnErrorAndLaterItWorks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("*", sandbox.APIFault{Status: 503, Times: -1})
	require.Error(t, s.report(s.op(1, operation.Accepted)))
	require.Error(t, s.report(s.op(2, operation.Done)))
	s.slack.ClearFaults()
	require.NoError(t, s.report(s.op(2, operation.Done)))
	require.Len(t, s.cards(incident), 1)
	require.NotContains(t, s.log.String(), plantedBot)
}

func TestAPlaceThatCannotBeStoredIsNotPostedTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.shelf.hook(failing("SaveCard"))
	require.ErrorIs(t, s.report(s.op(1, operation.Done)), errPlanted)
	s.shelf.hook(nil)
	require.NoError(t, s.report(s.op(1, operation.Done)))
	require.Len(t, s.cards(incident), 1)
}

func TestANewerChangeIsShownAlthoughAnOlderOneFailed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	entered, release := make(chan struct{}, 1), make(chan struct{})
	var once sync.Once
	s.slack.OnAPICall(func(method string, p sandbox.Phase) {
		if method == "chat.postMessage" && p == sandbox.BeforeExecute {
			once.Do(func() { entered <- struct{}{}; <-release })
		}
	})
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "internal_error", Execute: true})
	s.board.Show(s.op(1, operation.Accepted))
	<-entered
	s.board.Show(s.op(2, operation.Done))
	close(release)
	s.sees(ana, incident, "Added", "LBR-7F3KQ2")
	require.Len(t, s.cards(incident), 1)
}

// A card that stands still, because people are asked or waited for, is not
// shown again by any change.
func TestACardThatCouldNotBeShownIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, state := range []operation.State{operation.Accepted, operation.Waiting, operation.NeedsPerson} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.slack.FailNext("chat.postMessage", sandbox.APIFault{Status: 500, Times: 2})
			op := s.op(1, state)
			op.Approval = &operation.Approval{Needed: 1, Channel: incident, ExpiresAt: time.Now().Add(time.Hour)}
			s.board.Show(op)
			s.sees(ana, incident, "LBR-7F3KQ2")
			require.Len(t, s.cards(incident), 1)
		})
	}
}

func TestWhatIsNotShownDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Status: 500, Times: -1})
	require.Error(t, s.report(s.op(1, operation.NeedsPerson)))
	ended := make(chan struct{})
	go func() { s.board.Close(t.Context()); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		require.FailNow(t, "it waits for the next try")
	}
}

func TestAChannelGetsAShortBurstAndThenOneMessageASecond(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	lane := s.board.Lane(incident)
	require.Same(t, lane, s.board.Lane(incident))
	require.NotSame(t, lane, s.board.Lane(ops), "one channel does not hold up another")
	now := time.Now()
	for range 3 {
		require.True(t, lane.AllowN(now, 1))
	}
	require.False(t, lane.AllowN(now, 1))
	require.True(t, lane.AllowN(now.Add(1100*time.Millisecond), 1))
}

func TestWhatWaitsForItsTurnIsSentAtItsNewest(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.True(t, s.board.Lane(incident).AllowN(time.Now(), 3), "the channel has had its messages")
	s.board.Show(s.op(1, operation.Accepted))
	s.until("the post waits for its turn", func() bool { return s.board.Lane(incident).Tokens() < 0 })
	require.Zero(t, s.shelf.card("0199-op").Posting, "a post is noted right before it is made")
	require.NoError(t, s.report(s.op(2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Empty(t, cards[0].History, "nothing old was sent")
}

func TestCloseWaitsForTheCardAndIsBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Hang: true})
	done := make(chan error, 1)
	go func() { done <- s.report(s.op(1, operation.Accepted)) }()
	s.until("the post is under way", func() bool {
		s.shelf.mu.Lock()
		defer s.shelf.mu.Unlock()
		return !s.shelf.cards["0199-op"].Posting.IsZero()
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s.board.Close(ended)
	require.Error(t, <-done)
	require.ErrorContains(t, s.report(s.op(2, operation.Done)), "stopping")
}

func TestTheOwnerIsToldInTheirChannelOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.board.TellOwner(t.Context(), s.op(3, operation.NeedsPerson)))
	require.Len(t, s.cards(ops), 1)
	require.Empty(t, s.cards(incident))
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "is_archived"})
	require.Error(t, s.board.TellOwner(t.Context(), s.op(3, operation.NeedsPerson)))
}
