package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"lbbot/bot/audit"
	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/journal/internal/query"
)

var (
	_ audit.Source = (*Store)(nil)
	_ audit.Cutter = (*Store)(nil)
)

// ReadTrail calls fn with the audit trail of one moment, in a read-only transaction.
func (s *Store) ReadTrail(ctx context.Context, fn func(audit.Reading) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return s.explain("reading the audit trail of journal", err)
	}
	defer func() { _ = conn.Close() }() // nothing was written
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err == nil {
		defer func() { _ = tx.Rollback() }() // nothing was written
		err = fn(&snapshot{trail: trail{tx, s.q.WithTx(tx), s.now}, conn: conn})
	}
	return s.explain("reading the audit trail of journal", err)
}

// CutTrail calls fn in a transaction that may delete the beginning of the audit
// trail. Until it ends, nobody else links or cuts.
func (s *Store) CutTrail(ctx context.Context, fn func(audit.Cutting) error) error {
	err := s.write(ctx, func(ctx context.Context, tx query.DBTX, q *query.Queries) error {
		if _, err := q.LockChain(ctx, s.now().UnixMilli()); err != nil {
			return err
		}
		return fn(trail{tx, q, s.now})
	})
	return s.explain("cutting the audit trail in journal", err)
}

// Entries returns the entries after a position, in order, at most limit and at most
// 1000. Previous is empty.
func (s *Store) Entries(ctx context.Context, after int64, limit int) ([]audit.Entry, error) {
	entries, err := s.trail().Entries(ctx, after, limit)
	return entries, s.explain("reading the audit trail of journal", err)
}

// Head returns the end of the chain. Position 0 means that nothing is linked.
func (s *Store) Head(ctx context.Context) (audit.Head, error) {
	head, err := s.trail().End(ctx)
	return head, s.explain("reading the end of the audit trail in journal", err)
}

// Progress is Head, and how many events are not linked yet.
func (s *Store) Progress(ctx context.Context) (h audit.Head, unlinked int64, err error) {
	err = s.reads().QueryRowContext(ctx, `select position, hash, (select count(*) from events_pending)
		from chain where id = 1`).Scan(&h.Position, &h.Hash, &unlinked)
	if errors.Is(err, sql.ErrNoRows) {
		err = audit.ErrNoEnd
	}
	return h, unlinked, s.explain("reading the end of the audit trail in journal", err)
}

func (s *Store) trail() trail { return trail{s.reads(), s.q, s.now} }

// trail is the audit trail, inside a transaction or not.
type trail struct {
	db  query.DBTX
	q   *query.Queries
	now func() time.Time
}

func (t trail) Checkpoints(ctx context.Context) ([]audit.Checkpoint, error) {
	rows, err := t.q.Checkpoints(ctx, math.MinInt64)
	all := make([]audit.Checkpoint, len(rows))
	for i, r := range rows {
		all[i] = audit.Checkpoint{Head: audit.Head{Position: r.Position, Hash: r.Hash}, At: time.UnixMilli(r.At).UTC(),
			PublicKey: r.PublicKey, Signature: r.Signature}
	}
	return all, err
}

// chainPage has the columns that entry reads, in their order.
const chainPage = `select l.position, l.seq, l.linked_at, l.hash,
	e.at, e.kind, e.operation_id, e.actor_id, e.channel_id, e.data
	from links l left join events e on e.seq = l.seq where l.position > $1 order by l.position limit $2`

const chainColumns = 10

func (t trail) Entries(ctx context.Context, after int64, limit int) (page []audit.Entry, err error) {
	return pageOf(ctx, t.db, chainPage, after, limit, func(*audit.Entry, error) {})
}

// pageOf reads entries, and calls fn with each one and its damage, if it has any.
func pageOf(ctx context.Context, db query.DBTX, statement string, after int64, limit int,
	fn func(e *audit.Entry, damage error)) (page []audit.Entry, err error) {
	rows, err := db.QueryContext(ctx, statement, after, rowLimit(limit))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err has its error
	var row, into [chainColumns]any
	for i := range row {
		into[i] = &row[i]
	}
	var unpack packed.Reader
	for rows.Next() {
		if err := rows.Scan(into[:]...); err != nil {
			return nil, err
		}
		e, damage := entry(&row, &unpack)
		fn(&e, damage)
		page = append(page, e)
	}
	return page, rows.Err()
}

// entry decodes a row of chainPage. SQLite stores any type in any column. What is
// damaged, or of a type that the bot does not write, becomes something that it never
// records, so that the hash does not match: queries would not find it, or read something
// else. The error is the last damage; the entry has everything that can be read.
func entry(row *[chainColumns]any, unpack *packed.Reader) (e audit.Entry, damage error) {
	missing := row[4] == nil // the event, of an outer join
	number := func(i int) int64 {
		n, ok := row[i].(int64)
		if !ok && !missing {
			damage = fmt.Errorf("a number is stored as %T", row[i])
			return math.MinInt64
		}
		return n
	}
	text := func(i int) string {
		text, ok := row[i].(string)
		if !ok && !missing {
			damage = fmt.Errorf("stored as %T: %s", row[i], row[i])
			return damage.Error()
		}
		return text
	}
	e = audit.Entry{Position: number(0), Seq: number(1), LinkedAt: number(2), At: number(4), Kind: text(5),
		OperationID: text(6), ActorID: text(7), ChannelID: text(8)}
	var hash packed.Hash
	if err := hash.Scan(row[3]); err != nil { // and so it matches nothing
		damage = err
	}
	e.Hash = string(hash)
	var err error
	if e.Data, err = unpack.Text(row[9]); err != nil {
		damage = err
		e.Data = fmt.Sprintf("%s: %x", err, row[9])
	}
	return e, damage
}

