package bot_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
)

// ackLimit is how long Slack waits for an ack.
const ackLimit = 3 * time.Second

// overload is a number of commands, each by a person of its own, one after
// every pause, while Zenlayer may be asked rate.
type overload struct {
	commands, channels int
	pause              time.Duration
	rate               bot.Rate
	tiers              bool // Slack also limits how often each method is called
}

// overloads are the shapes of too much. Without a soak there are fewer
// commands, and everything goes faster by the same factor.
func overloads() map[string]overload {
	if soaking() {
		five := bot.Rate{N: 5, In: bot.Duration(time.Second)}
		two := bot.Rate{N: 2, In: bot.Duration(time.Second)}
		return map[string]overload{
			"150 commands in one instant, and time for fewer":            {150, 10, 0, two, false},
			"200 commands in one instant":                                {200, 10, 0, five, false},
			"one command a second for five minutes":                      {300, 10, time.Second, five, false},
			"20 commands a second for one minute":                        {1200, 10, time.Second / 20, five, false},
			"200 commands in one instant, every method of Slack limited": {200, 10, 0, five, true},
		}
	}
	hundred := bot.Rate{N: 100, In: bot.Duration(time.Second)}
	shapes := map[string]overload{
		"20 commands a second":              {10, 10, time.Second / 20, hundred, false},
		"400 commands a second for a while": {24, 24, time.Second / 400, hundred, false},
	}
	if !smallest() { // where TestManyCommandsInOneInstant has them
		shapes["12 commands in one instant"] = overload{12, 12, 0, hundred, false}
	}
	return shapes
}

// TestTooManyCommandsEndInTheTruth has more asked of the bot than Zenlayer and
// Slack take. Some people are told that many requests are waiting; what
// is accepted is added, or ends as not added and says why; every command is
// answered in time, has one card, and nothing that a card says is untrue.
func TestTooManyCommandsEndInTheTruth(t *testing.T) {
	for name, o := range overloads() {
		for database, use := range databases() {
			t.Run(name+" on "+database, func(t *testing.T) { o.run(t, use) })
		}
	}
}

func (o overload) run(t *testing.T, use func(*testing.T, *bot.Config)) {
	s := openCrowd(t, crowd{o.commands, o.commands, o.channels, sandbox.Options{NoTiers: !o.tiers}},
		func(c *bot.Config) {
			use(t, c)
			c.ZenlayerRate = o.rate
		})
	if soaking() {
		s.look = 500 * time.Millisecond // hundreds of people who look all the time would be the load
	}
	before, started := weighed(), time.Now()
	calls := s.cloud.CallCount()
	peak := watchWeight()
	got := s.endure(o)
	took := time.Since(started)
	highest := peak()
	allowed := o.rate.N + int(time.Since(started).Seconds()*float64(o.rate.N)/time.Duration(o.rate.In).Seconds()) + 1
	require.LessOrEqual(t, s.cloud.CallCount()-calls, allowed, "Zenlayer is not asked more than it takes")
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before.goroutines+idleConnections },
		5*time.Minute, 100*time.Millisecond,
		"nobody waits any more, so nothing is left waiting")
	after := weighed()
	require.NoError(t, s.stop())
	ends := s.reasons(got.cards)
	slices.Sort(s.acks)
	t.Logf("%d commands in %s at %s calls: acks p50 %s, p99 %s, slowest %s (aim 300ms); %d previews, the last answer "+
		"after %s; %d told that Zenlayer is busy, %d told otherwise: %v; ends %v, the slowest %s after its click; "+
		"heap %.1f MiB before, %.1f at most, %.1f after; goroutines %d before, %d at most, %d after",
		o.commands, took.Round(time.Second), o.rate, quantile(s.acks, .5), quantile(s.acks,
			.99), s.slowest.Round(time.Millisecond),
		got.previews, got.answered.Round(time.Millisecond), got.busy, len(got.other), slices.Compact(
			slices.Sorted(slices.Values(got.other))), ends, got.ended.Round(time.Second),
		before.heap, highest.heap, after.heap, before.goroutines, highest.goroutines, after.goroutines)
	require.Zero(t, s.lost, "every envelope is acked")
	require.Less(t, s.slowest, ackLimit)
	require.Zero(t, got.silent, "everybody is answered")
	require.Len(t, got.cards, o.commands-got.busy-len(got.other), "whoever had a preview and pressed has a final card")
	if !o.tiers {
		require.Empty(t, got.other)
	}
	for end := range ends {
		require.Contains(t, []string{"added", "not_added too_late"}, end)
	}
	// The stand-ins remember every call and every message; the bot does not.
	require.Less(t, after.heap, before.heap+64, "memory is flat")
	s.agree(got.cards)
	s.calm()
}

// idleConnections bounds the goroutines of connections that are kept open for
// a while, of the bot and of the stand-ins.
const idleConnections = 250

