package bot_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
)

// TestManyAdditionsInOneInstant has many commands, in a soak 200, typed at once that are sent without a preview. Each
// ack waits for its commit.
func TestManyAdditionsInOneInstant(t *testing.T) {
	alone(t)
	for name, use := range databases() {
		t.Run(name, func(t *testing.T) {
			alone(t)
			commands := sized(12, 40, 200)
			s := openStorm(t, commands, func(c *bot.Config) {
				use(t, c)
				c.Confirm = intake.ConfirmNever
			})
			started := time.Now()
			calls, ends := s.additions(commands)
			slices.Sort(s.acks)
			t.Logf("%s: %d additions in one instant: acks p50 %s, p90 %s, slowest %s; %d calls that add before the "+
				"last ack; the last card after %s", name, commands, s.acks[commands/2].Round(time.Millisecond),
				s.acks[commands*9/10].Round(time.Millisecond), s.slowest.Round(time.Millisecond), calls,
				time.Since(started).Round(time.Millisecond))
			require.Zero(t, s.lost)
			require.NoError(t, s.stop())
			s.agree(ends)
			s.calm()
		})
	}
}

// additions types all commands at once. It returns how many calls that add had been made at the last ack, and the
// final cards.
func (s *storm) additions(commands int) (calls int, ends map[int]sandbox.Message) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	cards := make([]sandbox.Message, commands)
	var typing, people errgroup.Group
	for n := range commands {
		acked := make(chan struct{})
		typing.Go(func() error {
			defer close(acked)
			_, err := s.request(ctx, n)
			return err
		})
		people.Go(func() error {
			<-acked
			var err error
			if cards[n], err = s.typesUntilFinal(ctx, n); err != nil {
				return fmt.Errorf("adding %s: %w", serverID(n), err)
			}
			return nil
		})
	}
	require.NoError(s.t, typing.Wait())
	calls = len(s.cloud.CallsOf("RegisterBackend"))
	require.NoError(s.t, people.Wait())
	ends = map[int]sandbox.Message{}
	for n, card := range cards {
		ends[n] = card
	}
	return calls, ends
}

// typesUntilFinal waits for the final card, and types again whenever the bot could not find out whether it had
// accepted the request.
func (s *storm) typesUntilFinal(ctx context.Context, n int) (sandbox.Message, error) {
	told := map[string]bool{}
	for {
		m, err := s.awaits(ctx, n, func(m sandbox.Message) bool {
			return isFinal(m) && serverIn(m) == serverID(n) ||
				m.Ephemeral && m.To == s.person(n) && !told[m.TS] && has(m, "I could not find out whether")
		})
		if err != nil || isFinal(m) {
			return m, err
		}
		told[m.TS] = true
		if _, err := s.request(ctx, n); err != nil {
			return sandbox.Message{}, err
		}
	}
}
