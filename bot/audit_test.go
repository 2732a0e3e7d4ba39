package bot_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/audit"
	"lbbot/bot/journal"
	"lbbot/zenlayer"
)

// reader opens the database of a house beside its bot, as the commands do.
func (h *house) reader() *journal.Store {
	j, err := journal.Open(h.t.Context(), journal.Config{URL: h.config.DatabaseURL, ReadOnly: true})
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, j.Close()) })
	return j
}

func TestTheAuditTrailIsKeptPostedAndVerifiedWhileTheBotRuns(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(t *testing.T) string{"SQLite": nil,
		"PostgreSQL": func(t *testing.T) string { return servers.Database(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, func(c *bot.Config) {
				c.AuditChannel, c.AuditKey = ops, zenlayer.NewSecret(strings.Repeat("A", 43)+"=")
				if database != nil {
					c.DatabaseURL = database(t)
				}
			})
			h.sees(ana, ops, "Bot started")
			h.sees(ana, ops, "Policy changed")
			h.types(ana, incident, good)
			h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
			h.sees(ana, incident, "Added")
			h.types(gil, ops, good)
			h.sees(ana, ops, "*Added*", "web-07 to https-443", "LBR-", "request ", "sre-in-incidents")
			h.sees(ana, ops, "*Denied*", "guest")
			head := h.sees(ana, ops, "*Audit trail*", "head")
			text := string(head.Blocks)
			_, text, _ = strings.Cut(text, "head `")
			posted, _, _ := strings.Cut(text, "`")
			require.Contains(t, h.log.String(), posted, "the head is in the log as well")
			kept, err := audit.ParseHead(posted)
			require.NoError(t, err)

			j := h.reader()
			trail, err := audit.Verify(t.Context(), j, audit.Expected{Heads: []audit.Head{kept}})
			require.NoError(t, err)
			report := reported(t, trail)
			require.Contains(t, report, "matches")
			require.Contains(t, report, "nothing was altered, deleted or moved")
			require.NoError(t, h.stop())
			var export bytes.Buffer
			n, err := audit.Export(t.Context(), &export, j, audit.FormatJSONL)
			require.NoError(t, err)
			lines := strings.Split(strings.TrimSpace(export.String()), "\n")
			require.Len(t, lines, int(n))
			require.Contains(t, lines[n-1], "bot_stopped", "a clean stop leaves nothing unlinked")
			for _, kind := range []string{"bot_started", "policy_changed", "previewed", "accepted", "attempt",
				"finished", "denied", "head"} {
				require.True(t, slices.ContainsFunc(lines, func(l string) bool {
					return strings.Contains(l, `"kind":"`+kind+`"`)
				}), kind)
			}
			require.NotContains(t, export.String(), "response_url")
			trail, err = audit.VerifyExport(&export, audit.Expected{})
			require.NoError(t, err)
			reported(t, trail)

			h.start()
			h.sees(ana, ops, "Bot stopped")
			h.calm()
		})
	}
}

// reported requires that a trail is not broken, and returns what people read.
func reported(t *testing.T, trail audit.Trail) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, audit.Report(&out, trail))
	return out.String()
}
