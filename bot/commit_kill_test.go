package bot_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
)

// holdWrites is the key of the advisory lock that a held write waits for.
const holdWrites = 4711

// holdsWrite makes the nth write of the path of a request wait in the database until the
// test lets it go on. It returns how to find out whether one waits, and how to let go.
func (h *house) holdsWrite(n int) (waits func() bool, letGo func()) {
	h.t.Helper()
	db := h.database()
	conn, err := db.Conn(h.t.Context())
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, conn.Close()) })
	run := func(text string) {
		_, err := conn.ExecContext(h.t.Context(), text)
		require.NoError(h.t, err, text)
	}
	for _, text := range []string{fmt.Sprintf(`select pg_advisory_lock(%d)`, holdWrites),
		`create schema held`, `create sequence held.writes`,
		fmt.Sprintf(`create function held.hold() returns trigger language plpgsql as $$ begin
			if nextval('held.writes') = %d then
				perform pg_advisory_xact_lock(%d);
			end if;
			return null;
		end $$`, n, holdWrites)} {
		run(text)
	}
	for _, table := range column(h.t, db, `select quote_ident(tablename) from pg_tables where schemaname = 'public'`) {
		if !isBusy(table) {
			run(`create trigger held_write after insert or update or delete on ` + table +
				` for each statement execute function held.hold()`)
		}
	}
	return func() bool {
		var waiting int
		require.NoError(h.t, db.QueryRowContext(h.t.Context(),
			`select count(*) from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
			holdWrites).Scan(&waiting))
		return waiting > 0
	}, func() { run(fmt.Sprintf(`select pg_advisory_unlock(%d)`, holdWrites)) }
}

// killedInWrite kills the binary while the nth write after the click is in its
// transaction, and starts it again. It reports false if there are fewer writes.
func killedInWrite(t *testing.T, n int) bool {
	t.Helper()
	h := stand(t, func(c *bot.Config) { onPostgres(t, c) })
	p := h.launch()
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview", "req_send")
	waits, letGo := h.holdsWrite(n)
	clicked := make(chan sandbox.Interaction, 1)
	go func() { clicked <- h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "") }()
	db, held := h.database(), false
	require.Eventually(t, func() bool { held = waits(); return held || h.isOver(db) }, 30*time.Second,
		5*time.Millisecond)
	if !held {
		return false
	}
	p.kill()
	letGo()
	in := <-clicked
	h.launch()
	if !in.Acked {
		h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
	}
	h.settled()
	require.Eventually(t, func() bool { return h.isOver(db) }, 30*time.Second, 20*time.Millisecond)
	return true
}

// isOver reports whether the only request is final, reported, and has no run.
func (h *house) isOver(db *sql.DB) bool {
	return len(column(h.t, db, `select id from operations
		where not open and runner = '' and accepted_at is not null and unreported_since is null`)) == 1
}

// TestKilledInEachWriteLeavesOneBackendAndOneCard kills the binary in each write of the
// path of a request, from the click to the end of its lease. The transaction is rolled
// back, or committed with nobody left to learn of it. In its smallest size it takes every
// ninth write.
func TestKilledInEachWriteLeavesOneBackendAndOneCard(t *testing.T) {
	t.Parallel()
	step := sized(9, 3, 1)
	n := 1 + int(chaosSeed(t)%uint64(step))
	for killedInWrite(t, n) {
		n += step
		require.Less(t, n, 100, "the path has no end")
	}
	t.Logf("fewer than %d writes on the path", n)
	require.Greater(t, n, step)
}
