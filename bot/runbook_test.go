package bot_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// rehearsal is a fault of a running bot and how the runbook ends it.
type rehearsal struct {
	alert string
	says  string // the runbook's step, which end takes
	stage func(h *house)
	seen  func(h *house) bool // the condition of the alert, in /metrics
	end   func(h *house)
}

// exposed is what the admin port has for Prometheus; "" if it does not answer.
func (h *house) exposed() string {
	h.t.Helper()
	all := adminAddress.FindAllStringSubmatch(h.log.String(), -1)
	require.NotEmpty(h.t, all)
	answer, err := http.Get("http://" + all[len(all)-1][1] + "/metrics")
	if err != nil {
		return ""
	}
	defer func() { require.NoError(h.t, answer.Body.Close()) }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(h.t, err)
	return string(text)
}

// value is the sum of a metric over the series that have all the labels; -1 if the admin
// port does not answer.
func (h *house) value(name string, labels ...string) float64 {
	h.t.Helper()
	text := h.exposed()
	if text == "" {
		return -1
	}
	sum := 0.0
	for line := range strings.Lines(text) {
		series, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if metric, _, _ := strings.Cut(series, "{"); metric != name ||
			slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(series, l) }) {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		require.NoError(h.t, err)
		sum += n
	}
	return sum
}

// follows runs the commands that the runbook has below a heading, and returns what they
// wrote and the error of the last one.
func (h *house) follows(section string) (string, error) {
	h.t.Helper()
	path, err := binary()
	require.NoError(h.t, err)
	all := adminAddress.FindAllStringSubmatch(h.log.String(), -1)
	replaced := strings.NewReplacer("./lbbot ", path+" ", "127.0.0.1:9090", all[len(all)-1][1])
	var said strings.Builder
	commands := fenced("sh", section)
	require.NotEmpty(h.t, commands, "no command in %s", section)
	for _, command := range commands {
		cmd := exec.CommandContext(h.t.Context(), "sh", "-ec", replaced.Replace(command))
		cmd.Dir, cmd.Env = filepath.Dir(h.config.Policy), h.environment()
		out, failed := cmd.CombinedOutput()
		said.Write(out)
		err = failed
	}
	return said.String(), err
}

// section is what the runbook has below the heading of an alert.
func section(t *testing.T, alert string) string {
	t.Helper()
	at := slices.IndexFunc(alertRules(t), func(a alertRule) bool { return a.Alert == alert })
	require.GreaterOrEqual(t, at, 0, "no alert %s", alert)
	anchor := alertRules(t)[at].heading(t)
	for _, part := range strings.Split(pageOf(t, "runbook.md"), "\n### ") {
		if heading := anchors("### " + part); heading[0] == anchor {
			return part
		}
	}
	require.FailNow(t, "no heading "+anchor)
	return ""
}

// atMost bounds the waits of the rehearsals; every is how often they look. A look is a
// scrape, which costs a few milliseconds of processor time.
const (
	atMost = 40 * time.Second
	every  = 200 * time.Millisecond
)

// TestTheRunbookEndsEachStagedFault stages faults, waits until the condition of their
// alert is true in /metrics, does what the runbook says, and waits until it is over. The
// faults of one set share a bot.
func TestTheRunbookEndsEachStagedFault(t *testing.T) {
	t.Parallel()
	sets := map[string][]rehearsal{
		"the process, Slack and files": {down(), noConnection(), refusedToken(), movedFile(), ghosts(), unlinked()},
		"the policy and stuck ones":    {stuckRequest(), brokenPolicy()},
		"results":                      {unshown(), unanswered()},
		"Zenlayer":                     {badKey(), oldLists()},
	}
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withLeads(t, func(c *bot.Config) { c.AdminAddr = "127.0.0.1:0" })
			h.start()
			for _, r := range set {
				rehearse(t, h, r)
			}
		})
	}
}

func rehearse(t *testing.T, h *house, r rehearsal) {
	t.Helper()
	text := strings.Join(strings.Fields(section(t, r.alert)), " ")
	requireIn(t, text, r.says)
	require.False(t, r.seen(h), "%s before its fault", r.alert)
	began := time.Now()
	r.stage(h)
	require.Eventually(t, func() bool { return r.seen(h) }, atMost, every, "%s is not seen", r.alert)
	r.end(h)
	require.Eventually(t, func() bool { return !r.seen(h) }, atMost, every, "%s does not end", r.alert)
	t.Logf("%s ended after %s", r.alert, time.Since(began).Round(time.Millisecond))
}

