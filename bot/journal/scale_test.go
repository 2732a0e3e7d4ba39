package journal

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
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
// 1000000. LBBOT_YEAR_DATABASE names an empty database to fill and keep, or a filled one.
// With LBBOT_YEAR_BEFORE it is filled as the version before stored, and the update is
// measured.
func TestYear(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("LBBOT_YEAR"))
	if err != nil {
		t.Skip("set LBBOT_YEAR to a number of operations, such as 1000000: it takes minutes and gigabytes")
	}
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
