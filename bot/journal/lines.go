package journal

import (
	"context"
	"errors"
	"time"

	"lbbot/bot/audit"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// headEvery is how often the head is recorded.
const headEvery = time.Hour

// clockBack is how far in the future a hold may end, because clocks differ. A hold that
// ends later is from before a clock was set back, and is ignored.
const clockBack = 30 * time.Minute

// NoteHead records the end of the chain as an event, once an hour for all processes, and
// reports whether this call did.
func (s *Store) NoteHead(ctx context.Context) (h audit.Head, noted bool, err error) {
	err = s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		now := s.now()
		n, err := q.TakeHead(ctx, query.TakeHeadParams{Now: now.UnixMilli(), Before: now.Add(-headEvery).UnixMilli()})
		if noted = n > 0; err != nil || !noted {
			return err
		}
		end, err := q.ChainEnd(ctx)
		if err != nil {
			return err
		}
		h = audit.Head(end)
		return s.appendEvent(ctx, q, operation.Event{At: now, Kind: operation.EventHead, ActorID: operation.SystemActor,
			Data: map[string]string{"head": h.String()}})
	})
	return h, noted && err == nil, s.explain("noting the head of the audit trail in journal", err)
}

// HoldLines reserves the audit channel for this process until the given time, unless
// another process holds it, and returns the position up to which its lines are posted. A
// new channel begins at the end of the chain.
func (s *Store) HoldLines(ctx context.Context, holder string, until time.Time) (position int64, held bool, err error) {
	err = s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		n, err := q.HoldAuditLines(ctx, query.HoldAuditLinesParams{Holder: holder, Until: until.UnixMilli(),
			Now: s.now().UnixMilli(), Far: s.now().Add(clockBack).UnixMilli()})
		if held = n > 0; err != nil || !held {
			return err
		}
		if position, err = q.AuditLines(ctx); err != nil || position >= 0 {
			return err
		}
		end, err := q.ChainEnd(ctx)
		if err != nil {
			return err
		}
		position = end.Position
		_, err = q.AdvanceAuditLines(ctx, query.AdvanceAuditLinesParams{Position: position, Holder: holder})
		return err
	})
	return position, held && err == nil, s.explain("holding the audit channel in journal", err)
}

// LinesPosted returns how far the audit channel has been posted, -1 if never, and the
// end of the chain.
func (s *Store) LinesPosted(ctx context.Context) (posted, end int64, err error) {
	err = s.reads().QueryRowContext(ctx, `select l.position, c.position from audit_lines l, chain c
		where l.id = 1 and c.id = 1`).Scan(&posted, &end)
	return posted, end, s.explain("reading the place of the audit channel in journal", err)
}

// AdvanceLines records that the lines up to a position are posted. It fails if another
// process holds the channel now.
func (s *Store) AdvanceLines(ctx context.Context, holder string, position int64) error {
	err := s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		n, err := q.AdvanceAuditLines(ctx, query.AdvanceAuditLinesParams{Position: position, Holder: holder})
		if err == nil && n == 0 {
			err = errors.New("another process posts there now")
		}
		return err
	})
	return s.explain("noting the place of the audit channel in journal", err)
}
