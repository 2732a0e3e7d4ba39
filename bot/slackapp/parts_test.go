package slackapp

import (
	"encoding/json"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render/rendertest"
	"lbbot/bot/slackapp/socket"
	"lbbot/commands"
)

func TestTasksOfOneLaneKeepTheirOrder(t *testing.T) {
	t.Parallel()
	l := newLanes(1000, nil)
	var mu sync.Mutex
	var got []int
	for i := range 500 {
		require.True(t, l.run("a", func() { mu.Lock(); got = append(got, i); mu.Unlock() }))
	}
	l.wait()
	for i := range 500 {
		require.Equal(t, i, got[i])
	}
	require.Empty(t, l.waiting)
}

func TestLanesRunSideBySide(t *testing.T) {
	t.Parallel()
	l := newLanes(10, nil)
	meet := make(chan struct{}) // both have to be running for either to end
	for _, lane := range []string{"a", "b"} {
		l.run(lane, func() {
			select {
			case meet <- struct{}{}:
			case <-meet:
			}
		})
	}
	l.run("", func() {})
	l.wait()
}

func TestLanesAreBounded(t *testing.T) {
	t.Parallel()
	l := newLanes(2, nil)
	release := make(chan struct{})
	require.True(t, l.run("a", func() { <-release }))
	require.True(t, l.run("a", func() {}), "waiting counts")
	require.False(t, l.run("b", func() {}))
	close(release)
	l.wait()
	require.True(t, l.run("b", func() {}))
	l.wait()
}

func TestAPanicInALaneEndsNothingElse(t *testing.T) {
	t.Parallel()
	caught := make(chan any, 2)
	l := newLanes(10, func(cause any) { caught <- cause })
	ran := make(chan struct{})
	l.run("a", func() { panic("planted") })
	l.run("a", func() { close(ran) })
	l.run("", func() { panic("planted") })
	<-ran
	l.wait()
	require.Len(t, caught, 2)
	require.Zero(t, l.count)
}

func TestMemoryIsBoundedAndForgets(t *testing.T) {
	t.Parallel()
	now := time.Now()
	n := 0
	m := newMemory(func() time.Time { return now }, func() string { n++; return strconv.Itoa(n) })
	typed := commands.Values{"listener": "x"}
	key := m.keep(memo{values: typed})
	typed["listener"] = "changed later"
	kept, ok := m.recall(key)
	require.True(t, ok)
	require.Equal(t, "x", kept.values["listener"])
	now = now.Add(memoFor)
	_, ok = m.recall(key)
	require.False(t, ok)
	m.keep(memo{})
	require.Len(t, m.items, 1, "what is forgotten is dropped")
	for range maxMemos + 10 {
		m.keep(memo{})
	}
	require.Len(t, m.items, maxMemos)
	require.Len(t, m.order, maxMemos)
	_, ok = m.recall("no such key")
	require.False(t, ok)
}

func TestAnEnvelopeSaysWhoWhereAndWhetherItCameBefore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, payload string
		want          delivery
	}{
		"a command": {"slash_commands",
			`{"user_id":"U1","user_name":"ana","team_id":"T1","enterprise_id":"E1","channel_id":"C1",
			"channel_name":"ops","trigger_id":"t","response_url":"u"}`,
			delivery{Kind: kindCommand, Key: "command:t", Lane: "command:t",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1", EnterpriseID: "E1", Name: "ana"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ChannelName: "ops", ResultID: "C1",
					ResponseURL: "u"}}},
		"a command without a trigger": {"slash_commands", `{"user_id":"U1"}`,
			delivery{Kind: kindCommand, Key: "command:env", Lane: "command:env", Actor: operation.Actor{UserID: "U1"}}},
		"a click": {"interactive",
			`{"type":"block_actions","user":{"id":"U1","team_id":"T2"},"team":{"id":"T1"},"enterprise":{"id":"E1"},
			"container":{"message_ts":"1.2","channel_id":"C1"},"actions":[{"action_id":"op_stop","value":"abc:1",
			"action_ts":"9.9"}]}`,
			delivery{Kind: kindClick, Key: "click:U1:1.2:op_stop:9.9", Lane: "operation:abc",
				Actor: operation.Actor{UserID: "U1", TeamID: "T2", EnterpriseID: "E1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"a submission": {"interactive",
			`{"type":"view_submission","user":{"id":"U1"},"team":{"id":"T1"},"enterprise":null,"view":{"id":"V1",
			"hash":"h","private_metadata":"{\"channel\":\"C1\"}"}}`,
			delivery{Kind: kindSubmit, Key: "submit:V1:h", Lane: "view:V1",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"an event": {"events_api",
			`{"event_id":"E9","team_id":"T1","event":{"type":"app_mention","user":"U1","channel":"C1"}}`,
			delivery{Kind: kindEvent, Key: "event:E9", Lane: "event:E9",
				Event: event{Type: "app_mention", User: "U1", Channel: "C1"}, Actor: operation.Actor{UserID: "U1",
					TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"whatever a message holds": {"interactive",
			`{"type":"block_actions","message":{"blocks":[{"type":7}]},"actions":[]}`,
			delivery{Kind: kindClick, Key: "block_actions:env", Lane: "block_actions:env"}},
	}
	for name, tt := range tests {
		got, err := decode(socket.Envelope{ID: "env", Type: tt.kind, Payload: json.RawMessage(tt.payload)})
		require.NoError(t, err, name)
		got.payload = payload{}
		require.Equal(t, tt.want, got, name)
	}
}

func TestWhatCanBeReadOfABrokenEnvelopeSaysWhomToAnswer(t *testing.T) {
	t.Parallel()
	got, err := decode(socket.Envelope{ID: "env", Type: "slash_commands",
		Payload: json.RawMessage(`{"user_id":"U1","text":[7],"channel_id":"C1"}`)})
	require.EqualError(t, err, "decoding a slash_commands envelope: cannot read text (it is not a text)")
	require.Equal(t, "U1", got.Actor.UserID)
	require.Equal(t, "C1", got.Place.ChannelID)
}

func FuzzDecode(f *testing.F) {
	f.Add("slash_commands", []byte(`{"text":"help"}`))
	f.Add("interactive", []byte(`{"type":"view_submission","view":{"state":{"values":{"a":{"b":{"type":"x"}}}}}}`))
	f.Add("events_api", []byte(`{"event":{"type":"app_mention"}}`))
	for _, e := range envelopes() {
		for _, s := range rendertest.Shifts(e.sample) {
			f.Add(e.kind, []byte(s.Sample))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		d, err := decode(socket.Envelope{ID: "env", Type: kind, Payload: raw})
		if err == nil && d.Kind == kindSubmit && d.View == nil {
			t.Error("a submission without a view was taken")
		}
		if d.View != nil {
			_, _ = readState(d.View.State)
		}
		if d.Key == "" {
			t.Error("a delivery has no key")
		}
	})
}
