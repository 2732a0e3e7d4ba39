package bot_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
)

// underLoad has people ask without a break while the database of the real binary
// is broken for some seconds and mended again. Everything that was accepted must
// end without a restart.
func (c *chaos) underLoad(breaks, mends func()) {
	c.t.Helper()
	ctx, stop := context.WithCancel(c.t.Context())
	defer stop()
	var people sync.WaitGroup
	for i, person := range chaosPeople {
		people.Go(func() { c.asks(ctx, person, rand.New(rand.NewPCG(c.seed, uint64(i+1)))) })
	}
	people.Go(func() { c.asks(ctx, dev, rand.New(rand.NewPCG(c.seed, 100))) })
	people.Go(func() {
		for pause(ctx, 300*time.Millisecond) {
			c.approves(ctx)
		}
	})
	pause(ctx, time.Second)
	breaks()
	pause(ctx, sized(2*time.Second, 5*time.Second, 5*time.Second))
	mends()
	pause(ctx, time.Second)
	stop()
	people.Wait()
	ops := c.ended(30 * time.Second)
	c.balances(ops)
	require.NotEmpty(c.t, ops)
}

func TestStatementTimeoutUnderLoadLeavesNoOperationStuck(t *testing.T) {
	t.Parallel()
	server := ownServer(t)
	c := standChaos(t, chaosSeed(t), 600, func(c *bot.Config) {
		c.DatabaseURL, c.ZenlayerRate = server.URL(), bot.Rate{}
	})
	c.widen(16)
	c.launch()
	_, conn := besideTheBot(t, server)
	c.underLoad(func() {
		statement(t, conn, `alter database postgres set statement_timeout = '1ms'`)
		statement(t, conn, cut)
	}, func() {
		statement(t, conn, `alter database postgres reset statement_timeout`)
		statement(t, conn, cut)
	})
}
