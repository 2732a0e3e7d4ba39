package slackapp

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/web"
)

// ways lists where messages were tried, in order, and what came of it.
func (s *stage) ways() []string {
	var ways []string
	for _, c := range s.slack.APICalls() {
		if c.Method != "chat.postMessage" && c.Method != "chat.update" && c.Method != "response_url" {
			continue
		}
		var to string
		_ = json.Unmarshal(c.Args["channel"], &to) // a call that was cut off has no arguments
		way := c.Method
		if to != "" {
			way += " " + to
		}
		if c.Error != "" {
			way += ": " + c.Error
		}
		ways = append(ways, way)
	}
	return ways
}

// refusals makes Slack refuse the next posts, one after the other.
func (s *stage) refusals(codes ...string) {
	for _, code := range codes {
		s.slack.FailNext("chat.postMessage", sandbox.APIFault{Error: code})
	}
}

func (s *stage) asked(version int64, state operation.State, responseURL string) operation.Operation {
	op := s.op(version, state)
	op.Place.ResponseURL, op.Place.ResponseBy = responseURL, time.Now().Add(time.Minute)
	if state.Final() {
		op.BackendID, op.FinishedAt = "be-20d1", time.Now()
	}
	return op
}

func TestAResultGoesToTheChannelElseByTheResponseURLAndAsADirectMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address := s.responseURL()
	s.slack.SetChannel(sandbox.Channel{ID: incident, Name: "inc-2041", Members: []string{ana}, BotMember: true,
		Archived: true})
	require.NoError(t, s.report(s.asked(1, operation.Done, address)))
	require.Equal(t, []string{"chat.postMessage C0INC2041: is_archived", "response_url", "chat.postMessage U0ANA"},
		s.ways())
	answers := s.sees(ana, incident, "Added", "be-20d1", "comes to you as a direct message")
	require.True(t, answers.Ephemeral, "the words, at once")
	require.True(t, has(s.cards("D0ANA")[0], "Added", "be-20d1"), "the card, for good")
}

func TestAResponseURLThatIsUsedUpHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address := s.responseURL()
	for range 5 {
		require.NoError(t, s.web.Respond(t.Context(), address, web.Response{Text: "used", ResponseType: "ephemeral"}))
	}
	require.Error(t, s.web.Respond(t.Context(), address, web.Response{Text: "used up"}))
	s.refusals("not_in_channel")
	require.NoError(t, s.report(s.asked(1, operation.Done, address)))
	require.Len(t, s.cards("D0ANA"), 1)
}

func TestAResultThatNothingTakesIsTriedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address := s.responseURL()
	for v := range int64(3) {
		s.refusals("not_in_channel", "user_not_found")
		require.Error(t, s.report(s.asked(v+1, operation.Accepted, address)))
	}
	for range 3 {
		s.refusals("is_archived", "user_not_found")
		require.Error(t, s.report(s.asked(4, operation.Done, address)))
	}
	_, answers := s.said(ana, incident)
	require.Len(t, answers, 2, "once while it runs, once when it is over, whatever is tried")
	require.True(t, has(answers[0], "Asked", "Wait for the result"))
	require.True(t, has(answers[1], "Added", "be-20d1"))
	require.NoError(t, s.report(s.asked(4, operation.Done, address)), "the bot was invited")
	require.Len(t, s.cards(incident), 1)
	require.True(t, has(s.cards(incident)[0], "Added", "be-20d1"))
	require.Empty(t, s.cards("D0ANA"))
}

func TestEditsThatFailAreMadeUpFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault sandbox.APIFault
		again bool // Report says that it has to be tried again
	}{
		"asked to wait":           {sandbox.APIFault{RetryAfter: time.Second}, false},
		"no answer":               {sandbox.APIFault{DropBefore: true}, true},
		"no answer after it":      {sandbox.APIFault{DropAfter: true}, true},
		"Slack is down":           {sandbox.APIFault{Status: 503}, true},
		"something broke there":   {sandbox.APIFault{Error: "internal_error"}, true},
		"the card is gone":        {sandbox.APIFault{Error: "message_not_found"}, false},
		"the bot was removed":     {sandbox.APIFault{Error: "not_in_channel"}, false},
		"the card is too long":    {sandbox.APIFault{Error: "msg_too_long"}, false},
		"the card cannot change":  {sandbox.APIFault{Error: "cant_update_message"}, false},
		"it is too late to edit":  {sandbox.APIFault{Error: "edit_window_closed"}, false},
		"the channel is archived": {sandbox.APIFault{Error: "is_archived"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			require.NoError(t, s.report(s.op(1, operation.Sending)))
			s.slack.FailNext("chat.update", tt.fault)
			err := s.report(s.asked(2, operation.Done, ""))
			if tt.again {
				require.Error(t, err)
				err = s.report(s.asked(2, operation.Done, ""))
			}
			require.NoError(t, err)
			cards := s.cards(incident)
			require.Contains(t, cards[len(cards)-1].Text, "Added", "the last card tells the result")
			require.True(t, s.shelf.cards["0199-op"].Closed)
		})
	}
}

func TestTheOwnerIsToldOfAResultThatNobodyReads(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	op := s.asked(4, operation.Done, "")
	op.FinishedAt = time.Now().Add(-25 * time.Hour)
	require.NoError(t, s.board.TellOwner(t.Context(), op))
	s.sees(ana, ops, "LBR-7F3KQ2", "ended more than a day ago", "/lb-register status LBR-7F3KQ2")
	require.NoError(t, s.report(op))
	require.NoError(t, s.board.TellOwner(t.Context(), op))
	last := s.cards(ops)[1]
	require.False(t, has(last, "ended more than a day ago"), "it can be read by now")
}

func TestARedeliveryMinutesLaterIsRecognized(t *testing.T) {
	t.Parallel()
	var late atomic.Int64
	r := open(t, func(c *Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) } })
	typed := r.types(ana, incident, goodCommand)
	clicked := r.clicks(ana, r.sees(ana, incident, "Preview"), "req_send", "")
	r.idle()
	require.Len(t, r.starts.started(), 1)
	_, before := r.said(ana, incident)
	late.Store(int64(6 * time.Minute)) // the preview has expired as well
	for _, in := range []sandbox.Interaction{typed, clicked} {
		for _, newEnvelope := range []bool{true, false} {
			r.acked(r.slack.Redeliver(t.Context(), in, newEnvelope))
		}
	}
	r.idle()
	_, now := r.said(ana, incident)
	require.Len(t, now, len(before), "nothing is said twice")
	require.Len(t, r.shelf.inState(operation.Accepted), 1)
	require.Empty(t, r.shelf.inState(operation.Draft))
}

func TestAResponseAddressThatFailsIsInNoError(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address := s.responseURL()
	require.NoError(t, s.web.Respond(t.Context(), address, web.Response{Text: "fine"}))
	for name, fault := range map[string]sandbox.APIFault{
		"refused": {Error: "used_url"}, "no answer": {DropBefore: true}, "a page": {Status: 502},
	} {
		s.slack.FailNext("response_url", fault)
		err := s.web.Respond(t.Context(), address, web.Response{Text: "x"})
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "/commands/")
		require.NotContains(t, err.Error(), strings.TrimPrefix(s.slack.BaseURL(), "http://"))
	}
}
