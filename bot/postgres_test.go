package bot_test

import (
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/journal/journaltest"
	"lbbot/zenlayer/zenlayertest"
)

// onPostgres gives a house a database of PostgreSQL.
func onPostgres(t *testing.T, c *bot.Config) {
	t.Helper()
	c.DatabaseURL = servers.Database(t)
}

// ownServer starts a PostgreSQL for one test, which may break it.
func ownServer(t *testing.T) *journaltest.Server {
	t.Helper()
	server, err := journaltest.Start()
	if server != nil {
		t.Cleanup(func() { require.NoError(t, server.Stop()) })
	}
	journaltest.Need(t, err)
	return server
}

// besideTheBot opens a server's database, and one connection to it, under the
// name that cut spares.
func besideTheBot(t *testing.T, server *journaltest.Server) (*sql.DB, *sql.Conn) {
	t.Helper()
	db, err := sql.Open("pgx", server.URL()+"&application_name=test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxIdleConns(0)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return db, conn
}

// databases are the databases that a bot may have, by name.
func databases() map[string]func(*testing.T, *bot.Config) {
	return map[string]func(*testing.T, *bot.Config){
		"SQLite":     func(*testing.T, *bot.Config) {},
		"PostgreSQL": onPostgres,
	}
}

func TestTheWholeStoryOnPostgreSQL(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { onPostgres(t, c) })
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview", "web-07", "lst-8f2c", "8443", "20")
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"), "a preview changes nothing")
	h.clicks(ana, preview, "req_send")
	card := h.sees(ana, incident, "Added", "Backend ID", "Request ID", "Available")
	added := h.ofServer(listener, "i-55a1")
	require.Len(t, added, 1)
	require.True(t, has(card, added[0].BackendID))
	require.Len(t, h.registerBodies(), 1)

	require.NoError(t, h.stop())
	h.start()
	h.types(ana, incident, "status "+refOf(t, card))
	h.sees(ana, incident, refOf(t, card), added[0].BackendID)
	require.Len(t, h.cards(incident), 1, "one card for one operation, also after a restart")
	h.calm()
}

// TestKilledAtEveryStepBoundaryAnotherReplicaGoesOn kills the binary for good:
// what runs afterwards is another replica, which has to notice that.
func TestKilledAtEveryStepBoundaryAnotherReplicaGoesOn(t *testing.T) {
	t.Parallel()
	killedAtEveryBoundary(t, adding(), onPostgres)
}

func TestStoppingOneReplicaHandsItsWorkToTheOther(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) { onPostgres(t, c) })
	p := h.launch()
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	reached := make(chan struct{})
	var once sync.Once
	h.cloud.SetOnCall(func(c zenlayertest.Call, phase zenlayertest.Phase) {
		if c.Action == "RegisterBackend" && phase == zenlayertest.AfterExecute {
			once.Do(func() { close(reached) })
		}
	})
	h.clicks(ana, preview, "req_send")
	<-reached
	h.launch()
	p.ends(t)
	h.settled()
}

func TestAReplicaThatDiesIsFollowedByAnotherWithinTenSeconds(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) { onPostgres(t, c) })
	p := h.launch()
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	reached, answer := h.held(zenlayertest.AfterExecute)
	h.clicks(ana, preview, "req_send")
	reaches(t, reached)
	h.launch()
	looks := len(h.cloud.CallsOf("DescribeBackends"))
	p.kill()
	killed := time.Now()
	answer()
	require.Eventually(t, func() bool { return len(h.cloud.CallsOf("DescribeBackends")) > looks }, 10*time.Second,
		10*time.Millisecond,
		"nobody looked for what the call that was cut off did")
	t.Logf("the other replica went on %s after the kill", time.Since(killed).Round(10*time.Millisecond))
	h.settled()
}

// TestAServerThatIsAwayForAWhile crashes the database between the call and its
// result. Nothing is accepted meanwhile, and afterwards the bot goes on by
// itself: what was open ends, and what is new is taken.
func TestAServerThatIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	server := ownServer(t)
	h := open(t, func(c *bot.Config) { c.DatabaseURL = server.URL() })
	h.types(ana, incident, "lst-8f2c db-07")
	later := h.sees(ana, incident, "Preview", "db-07")
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview", "web-07")
	reached, answer := h.held(zenlayertest.AfterExecute)
	h.clicks(ana, preview, "req_send")
	reaches(t, reached)
	server.Down()
	answer()
	require.Error(t, h.ready())
	h.slack.Click(t.Context(), ana, incident, later.TS, "req_send", "")
	require.Len(t, h.registerBodies(), 1, "what is not on disk is not sent")
	require.Len(t, h.cards(incident), 1, "nor announced")

	require.NoError(t, server.Up())
	require.Eventually(t, func() bool { return h.ready() == nil }, 30*time.Second, 10*time.Millisecond,
		"it is not ready again")
	h.settled()
	h.slack.Click(t.Context(), ana, incident, later.TS, "req_send", "")
	h.sees(ana, incident, "Added", "db-07")
	require.Len(t, h.ofServer(listener, "i-7d07"), 1)
}