// endured is what came of an overload.
type endured struct {
	mu       sync.Mutex
	cards    map[int]sandbox.Message // final, by server
	previews int
	busy     int           // told that many requests are waiting
	silent   int           // told nothing
	other    []string      // told something else instead of a preview
	answered time.Duration // the slowest private answer
	ended    time.Duration // the slowest final card, from its click
}

// endure types the commands and stays until everybody has their last word.
func (s *storm) endure(o overload) *endured {
	s.t.Helper()
	got := &endured{cards: map[int]sandbox.Message{}}
	ctx, cancel := context.WithTimeout(s.t.Context(), 25*time.Minute)
	defer cancel()
	var people errgroup.Group
	pace := time.NewTicker(max(o.pause, 1))
	defer pace.Stop()
	for n := range o.commands {
		people.Go(func() error { return s.insistOnAnAnswer(ctx, n, got) })
		if o.pause > 0 {
			<-pace.C
		}
	}
	require.NoError(s.t, people.Wait())
	return got
}

// insistOnAnAnswer is one person: they type, read the answer, press if it is a
// preview, and wait for the last word.
func (s *storm) insistOnAnAnswer(ctx context.Context, n int, got *endured) error {
	typed := time.Now()
	if _, err := s.request(ctx, n); err != nil {
		return fmt.Errorf("typing for %s: %w", serverID(n), err)
	}
	patience, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	m := s.answered(patience, n)
	got.note(m, time.Since(typed))
	if !isPreview(m) {
		return nil
	}
	clicked := time.Now()
	card, err := s.pressed(ctx, n, m, got)
	if err != nil {
		return fmt.Errorf("adding %s: %w", serverID(n), err)
	}
	if isFinal(card) {
		got.end(n, card, time.Since(clicked))
	}
	return nil
}

// pressed is insists, but for a click that is refused.
func (s *storm) pressed(ctx context.Context, n int, preview sandbox.Message, got *endured) (sandbox.Message, error) {
	told := map[string]bool{} // a refusal may stand in the place of the preview
	for {
		if in, err := s.press(ctx, n, preview); err != nil && in.Failure == "" {
			return sandbox.Message{}, err
		}
		m, err := s.awaits(ctx, n, func(m sandbox.Message) bool {
			return isFinal(m) && serverIn(m) == serverID(n) || m.Ephemeral && !told[m.TS+m.Text] &&
				(has(m, "I could not find out whether") || strings.HasPrefix(m.Text, "Not sent"))
		})
		if err != nil || isFinal(m) {
			return m, err
		}
		if !has(m, "I could not find out whether") {
			got.refused(m)
			return m, nil
		}
		told[m.TS+m.Text] = true
	}
}

func (e *endured) note(m sandbox.Message, after time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answered = max(e.answered, after)
	switch {
	case m.TS == "":
		e.silent++
	case isPreview(m):
		e.previews++
	case has(m, "are waiting right now", "Nothing was changed"):
		e.busy++
	default:
		e.other = append(e.other, m.Text)
	}
}

func (e *endured) refused(m sandbox.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.other = append(e.other, m.Text)
}

func (e *endured) end(n int, card sandbox.Message, after time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cards[n], e.ended = card, max(e.ended, after)
}

// reasons counts how the operations of final cards ended, by the journal, and
// requires each card to say the same. The bot has stopped.
func (s *storm) reasons(cards map[int]sandbox.Message) map[string]int {
	s.t.Helper()
	store, err := journal.Open(s.t.Context(), journal.Config{URL: s.config.DatabaseURL, Log: zap.NewNop()})
	require.NoError(s.t, err)
	defer store.Close()
	count := map[string]int{}
	for _, m := range cards {
		op := operationOf(s.t, store, m)
		require.True(s.t, op.State.Final(), op.Ref)
		require.Equal(s.t, op.State == operation.Done, isAdded(m), m.Text)
		end := string(op.State)
		if op.Reason != "" {
			end += " " + string(op.Reason)
		}
		if op.Reason == operation.ReasonTooLate {
			require.Empty(s.t, op.LastSent())
			require.True(s.t, has(m, "I could not start", "queued"), m.Text)
		}
		count[end]++
	}
	return count
}

// weight is what a process carries.
type weight struct {
	heap       float64 // MiB
	goroutines int
}

// weighed is measured after a garbage collection.
func weighed() weight {
	runtime.GC()
	runtime.GC() // what the first one only marked for its finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return weight{float64(m.HeapAlloc) / (1 << 20), runtime.NumGoroutine()}
}

// watchWeight finds the highest weight until the function it returns is called.
func watchWeight() func() weight {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan weight)
	go func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		var most weight
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = weight{max(most.heap, float64(m.HeapAlloc)/(1<<20)), max(most.goroutines, runtime.NumGoroutine())}
			select {
			case <-ctx.Done():
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() weight { cancel(); return <-done }
}

// quantile of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))].Round(100 * time.Microsecond)
}
