package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"lbbot/bot/audit"
	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/journal/internal/query"
)

// linkRows limits the events of one transaction to a few milliseconds: on SQLite other
// writes wait for it.
const linkRows = 100

// linkRounds limits the transactions of one call of Link.
const linkRounds = 1000

// Link appends committed events to the chain, at most 100,000, in short transactions,
// and returns how many. Several processes may call it at once: only one at a time holds
// the end of the chain, so it never forks. Accepting and recording do not wait for it. An
// event whose transaction commits late is linked late, whatever its number.
func (s *Store) Link(ctx context.Context) (int, error) {
	total := 0
	for range linkRounds {
		n, err := s.linkSome(ctx)
		total += n
		if err != nil {
			return total, s.explain("linking the audit trail in journal", err)
		}
		if n < linkRows {
			break
		}
	}
	return total, nil
}

func (s *Store) linkSome(ctx context.Context) (n int, err error) {
	if none, err := s.nothingPending(ctx); err != nil || none {
		return 0, err
	}
	err = s.write(ctx, func(ctx context.Context, tx query.DBTX, q *query.Queries) error {
		now := s.now()
		end, err := q.LockChain(ctx, now.UnixMilli())
		if errors.Is(err, sql.ErrNoRows) {
			return audit.ErrNoEnd
		}
		if err != nil {
			return err
		}
		entries, err := pageOf(ctx, tx, pendingPage, math.MinInt64, linkRows, linkable)
		if n = len(entries); err != nil || n == 0 {
			return err
		}
		head := audit.Extend(audit.Head(end), now, entries)
		if err := insertLinks(ctx, tx, entries); err != nil {
			return err
		}
		return q.MoveChain(ctx, query.MoveChainParams(head))
	})
	return n, err
}

// pendingPage has the columns that entry reads, of events without a link.
const pendingPage = `select 0, e.seq, 0, '', e.at, e.kind, e.operation_id, e.actor_id, e.channel_id, e.data
	from events_pending p join events e on e.seq = p.seq where p.seq > $1 order by p.seq limit $2`

// linkable prepares a damaged event for its link: the events after it must not wait for
// it. Its hash never matches what verify reads, so verify names it.
func linkable(e *audit.Entry, damage error) {
	if damage != nil {
		e.Kind, e.Data = "", ""
	}
}

// nothingPending checks without a lock, because most of the time no event waits.
func (s *Store) nothingPending(ctx context.Context) (bool, error) {
	var one int
	err := s.reads().QueryRowContext(ctx, "select 1 from events_pending limit 1").Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}

// insertLinks writes all links and removes their events from the queue, in two
// statements, because each is a round trip to PostgreSQL. Both databases accept
// placeholders by number.
func insertLinks(ctx context.Context, tx query.DBTX, entries []audit.Entry) error {
	var links, seqs strings.Builder
	values := make([]any, 0, 4*len(entries))
	taken := make([]any, 0, len(entries))
	for i, e := range entries {
		if i > 0 {
			links.WriteString(", ")
			seqs.WriteString(", ")
		}
		fmt.Fprintf(&links, "($%d, $%d, $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
		fmt.Fprintf(&seqs, "$%d", i+1)
		values = append(values, e.Position, e.Seq, e.LinkedAt, packed.Hash(e.Hash))
		taken = append(taken, e.Seq)
	}
	if _, err := tx.ExecContext(ctx, "insert into links (position, seq, linked_at, hash) values "+links.String(),
		values...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "delete from events_pending where seq in ("+seqs.String()+")", taken...)
	return err
}
