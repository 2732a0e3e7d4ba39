package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// faultLasts is how long the database refuses writes, and endsWithin how long
// after that an operation may take to end.
const (
	faultLasts = 300 * time.Millisecond
	endsWithin = 10 * time.Second
)

// TestFaultAtEachWriteLeavesNoOperationStuck has the database refuse writes for
// a while, beginning with each write of the path of a request. Nothing is restarted,
// and everything that was accepted must end. In its smallest size it takes every third
// write, beginning with one by chance.
func TestFaultAtEachWriteLeavesNoOperationStuck(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, 120, func(t *testing.T, c *chaos, f faults) {
		step := sized(3, 1, 1)
		for n := 1 + int(c.seed%uint64(step)); ; n += step {
			require.Less(t, n, 100, "the path has no end")
			server, ask := c.asksFor(chaosPeople[n%len(chaosPeople)], c.channels[n%len(c.channels)])
			f.arm(n, faultLasts)
			c.sendsUntil(server, ask, "Added")
			if !f.began() {
				t.Logf("fewer than %d writes on the path", n)
				break
			}
			f.arm(0, 0)
		}
		c.balances(c.ended(endsWithin))
	})
}

// TestFaultAtEachWriteOfAnApprovalLeavesNoOperationStuck is the same for a
// request that needs approval, from asking for it and from giving it on. Outside
// of a soak it takes some of the writes, beginning with one by chance.
func TestFaultAtEachWriteOfAnApprovalLeavesNoOperationStuck(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, 240, func(t *testing.T, c *chaos, f faults) {
		step := sized(10, 5, 1)
		for _, press := range []string{"approval_ask", "ap_yes"} {
			for n := 1 + int(c.seed%uint64(step)); ; n += step {
				require.Less(t, n, 100, "the path has no end")
				server, ask := c.asksFor(dev, c.channels[n%len(c.channels)])
				if press == "approval_ask" {
					f.arm(n, faultLasts)
				}
				card := c.sendsUntil(server, ask, "ap_yes")
				if press == "ap_yes" {
					f.arm(n, faultLasts)
				}
				c.until(ask, "Added", func() {
					c.slack.Click(t.Context(), chen, card.ChannelID, card.TS, "ap_yes", "")
				})
				if !f.began() {
					t.Logf("fewer than %d writes on the path from %s", n, press)
					break
				}
				f.arm(0, 0)
			}
		}
		c.balances(c.ended(endsWithin))
	})
}

// TestStopHoldsWhenTheDatabaseWasAway has the database refuse writes while an operation
// waits for approval. What is pressed then must hold as soon as it can.
func TestStopHoldsWhenTheDatabaseWasAway(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, 5, func(t *testing.T, c *chaos, f faults) {
		server, ask := c.asksFor(dev, c.channels[0])
		card := c.sendsUntil(server, ask, "op_stop")
		f.arm(1, 2*time.Second)
		c.until(ask, "Not added", func() { c.slack.Click(t.Context(), dev, card.ChannelID, card.TS, "op_stop", "") })
		require.True(t, f.began())
		require.Empty(t, c.registerBodies())
		c.balances(c.ended(endsWithin))
	})
}

// asksFor types a command for a new server and returns what came.
func (c *chaos) asksFor(person, channel string) (server int, ask chaosAsk) {
	c.t.Helper()
	server = c.server()
	preview, ok := c.preview(c.t.Context(), person, channel, server)
	require.True(c.t, ok)
	return server, chaosAsk{person: person, channel: channel, preview: preview}
}

// sendsUntil presses the button of a preview until a public message about the
// request has the given part.
func (c *chaos) sendsUntil(server int, ask chaosAsk, part string) sandbox.Message {
	c.t.Helper()
	return c.until(ask, part, func() { c.sends(c.t.Context(), server, ask) })
}

// until does something until a public message about a request has the given part,
// again after a while, as people do when nothing comes of it.
func (c *chaos) until(ask chaosAsk, part string, do func()) (found sandbox.Message) {
	c.t.Helper()
	ref, done := refOf(c.t, ask.preview), time.Time{}
	require.Eventually(c.t, func() bool {
		for _, card := range c.cards(ask.channel) {
			if found = card; has(card, ref, part) {
				return true
			}
		}
		if time.Since(done) > time.Second {
			done = time.Now()
			do()
		}
		return false
	}, endsWithin, 20*time.Millisecond, "%s: no card with %s", ref, part)
	return found
}
