package bot_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation"
)

// TestRandomKillPointsLoseNothingAndDoubleNothing kills the binary at random moments after a
// click, on each database, while what was killed before is still being settled.
// Each click must end in one backend and one card.
func TestRandomKillPointsLoseNothingAndDoubleNothing(t *testing.T) {
	parallelUnlessSoaking(t)
	points, houses := sized(6, 20, 200), sized(1, 2, 4)
	for name, edit := range databases() {
		t.Run(name, func(t *testing.T) {
			parallelUnlessSoaking(t)
			seed := chaosSeed(t)
			for i := range houses {
				t.Run(fmt.Sprint("house ", i), func(t *testing.T) {
					t.Parallel()
					random := rand.New(rand.NewPCG(seed, uint64(i)))
					c := standChaos(t, seed, points/houses, func(c *bot.Config) { edit(t, c) })
					c.killsAfterClicks(points/houses, random)
				})
			}
		})
	}
}

// killsAfterClicks kills the binary once after each of n clicks.
func (c *chaos) killsAfterClicks(n int, random *rand.Rand) {
	c.t.Helper()
	p := c.launch()
	for i := range n {
		person, channel := chaosPeople[i%len(chaosPeople)], []string{incident, ops}[i%2]
		preview, ok := c.preview(c.t.Context(), person, channel, i)
		require.True(c.t, ok)
		moment := time.NewTimer(time.Duration(random.IntN(80_000)) * time.Microsecond)
		var click sync.WaitGroup
		click.Go(func() { c.sends(c.t.Context(), i, chaosAsk{person: person, channel: channel, preview: preview}) })
		<-moment.C
		p.kill()
		p = c.launch()
		click.Wait()
	}
	// Pressed again, as people do, where Slack said that it did not work; what
	// was acked has no need of that.
	acked, again := 0, 0
	taken := map[string]bool{}
	for _, op := range c.operations(c.t.Context()) {
		taken[op.Request.InstanceID] = true
	}
	for i := range n {
		a := c.clicked[chaosID(i)]
		if a.acked {
			acked++
			require.True(c.t, taken[chaosID(i)], "a click was acked and lost, seed %d", c.seed)
		} else if !taken[chaosID(i)] {
			again++
			c.sends(c.t.Context(), i, a)
		}
	}
	ops := c.ended(2 * time.Minute)
	c.balances(ops)
	require.Len(c.t, ops, n, "seed %d", c.seed)
	for _, op := range ops {
		require.Equal(c.t, operation.Done, op.State, "%s, seed %d", op.Ref, c.seed)
	}
	c.t.Logf("%d kills: %d clicks were acked, %d pressed again; 0 lost, 0 double", n, acked, again)
}
