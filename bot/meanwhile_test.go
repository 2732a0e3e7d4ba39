package bot_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// lagging replaces the cloud by one whose list shows new entries late.
func (h *house) lagging(lag time.Duration) {
	h.t.Helper()
	h.cloud = zenlayertest.New(zenlayertest.Options{AccessKeyID: keyID, AccessKeySecret: secret,
		Seed:  zenlayertest.SampleData(),
		Rules: zenlayertest.Rules{VisibleAfter: lag}})
	endpoint, err := h.cloud.Start()
	require.NoError(h.t, err)
	h.t.Cleanup(h.cloud.Close)
	h.config.ZenlayerEndpoint = endpoint
}

// byHand is what a colleague does in the console.
func (h *house) byHand(server, name string) zenlayer.Backend {
	return h.cloud.AddBackend(zenlayer.Backend{ListenerID: listener, InstanceID: server, Name: name, Port: "8443",
		Weight: 20, Status: "Available",
		InstanceType: zenlayer.InstanceBM})
}

// during calls do once, while the first RegisterBackend call is on its way.
func (h *house) during(do func()) {
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if c.Action == "RegisterBackend" && p == zenlayertest.BeforeExecute {
			h.cloud.SetOnCall(nil)
			do()
		}
	})
}

// atLastChecks calls do once, when the servers of both types were read at the click and
// the last checks begin to read them.
func (h *house) atLastChecks(do func()) {
	third := only(3, func() {
		h.cloud.SetOnCall(nil)
		do()
	})
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if c.Action == "DescribeBackends" && p == zenlayertest.BeforeExecute {
			third()
		}
	})
}

func TestWhatHappensMeanwhileEndsInItsWords(t *testing.T) {
	t.Parallel()
	register := func(k zenlayertest.FaultKind) zenlayertest.Fault {
		return zenlayertest.Fault{Kind: k, Action: "RegisterBackend"}
	}
	tests := map[string]struct {
		lag   time.Duration
		after func(h *house) // happens between the preview and the click
		ends  []string
		never string
		on    int // entries of the server at the end
	}{
		"a colleague adds the server right after the click": {
			after: func(h *house) { h.atLastChecks(func() { h.byHand("i-55a1", "web-07") }) },
			ends: []string{"Nothing to do",
				"web-07 is already on this listener with the same ports and weight"}, never: "Not confirmed", on: 1,
		},
		"a colleague adds the server with another weight": {
			after: func(h *house) {
				h.atLastChecks(func() { h.cloud.SetBackendWeight(h.byHand("i-55a1", "web-07").BackendID, 50) })
			},
			ends: []string{"Not added", "weight 50; you asked for 20",
				"cannot change a weight in place"}, never: "Not confirmed", on: 1,
		},
		"a colleague adds the server while the call is on its way": {
			after: func(h *house) { h.during(func() { h.byHand("i-55a1", "web-07") }) },
			ends: []string{"Nothing to do",
				"web-07 is already on this listener with the same ports and weight"}, never: "Not confirmed", on: 1,
		},
		"a colleague adds the server after the answer was lost": {
			after: func(h *house) {
				f := register(zenlayertest.ConnectionDropped)
				f.Times = -1
				h.cloud.Inject(f)
				h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
					if c.Action == "DescribeBackends" && p == zenlayertest.BeforeExecute &&
						len(h.cloud.CallsOf("RegisterBackend")) > 0 {
						h.cloud.SetOnCall(nil)
						h.byHand("i-55a1", "web-07")
					}
				})
			},
			ends: []string{"Added",
				"The answer was lost. The server is on the listener now, but I cannot tell who added it."},
			never: "Not added", on: 1,
		},
		"the token is forgotten after the answer was lost": {
			lag: 6 * time.Second, // the second try comes first
			after: func(h *house) {
				h.cloud.Inject(register(zenlayertest.AnswerLost))
				h.cloud.Inject(register(zenlayertest.TokensForgotten))
			},
			ends: []string{"Added",
				"The answer was lost. The server is on the listener now, but I cannot tell who added it."},
			never: "Not added", on: 1,
		},
		"the listener is deleted": {
			after: func(h *house) { h.cloud.RemoveListener(listener) },
			ends:  []string{"Not added", "The listener no longer exists"}, never: "Not confirmed",
		},
		"the listener is deleted while the call is on its way": {
			after: func(h *house) { h.during(func() { h.cloud.RemoveListener(listener) }) },
			ends:  []string{"Not added", "The listener no longer exists"}, never: "Not confirmed",
		},
		"readings lag behind a lost answer": {
			lag:   time.Minute,
			after: func(h *house) { h.cloud.LoseNextAnswer() },
			ends:  []string{"Added", "Zenlayer answered the second try"}, never: "Not added", on: 1,
		},
		"readings lag behind an answer": {
			lag:  4 * time.Second,
			ends: []string{"Added", "t was not in Zenlayer's list when I last looked"}, never: "Not added", on: 1,
		},
		"another server has the name on the listener": {
			after: func(h *house) {
				h.atLastChecks(func() { h.byHand("i-55a0", "web-07") }) // a name alone is not ours
				h.cloud.Inject(register(zenlayertest.BadGateway))
			},
			ends: []string{"Added", "Zenlayer answered the second try"}, never: "Not added", on: 1,
		},
		"the name is refused as taken": {
			after: func(h *house) {
				f := register(zenlayertest.Refused)
				f.Status, f.Code, f.Message = 409, "INVALID_BACKEND_NAME_EXIST", "The name is taken."
				h.cloud.Inject(f)
			},
			ends: []string{"Not added", "The name is taken.", "INVALID_BACKEND_NAME_EXIST",
				"I do not know this code yet."}, never: "Not confirmed",
		},
		"the service says that it is not available, although it worked": {
			after: func(h *house) {
				f := register(zenlayertest.Unavailable)
				f.Execute = true
				h.cloud.Inject(f)
			},
			ends: []string{"web-07", "be-20d1"}, never: "Not added", on: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, nil)
			if tt.lag > 0 {
				h.lagging(tt.lag)
			}
			h.start()
			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview")
			if tt.after != nil {
				tt.after(h)
			}
			h.clicks(ana, preview, "req_send")
			card := h.sees("U0BO", incident, tt.ends...)
			for _, said := range append(card.History, []byte(card.Text)) {
				require.False(t, has(sandbox.Message{Text: string(said)}, tt.never), "it said %s", said)
			}
			require.Len(t, h.cards(incident), 1)
			require.Len(t, h.ofServer(listener, "i-55a1"), tt.on)
			for token, n := range h.cloud.EffectsByToken() {
				require.Equal(t, 1, n, token)
			}
			h.calm()
		})
	}
}

