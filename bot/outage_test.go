package bot_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// outage is something that is wrong with PostgreSQL.
type outage struct {
	says string // what /readyz says meanwhile

	// begins breaks it; the connection may read while it is broken. ends mends
	// it and touches nothing of the bot's.
	begins func(t *testing.T, db *sql.DB, conn *sql.Conn) (ends func())
}

func statement(t *testing.T, conn *sql.Conn, text string) {
	t.Helper()
	_, err := conn.ExecContext(context.WithoutCancel(t.Context()), text)
	require.NoError(t, err, text)
}

// cut ends every connection but the test's own.
const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name <> 'test' and ` +
	`backend_type = 'client backend'`

func outages() map[string]outage {
	return map[string]outage{
		"the database is read-only": {"is read-only", func(t *testing.T, _ *sql.DB, conn *sql.Conn) func() {
			statement(t, conn, `alter database postgres set default_transaction_read_only = on`)
			statement(t, conn, cut)
			return func() { statement(t, conn, `alter database postgres reset default_transaction_read_only`) }
		}},
		"others hold a lock, and the pool is full": {"context deadline exceeded",
			func(t *testing.T, _ *sql.DB, conn *sql.Conn) func() {
				statement(t, conn, `begin`)
				statement(t, conn, `lock table operations, events, deliveries, pulse in access exclusive mode`)
				return func() { statement(t, conn, `rollback`) }
			}},
		"others have all connections": {"has no connection left",
			func(t *testing.T, db *sql.DB, conn *sql.Conn) func() {
				var held []*sql.Conn
				for left := 1; left > 0; { // until the bot has none
					statement(t, conn, cut)
					for {
						one, err := db.Conn(t.Context())
						if err != nil {
							break
						}
						held = append(held, one)
					}
					require.NoError(t, conn.QueryRowContext(t.Context(),
						`select count(*) from pg_stat_activity where application_name <> 'test' and backend_type = `+
							`'client backend'`).Scan(&left))
				}
				return func() {
					for _, one := range held {
						require.NoError(t, one.Close())
					}
				}
			}},
	}
}

// TestNothingIsAcceptedWhilePostgreSQLCannotTakeIt breaks the database in one
// way or another under a running bot. It must say so in time, accept nothing,
// and go on by itself when all is well again.
func TestNothingIsAcceptedWhilePostgreSQLCannotTakeIt(t *testing.T) {
	t.Parallel()
	for name, o := range outages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := ownServer(t)
			h := open(t, func(c *bot.Config) { c.DatabaseURL = server.URL() })
			db, conn := besideTheBot(t, server)
			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview", "web-07")

			ends := sync.OnceFunc(o.begins(t, db, conn))
			t.Cleanup(ends) // whatever happens, or nothing could be closed
			require.Eventually(t, func() bool {
				err := h.ready()
				return err != nil &&
					has(sandbox.Message{Text: err.Error()}, o.says)
			},
				30*time.Second, 10*time.Millisecond, "it does not say why it is not ready")
			in := h.clicks(ana, preview, "req_send") // acked in time
			t.Logf("acked after %s", in.AckAfter.Round(time.Millisecond))
			within, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			told, err := h.slack.WaitMessage(within, incident, ana, func(m sandbox.Message) bool {
				return m.Ephemeral && !m.Deleted &&
					(has(m, "Not sent", "Nothing was changed") || has(m, "Not confirmed", "could not find out whether"))
			})
			require.NoError(t, err)
			t.Logf("told: %s", told.Text)
			var accepted int
			require.NoError(t, conn.QueryRowContext(t.Context(),
				`select count(*) from operations where accepted_at is not null`).Scan(&accepted))
			require.Zero(t, accepted)
			require.Empty(t, h.registerBodies())
			require.Empty(t, h.cards(incident))

			ends()
			require.Eventually(t, func() bool { return h.ready() == nil }, 30*time.Second, 10*time.Millisecond,
				"it is not ready again")
			h.types(ana, incident, "lst-8f2c db-07")
			h.clicks(ana, h.sees(ana, incident, "Preview", "db-07"), "req_send")
			h.sees(ana, incident, "Added", "db-07")
			require.Len(t, h.ofServer(listener, "i-7d07"), 1)
			require.Empty(t, h.ofServer(listener, "i-55a1"), "what was refused stays refused")
		})
	}
}

// TestConnectionsThatAreCutAgainAndAgain cuts every connection to PostgreSQL
// several times a second while people work. Slack must be answered in time,
// and what was accepted must end, once and truthfully.
func TestConnectionsThatAreCutAgainAndAgain(t *testing.T) {
	t.Parallel()
	lasts := sized(2*time.Second, 4*time.Second, 30*time.Second)
	server := ownServer(t)
	seed := chaosSeed(t)
	c := standChaos(t, seed, 200+int(lasts.Seconds())*60, func(c *bot.Config) {
		c.DatabaseURL, c.ZenlayerRate = server.URL(), bot.Rate{}
	})
	c.widen(16)
	c.launch()
	c.launch()
	_, conn := besideTheBot(t, server)
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	told := &losses{}
	var people sync.WaitGroup
	for i := range 6 {
		people.Go(func() { c.asksWhileCut(ctx, i, told) })
	}
	cuts := 0
	for pause(ctx, 400*time.Millisecond) {
		statement(t, conn, cut)
		cuts++
	}
	people.Wait()
	ops := c.ended(time.Minute)
	require.Empty(t, told.lost)
	c.balances(ops)
	t.Logf("all connections cut %d times: %d commands typed, %d requests sent, %d accepted", cuts, c.typed,
		len(c.clicked), len(ops))
}

// asksWhileCut has a person ask for one server after the other. Every answer
// of Slack counts; what the answer says may be that it did not work.
func (c *chaos) asksWhileCut(ctx context.Context, i int, told *losses) {
	person, channel := chaosPeople[i%len(chaosPeople)], c.channels[i%len(c.channels)]
	for ctx.Err() == nil {
		n := c.server()
		c.mu.Lock()
		c.typed++
		c.mu.Unlock()
		if in := c.slack.TypeCommand(c.t.Context(), person, channel, command,
			fmt.Sprintf("%s %s reason=%q", listener, chaosName(n), "chaos")); !in.Acked {
			told.note("the command for %s: %s", chaosName(n), in.Failure)
			continue
		}
		within, cancel := context.WithTimeout(c.t.Context(), 3*time.Second)
		preview, err := c.slack.WaitMessage(within, channel, person, func(m sandbox.Message) bool {
			return m.Ephemeral && !m.Deleted && has(m, "Preview", chaosName(n))
		})
		cancel()
		if err != nil {
			continue // it was said that it did not work
		}
		if in := c.sends(c.t.Context(), n, chaosAsk{person: person, channel: channel, preview: preview}); !in.Acked {
			told.note("the click for %s: %s", chaosName(n), in.Failure)
		}
	}
}

func TestBotIsReadyAndStopsWhileItsListsCannotBeRead(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Hang, Times: -1})
	h.start()
	require.Eventually(t, func() bool { return h.cloud.CallCount() > 0 }, 10*time.Second, time.Millisecond)
	stopped := make(chan error, 1)
	go func() { stopped <- h.stop() }()
	select {
	case err := <-stopped:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		require.FailNow(t, "it did not end within the drain time")
	}
}
