package bot_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// TestChaosBalances has people ask without a break while a random driver kills,
// stops and restarts the real binary and breaks what it talks to. Then all is
// well again, everything that was accepted must end, and the books must agree.
//
// It takes 5 s for each database, and some more to settle. A soak:
//
//	LBBOT_SOAK=true LBBOT_CHAOS=30m go test ./bot -run TestChaosBalances -timeout 2h
//
// A failure prints its seed; LBBOT_CHAOS_SEED=n plays the same schedule again,
// and LBBOT_CHAOS_LOG=path keeps the log of the binaries of a run that failed.
func TestChaosBalances(t *testing.T) {
	parallelUnlessSoaking(t)
	for name, run := range map[string]func(t *testing.T){
		"SQLite": func(t *testing.T) { chaosRun(t, 1, nil) },
		"PostgreSQL, three replicas": func(t *testing.T) {
			chaosRun(t, 3, func(c *bot.Config) { onPostgres(t, c) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}

func chaosRun(t *testing.T, replicas int, edit func(*bot.Config)) {
	t.Helper()
	seed, lasts := chaosSeed(t), chaosTime(t)
	c := standChaos(t, seed, 200+int(lasts.Seconds())*30, edit)
	d := &driver{chaos: c, random: rand.New(rand.NewPCG(seed, 0))}
	for range replicas {
		d.running = append(d.running, c.launch())
	}
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var people sync.WaitGroup
	for i, person := range chaosPeople {
		people.Go(func() { c.asks(ctx, person, rand.New(rand.NewPCG(seed, uint64(i+1)))) })
	}
	people.Go(func() { c.asks(ctx, dev, rand.New(rand.NewPCG(seed, 100))) }) // who needs approval
	people.Go(func() {
		for pause(ctx, 300*time.Millisecond) {
			c.approves(ctx)
		}
	})
	for ctx.Err() == nil {
		d.acts(ctx)
		pause(ctx, time.Duration(100+d.random.IntN(300))*time.Millisecond)
	}
	people.Wait()
	c.cloud.ClearFaults()
	c.slack.ClearFaults()
	c.slack.SwallowAcks(0)
	d.mends()
	ops := c.ended(2 * time.Minute)
	t.Logf("%s of %v", lasts, d.did)
	c.balances(ops)
	if soaking() { // a short run may have had the bot away for most of it
		require.NotEmpty(t, ops)
		require.True(t, slices.ContainsFunc(ops, func(op operation.Operation) bool {
			return op.Change == operation.ChangeRemove && op.State == operation.Done
		}), "nothing was removed, seed %d", seed)
	}
}

// asks has one person ask for one server after the other.
func (c *chaos) asks(ctx context.Context, person string, random *rand.Rand) {
	for ctx.Err() == nil {
		channel := c.channels[random.IntN(len(c.channels))]
		n := c.server()
		preview, ok := c.preview(ctx, person, channel, n)
		if !ok {
			return
		}
		if random.IntN(15) == 0 {
			c.slack.Click(ctx, person, channel, preview.TS, "req_cancel", "")
			continue
		}
		ask := chaosAsk{person: person, channel: channel, preview: preview}
		var twice sync.WaitGroup
		if random.IntN(6) == 0 {
			twice.Go(func() { c.sends(ctx, n, ask) })
		}
		in := c.sends(ctx, n, ask)
		twice.Wait()
		for try := 0; !in.Acked && try < 3 && pause(ctx, 300*time.Millisecond); try++ {
			in = c.sends(ctx, n, ask)
		}
		if random.IntN(8) == 0 {
			c.slack.Redeliver(ctx, in, random.IntN(2) == 0)
		}
		if channel != ops && person != dev && random.IntN(3) == 0 {
			c.takesOff(ctx, ask, n, random)
		}
		pause(ctx, time.Duration(random.IntN(400))*time.Millisecond)
	}
}

// driver breaks things, one after the other, on the goroutine of the test.
type driver struct {
	*chaos
	random  *rand.Rand
	running []*process
	lost    time.Time // when a call was last kept from arriving
	did     map[string]int
}

// mends starts again whatever ended.
func (d *driver) mends() {
	d.t.Helper()
	for i, p := range d.running {
		select {
		case <-p.done:
			if exit, ok := errors.AsType[*exec.ExitError](p.err); ok && exit.ExitCode() > 0 {
				require.Contains(d.t, d.log.String(), "other replicas took over from",
					"a process ended by itself, seed %d", d.seed)
			}
			d.running[i] = d.launch()
		default:
		}
	}
}

// acts does one thing by chance.
func (d *driver) acts(ctx context.Context) {
	d.t.Helper()
	kind := d.random.IntN(12)
	what := [...]string{"kill", "term", "stop and continue", "cloud", "cloud", "cloud", "slack", "slack", "slack",
		"links", "links", "buttons"}[kind]
	if d.did == nil {
		d.did = map[string]int{}
	}
	d.did[what]++
	p := d.running[d.random.IntN(len(d.running))]
	switch what {
	case "kill":
		p.kill()
		if len(d.running) > 1 {
			pause(ctx, time.Duration(d.random.IntN(1500))*time.Millisecond)
		}
	case "term":
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-p.done:
		case <-time.After(15 * time.Second):
			require.FailNow(d.t, "SIGTERM did not end it", "seed %d", d.seed)
		}
	case "stop and continue":
		_ = p.cmd.Process.Signal(syscall.SIGSTOP)
		pause(ctx, time.Duration(200+d.random.IntN(d.longStop()))*time.Millisecond)
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
	case "cloud":
		d.breaksCloud()
	case "slack":
		d.breaksSlack()
	case "links":
		[...]func(){d.slack.Refresh, d.slack.DropConnections,
			func() { d.slack.SwallowAcks(1 + d.random.IntN(2)) }}[d.random.IntN(3)]()
	case "buttons":
		d.presses(ctx)
	}
	d.mends()
}

// longStop bounds how long a process stands still, in milliseconds: with
// replicas long enough for the others to take over, now and then.
func (d *driver) longStop() int {
	if len(d.running) > 1 && d.random.IntN(3) == 0 {
		return 5500
	}
	return 1200
}

// breaksCloud lets one of the next calls go wrong. A call that does not arrive
// is followed by a while without another: an operation that loses all three of
// its attempts would need the ten minutes of a proof.
func (d *driver) breaksCloud() {
	after := []zenlayertest.Fault{
		{Kind: zenlayertest.AnswerLost}, {Kind: zenlayertest.AnswerCut}, {Kind: zenlayertest.InternalError},
		{Kind: zenlayertest.NoBackendID},
		{Kind: zenlayertest.TruncatedJSON}, {Kind: zenlayertest.HugeBody}, {Kind: zenlayertest.SlowBody,
			Delay: 500 * time.Millisecond},
		{Kind: zenlayertest.HiddenBackend, Delay: 300 * time.Millisecond}, {Kind: zenlayertest.RateLimited,
			RetryAfter: "1"},
		{Kind: zenlayertest.Unavailable, Execute: true}, {Kind: zenlayertest.TimedOut,
			Execute: true}, {Kind: zenlayertest.ErrorIn200, Execute: true},
		{Kind: zenlayertest.BadGateway, Execute: true},
	}
	before := []zenlayertest.FaultKind{zenlayertest.ConnectionDropped, zenlayertest.BadGateway,
		zenlayertest.Unavailable, zenlayertest.TimedOut, zenlayertest.ErrorIn200}
	f := after[d.random.IntN(len(after))]
	lost := before[d.random.IntN(len(before))]
	if d.random.IntN(3) == 0 && time.Since(d.lost) > 3*time.Second {
		f, d.lost = zenlayertest.Fault{Kind: lost}, time.Now()
	}
	f.Action = [...]string{"RegisterBackend", "RegisterBackend", "DeregisterBackend"}[d.random.IntN(3)]
	if d.random.IntN(5) == 0 {
		f = zenlayertest.Fault{Kind: zenlayertest.BadGateway,
			Action: [...]string{"DescribeBackends", "DescribeListeners", "DescribeInstances"}[d.random.IntN(3)]}
	}
	d.did["zenlayer: "+string(f.Kind)]++
	d.cloud.Inject(f)
}

func (d *driver) breaksSlack() {
	method := [...]string{"chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"}[d.random.IntN(4)]
	faults := []sandbox.APIFault{{Status: 500}, {Status: 500, Execute: true}, {DropBefore: true}, {DropAfter: true},
		{RetryAfter: time.Second}, {Error: "internal_error", Execute: true}}
	f := faults[d.random.IntN(len(faults))]
	f.Times = 1 + d.random.IntN(2)
	d.slack.FailNext(method, f)
}

// presses uses a button of an open card: Stop where nothing is sent, and
// Check now where something is being settled.
func (d *driver) presses(ctx context.Context) {
	for _, channel := range d.channels {
		for _, m := range d.cards(channel) {
			for _, b := range [...]struct{ word, action string }{{"Asked", "op_stop"}, {"Waiting", "op_stop"},
				{"Not confirmed", "settle_now"}} {
				if strings.HasPrefix(m.Text, b.word) && has(m, b.action) {
					d.did[b.action]++
					d.slack.Click(ctx, ana, channel, m.TS, b.action, "")
					return
				}
			}
		}
	}
}
