package slackapp

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/render"
)

// asks makes an operation that bo and chen are asked about in their channel.
func (s *stage) asks(version int64, state operation.State) operation.Operation {
	op := s.op(version, state)
	op.Approval = &operation.Approval{Needed: 1, Channel: approvers, Who: operation.People{IDs: []string{bo, chen}},
		AskedAt: time.Now(), ExpiresAt: time.Now().Add(30 * time.Minute), Since: 1}
	return op
}

// breaks is one that goes without them.
func (s *stage) breaks(version int64) operation.Operation {
	op := s.asks(version, operation.Accepted)
	op.Approval.Skipped = true
	op.Glass = &operation.BreakGlass{Why: "customers cannot pay, nobody answered", Incident: "inc-2041"}
	return op
}

// shownTo lists what a person sees of the bot in a channel.
func (s *stage) shownTo(person, channel string) []sandbox.Message {
	public, _ := s.said(person, channel)
	return public
}

func TestEachKindHasOneCardThatIsEditedToTheEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.report(s.asks(1, operation.Waiting)))
	require.NoError(t, s.report(s.asks(2, operation.Sending)))
	require.NoError(t, s.report(s.asks(3, operation.Done)))
	for _, channel := range []string{incident, approvers} {
		cards := s.cards(channel)
		require.Len(t, cards, 1, channel)
		require.Contains(t, cards[0].Text, "Added")
		require.Len(t, cards[0].History, 2)
	}
	require.True(t, s.shelf.card("0199-op").Closed)
	require.True(t, s.shelf.asked["0199-op"].Closed)
	s.calm()
}

func TestAResultCountsAsShownWhenEveryCardShowsIt(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]string{"own": incident, "approvers": approvers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			require.NoError(t, s.report(s.asks(1, operation.Waiting)))
			hook := "SaveCard"
			if where == approvers {
				hook = "SaveApprovalCard"
			}
			s.shelf.hook(failing(hook))
			require.ErrorIs(t, s.report(s.asks(2, operation.Done)), errPlanted)
			s.shelf.hook(nil)
			require.NoError(t, s.report(s.asks(2, operation.Done)))
			for _, channel := range []string{incident, approvers} {
				require.Len(t, s.cards(channel), 1)
				require.Contains(t, s.cards(channel)[0].Text, "Added")
			}
		})
	}
}

func TestADeletedApprovalCardIsPostedAnewWithItsButtons(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.report(s.asks(1, operation.Waiting)))
	require.NoError(t, s.slack.DeleteMessage(approvers, s.cards(approvers)[0].TS))
	require.NoError(t, s.report(s.asks(2, operation.Waiting)))
	cards := s.cards(approvers)
	require.Len(t, cards, 1)
	require.True(t, has(cards[0], "Asked for approval", render.ActApYes, "eplaces"))
	require.Len(t, s.cards(incident), 1, "the other is left alone")
}

func TestAnApproversChannelThatRefusesSendsItsCardToTheResult(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]string{"archived": "C0OLD", "the bot is not in it": "C0SECRET",
		"there is none": "C0NOSUCH"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			op := s.asks(1, operation.Waiting)
			op.Approval.Channel = channel
			require.NoError(t, s.report(op))
			cards := s.cards(incident)
			require.Len(t, cards, 2, "the own card, and the approvers'")
			asked := s.sees(bo, incident, "Asked for approval", render.ActApYes, "meant for")
			op.Version, op.State = 2, operation.Done
			require.NoError(t, s.report(op))
			cards = s.cards(incident)
			require.Len(t, cards, 2, "from then on it is edited there")
			for _, c := range cards {
				require.Contains(t, c.Text, "Added")
			}
			require.Equal(t, asked.TS, s.shelf.asked["0199-op"].TS)
		})
	}
}

func TestWhereNobodyCanBeAskedTheAskerHasTheCard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.asks(1, operation.Waiting)
	op.Approval.Channel, op.Place.ResultID = "C0OLD", "C0SECRET"
	require.NoError(t, s.report(op))
	require.Len(t, s.cards("D0ANA"), 2, "an operation that cannot be shown would never end")
}

