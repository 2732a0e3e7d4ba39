package bot_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
)

// TestZenlayerCallsOfEachKindOfRequest pins how often each kind of request asks Zenlayer, by action, when nothing goes
// wrong and the lists in memory have been read.
func TestZenlayerCallsOfEachKindOfRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy  string // empty: that of openToRemove
		preview bool   // LBBOT_CONFIRM is always, not never
		before  func(*house)
		ask     func(*house)
		want    map[string]int
	}{
		"typed, by IDs": {
			ask:  func(h *house) { h.typesToTheEnd("lst-8f2c i-55a1 weight=20", "Added", "Available") },
			want: map[string]int{"DescribeBackends": 3, "RegisterBackend": 1}},
		"typed, by names": {
			ask:  func(h *house) { h.typesToTheEnd("api-lb/https-443 web-07 weight=20", "Added", "Available") },
			want: map[string]int{"DescribeBackends": 3, "RegisterBackend": 1}},
		"typed, by names, weight left out, which the policy reads": {
			ask:  func(h *house) { h.typesToTheEnd("api-lb/https-443 web-07", "Added", "Available") },
			want: map[string]int{"DescribeBackends": 5, "RegisterBackend": 1}},
		"typed, by names, weight left out": {policy: `@id("all") @approvals("0") permit (principal, action, resource);`,
			ask:  func(h *house) { h.typesToTheEnd("api-lb/https-443 web-07", "Added", "weight 50", "Available") },
			want: map[string]int{"DescribeBackends": 3, "RegisterBackend": 1}},
		"typed, with a name": {
			ask:  func(h *house) { h.typesToTheEnd("lst-8f2c web-07 weight=20 name=a", "Added", "Available") },
			want: map[string]int{"DescribeBackends": 5, "RegisterBackend": 1}},
		"typed, the server is there already": {
			ask:  func(h *house) { h.typesToTheEnd("api-lb/https-443 web-04 ports=8080 weight=50", "Nothing to do") },
			want: map[string]int{"DescribeBackends": 2}},
		"typed, denied": {
			ask:  func(h *house) { h.typesToTheEnd("api-lb/https-443 web-07 weight=60", "may not add") },
			want: map[string]int{}},
		"preview and click": {preview: true,
			ask:  func(h *house) { h.adds("api-lb/https-443 web-07 weight=20") },
			want: map[string]int{"DescribeListeners": 1, "DescribeBackends": 7, "RegisterBackend": 1}},
		"form": {preview: true, before: func(h *house) { h.pickForm(ana, incident) },
			ask:  func(h *house) { h.submitsForm("lst-8f2c", "i-55a1") },
			want: map[string]int{"DescribeListeners": 1, "DescribeBackends": 9, "RegisterBackend": 1}},
		"removal": {preview: true, ask: func(h *house) {
			h.types(ana, incident, "remove api-lb/https-443 web-04")
			h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
			h.sees(ana, incident, "Removed")
		}, want: map[string]int{"DescribeLoadBalancers": 1, "DescribeListeners": 2, "DescribeBackends": 8,
			"DeregisterBackend": 1}},
		"undo": {before: func(h *house) { h.typesToTheEnd("api-lb/https-443 web-07", "Added", "Available") },
			ask: func(h *house) {
				h.types(ana, incident, "undo")
				h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
				h.sees(ana, incident, "Removed")
			}, want: map[string]int{"DescribeLoadBalancers": 1, "DescribeListeners": 2, "DescribeBackends": 8,
				"DeregisterBackend": 1}},
		"approval": {ask: func(h *house) {
			h.types(dev, ops, "api-lb/https-443 web-07 weight=20")
			h.clicks(dev, h.sees(dev, ops, "Preview"), "approval_ask")
			h.clicks(bo, h.sees(bo, ops, "ap_yes"), "ap_yes")
			h.sees(dev, ops, "Added", "Available")
		}, want: map[string]int{"DescribeLoadBalancers": 1, "DescribeListeners": 2, "DescribeBackends": 7,
			"RegisterBackend": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openToRemove(t, func(c *bot.Config) {
				require.NoError(t, policy.Install(c.Policy, []byte(removing)))
				if tt.policy != "" {
					require.NoError(t, policy.Install(c.Policy, []byte(tt.policy)))
				}
				if !tt.preview {
					c.Confirm = intake.ConfirmNever
				}
			})
			h.listsAreRead()
			if tt.before != nil {
				tt.before(h)
			}
			before := h.cloud.CallCount()
			tt.ask(h)
			made := func() map[string]int {
				got := map[string]int{}
				for _, c := range h.cloud.Calls()[before:] {
					got[c.Action]++
				}
				return got
			}
			// Two requests for the pool may share a reading of it, which is two calls.
			enough := func() bool {
				got := made()
				if got["DescribeBackends"] == tt.want["DescribeBackends"]-2 {
					got["DescribeBackends"] += 2
				}
				return maps.Equal(tt.want, got)
			}
			require.Eventually(t, enough, 20*time.Second, 5*time.Millisecond)
			require.NoError(t, h.stop())
			require.True(t, enough(), "%v instead of %v", made(), tt.want)
			h.calm()
		})
	}
}

