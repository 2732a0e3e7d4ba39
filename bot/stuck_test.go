package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// faultLasts is how long the database refuses writes, and endsWithin how long
// after that an operation may take to end.
const (
	faultLasts = 300 * time.Millisecond
	endsWithin = 10 * time.Second
)

// TestFaultAtEachWriteLeavesNoOperationStuck has the database refuse writes for
// a while, beginning with each write of the path of a request, the journal's and
// the engine's. Nothing is restarted, and everything that was accepted must end.
func TestFaultAtEachWriteLeavesNoOperationStuck(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, 120, func(t *testing.T, c *chaos, f faults) {
		for n := 1; ; n++ {
			require.Less(t, n, 100, "the path has no end")
			person, channel, server := chaosPeople[n%len(chaosPeople)], c.channels[n%len(c.channels)], c.server()
			preview, ok := c.preview(t.Context(), person, channel, server)
			require.True(t, ok)
			ask := chaosAsk{person: person, channel: channel, preview: preview}
			f.arm(n, faultLasts)
			c.sends(t.Context(), server, ask)
			c.endsFor(server, ask)
			if !f.began() {
				t.Logf("%d writes on the path", n-1)
				break
			}
			f.arm(0, 0)
		}
		c.balances(c.ended(endsWithin))
	})
}

// endsFor waits until the request for a server has ended, and presses the button
// again while nothing is accepted, as people do.
func (c *chaos) endsFor(server int, ask chaosAsk) {
	c.t.Helper()
	ref := refOf(c.t, ask.preview)
	require.Eventually(c.t, func() bool {
		accepted := false
		for _, m := range c.cards(ask.channel) {
			if accepted = accepted || has(m, ref); has(m, ref, "Added") {
				return true
			}
		}
		if !accepted && c.wasTold(ask) {
			c.sends(c.t.Context(), server, ask)
		}
		return false
	}, endsWithin, 50*time.Millisecond, "%s did not end", ref)
}