// snapshot is a trail in a transaction that only reads.
type snapshot struct {
	trail
	conn   *sql.Conn
	unpack packed.Reader
}

// Entries reads without the conversions of database/sql, which took a third of the time
// of verifying a trail.
func (s *snapshot) Entries(ctx context.Context, after int64, limit int) (page []audit.Entry, err error) {
	err = s.conn.Raw(func(c any) (err error) {
		rows, err := c.(driver.QueryerContext).QueryContext(ctx, chainPage, []driver.NamedValue{
			{Ordinal: 1, Value: after}, {Ordinal: 2, Value: int64(rowLimit(limit))}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		page = make([]audit.Entry, 0, limit)
		var values [chainColumns]driver.Value
		var row [chainColumns]any
		for {
			if err := rows.Next(values[:]); err != nil {
				if errors.Is(err, io.EOF) {
					return nil
				}
				return err
			}
			for i, v := range values {
				row[i] = v
			}
			e, _ := entry(&row, &s.unpack) // verify sees the damage by its hash
			page = append(page, e)
		}
	})
	return page, err
}

func (t trail) End(ctx context.Context) (audit.Head, error) {
	end, err := t.q.ChainEnd(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = audit.ErrNoEnd
	}
	return audit.Head(end), err
}

func (t trail) Stray(ctx context.Context, wait time.Duration) (*audit.Stray, error) {
	for _, look := range []struct {
		query   string
		args    []any
		problem audit.StrayProblem
	}{
		{`select p.seq, 0, '' from events_pending p left join events e on e.seq = p.seq
		  where e.seq is null order by p.seq limit 1`, nil, audit.StrayDeleted},
		{`select e.seq, e.at, e.kind from events e left join links l on l.seq = e.seq
		  left join events_pending p on p.seq = e.seq
		  where l.seq is null and p.seq is null and (select count(*) from events) <>
		    (select count(*) from links) + (select count(*) from events_pending)
		  order by e.seq limit 1`, nil, audit.StrayForeign},
		{`select p.seq, l.linked_at, '' from events_pending p join links l on l.seq = p.seq
		  order by p.seq limit 1`, nil, audit.StrayTwice},
		{`select e.seq, e.at, e.kind from events_pending p join events e on e.seq = p.seq
		  where e.at < $1 order by e.seq limit 1`, []any{t.now().Add(-wait).UnixMilli()}, audit.StrayLate},
	} {
		found := audit.Stray{Problem: look.problem}
		err := t.db.QueryRowContext(ctx, look.query, look.args...).Scan(&found.Entry.Seq, &found.Entry.At,
			&found.Entry.Kind)
		if !errors.Is(err, sql.ErrNoRows) {
			return &found, err
		}
	}
	return nil, nil //nolint:nilnil // nil is documented as "none"
}

func (t trail) Unlinked(ctx context.Context) (n int64, err error) {
	err = t.db.QueryRowContext(ctx, "select count(*) from events_pending").Scan(&n)
	return n, err
}

func (t trail) Beginning(ctx context.Context) (audit.Head, error) {
	c, err := t.q.LastCheckpoint(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, nil
	}
	return audit.Head{Position: c.Position, Hash: c.Hash}, err
}

func (t trail) Standing(ctx context.Context, operationID string) (audit.Standing, error) {
	o, err := t.q.Standing(ctx, operationID)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Standing{}, nil
	}
	return audit.Standing{Ref: o.Ref, Unsettled: o.Open || o.UnreportedSince.Valid,
		ChangedAt: time.UnixMilli(o.UpdatedAt)}, err
}

// Delete stores the checkpoint before it deletes what the checkpoint
// represents: triggers refuse the other order.
func (t trail) Delete(
	ctx context.Context, c audit.Checkpoint, operationIDs []string) (events, operations int64, err error) {
	if err := t.q.InsertCheckpoint(ctx, query.InsertCheckpointParams{Position: c.Position, Hash: c.Hash,
		At: c.At.UnixMilli(), PublicKey: c.PublicKey, Signature: c.Signature}); err != nil {
		return 0, 0, err
	}
	if events, err = t.q.CutEvents(ctx, c.Position); err != nil {
		return 0, 0, err
	}
	if _, err := t.q.CutLinks(ctx, c.Position); err != nil {
		return 0, 0, err
	}
	for _, id := range operationIDs {
		n, err := t.drop(ctx, id)
		if err != nil {
			return 0, 0, err
		}
		operations += n
	}
	return events, operations, nil
}

// drop deletes an operation without events.
func (t trail) drop(ctx context.Context, id string) (int64, error) {
	if left, err := t.q.EventLeft(ctx, id); err != nil || len(left) > 0 {
		return 0, err
	}
	if err := t.q.DropCards(ctx, id); err != nil {
		return 0, err
	}
	return t.q.DropOperation(ctx, id)
}