func TestALostPostIsFoundAgainAndNotTakenForTheOtherCard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	// Both cards in one channel: the one of another operation's approvers.
	op := s.asks(1, operation.Waiting)
	op.Place.ResultID = ops
	op.Approval.Channel = incident
	require.NoError(t, s.board.Board.Report(t.Context(), op))
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.board.Approvals.Report(t.Context(), op))
	require.Len(t, s.cards(incident), 1)

	// The own card's post is noted as lost as well, in the approvers' channel.
	mixed := op
	mixed.Place.ResultID = incident
	s.shelf.mu.Lock()
	s.shelf.cards[op.ID] = operation.Card{Posting: time.Now()}
	s.shelf.mu.Unlock()
	mixed.Version = 2
	require.NoError(t, s.board.Board.Report(t.Context(), mixed))
	require.Len(t, s.cards(incident), 2, "the approvers' card is not the own one")

	op.Version = 3
	require.NoError(t, s.board.Approvals.Report(t.Context(), op))
	require.Len(t, s.cards(incident), 2, "found again")
	require.False(t, has(s.cards(incident)[0], "ontinues"))
}

func TestBoardsShareWhatAChannelTakes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.Same(t, s.board.Lane(incident), s.board.Approvals.Lane(incident))
}

func TestAReminderStandsUnderTheCardAndCallsTheApprovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.asks(1, operation.Waiting)
	require.NoError(t, s.board.Remind(t.Context(), op), "the card is posted first")
	cards := s.shownTo(bo, approvers)
	require.Len(t, cards, 2)
	require.Equal(t, cards[0].TS, cards[1].ThreadTS)
	require.True(t, has(cards[1], "Reminder", "@"+bo, "@"+chen, op.Ref))
	require.Empty(t, s.cards("D0BO"))

	require.NoError(t, s.slack.DeleteMessage(approvers, cards[0].TS))
	require.NoError(t, s.board.Remind(t.Context(), op))
	last := s.shownTo(bo, approvers)
	require.Empty(t, last[len(last)-1].ThreadTS, "under a card that is gone it stands by itself")

	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Status: 503})
	require.Error(t, s.board.Remind(t.Context(), op))
}

func TestWhoIsPassedOverIsToldByTheirCard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.breaks(1)
	require.NoError(t, skipsTold(t, s.board, op))
	require.NoError(t, skipsTold(t, s.board, op))
	cards := s.shownTo(bo, approvers)
	require.Len(t, cards, 1)
	require.True(t, has(cards[0], "Break-glass", "inc-2041", "@"+bo, "@"+chen))
	require.Empty(t, s.cards("D0BO"))
	op.Version, op.State, op.Approval.ToldAt = 2, operation.Done, time.Now()
	require.NoError(t, s.report(op))
	require.True(t, has(s.shownTo(bo, approvers)[0], "Added", "break-glass", "Told:"))
	s.calm()
}

func TestWithoutAChannelEachIsToldOnceInADirectMessage(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]string{"asked where the result goes": incident,
		"their channel refuses": "C0OLD"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			op := s.breaks(1)
			op.Approval.Channel = channel
			op.Approval.Who.IDs = []string{bo, "U0NOSUCH", chen, dev}
			require.NoError(t, s.report(op))
			s.slack.FailNext("chat.postMessage", sandbox.APIFault{Status: 503})
			require.Error(t, skipsTold(t, s.board, op), "one could not be told now")
			require.NoError(t, skipsTold(t, s.board, op))
			require.NoError(t, skipsTold(t, s.board, op))
			for _, person := range []string{bo, chen, dev} {
				direct := s.shownTo(person, "D0"+person[2:])
				require.Len(t, direct, 1, person)
				require.True(t, has(direct[0], "Break-glass", "without approval", "inc-2041", op.Ref))
			}
			s.calm()
		})
	}
}

func TestNoMoreThanTwentyGetADirectMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.breaks(1)
	op.Approval.Channel, op.Approval.Who.IDs = incident, nil
	for i := range 30 {
		op.Approval.Who.IDs = append(op.Approval.Who.IDs, fmt.Sprintf("U0NOSUCH%02d", i))
	}
	require.NoError(t, s.report(op))
	before := len(s.slack.APICalls())
	require.NoError(t, skipsTold(t, s.board, op))
	require.Equal(t, 20, len(s.slack.APICalls())-before)
}

func TestTheSecondBoardEndsWithTheFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.board.Show(s.asks(1, operation.Waiting))
	s.board.Close(t.Context())
	require.Len(t, s.cards(approvers), 1, "what is wanted is shown before")
	require.ErrorContains(t, s.report(s.asks(2, operation.Done)), "stopping")
}

// skipsTold tells those whose approval is skipped.
func skipsTold(t *testing.T, b *board.Boards, op operation.Operation) error {
	t.Helper()
	_, err := b.TellSkipped(t.Context(), op)
	return err
}
