package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// RecordBounded appends an event that a person can cause by typing. After
// operation.StoredAlone of them within operation.StoredWithin it only counts, and a
// summary is stored later: see operation.Tally. All replicas share the count, which is
// committed when RecordBounded returns. The chain covers it when the summary is stored,
// at most operation.StoredWithin and a minute later.
func (s *Store) RecordBounded(ctx context.Context, e operation.Event) error {
	err := s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		_, err := s.note(ctx, q, e)
		return err
	})
	return s.explain("recording an event in journal", err)
}

// note appends e and returns true, or only counts it and returns false.
func (s *Store) note(ctx context.Context, q *query.Queries, e operation.Event) (alone bool, err error) {
	if e.At.IsZero() {
		e.At = s.now()
	}
	err = s.tally(ctx, q, e.ActorID, e.Kind, e.At, func(t *operation.Tally) error {
		if alone = t.Note(e); !alone {
			return s.onlyOnce(ctx, q, e)
		}
		return s.appendEvent(ctx, q, e)
	})
	return alone, err
}

// tally locks a person's tally, stores its summary if it is over, and lets do change it.
// A tally that cannot be read is logged and counting restarts, so that it does not block
// anybody's requests.
func (s *Store) tally(ctx context.Context, q *query.Queries, actorID, kind string, now time.Time,
	do func(*operation.Tally) error) error {
	record, err := q.HoldTally(ctx, query.HoldTallyParams{ActorID: actorID, Kind: kind, TouchedAt: now.UnixMilli()})
	if err != nil {
		return err
	}
	var t operation.Tally
	if err := json.Unmarshal([]byte(record), &t); err != nil {
		s.log.Error("tally of a person cannot be read; counting starts again", zap.String("actor", actorID),
			zap.String("kind", kind), zap.String("record", record[:min(len(record), loggedRecord)]), zap.Error(err))
		t = operation.Tally{} // Unmarshal may have set some fields
	}
	if t.Over(now) {
		if err := s.appendEvent(ctx, q, t.Summary(kind, actorID)); err != nil {
			return err
		}
	}
	if err := do(&t); err != nil {
		return err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return q.SaveTally(ctx, query.SaveTallyParams{ActorID: actorID, Kind: kind, DueAt: millis(t.Due()),
		Record: string(text)})
}

// loggedRecord limits how much of an unreadable tally is logged, in bytes.
const loggedRecord = 1000

// tallyRows limits the summaries of one query of Summarise.
const tallyRows = 100

// Summarise stores the summaries that are due by now, at most 200, in short
// transactions, and returns how many. Several processes may call it at once. It also
// deletes old tallies.
func (s *Store) Summarise(ctx context.Context, now time.Time) (n int, err error) {
	past := query.DueTalliesParams{Since: sql.NullInt64{Valid: true}, Until: millis(now), MaxRows: tallyRows}
	due, err := s.q.DueTallies(ctx, past)
	if err != nil {
		return 0, s.explain("reading what was counted in journal", err)
	}
	// Tallies from before the clock was set back are due far in the future.
	far := query.DueTalliesParams{Since: millis(now.Add(2 * operation.StoredWithin)),
		Until: sql.NullInt64{Int64: math.MaxInt64, Valid: true}, MaxRows: tallyRows}
	ahead, err := s.q.DueTallies(ctx, far)
	if err != nil {
		return 0, s.explain("reading what was counted in journal", err)
	}
	for _, d := range append(due, ahead...) {
		err := s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
			return s.tally(ctx, q, d.ActorID, d.Kind, now, func(*operation.Tally) error { return nil })
		})
		if err != nil {
			return n, s.explain("storing what was counted in journal", err)
		}
		n++
	}
	err = s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		return q.PruneTallies(ctx, now.Add(-2*operation.StoredWithin).UnixMilli())
	})
	return n, s.explain("deleting old counts in journal", err)
}

// PruneDrafts deletes unsent drafts that were not changed since the given time, but
// never those that can still be sent. It returns how many it deleted: up to 100,000, in
// short transactions.
func (s *Store) PruneDrafts(ctx context.Context, olderThan time.Time) (int64, error) {
	if kept := s.now().Add(-2 * operation.DraftLife); olderThan.After(kept) {
		olderThan = kept
	}
	n, err := s.prune(ctx, func(ctx context.Context, q *query.Queries) (int64, error) {
		return q.PruneDrafts(ctx, query.PruneDraftsParams{Before: olderThan.UnixMilli(), MaxRows: pruneRows})
	})
	return n, s.explain("deleting old drafts in journal", err)
}