// risen reports whether a counter has risen since the function was made.
func risen(name string, labels ...string) (since func(h *house), seen func(h *house) bool) {
	before := 0.0
	return func(h *house) { before = h.value(name, labels...) },
		func(h *house) bool { return h.value(name, labels...) > before }
}

func down() rehearsal {
	return rehearsal{alert: "LbbotDown", says: "and start lbbot",
		stage: func(h *house) { require.NoError(h.t, h.stop()) },
		seen:  func(h *house) bool { return h.value("lbbot_build_info") != 1 },
		end:   func(h *house) { h.start() }}
}

func noConnection() rehearsal {
	return rehearsal{alert: "LbbotNoSlackConnection", says: "Check the network path to Slack",
		stage: func(h *house) {
			h.slack.RefuseUpgrades(1000, http.StatusServiceUnavailable)
			h.slack.DropConnections()
		},
		seen: func(h *house) bool { return h.value("lbbot_not_ready", `reason="slack_connection"`) == 1 },
		end: func(h *house) {
			said, err := h.follows(section(h.t, "LbbotNoSlackConnection"))
			require.NoError(h.t, err, said)
			require.Contains(h.t, said, `"code": "slack_connection"`)
			h.slack.RefuseUpgrades(0, http.StatusServiceUnavailable)
		}}
}

func refusedToken() rehearsal {
	return rehearsal{alert: "LbbotSlackRefuses", says: "restart lbbot to be ready at once",
		stage: func(h *house) {
			h.slack.RevokeToken(sandbox.TheAppToken)
			h.slack.DropConnections()
		},
		seen: func(h *house) bool { return h.value("lbbot_slack_fatal_errors_total") > 0 },
		end: func(h *house) {
			h.slack.RestoreTokens() // the new token
			require.NoError(h.t, h.stop())
			h.start()
		}}
}

func movedFile() rehearsal {
	return rehearsal{alert: "LbbotDatabaseNotWritable", says: "put the file back where it was",
		stage: func(h *house) { require.NoError(h.t, os.Rename(h.file(), h.file()+".moved")) },
		seen:  func(h *house) bool { return h.value("lbbot_not_ready", `reason="database"`) == 1 },
		end:   func(h *house) { require.NoError(h.t, os.Rename(h.file()+".moved", h.file())) }}
}

func ghosts() rehearsal {
	stop := func() error { return nil }
	return rehearsal{alert: "LbbotGhostConnections", says: "Stop any other deployment with the same app token",
		stage: func(h *house) {
			other := *h
			other.log = &syncBuffer{}
			other.config.DatabaseURL = "sqlite:" + filepath.Join(h.t.TempDir(), "other.db")
			other.start()
			stop = other.stop
			h.slack.Refresh() // the bot connects again, and Slack says how many there are
		},
		seen: func(h *house) bool { return h.value("lbbot_slack_ghost_connections") > 0 },
		end: func(h *house) {
			require.NoError(h.t, stop())
			h.slack.Refresh() // instead of five minutes
		}}
}

func unlinked() rehearsal {
	since, seen := risen("lbbot_audit_errors_total")
	return rehearsal{alert: "LbbotAuditNotKept", says: "remove it. lbbot continues by itself",
		stage: func(h *house) {
			since(h)
			h.statement(`create trigger planted before insert on links begin select raise(abort, 'planted'); end`)
			h.types(gil, ops, good) // denied: an event
		},
		seen: func(h *house) bool { return seen(h) && h.value("lbbot_audit_unlinked_events") > 0 },
		end: func(h *house) {
			h.statement(`drop trigger planted`)
			require.Eventually(h.t, func() bool { return h.value("lbbot_audit_unlinked_events") == 0 }, atMost,
				every)
			said, err := h.follows(section(h.t, "LbbotAuditNotKept"))
			require.NoError(h.t, err, said)
		}}
}

func (h *house) statement(text string) {
	h.t.Helper()
	_, err := h.database().ExecContext(context.WithoutCancel(h.t.Context()), text)
	require.NoError(h.t, err)
}

