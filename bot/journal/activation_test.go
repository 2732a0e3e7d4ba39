package journal

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestNewestPolicyActivationIsStored(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		last := func() operation.Activation {
			a, err := s.Activated(t.Context())
			require.NoError(t, err)
			return a
		}
		activates := func(after int64, digest string, again bool) bool {
			done, err := s.Activate(t.Context(), after, digest, again)
			require.NoError(t, err)
			return done
		}
		require.Zero(t, last())
		before := time.Now()
		require.True(t, activates(0, "d1", false))
		first := last()
		require.Equal(t, int64(1), first.Number)
		require.Equal(t, "d1", first.Digest)
		require.WithinRange(t, first.At, before.Add(-time.Minute), time.Now().Add(time.Minute),
			"by the clock of the database, not by the stopped one of this test")

		require.False(t, activates(0, "d2", true), "somebody was faster")
		require.False(t, activates(1, "d1", false), "it was in force before")
		require.True(t, activates(1, "d2", false))
		require.False(t, activates(2, "d1", false), "old")
		require.True(t, activates(2, "d1", true), "back on purpose")
		require.Equal(t, "d1", last().Digest)
		require.Equal(t, int64(3), last().Number)
	})
}

func TestOfManyThatActivateAtOnceOneDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for round := range int64(5) {
			late := errors.New("somebody was faster")
			won := atOnce(8, func(i int) error {
				done, err := s.Activate(t.Context(), round, operation.NewRef(), i%2 == 0)
				if err == nil && !done {
					err = late
				}
				return err
			}, func(err error) { require.ErrorIs(t, err, late) })
			require.Equal(t, 1, won)
			a, err := s.Activated(t.Context())
			require.NoError(t, err)
			require.Equal(t, round+1, a.Number)
		}
	})
}
