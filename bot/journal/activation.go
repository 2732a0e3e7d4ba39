package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// The statements are not in queries.sql because the clock has another name in each
// database, and replicas never compare the clocks of their machines. The primary key
// makes sure that only one replica writes the next number.
const (
	lastActivation = `select number, digest, at from policy_activations order by number desc limit 1`

	activate = `insert into policy_activations (number, digest, at)
		select $1, $2, %s
		where not exists (select 1 from policy_activations where number >= $1)
		  and ($3 or not exists (select 1 from policy_activations where digest = $2))
		on conflict (number) do nothing`
)

// Activated returns the newest activation of policies, or the zero Activation. It
// blocks for one reading by an index.
func (s *Store) Activated(ctx context.Context) (operation.Activation, error) {
	var a operation.Activation
	var at int64
	err := s.reads().QueryRowContext(ctx, lastActivation).Scan(&a.Number, &a.Digest, &at)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return operation.Activation{}, nil
	case err != nil:
		return operation.Activation{}, s.explain("reading the current policies in journal", err)
	}
	a.At = time.UnixMilli(at).UTC()
	return a, nil
}

// Activate makes policies current, by the clock of the database, and reports whether
// it did. It does nothing if the newest activation has another number than after (0:
// none), or if these policies were current before and again is false. It blocks for
// one commit.
func (s *Store) Activate(ctx context.Context, after int64, digest string, again bool) (bool, error) {
	var n int64
	err := s.writeOne(ctx, func(ctx context.Context, db query.DBTX, _ *query.Queries) error {
		done, err := db.ExecContext(ctx, fmt.Sprintf(activate, s.dialect.time), after+1, digest, again)
		if err != nil {
			return err
		}
		n, err = done.RowsAffected()
		return err
	})
	return n > 0, s.explain("activating policies in journal", err)
}