// The lists in memory have a listener and a server that are gone. What people read is the same as without lists.
func TestAListenerThatIsGoneIsSaidToBeGoneWhateverTheListsSay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		confirm intake.Confirm
		text    string
		gone    func(*house)
		ends    []string
	}{
		"typed, the listener is gone": {intake.ConfirmNever, "lst-8f2c web-07 weight=20",
			func(h *house) { h.cloud.RemoveListener(listener) }, []string{"Not added", "no longer exists"}},
		"previewed, the listener is gone": {intake.ConfirmAlways, "api-lb/https-443 web-07 weight=20",
			func(h *house) { h.cloud.RemoveListener(listener) }, []string{"No listener called"}},
		"typed, the server is gone": {intake.ConfirmNever, "lst-8f2c web-07 weight=20",
			func(h *house) { h.cloud.RemoveInstance("i-55a1") }, []string{"Not added", "Zenlayer refused"}},
		"a removal, the listener is gone": {intake.ConfirmNever, "remove api-lb/https-443 web-04",
			func(h *house) { h.cloud.RemoveListener(listener) }, []string{"No listener called"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openToRemove(t, func(c *bot.Config) { c.Confirm = tt.confirm })
			h.listsAreRead()
			tt.gone(h)
			h.typesToTheEnd(tt.text, tt.ends...)
			require.Empty(t, h.ofServer(listener, "i-55a1"))
			h.typesToTheEnd(tt.text+" ports=9090", "Not sent", "called") // the lists are not believed any more
			h.calm()
		})
	}
}

// listsAreRead waits until the form offers lists, and closes it.
func (h *house) listsAreRead() {
	h.t.Helper()
	h.pickForm(dev, ops)
	h.closeViews(dev)
}

func (h *house) typesToTheEnd(text string, end ...string) {
	h.t.Helper()
	h.types(ana, incident, text)
	h.sees(ana, incident, end...)
}

// submitsForm picks a listener and a server in an open form, and adds.
func (h *house) submitsForm(listenerID, serverID string) {
	h.t.Helper()
	view := h.view(ana, "Add server")
	require.Contains(h.t, h.offered(ana, "pick_listener", ""), listenerID)
	in := h.slack.ClickInView(h.t.Context(), ana, view.ID, "pick_listener", listenerID, nil)
	require.Empty(h.t, in.Failure)
	require.Contains(h.t, h.offered(ana, "pick_server", serverID), serverID)
	in = h.slack.SubmitView(h.t.Context(), ana, view.ID,
		sandbox.ViewState{"pick_server": {"pick_server": serverID}})
	require.Empty(h.t, in.Failure)
	require.Empty(h.t, in.Errors)
	require.Empty(h.t, h.slack.SubmitView(h.t.Context(), ana, h.view(ana, "Check and add").ID, nil).Failure)
	h.sees(ana, incident, "Added", "Available")
}
