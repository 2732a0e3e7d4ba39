package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// Limits of the choices stored for buttons: by age, and by number for each person.
const (
	keepChoices   = time.Hour
	choicesPerson = 20
)

// KeepChoices stores what a person may pick from, under a new key, for an hour. The
// last 20 of one person are kept. It blocks for one commit.
func (s *Store) KeepChoices(ctx context.Context, key, person string, data []byte) error {
	now := s.now()
	err := s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		if err := s.dropOldChoices(ctx, q); err != nil {
			return err
		}
		most := query.DropManyChoicesParams{Person: person, Keep: choicesPerson - 1}
		if err := q.DropManyChoices(ctx, most); err != nil {
			return err
		}
		return q.KeepChoices(ctx, query.KeepChoicesParams{
			Key: key, Person: person, Data: string(data), At: now.UnixMilli()})
	})
	return s.explain("keeping choices in journal", err)
}

func (s *Store) dropOldChoices(ctx context.Context, q *query.Queries) error {
	return q.DropOldChoices(ctx, s.now().Add(-keepChoices).UnixMilli())
}

// KeptChoices returns what is stored under a key, and for whom. An unknown or expired
// key is operation.ErrNotFound.
func (s *Store) KeptChoices(ctx context.Context, key string) (person string, data []byte, err error) {
	row, err := s.q.KeptChoices(ctx, query.KeptChoicesParams{Key: key, Before: s.now().Add(-keepChoices).UnixMilli()})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, operation.ErrNotFound
	}
	return row.Person, []byte(row.Data), s.explain("reading kept choices in journal", err)
}
