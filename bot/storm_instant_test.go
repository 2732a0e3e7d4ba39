package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/sandbox"
)

// TestManyCommandsInOneInstant has many commands, in a soak 200, typed at once,
// and all their previews pressed at once. Where Zenlayer may be asked only so
// often, some people are told that many requests are waiting, and nothing else.
func TestManyCommandsInOneInstant(t *testing.T) {
	alone(t)
	tests := map[string]struct {
		rate bot.Rate // at Zenlayer
		all  bool     // every command gets its preview
		use  func(*testing.T, *bot.Config)
	}{
		"no limit at Zenlayer":                {bot.Rate{}, true, func(*testing.T, *bot.Config) {}},
		"no limit at Zenlayer, on PostgreSQL": {bot.Rate{}, true, onPostgres},
		"20 calls a second at Zenlayer":       {bot.Defaults().ZenlayerRate, false, func(*testing.T, *bot.Config) {}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			alone(t)
			commands := sized(12, 40, 200) // 12: nobody types twice in one channel
			s := openStorm(t, commands, func(c *bot.Config) {
				tt.use(t, c)
				c.ZenlayerRate = tt.rate
			})
			got := s.instant(commands)
			require.Empty(t, got.silent, "neither a preview nor the truth")
			if tt.all {
				require.Len(t, got.previews, commands)
			}
			started := time.Now()
			ends := s.pressAll(got.previews)
			t.Logf("%s: %d commands in one instant: slowest ack %s, %d previews, the last after %s, %d were told "+
				"that Zenlayer is busy; "+
				"%d pressed in one instant: slowest ack %s, %d final cards, the last after %s: %v", name, commands,
				got.slowestAck.Round(time.Millisecond),
				len(got.previews), got.last.Round(time.Millisecond), len(got.told), len(got.previews), s.slowest.Round(
					time.Millisecond),
				len(ends), time.Since(started).Round(time.Millisecond), tally(ends))
			require.Len(t, ends, len(got.previews), "every accepted operation ends")
			require.Zero(t, s.lost)
			require.NoError(t, s.stop())
			s.agree(ends)
			s.calm()
		})
	}
}

// instant is what came of commands that were typed at once.
type instant struct {
	slowestAck time.Duration
	previews   map[int]sandbox.Message
	told       []int // that Zenlayer is asked too much
	silent     []int // nothing
	last       time.Duration
}

// instant types all commands at once and waits for what they are answered.
func (s *storm) instant(commands int) instant {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	answers := make([]sandbox.Message, commands)
	arrived := make([]time.Duration, commands)
	started := time.Now()
	var people errgroup.Group
	for n := range commands {
		people.Go(func() error {
			if _, err := s.request(ctx, n); err != nil {
				return fmt.Errorf("typing for %s: %w", serverID(n), err)
			}
			answers[n] = s.answered(ctx, n)
			arrived[n] = time.Since(started)
			return nil
		})
	}
	require.NoError(s.t, people.Wait())
	got := instant{slowestAck: s.slowest, previews: map[int]sandbox.Message{}, last: slices.Max(arrived)}
	for n, m := range answers {
		switch {
		case isPreview(m):
			got.previews[n] = m
		case has(m, "Many requests to Zenlayer are waiting right now"):
			got.told = append(got.told, n)
		default:
			got.silent = append(got.silent, n)
		}
	}
	return got
}

// pressAll presses Add server on all previews at once, and returns the final
// cards by server; slowest is that of these acks then.
func (s *storm) pressAll(previews map[int]sandbox.Message) map[int]sandbox.Message {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	s.slowest = 0
	var people errgroup.Group
	cards := make([]sandbox.Message, s.servers)
	for n, m := range previews {
		people.Go(func() error {
			var err error
			cards[n], err = s.insists(ctx, n, m)
			if err != nil {
				return fmt.Errorf("adding %s: %w", serverID(n), err)
			}
			return nil
		})
	}
	require.NoError(s.t, people.Wait())
	ends := map[int]sandbox.Message{}
	for n := range previews {
		ends[n] = cards[n]
	}
	return ends
}

// insists presses Add server and waits for the final card.
func (s *storm) insists(ctx context.Context, n int, preview sandbox.Message) (sandbox.Message, error) {
	if err := s.presses(ctx, n, preview); err != nil {
		return sandbox.Message{}, err
	}
	return s.final(ctx, n, preview)
}

// presses presses Add server on a preview that may be gone: then it was accepted.
func (s *storm) presses(ctx context.Context, n int, preview sandbox.Message) error {
	in, err := s.press(ctx, n, preview)
	if strings.HasPrefix(in.Failure, "refused: ") {
		return nil
	}
	return err
}

// final waits for the final card. It presses again whenever the bot could not find
// out whether it had accepted the request in the time Slack gives, as the bot says.
func (s *storm) final(ctx context.Context, n int, preview sandbox.Message) (sandbox.Message, error) {
	told := map[string]bool{}
	for {
		m, err := s.awaits(ctx, n, func(m sandbox.Message) bool {
			return isFinal(m) && serverIn(m) == serverID(n) || m.Ephemeral && !told[m.TS] &&
				has(m, "I could not find out whether")
		})
		if err != nil || isFinal(m) {
			return m, err
		}
		told[m.TS] = true
		if err := s.presses(ctx, n, preview); err != nil {
			return sandbox.Message{}, err
		}
	}
}

func isFinal(m sandbox.Message) bool {
	return isAdded(m) || isCard(m) && strings.HasPrefix(m.Text, "Not added")
}

// answered waits for the private answer to a command: in a storm of one
// instant nobody types twice in one channel.
func (s *storm) answered(ctx context.Context, n int) sandbox.Message {
	m, _ := s.awaits(ctx, n, func(m sandbox.Message) bool { return m.Ephemeral && m.BotID != "" && !isStillWorking(m) })
	return m
}

// tally counts cards by their first words.
func tally(cards map[int]sandbox.Message) map[string]int {
	count := map[string]int{}
	for _, m := range cards {
		first, _, _ := strings.Cut(m.Text, ":")
		count[first]++
	}
	return count
}

// agree requires that what the final cards say is so, that each operation has
// one card, and that nothing was added for anybody else.
func (s *storm) agree(ends map[int]sandbox.Message) {
	s.t.Helper()
	backends := s.added()
	cards := map[string]int{}
	for _, c := range s.slack.Channels("") {
		for _, m := range s.slack.Messages(c.ID, "") {
			if isCard(m) {
				cards[serverIn(m)]++
			}
		}
	}
	for n := range s.servers {
		id := serverID(n)
		card, accepted := ends[n]
		switch {
		case !accepted:
			require.Empty(s.t, backends[id])
			require.Zero(s.t, cards[id])
		case isAdded(card):
			require.Len(s.t, backends[id], 1)
			require.True(s.t, has(card, backends[id][0].BackendID), card.Text)
			require.Equal(s.t, 1, cards[id])
		default:
			require.Empty(s.t, backends[id], card.Text)
			require.Equal(s.t, 1, cards[id])
		}
	}
}
