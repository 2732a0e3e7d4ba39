package bot_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// TestSlackCallsOfEachKindOfRequest pins how often each kind of request calls Slack's Web API, by method, when nothing
// else goes wrong. The user groups were read at the start and are read again after 5 minutes, and auth.test is called
// once an hour.
func TestSlackCallsOfEachKindOfRequest(t *testing.T) {
	t.Parallel()
	const typed = "api-lb/https-443 web-07 weight=20"
	for name, tt := range map[string]struct {
		preview bool // LBBOT_CONFIRM is always, not never
		before  func(*house)
		ask     func(*house)
		want    map[string]int
	}{
		"added": {
			ask: func(h *house) { h.typesToTheEnd(typed+" no-watch", "Added") },
			want: map[string]int{"auth.test": 1, "users.info": 1, "conversations.info": 1, "chat.postMessage": 1,
				"chat.update": 1}},
		"added, and the next one soon after": {
			before: func(h *house) { h.typesToTheEnd(typed+" no-watch", "Added") },
			ask: func(h *house) {
				h.typesToTheEnd("api-lb/https-443 web-08 weight=20 no-watch", "Added", "web-08")
			},
			want: map[string]int{"chat.postMessage": 1, "chat.update": 1}},
		"preview and click": {preview: true,
			ask: func(h *house) {
				h.types(ana, incident, typed+" no-watch")
				h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
				h.sees(ana, incident, "Added")
			}, want: map[string]int{"auth.test": 1, "users.info": 2, "conversations.info": 2, "response_url": 2,
				"chat.postMessage": 1, "chat.update": 1}},
		"not confirmed, then added": {
			before: func(h *house) { h.cloud.LoseNextAnswer() },
			ask:    func(h *house) { h.typesToTheEnd(typed+" no-watch", "Added") },
			want: map[string]int{"auth.test": 1, "users.info": 1, "conversations.info": 1, "chat.postMessage": 1,
				"chat.getPermalink": 1, "chat.update": 2}},
		"removed": {preview: true,
			ask: func(h *house) {
				h.types(ana, incident, "remove api-lb/https-443 web-04")
				h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
				h.sees(ana, incident, "Removed")
			}, want: map[string]int{"auth.test": 1, "users.info": 2, "conversations.info": 2, "response_url": 2,
				"chat.postMessage": 1, "chat.update": 2}},
		"undone": {preview: true,
			before: func(h *house) { h.adds(typed) },
			ask: func(h *house) {
				h.types(ana, incident, "undo")
				h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
				h.sees(ana, incident, "Removed")
			}, want: map[string]int{"users.info": 1, "conversations.info": 1, "response_url": 2, "chat.postMessage": 1,
				"chat.update": 3}},
		"approved": {
			ask: func(h *house) {
				h.types(dev, ops, typed+" no-watch")
				h.clicks(dev, h.sees(dev, ops, "Preview"), "approval_ask")
				h.clicks(bo, h.sees(bo, ops, "ap_yes"), "ap_yes")
				h.sees(dev, ops, "Added")
			}, want: map[string]int{"auth.test": 1, "users.info": 5, "conversations.info": 3, "response_url": 2,
				"chat.postMessage": 1, "chat.update": 2}},
		"added, with its status": {
			ask: func(h *house) { h.typesToTheEnd(typed, "Added", "Available") },
			want: map[string]int{"auth.test": 1, "users.info": 1, "conversations.info": 1, "chat.postMessage": 1,
				"chat.update": 2}},
		"refused by Zenlayer": {
			before: func(h *house) {
				h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Refused, Action: "RegisterBackend", Status: 404,
					Code: "INVALID_INSTANCE_NOT_FOUND"})
			},
			ask: func(h *house) { h.typesToTheEnd(typed, "Not added") },
			want: map[string]int{"auth.test": 1, "users.info": 1, "conversations.info": 1, "chat.postMessage": 1,
				"chat.update": 1}},
		"denied": {
			ask:  func(h *house) { h.typesToTheEnd("api-lb/https-443 web-07 weight=60", "may not add") },
			want: map[string]int{"auth.test": 1, "users.info": 2, "conversations.info": 1, "response_url": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openToRemove(t, func(c *bot.Config) {
				require.NoError(t, policy.Install(c.Policy, []byte(removing)))
				if !tt.preview {
					c.Confirm = intake.ConfirmNever
				}
			})
			h.callsAfterTheCard()
			if tt.before != nil {
				tt.before(h)
			}
			before := len(h.slack.APICalls())
			tt.ask(h)
			made := func() map[string]int {
				got := map[string]int{}
				for _, c := range h.slack.APICalls()[before:] {
					got[c.Method]++
				}
				return got
			}
			assert.Eventually(t, func() bool { return maps.Equal(tt.want, made()) }, 5*time.Second, 5*time.Millisecond)
			require.NoError(t, h.stop())
			require.Equal(t, tt.want, made())
			h.calm()
		})
	}
}

// callsAfterTheCard makes Zenlayer take calls that change something only when a new card was posted: a change that
// ends before would be one call of Slack less.
func (h *house) callsAfterTheCard() {
	posted := make(chan struct{}, 100)
	h.slack.OnAPICall(func(method string, p sandbox.Phase) {
		if method == "chat.postMessage" && p == sandbox.AfterExecute {
			posted <- struct{}{}
		}
	})
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if p == zenlayertest.BeforeExecute && (c.Action == "RegisterBackend" || c.Action == "DeregisterBackend") {
			<-posted
		}
	})
}
