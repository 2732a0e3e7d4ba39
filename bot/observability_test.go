package bot_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/health"
)

// alertRule is an alert of deploy/prometheus/lbbot.rules.yaml.
type alertRule struct {
	Alert, Expr, For string
	Labels           map[string]string
	Annotations      map[string]string
}

// heading is the heading of the runbook that the alert leads to.
func (a alertRule) heading(t *testing.T) string {
	t.Helper()
	anchor, ok := strings.CutPrefix(a.Annotations["runbook_url"], "deploy/docs/runbook.md#")
	require.True(t, ok, "%s has no runbook_url into the runbook", a.Alert)
	return anchor
}

func alertRules(t *testing.T) []alertRule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "deploy", "prometheus", "lbbot.rules.yaml"))
	require.NoError(t, err)
	var file struct {
		Groups []struct{ Rules []alertRule }
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Groups, 1)
	return file.Groups[0].Rules
}

// promtool runs Prometheus's tool in a folder, with a text to read.
func promtool(t *testing.T, dir, text string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("promtool is not installed: on Debian it is in the package prometheus")
	}
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestEachAlertFiresOnItsFaultAndNoneInHealth(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(repository, "deploy", "prometheus")
	text, err := os.ReadFile(filepath.Join(dir, "lbbot.rules.test.yaml"))
	require.NoError(t, err)
	for _, a := range alertRules(t) {
		requireIn(t, string(text), "      - {alertname: "+a.Alert+", eval_time: 2h, exp_alerts: []}\n")
		requireIn(t, string(text), "      - alertname: "+a.Alert+"\n")
	}
	promtool(t, dir, "", "check", "rules", "lbbot.rules.yaml")
	promtool(t, dir, "", "test", "rules", "lbbot.rules.test.yaml")
}

func TestAlertsAndTheRunbookLeadToEachOther(t *testing.T) {
	t.Parallel()
	_, part, _ := strings.Cut(pageOf(t, "runbook.md"), "\n## Alerts\n")
	part, _, _ = strings.Cut(part, "\n## ")
	headings, named := anchors(part), []string{}
	rules := alertRules(t)
	for _, a := range rules {
		named = append(named, a.heading(t))
		require.Contains(t, []string{"critical", "warning", "info"}, a.Labels["severity"], a.Alert)
		require.NotEmpty(t, a.Annotations["summary"], a.Alert)
		require.NotEmpty(t, a.Annotations["description"], a.Alert)
	}
	require.ElementsMatch(t, headings, named, "headings of the alerts in the runbook, and what the rules name")
	for _, code := range health.Codes() {
		_, anchor, _ := strings.Cut(health.NewReason(code, errors.New("x"), time.Time{}).Runbook, "#")
		require.True(t, slices.ContainsFunc(rules, func(a alertRule) bool { return a.heading(t) == anchor }),
			"no alert for not being ready because of %s", code)
	}
}

// notInTheDashboard says why a metric is not shown.
func notInTheDashboard() map[string]string {
	return map[string]string{
		"lbbot_acks_total":                      "lbbot_slack_acks_total has the same results in more detail",
		"lbbot_slack_ack_seconds":               "lbbot_ack_seconds is what Slack waits for",
		"lbbot_slack_envelopes_total":           "lbbot_envelopes_total counts them by what they mean",
		"lbbot_slack_bad_frames_total":          "for a fault of Slack's protocol, which has a line in the log",
		"lbbot_slack_lost_envelopes_total":      "for a fault of Slack's protocol, which has a line in the log",
		"lbbot_slack_wrong_app_total":           "a mistake of the set-up, which has a line in the log",
		"lbbot_policy_loads_total":              "lbbot_policy_file_problem says how it is now",
		"lbbot_policy_loaded_timestamp_seconds": "lbbot_policy_outdated says whether it is the newest",
		"lbbot_audit_head_position":             "for comparing the trail with an export",
	}
}

func TestDashboardShowsTheMetricsOfTheCode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(repository, "deploy", "grafana", "lbbot.json"))
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	var shown, rules []string
	metrics := metricNames(t)
	base := regexp.MustCompile(`_(bucket|sum|count)$`)
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			for _, name := range found(`\blbbot_[a-z_]+`, target.Expr) {
				if !slices.Contains(metrics, name) {
					name = base.ReplaceAllString(name, "")
				}
				require.Contains(t, metrics, name, "the panel %q shows a metric that does not exist", p.Title)
				shown = append(shown, name)
			}
			expr := strings.NewReplacer("$__rate_interval", "5m", "$job", "lbbot").Replace(target.Expr)
			rules = append(rules, "  - {record: shown, expr: '"+expr+"', labels: {n: '"+strconv.Itoa(len(rules))+"'}}")
		}
	}
	without := notInTheDashboard()
	for _, name := range metrics {
		require.NotEqual(t, without[name] == "", !slices.Contains(shown, name),
			"%s must be in the dashboard or in the list of those that are not", name)
	}
	for name := range without {
		require.Contains(t, metrics, name, "there is no such metric")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shown.yaml"),
		[]byte("groups:\n- name: shown\n  rules:\n"+strings.Join(rules, "\n")+"\n"), 0o600))
	promtool(t, dir, "", "check", "rules", "shown.yaml")
}

func TestAlertsAreAboutMetricsOfTheCode(t *testing.T) {
	t.Parallel()
	metrics := metricNames(t)
	for _, a := range alertRules(t) {
		for _, name := range found(`\blbbot_[a-z_]+`, a.Expr) {
			require.Contains(t, metrics, strings.TrimSuffix(name, "_bucket"), a.Alert)
		}
	}
}

func TestMetricsFollowTheConventionsOfPrometheus(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { c.AdminAddr = "127.0.0.1:0" })
	text, metrics := h.exposed(), metricNames(t)
	for _, name := range found(`(?m)^# TYPE (lbbot_\w+)`, text) {
		require.Contains(t, metrics, name)
	}
	promtool(t, ".", text, "check", "metrics")
}
