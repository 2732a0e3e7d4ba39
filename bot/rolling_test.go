package bot_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
)

// TestARollingRestartOfThreeReplicasLosesNoCommand ends three replicas one
// after the other with SIGTERM while people work, with each new one started
// before or after. Nobody types or presses anything twice: each command must
// get its preview, each click must be acked, and what was accepted must end. Only
// what crosses a close frame may be lost, since nothing can be acked after it: no
// more than the replicas say, and Slack has told the person.
// In a soak it goes round five times.
func TestARollingRestartOfThreeReplicasLosesNoCommand(t *testing.T) {
	rounds := sized(1, 1, 5)
	seed := chaosSeed(t)
	c := standChaos(t, seed, 300+rounds*300, func(c *bot.Config) {
		onPostgres(t, c)
		c.ZenlayerRate = bot.Rate{}
	})
	c.widen(16)
	c.cloudTakes(seed, 100*time.Millisecond, 600*time.Millisecond)
	running := []*process{c.launch(), c.launch(), c.launch()}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	told := &losses{}
	var people sync.WaitGroup
	for i := range 8 {
		people.Go(func() { c.asksOnce(ctx, i, told) })
	}
	for n := range rounds * len(running) {
		i, first := n%3, n%2 == 0
		old := running[i]
		if first {
			running[i] = c.launch()
		}
		require.NoError(t, old.cmd.Process.Signal(syscall.SIGTERM))
		select {
		case <-old.done:
		case <-time.After(30 * time.Second):
			require.FailNow(t, "SIGTERM did not end it")
		}
		require.NoError(t, old.err, "exit code 0")
		if !first {
			running[i] = c.launch()
		}
		pause(ctx, 500*time.Millisecond)
	}
	stop()
	people.Wait()
	c.cloud.SetOnCall(nil)
	ops := c.ended(time.Minute)
	crossed := strings.Count(c.log.String(), "an envelope arrived after our close frame and is lost")
	require.LessOrEqual(t, crossed, rounds*len(running), "one for each replica that was stopped")
	require.LessOrEqual(t, len(told.lost), crossed, "of %d commands: %v", c.typed, told.lost)
	c.balances(ops)
	require.NotEmpty(t, ops)
	t.Logf("%d replicas replaced under load: %d commands typed, %d requests sent, %d lost", rounds*len(running),
		c.typed, len(c.clicked), len(told.lost))
}

// losses is what Slack delivered and nobody answered.
type losses struct {
	mu   sync.Mutex
	lost []string
}

func (l *losses) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = append(l.lost, fmt.Sprintf(format, args...))
}

// asksOnce has a person ask for one server after the other, each time once.
func (c *chaos) asksOnce(ctx context.Context, i int, told *losses) {
	person, channel := chaosPeople[i%len(chaosPeople)], c.channels[i%len(c.channels)]
	for ctx.Err() == nil {
		n := c.server()
		c.mu.Lock()
		c.typed++
		c.mu.Unlock()
		asked := time.Now()
		in := c.slack.TypeCommand(c.t.Context(), person, channel, command, listener+" "+chaosName(n)+` reason="chaos"`)
		if !in.Acked || in.Failure != "" {
			told.note("the command for %s: acked %t, %s", chaosName(n), in.Acked, in.Failure)
			continue
		}
		within, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
		preview, err := c.slack.WaitMessage(within, channel, person, func(m sandbox.Message) bool {
			return m.Ephemeral && !m.Deleted && has(m, "Preview", chaosName(n))
		})
		cancel()
		if err != nil {
			if !c.answered(person, channel, asked) {
				told.note("no answer for %s", chaosName(n))
			}
			continue
		}
		in = c.sends(c.t.Context(), n, chaosAsk{person: person, channel: channel, preview: preview})
		if !in.Acked || in.Failure != "" {
			told.note("the click for %s: acked %t, %s", chaosName(n), in.Acked, in.Failure)
		}
		pause(ctx, time.Second)
	}
}

// answered reports whether a person was told anything in a channel since then.
func (c *chaos) answered(person, channel string, since time.Time) bool {
	for _, m := range c.slack.Messages(channel, person) {
		if at, err := strconv.ParseFloat(m.TS, 64); err == nil && m.Ephemeral && at >= float64(since.UnixMilli())/1000 {
			return true
		}
	}
	return false
}
