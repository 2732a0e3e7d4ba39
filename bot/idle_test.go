package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
)

// TestIdleReplicaCostsTheDatabaseLittle counts the transactions of a replica whose only
// request waits for approval, in the seconds that its heartbeats say have passed.
// It runs alone: on a busy machine late heartbeats and looks make more of them.
func TestIdleReplicaCostsTheDatabaseLittle(t *testing.T) { //nolint:paralleltest // see above
	h := withLeads(t, func(c *bot.Config) {
		onPostgres(t, c)
		c.AuditChannel = ops
	})
	h.start()
	h.asksForApproval()
	db := h.database()
	db.SetMaxOpenConns(1)
	count := func() (transactions, beats int64) {
		require.NoError(t, db.QueryRowContext(t.Context(), `select xact_commit + xact_rollback,
			(select max(beat_at) / 1000 from replicas) from pg_stat_database where datname = current_database()`).
			Scan(&transactions, &beats))
		return transactions, beats
	}
	wait := func(seconds int64) (transactions, beats int64) {
		_, from := count()
		require.Eventually(t, func() bool {
			transactions, beats = count()
			return beats >= from+seconds
		}, time.Minute, 2*time.Second)
		return transactions, beats
	}
	// The server counts what a connection did up to ten seconds later.
	before, from := wait(12)
	idle := false
	for range 3 { // other packages may keep the machine busy
		after, to := wait(20)
		own := (to-from)/2 + 2
		t.Logf("%d transactions in %d seconds, %d of them of this test", after-before, to-from, own)
		if idle = after-before-own <= 3*(to-from); idle {
			break
		}
		before, from = after, to
	}
	require.True(t, idle, "at most 3 transactions a second")
}
