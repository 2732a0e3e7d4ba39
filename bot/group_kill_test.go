package bot_test

import (
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
)

// pair is two commands that are sent at once, whose acceptances share a transaction.
type pair struct {
	*house
	db    *sql.DB
	typed [2]sandbox.Interaction
}

// stored is how many operations are committed.
func (p *pair) stored() int { return len(column(p.t, p.db, `select id from operations`)) }

// run executes statements beside the bot.
func (p *pair) run(statements ...string) {
	p.t.Helper()
	for _, s := range statements {
		_, err := p.db.ExecContext(p.t.Context(), s)
		require.NoError(p.t, err, s)
	}
}

// together types both commands while the test has the write lock, and calls held before it lets go of the lock.
// They wait for the writer of the bot by then, unless the machine is very slow.
func (p *pair) together(held func()) (typing *sync.WaitGroup) {
	p.t.Helper()
	lock, err := p.db.BeginTx(p.t.Context(), nil)
	require.NoError(p.t, err)
	typing = &sync.WaitGroup{}
	for i, channel := range []string{incident, ops} {
		server := []string{"web-07", "edge-vm-02"}[i]
		typing.Go(func() {
			p.typed[i] = p.slack.TypeCommand(p.t.Context(), ana, channel, command, "lst-8f2c "+server)
		})
	}
	pause(p.t.Context(), 300*time.Millisecond)
	held()
	require.NoError(p.t, lock.Rollback())
	return typing
}

// stalls makes the transaction that stores the second operation never end.
func (p *pair) stalls() {
	p.run(`create table stall (i)`, `insert into stall select 1 from sqlite_master a, sqlite_master b`,
		`create trigger stall after insert on operations when (select count(*) from operations) = 2
			begin select count(*) from stall a, stall b, stall c; end`)
}

// isStalled reports whether somebody has the write lock for longer than any write of the bot.
func (p *pair) isStalled() bool {
	conn, err := p.db.Conn(p.t.Context())
	require.NoError(p.t, err)
	defer func() { require.NoError(p.t, conn.Close()) }()
	_, err = conn.ExecContext(p.t.Context(), `pragma busy_timeout = 400`)
	require.NoError(p.t, err)
	if _, err = conn.ExecContext(p.t.Context(), `begin immediate`); err == nil {
		_, err = conn.ExecContext(p.t.Context(), `rollback`)
		require.NoError(p.t, err)
		return false
	}
	return true
}

// TestKilledWhileTwoAcceptancesShareATransaction kills the binary around the commit that stores two operations. Either
// both are stored or none, and each ends in one backend and one card.
func TestKilledWhileTwoAcceptancesShareATransaction(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dies   func(p *pair, bot *process)
		stored int
	}{
		"before it begins": {func(p *pair, bot *process) {
			p.together(bot.kill).Wait()
		}, 0},
		"before its commit": {func(p *pair, bot *process) {
			p.stalls()
			typing := p.together(func() {})
			require.Eventually(p.t, p.isStalled, 30*time.Second, time.Millisecond)
			bot.kill()
			typing.Wait()
			p.run(`drop trigger stall`, `drop table stall`)
		}, 0},
		"after its commit, before the acks": {func(p *pair, bot *process) {
			p.slack.SwallowAcks(2)
			typing := p.together(func() {})
			require.Eventually(p.t, func() bool { return p.stored() > 0 }, 30*time.Second, time.Millisecond/10)
			bot.kill()
			typing.Wait()
			p.slack.SwallowAcks(0)
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored := 1
			for tries := 0; stored == 1 && tries < 5; tries++ { // 1: a slow machine stored them one after the other
				stored = killedTogether(t, tt.dies)
			}
			require.Equal(t, tt.stored, stored)
		})
	}
}

// killedTogether kills the binary, has Slack deliver both commands again, and returns how many operations were stored
// by the time of the kill.
func killedTogether(t *testing.T, dies func(p *pair, bot *process)) (stored int) {
	t.Helper()
	p := &pair{house: stand(t, func(c *bot.Config) { c.Confirm = intake.ConfirmNever })}
	running := p.launch()
	p.db = p.database()
	dies(p, running)
	stored = p.stored()
	p.launch()
	for _, in := range p.typed {
		if !in.Acked {
			require.True(t, p.slack.Redeliver(t.Context(), in, true).Acked)
		}
	}
	p.settledBoth()
	return stored
}

// settledBoth requires one backend, one token and one card of each.
func (p *pair) settledBoth() {
	p.t.Helper()
	for channel, id := range map[string]string{incident: "i-55a1", ops: "vm-a002"} {
		p.sees(ana, channel, "Added", "be-", "LBR-")
		require.Len(p.t, p.cards(channel), 1, "one card")
		require.Len(p.t, p.ofServer(listener, id), 1, "one backend")
		tokens := map[any]bool{}
		for _, body := range p.registerBodies() {
			if body["instanceId"] == id {
				tokens[body["clientToken"]] = true
			}
		}
		require.Len(p.t, tokens, 1, "one client token")
	}
}

// TestKilledOnThePathOfACommandThatIsSentAtOnce kills the binary at the boundaries of a path without a preview, where
// the card is posted while the call is made.
func TestKilledOnThePathOfACommandThatIsSentAtOnce(t *testing.T) {
	t.Parallel()
	for name, arm := range boundaries("RegisterBackend") {
		if arm == nil || !strings.Contains(name, " card is ") && !strings.HasSuffix(name, " the call") ||
			strings.Contains(name, "second") {
			continue
		}
		for database, use := range databases() {
			t.Run(name+", "+database, func(t *testing.T) {
				t.Parallel()
				h := stand(t, func(c *bot.Config) {
					c.Confirm = intake.ConfirmNever
					use(t, c)
				})
				p := h.launch()
				var once sync.Once
				arm(h, func() { once.Do(p.kill) })
				in := h.slack.TypeCommand(t.Context(), ana, incident, command, good)
				select {
				case <-p.done:
				case <-time.After(30 * time.Second):
					require.FailNow(t, "the boundary was not reached")
				}
				h.launch()
				if !in.Acked {
					require.True(t, h.slack.Redeliver(t.Context(), in, true).Acked)
				}
				h.settled()
			})
		}
	}
}
