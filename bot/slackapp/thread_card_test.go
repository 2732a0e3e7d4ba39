package slackapp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
)

// alert is a message in the incident channel under which people talk.
func (s *stage) alert() sandbox.Message {
	s.t.Helper()
	m, in := s.slack.Say(s.t.Context(), bo, incident, "", "web-07 is gone from https-443")
	require.Empty(s.t, in.Failure)
	return m
}

// inThread is an operation that was asked for in a thread.
func (s *stage) inThread(thread string, version int64, state operation.State) operation.Operation {
	op := s.op(version, state)
	op.Place.ThreadTS = thread
	return op
}

func TestACardOfAThreadIsPostedIntoItAndEditedThere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	require.NoError(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Equal(t, alert.TS, cards[0].ThreadTS)
	require.True(t, has(cards[0], "Added"))
	require.Contains(t, s.board.CardLink(t.Context(), "0199-op"), "?thread_ts="+alert.TS+"&cid="+incident)
	s.calm()
}

func TestACardOfAThreadWhosePostHadNoAnswerIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1, "one card")
	require.True(t, has(cards[0], "Added"))
	require.False(t, has(cards[0], "eplaces"))
	s.calm()
}

func TestRepliesThatAreNotReadHoldUpTheSecondCard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	s.slack.FailNext("conversations.replies", sandbox.APIFault{Status: 503})
	require.Error(t, s.report(s.inThread(alert.TS, 2, operation.Done)), "better late than twice")
	require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
	require.Len(t, s.cards(incident), 1)
}

func TestACardWhoseThreadIsRefusedGoesIntoTheChannelAndSaysSo(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*stage, sandbox.Message){
		"the first message is deleted": func(s *stage, alert sandbox.Message) {
			require.NoError(s.t, s.slack.DeleteMessage(incident, alert.TS))
		},
		"the thread is locked": func(s *stage, _ sandbox.Message) {
			s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "restricted_action_thread_locked"})
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			alert := s.alert()
			prepare(s, alert)
			require.NoError(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
			cards := s.cards(incident)
			require.Len(t, cards, 1)
			require.Empty(t, cards[0].ThreadTS)
			require.True(t, has(cards[0], "This was meant for a thread, where I could not post."))
			require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
			require.True(t, has(s.cards(incident)[0], "Added"))
			require.Len(t, s.cards(incident), 1)
		})
	}
}

func TestACardThatWentIntoTheChannelInsteadOfItsThreadIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "thread_not_found"})
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{DropAfter: true})
	require.Error(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Empty(t, cards[0].ThreadTS)
	require.True(t, has(cards[0], "Added"))
}

// The thread was there when the card was posted into it.
func TestACardWhoseThreadIsDeletedLaterIsEditedFurther(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	require.NoError(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	require.NoError(t, s.slack.DeleteMessage(incident, alert.TS))
	require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
	require.True(t, has(s.sees(ana, incident, "Added", "LBR-7F3KQ2"), "Added"))
}

// Slack accepts no edit, so the result is one more message: in the same thread.
func TestACardOfAThreadThatIsReplacedStaysInIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	require.NoError(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	s.slack.FailNext("chat.update", sandbox.APIFault{Error: "cant_update_message", Times: -1})
	require.NoError(t, s.report(s.inThread(alert.TS, 2, operation.Done)))
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Equal(t, alert.TS, cards[0].ThreadTS)
	require.True(t, has(cards[0], "Added"))
}

func TestARefusedThreadAndChannelSendTheCardToThePerson(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: "not_in_channel"})
	require.NoError(t, s.report(s.inThread(alert.TS, 1, operation.Accepted)))
	require.Empty(t, s.cards(incident))
	direct := s.cards("D0ANA")
	require.Len(t, direct, 1)
	require.Empty(t, direct[0].ThreadTS)
	require.True(t, has(direct[0], incident))
}

func TestWhatBelongsToACardInAThreadGoesIntoThatThread(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	op := s.asks(1, operation.Waiting)
	op.Place.ThreadTS, op.Approval.Channel = alert.TS, incident
	require.NoError(t, s.board.Remind(t.Context(), op), "the card is posted first")
	require.NoError(t, s.board.Question(t.Context(), op, operation.Actor{UserID: bo, Name: "bo"}))
	said := s.cards(incident)
	require.Len(t, said, 3)
	for _, m := range said {
		require.Equal(t, alert.TS, m.ThreadTS, m.Text)
	}
	require.True(t, has(said[1], "Reminder"))
	require.True(t, has(said[2], "question"))
	s.calm()

	require.NoError(t, s.slack.DeleteMessage(incident, alert.TS))
	require.NoError(t, s.board.Remind(t.Context(), op))
	said = s.cards(incident)
	require.Empty(t, said[len(said)-1].ThreadTS, "a reminder that nobody sees reminds nobody")
}

// The card waits until Slack takes it, into the thread and not into the channel.
func TestACardOfAThreadWaitsForSlack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	alert := s.alert()
	s.slack.FailNext("chat.postMessage", sandbox.APIFault{Status: 503})
	require.Error(t, s.report(s.inThread(alert.TS, 1, operation.Done)))
	require.Eventually(t, func() bool {
		return s.report(s.inThread(alert.TS, 1, operation.Done)) == nil
	}, patience, 10*time.Millisecond)
	cards := s.cards(incident)
	require.Len(t, cards, 1)
	require.Equal(t, alert.TS, cards[0].ThreadTS)
}