func TestWhatMovedBeforeTheClickIsShownFirst(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(h *house) // happens between the preview and the click
		says   []string
		fresh  bool // what it says is a fresh preview
	}{
		"a colleague added the server": {func(h *house) { h.byHand("i-55a1", "web-07") },
			[]string{"Nothing to do", "web-07 is already on this listener with the same ports and weight"}, false},
		"a colleague added the server with another weight": {
			func(h *house) { h.cloud.SetBackendWeight(h.byHand("i-55a1", "web-07").BackendID, 50) },
			[]string{"Not sent", "weight 50; you asked for 20", "cannot change a weight in place"}, false},
		"another server has the name": {func(h *house) { h.byHand("i-55a0", "web-07") },
			[]string{"Something changed since you looked: the name web-07 is taken by", "Here is the new picture.",
				"Preview", "backend name `web-07-2`"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, nil)
			h.start()
			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview")
			tt.before(h)
			h.clicks(ana, preview, "req_send")
			said := h.sees(ana, incident, tt.says...)
			require.True(t, said.Ephemeral)
			require.Empty(t, h.cards(incident))
			if tt.fresh {
				h.clicks(ana, said, "req_send")
				h.sees("U0BO", incident, "Added", "web-07")
				require.Len(t, h.ofServer(listener, "i-55a1"), 1)
			}
			require.Len(t, h.cloud.CallsOf("RegisterBackend"), map[bool]int{true: 1}[tt.fresh])
			h.calm()
		})
	}
}

func TestPreviewSaysThatTheServerIsOnAnotherListener(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.byHand("i-55a1", "by-hand")
	h.start()
	require.Eventually(t, func() bool { // the lists are read in the background
		h.types(ana, incident, "lst-80aa web-07")
		return slices.ContainsFunc(h.slack.Messages(incident, ana), func(m sandbox.Message) bool {
			return has(m, "Preview", "http-80", "This server is already on 1 other listener.")
		})
	}, 30*time.Second, 200*time.Millisecond)
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"))
}
