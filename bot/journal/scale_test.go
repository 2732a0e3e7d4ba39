package journal

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

// TestAnOperationStaysSmall pins the bytes of a whole SQLite file for each operation, with
// its events, links, card and indexes. Version 0.1 took 6,000 for an added server and
// 2,700 for a preview.
func TestAnOperationStaysSmall(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct{ only, most int }{"added": {99, 3250}, "preview": {1, 1300}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openNew(t)
			const n = 2000
			size := func() (bytes int) {
				require.NoError(t, s.DB().QueryRowContext(t.Context(), sizeOf(s)).Scan(&bytes))
				return bytes
			}
			empty := size()
			y := newYear(n, false)
			y.only = of.only
			fillYear(t, s.DB(), y, n)
			require.LessOrEqual(t, (size()-empty)/n, of.most)
		})
	}
}

// TestYear measures a database with as many operations as LBBOT_YEAR says, such as
// 1000000, which takes minutes and gigabytes; without it, with 1,000.
// LBBOT_YEAR_DATABASE names an empty database to fill and keep, or a filled one. With
// LBBOT_YEAR_BEFORE it is filled as the version before stored, and the update is
// measured.
func TestYear(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("LBBOT_YEAR"), "1000"))
	require.NoError(t, err)
	url := cmp.Or(os.Getenv("LBBOT_YEAR_DATABASE"), "sqlite:"+filepath.Join(t.TempDir(), "lbbot.db"))
	if url == "postgres" {
		url = postgresURL(t)
	}
	s, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	before := os.Getenv("LBBOT_YEAR_BEFORE") != ""
	p, err := s.provider()
	require.NoError(t, err)
	if before {
		_, err = p.DownTo(t.Context(), 44)
		require.NoError(t, err)
	}
	if count, err := s.count(t, "operations"); err == nil && count == 0 {
		measured(t, "filling", func() error { fillYear(t, s.DB(), newYear(n, before), n); return nil })
	}
	size := func(when string) {
		var bytes int64
		require.NoError(t, s.DB().QueryRowContext(t.Context(), sizeOf(s)).Scan(&bytes))
		t.Logf("%s: %d bytes an operation", when, bytes/int64(n))
	}
	size("filled")
	if before {
		measured(t, "updating the tables", func() error { _, err := p.Up(t.Context()); return err })
		size("updated")
	}
	readsAYear(t, s)
	cutsAYear(t, s)
	require.NoError(t, s.Close())
	measured(t, "start: opening", func() error { s, err = Open(t.Context(), Config{URL: url}); return err })
}

// readsAYear measures what people wait for.
func readsAYear(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	last, err := s.Search(ctx, Filter{Limit: 1})
	require.NoError(t, err)
	op := last[0]
	since, middle := op.ClickedAt.Add(-400*24*time.Hour), history.Mark{At: op.ClickedAt.Add(-200 * 24 * time.Hour)}
	search := func(f Filter) func() error {
		f.Since, f.Limit = since, cmp.Or(f.Limit, 50)
		return func() error { _, err := s.Search(ctx, f); return err }
	}
	page := func(p history.Page) func() error {
		p.Since, p.Before, p.Limit = since, middle, 50
		return func() error { _, err := s.Past(ctx, p); return err }
	}
	for _, look := range []struct {
		what string
		do   func() error
	}{
		{"list", search(Filter{})},
		{"list --state needs_person, no match", search(Filter{State: operation.NeedsPerson})},
		{"list --state already_there", search(Filter{State: operation.NothingToDo})},
		{"list --listener ID", search(Filter{Listener: op.Listener.ID})},
		{"list --listener NAME", search(Filter{Listener: op.Listener.Name})},
		{"list --listener NONE", search(Filter{Listener: "none"})},
		{"list --person", search(Filter{ActorID: op.Actor.UserID})},
		{"list --listener ID --state, no match",
			search(Filter{Listener: op.Listener.ID, State: operation.NeedsPerson})},
		{"list --person --state, no match", search(Filter{ActorID: op.Actor.UserID, State: operation.NeedsPerson})},
		{"page of history", page(history.Page{})},
		{"page of a listener", page(history.Page{Listener: op.Listener.ID})},
		{"page of a channel", page(history.Page{Channel: op.Place.ChannelID})},
		{"page of a person", page(history.Page{Actor: op.Actor.UserID})},
		{"page of denials", func() error {
			_, err := s.Denials(ctx, history.Page{Since: since, Limit: 50})
			return err
		}},
		{"open requests", func() error { _, err := s.Open(ctx); return err }},
		{"unreported", func() error { _, err := s.Unreported(ctx, op.ClickedAt, "", 50); return err }},
		{"a request by its reference", func() error { _, err := s.Operation(ctx, op.Ref); return err }},
		{"its events", func() error { _, err := s.Events(ctx, op.ID); return err }},
		{"dedupe look-up", func() error { _, err := s.Delivered(ctx, "command:none"); return err }},
		{"limit of a person", func() error {
			_, err := s.AcceptedSince(ctx, op.Actor.UserID,
				op.ClickedAt.Add(-time.Hour))
			return err
		}},
		{"removals of a listener", func() error {
			_, err := s.Leaving(ctx, op.Account, op.Listener.ID, "",
				op.ClickedAt)
			return err
		}},
	} {
		require.NoError(t, look.do()) // the pages of the file are in memory, as in a bot that runs
		measured(t, look.what, look.do)
	}
	measured(t, "verify", func() error {
		begin := time.Now()
		trail, err := audit.Verify(ctx, s, audit.Expected{})
		require.Nil(t, trail.Break)
		t.Logf("verify: %.0f events a second", float64(trail.Events)/time.Since(begin).Seconds())
		return err
	})
}

// cutsAYear measures the longest transaction of retention.
func cutsAYear(t *testing.T, s *Store) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	first, err := s.Entries(t.Context(), 0, 1)
	require.NoError(t, err)
	var longest time.Duration
	timed := cutter{s, &longest}
	deleted, err := audit.Cut(t.Context(), timed, time.UnixMilli(first[0].At).Add(24*time.Hour), time.Now(), key)
	require.NoError(t, err)
	t.Logf("retention: %d events deleted, the longest transaction %v", deleted.Events, longest.Round(time.Millisecond))
}

// cutter measures transactions.
type cutter struct {
	*Store
	longest *time.Duration
}

func (c cutter) CutTrail(ctx context.Context, fn func(audit.Cutting) error) error {
	begin := time.Now()
	err := c.Store.CutTrail(ctx, fn)
	*c.longest = max(*c.longest, time.Since(begin))
	return err
}

// measured logs how long something takes.
func measured(t *testing.T, what string, do func() error) {
	t.Helper()
	begin := time.Now()
	require.NoError(t, do(), what)
	t.Logf("%-40s %10v", what, time.Since(begin).Round(10*time.Microsecond))
}

func (s *Store) count(t *testing.T, table string) (n int, err error) {
	err = s.db.QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&n)
	return n, err
}

// sizeOf is the query for the bytes of the whole database.
func sizeOf(s *Store) string {
	if s.dialect.goose == goose.DialectPostgres {
		return "select pg_database_size(current_database())"
	}
	return "select page_count * page_size from pragma_page_count, pragma_page_size"
}
