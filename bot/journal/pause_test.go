package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func pauseNow(why string) operation.Pause {
	return operation.Pause{By: operation.Actor{UserID: "U1", Name: "Ana"}, At: clock(), Why: why}
}

// attempt is op with one more attempt, without an answer.
func attempt(op operation.Operation) operation.Operation {
	op = moveTo(op, operation.Sending)
	op.Attempts = append(op.Attempts[:len(op.Attempts):len(op.Attempts)],
		operation.Attempt{Number: len(op.Attempts) + 1, SentAt: clock()})
	return op
}

func TestPauseStoresNoAttemptUntilSomebodyResumes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		under := attempt(accept(t, s, saveDraft(t, s, draft("AAA222", "server-1"))))
		require.NoError(t, s.Save(t.Context(), under, event(operation.EventAttempt)))
		op := accept(t, s, saveDraft(t, s, draft("BBB222", "server-2")))
		is, err := s.Paused(t.Context())
		require.NoError(t, err)
		require.Nil(t, is)

		want := pauseNow("maintenance")
		already, sending, err := s.Pause(t.Context(), want, event(operation.EventPaused))
		require.NoError(t, err)
		require.Nil(t, already)
		require.Len(t, sending, 1)
		require.Equal(t, under.Ref, sending[0].Ref)
		var paused *operation.PausedError
		require.ErrorAs(t, s.Save(t.Context(), attempt(op), event(operation.EventAttempt)), &paused)
		require.Equal(t, want, paused.Pause)
		got, err := s.Operation(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, op, got)
		require.NoError(t, s.Save(t.Context(), moveTo(op, operation.Accepted), event(operation.EventWaiting)),
			"only attempts are held back")

		already, _, err = s.Pause(t.Context(), pauseNow("again"), event(operation.EventPaused))
		require.NoError(t, err)
		require.Equal(t, &want, already)
		ended, err := s.Resume(t.Context(), event(operation.EventPauseOver))
		require.NoError(t, err)
		require.Equal(t, &want, ended)
		ended, err = s.Resume(t.Context(), event(operation.EventPauseOver))
		require.NoError(t, err)
		require.Nil(t, ended)
		require.NoError(t, s.Save(t.Context(), attempt(moveTo(op, operation.Accepted)), event(operation.EventAttempt)))
		require.Equal(t, []string{operation.EventPaused, operation.EventPauseOver}, kinds(t, s, ""),
			"nothing is stored of what changed nothing")
	})
}

func TestARedeliveredPauseDoesNotPauseAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		e, over := event(operation.EventPaused), event(operation.EventPauseOver)
		e.Delivery, over.Delivery = "cmd-1", "cmd-2"
		_, _, err := s.Pause(t.Context(), pauseNow(""), e)
		require.NoError(t, err)
		_, err = s.Resume(t.Context(), over)
		require.NoError(t, err)
		_, _, err = s.Pause(t.Context(), pauseNow(""), e)
		require.ErrorAs(t, err, new(*operation.DuplicateError))
		is, err := s.Paused(t.Context())
		require.NoError(t, err)
		require.Nil(t, is)
		_, err = s.Resume(t.Context(), over)
		require.ErrorAs(t, err, new(*operation.DuplicateError))
	})
}

func TestAPauseIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"PostgreSQL": postgresURL(t),
		"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "j.db")} {
		s, err := Open(t.Context(), Config{URL: url, Now: clock})
		require.NoError(t, err, name)
		want := pauseNow("until monday")
		_, _, err = s.Pause(t.Context(), want, event(operation.EventPaused))
		require.NoError(t, err, name)
		require.NoError(t, s.Close())
		s, err = Open(t.Context(), Config{URL: url, Now: clock})
		require.NoError(t, err, name)
		is, err := s.Paused(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, &want, is, name)
		require.NoError(t, s.Close())
	}
}

// Attempts race with pauses, on PostgreSQL through two replicas. What is stored when
// Pause returns is all that is stored until somebody resumes.
func TestNoAttemptIsStoredOnceAPauseHasReturned(t *testing.T) {
	t.Parallel()
	for name, stores := range map[string]func(t *testing.T) []*Store{
		"SQLite": func(t *testing.T) []*Store { s := openNew(t); return []*Store{s, s} },
		"PostgreSQL": func(t *testing.T) []*Store {
			url := postgresURL(t)
			return []*Store{openPostgres(t, url), openPostgres(t, url)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			racePauses(t, stores(t))
		})
	}
}

func racePauses(t *testing.T, stores []*Store) {
	ops := make([]operation.Operation, 6)
	for i := range ops {
		ops[i] = accept(t, stores[0], saveDraft(t, stores[0], draft(fmt.Sprintf("RACE%d2", i), fmt.Sprint("s-", i))))
	}
	for round := range 25 {
		var workers sync.WaitGroup
		var first atomic.Int64
		begun := make(chan struct{})
		for i := range ops {
			workers.Go(func() {
				for { // until the pause
					next := attempt(ops[i])
					err := stores[i%len(stores)].Save(t.Context(), next, event(operation.EventAttempt))
					if err != nil {
						if !errors.As(err, new(*operation.PausedError)) {
							t.Error(err)
						}
						return
					}
					ops[i] = next
					if first.Add(1) == int64(1+round%5) {
						close(begun)
					}
				}
			})
		}
		<-begun
		_, sending, err := stores[round%2].Pause(t.Context(), pauseNow(""), event(operation.EventPaused))
		require.NoError(t, err)
		workers.Wait() // each was refused
		versions := map[string]int64{}
		for _, op := range sending {
			versions[op.ID] = op.Version
		}
		for _, op := range ops {
			got, err := stores[0].Operation(t.Context(), op.ID)
			require.NoError(t, err)
			if got.State == operation.Sending {
				require.Equal(t, versions[op.ID], got.Version, "round %d: the pause saw all that was stored",
					round)
			}
		}
		_, err = stores[(round+1)%2].Resume(t.Context(), event(operation.EventPauseOver))
		require.NoError(t, err)
	}
}
