package bot_test

import (
	"database/sql"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// pausePoint stops a process there: reached is closed when it is, and release
// lets go what it waits for, so that it can go on once it is continued.
type pausePoint func(h *house, db *sql.DB) (reached <-chan struct{}, release func())

// pausePoints are moments of a run, by name.
func pausePoints() map[string]pausePoint {
	hold := func() (hit func(), reached chan struct{}, release func()) {
		reached, answer := make(chan struct{}), make(chan struct{})
		var once sync.Once
		return func() { once.Do(func() { close(reached); <-answer }) }, reached, sync.OnceFunc(func() { close(answer) })
	}
	cloud := func(action string, phase zenlayertest.Phase) pausePoint {
		return func(h *house, _ *sql.DB) (<-chan struct{}, func()) {
			hit, reached, release := hold()
			h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
				if c.Action == action && p == phase {
					hit()
				}
			})
			return reached, release
		}
	}
	slack := func(method string, phase sandbox.Phase) pausePoint {
		return func(h *house, _ *sql.DB) (<-chan struct{}, func()) {
			hit, reached, release := hold()
			h.slack.OnAPICall(func(m string, p sandbox.Phase) {
				if m == method && p == phase {
					hit()
				}
			})
			return reached, release
		}
	}
	return map[string]pausePoint{
		"card posted":                        slack("chat.postMessage", sandbox.AfterExecute),
		"listener read before the call":      cloud("DescribeListeners", zenlayertest.AfterExecute),
		"pool read before the call":          cloud("DescribeBackends", zenlayertest.AfterExecute),
		"attempt committed, call not made":   attemptCommitted,
		"backend registered, not yet stored": cloud("RegisterBackend", zenlayertest.AfterExecute),
	}
}

// attemptCommitted makes the commit that writes the first attempt down take two
// seconds, once: a process that is stopped meanwhile reads that it was made when
// it is continued, right before the call.
func attemptCommitted(h *house, db *sql.DB) (<-chan struct{}, func()) {
	for _, statement := range []string{
		`create sequence slow_commits`,
		`create function slow_commit() returns trigger language plpgsql as $$ begin
			if new.state = 'sending' and nextval('slow_commits') = 1 then perform pg_sleep(2); end if;
			return null;
		end $$`,
		`create constraint trigger slow_commit after update on operations deferrable initially deferred for each row ` +
			`execute function slow_commit()`,
	} {
		_, err := db.ExecContext(h.t.Context(), statement)
		require.NoError(h.t, err, statement)
	}
	reached := make(chan struct{})
	go func() {
		defer close(reached)
		for n := 0; n == 0; {
			err := db.QueryRowContext(h.t.Context(), `select count(*) from pg_stat_activity
				where datname = current_database() and wait_event = 'PgSleep'`).Scan(&n)
			if err != nil {
				return
			}
		}
	}()
	return reached, func() {}
}

// TestReplicaThatWasPausedAndTakenOverWritesAndSendsNothing stops a process for
// so long that another one takes its operation over, and continues it then.
func TestReplicaThatWasPausedAndTakenOverWritesAndSendsNothing(t *testing.T) {
	t.Parallel()
	for name, point := range pausePoints() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, func(c *bot.Config) { onPostgres(t, c) })
			p := h.launch()
			db, err := sql.Open("pgx", h.config.DatabaseURL)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview")
			reached, release := point(h, db)
			t.Cleanup(release)
			h.clicks(ana, preview, "req_send")
			select {
			case <-reached:
			case <-time.After(30 * time.Second):
				require.FailNow(t, "the point was not reached")
			}
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))
			release() // the answer waits in the connection until the process reads it
			h.launch()
			h.settled()
			require.Eventually(t, func() bool { return h.lease(db) == "2 " }, 30*time.Second, 10*time.Millisecond,
				"its run does not end")
			calls, record := len(h.cloud.CallsOf("RegisterBackend")), h.recorded(db)

			require.NoError(t, p.cmd.Process.Signal(syscall.SIGCONT))
			select {
			case <-p.done:
			case <-time.After(30 * time.Second):
				require.FailNow(t, "it went on as if nothing had happened")
			}
			exit, ok := errors.AsType[*exec.ExitError](p.err)
			require.True(t, ok, "%v", p.err)
			require.Equal(t, 1, exit.ExitCode())
			require.Contains(t, p.own.String(), "other replicas took over from")
			require.NotContains(t, h.log.String(), "panic")
			require.Len(t, h.cloud.CallsOf("RegisterBackend"), calls, "it sent something")
			require.Equal(t, record, h.recorded(db), "it wrote something")
			h.settled()
		})
	}
}

// lease is the run of the only operation, and its runner.
func (h *house) lease(db *sql.DB) string {
	h.t.Helper()
	return strings.Join(column(h.t, db, `select run || ' ' || runner from operations where accepted_at is not null`),
		", ")
}

// recorded is what is stored of operations and their events.
func (h *house) recorded(db *sql.DB) []string {
	h.t.Helper()
	return append(column(h.t, db, `select encode(record, 'hex') || run || runner
		from operations order by id`),
		column(h.t, db, `select kind || at || encode(data, 'hex') from events
			where operation_id <> '' order by seq`)...)
}
