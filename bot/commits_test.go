package bot_test

import (
	"bufio"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
)

// metric reads a metric without labels from the admin port, whose address is in the log.
func (h *house) metric(name string) int {
	h.t.Helper()
	address := regexp.MustCompile(`"admin":"([^"]+)"`).FindStringSubmatch(h.log.String())
	require.NotEmpty(h.t, address)
	answer, err := http.Get("http://" + address[1] + "/metrics")
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, answer.Body.Close()) }()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			require.NoError(h.t, err)
			return int(n)
		}
	}
	require.FailNow(h.t, "there is no metric "+name)
	return 0
}

// commits waits until nothing is committed any more and returns how many commits there were.
func (h *house) commits() int {
	h.t.Helper()
	const name = "lbbot_journal_commits_total"
	last, since := h.metric(name), time.Now()
	require.Eventually(h.t, func() bool {
		if now := h.metric(name); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 3*time.Second // longer than the pause between two links or two looks
	}, 60*time.Second, 50*time.Millisecond)
	return last
}

// TestCommitsOfEachKindOfRequest counts what each kind of request costs the database, with the
// links of the audit trail.
func TestCommitsOfEachKindOfRequest(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]struct {
		confirm intake.Confirm
		make    func(h *house)
		most    int
	}{
		"a typed command that is sent at once": {intake.ConfirmNever, func(h *house) {
			h.types(ana, incident, "lst-8f2c web-07")
			h.sees(ana, incident, "Added", "Available")
		}, 9},
		"a preview and a click": {intake.ConfirmAlways, func(h *house) {
			h.types(ana, incident, "lst-8f2c web-07")
			h.clicks(ana, h.sees(ana, incident, "Preview", "req_send"), "req_send")
			h.sees(ana, incident, "Added", "Available")
		}, 12},
		"help": {intake.ConfirmAlways, func(h *house) { h.types(ana, incident, "help") }, 0},
		"a wrong option": {intake.ConfirmAlways, func(h *house) {
			h.types(ana, incident, "lst-8f2c web-07 weight=500")
		}, 0},
		"a status": {intake.ConfirmAlways, func(h *house) {
			h.types(ana, incident, "status LBR-NOSUCH")
			h.sees(ana, incident, "LBR-NOSUCH")
		}, 1},
		"a form that is opened": {intake.ConfirmAlways, func(h *house) { h.typedForm(ana, incident) }, 0},
		"a form that is sent": {intake.ConfirmAlways, func(h *house) {
			view, state := h.typedForm(ana, incident), sandbox.ViewState{}
			for key, value := range map[string]string{"listener": "lst-8f2c", "server": "vm-a002", "type": "vm"} {
				state["field_"+key] = map[string]any{"field_" + key: value}
			}
			require.Empty(h.t, h.slack.SubmitView(h.t.Context(), ana, view.ID, state).Errors)
			second := h.view(ana, "Check and add")
			require.Empty(h.t, h.slack.SubmitView(h.t.Context(), ana, second.ID, nil).Errors)
			h.sees(ana, incident, "Added", "Available")
		}, 11},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			least := 1 << 20
			for range 3 { // on a busy machine links, looks and edits that would be one commit are more
				h := open(t, func(c *bot.Config) { c.Confirm, c.AdminAddr = request.confirm, "127.0.0.1:0" })
				before := h.commits()
				request.make(h)
				spent := h.commits() - before
				t.Logf("%d commits", spent)
				if least = min(least, spent); least <= request.most {
					break
				}
				require.NoError(t, h.stop())
			}
			require.LessOrEqual(t, least, request.most)
		})
	}
}
