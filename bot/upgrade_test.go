package bot_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation"
)

// database opens the database of this house beside the bot.
func (h *house) database() *sql.DB {
	h.t.Helper()
	driver, name := "pgx", h.config.DatabaseURL
	if strings.HasPrefix(name, "sqlite:") {
		driver, name = "sqlite", "file:"+h.file()+"?_pragma=busy_timeout(5000)&_txlock=immediate"
	}
	db, err := sql.Open(driver, name)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, db.Close()) })
	return db
}

// TestRequestOfTheVersionBeforeEndsAfterTheUpdate has a request as lbbot 0.1 left
// it: without a run number, and on PostgreSQL with a run in the tables of DBOS that is
// pending under the name of a process that is gone.
func TestRequestOfTheVersionBeforeEndsAfterTheUpdate(t *testing.T) {
	t.Parallel()
	for name, edit := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withLeads(t, func(c *bot.Config) { edit(t, c) })
			h.start()
			card := h.asksForApproval()
			require.NoError(t, h.stop())
			db := h.database()
			statements := []string{`update operations set run = 0, runner = ''`}
			if name == "PostgreSQL" {
				statements = append(statements, `create schema dbos`, runsOfVersion01,
					`insert into dbos.workflow_status select id, 'PENDING', 'lbbot' from operations`)
			}
			for _, text := range statements {
				_, err := db.ExecContext(t.Context(), text)
				require.NoError(t, err, text)
			}
			h.start()
			h.clicks(chen, card, "ap_yes")
			h.sees(dev, incident, "Added", "be-")
			require.Len(t, h.ofServer(listener, "i-55a1"), 1)
			require.Len(t, h.cards(incident), 1)
			if name == "PostgreSQL" {
				require.Equal(t, []string{"CANCELLED"}, column(t, db, `select status from dbos.workflow_status`))
			}
		})
	}
}

// runsOfVersion01 is the table of DBOS with the columns that lbbot reads.
const runsOfVersion01 = `create table dbos.workflow_status (workflow_uuid text, status text, executor_id text)`

func TestReadyzNamesARequestThatDoesNotGoOn(t *testing.T) {
	t.Parallel()
	h := withLeads(t, func(*bot.Config) {})
	h.start()
	card := h.asksForApproval()
	// From here on its run waits for as long as it has read.
	require.Eventually(t, func() bool { return strings.Contains(h.log.String(), `"wait begins"`) }, 20*time.Second,
		5*time.Millisecond)
	h.changes(func(op *operation.Operation) {
		op.Approval.ExpiresAt = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
	})
	said := ""
	require.Eventually(t, func() bool {
		if err := h.ready(); err != nil {
			said = err.Error()
		}
		return strings.Contains(said, refOf(t, card)+" has been waiting_approval since")
	}, 20*time.Second, 20*time.Millisecond)
	require.Contains(t, said, "search the log for operation")

	h.clicks(dev, h.sees(dev, incident, "op_stop"), "op_stop")
	h.sees(dev, incident, "Not added")
	require.Eventually(t, func() bool { return h.ready() == nil }, 20*time.Second, 20*time.Millisecond)
}