func stuckRequest() rehearsal {
	return rehearsal{alert: "LbbotRequestStuck", says: "its requester presses *Stop* on the card",
		stage: func(h *house) {
			h.asksForApproval()
			require.Eventually(h.t, func() bool { return strings.Contains(h.log.String(), `"wait begins"`) }, atMost,
				5*time.Millisecond)
			h.changes(func(op *operation.Operation) {
				op.Approval.ExpiresAt = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
			})
		},
		seen: func(h *house) bool { return h.value("lbbot_operations_stuck") > 0 },
		end: func(h *house) {
			said, err := h.follows(section(h.t, "LbbotRequestStuck"))
			require.NoError(h.t, err, said)
			require.Contains(h.t, said, "LBR-")
			h.clicks(dev, h.sees(dev, incident, "op_stop"), "op_stop")
			h.sees(dev, incident, "Not added")
		}}
}

func brokenPolicy() rehearsal {
	var good []byte
	return rehearsal{alert: "LbbotPolicyBroken", says: "put the one before it back, and check again",
		stage: func(h *house) {
			var err error
			good, err = os.ReadFile(h.config.Policy)
			require.NoError(h.t, err)
			require.NoError(h.t, os.WriteFile(h.config.Policy, []byte("permit (\n"), 0o600))
		},
		seen: func(h *house) bool { return h.value("lbbot_policy_file_problem") == 1 },
		end: func(h *house) {
			said, err := h.follows(section(h.t, "LbbotPolicyBroken"))
			require.Error(h.t, err)
			require.Contains(h.t, said, "policy.cedar:1:8: cannot be read")
			require.NoError(h.t, os.WriteFile(h.config.Policy, good, 0o600))
			said, err = h.follows(section(h.t, "LbbotPolicyBroken"))
			require.NoError(h.t, err, said)
		}}
}

func unshown() rehearsal {
	return rehearsal{alert: "LbbotResultsNotShown", says: "check [Slack's status]",
		stage: func(h *house) {
			for _, method := range []string{"chat.postMessage", "chat.update"} {
				h.slack.FailNext(method, sandbox.APIFault{Error: "internal_error", Times: -1})
			}
			h.sends(good)
		},
		seen: func(h *house) bool {
			return h.value("lbbot_results_undelivered") > 0 && h.value("lbbot_oldest_undelivered_result_seconds") > 0
		},
		end: func(h *house) {
			h.slack.ClearFaults()
			h.sees(ana, incident, "Added", "web-07")
		}}
}

// sends has ana send a request.
func (h *house) sends(text string) {
	h.t.Helper()
	h.types(ana, incident, text)
	h.clicks(ana, h.sees(ana, incident, "Preview", "req_send"), "req_send")
}

func unanswered() rehearsal {
	since, seen := risen("lbbot_register_attempts_total", `outcome="unknown"`)
	settled := false
	return rehearsal{alert: "LbbotCallsWithoutAnswer", says: "settles each request by itself, so do nothing by hand",
		stage: func(h *house) {
			since(h)
			h.cloud.LoseNextAnswer()
			h.sends(other)
		},
		seen: func(h *house) bool { return seen(h) && !settled },
		end: func(h *house) {
			h.sees(ana, incident, "Added", "The answer was lost")
			require.InDelta(h.t, 0, h.value("lbbot_oldest_open_operation_seconds"), 0)
			settled = true
		}}
}

func badKey() rehearsal {
	since, seen := risen("lbbot_operations_finished_total", `reason="credentials"`)
	return rehearsal{alert: "LbbotRequestsNeedOwners", says: "check or replace the key",
		stage: func(h *house) {
			since(h)
			h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Refused, Action: "RegisterBackend", Times: -1,
				Status: http.StatusUnauthorized, Code: "AUTHFAILURE_INVALID_AUTHORIZATION"})
			h.sends(`api-lb/https-443 edge-vm-02 ports=8443`)
		},
		seen: seen,
		end: func(h *house) {
			h.cloud.ClearFaults() // the key is replaced
			since(h)
			h.sends(`api-lb/https-443 edge-vm-02 ports=8443 reason="again"`)
			h.sees(ana, incident, "Added", "edge-vm-02")
		}}
}

func oldLists() rehearsal {
	return rehearsal{alert: "LbbotListsOld", says: "Remove the cause. lbbot retries at least every 5 minutes",
		stage: func(h *house) {
			require.NoError(h.t, h.stop())
			h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Refused, Times: -1, Status: http.StatusForbidden,
				Code: "OPERATION_DENIED"})
			h.start()
		},
		seen: func(h *house) bool {
			return slices.Contains([]float64{h.value("lbbot_list_read_timestamp_seconds", `list="listeners"`),
				h.value("lbbot_list_read_timestamp_seconds", `list="servers"`)}, 0)
		},
		end: func(h *house) { h.cloud.ClearFaults() }}
}
