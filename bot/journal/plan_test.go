package journal

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

// recorder keeps the statements that are read with.
type recorder struct {
	query.DBTX
	asked map[string][]any // by statement, its arguments
}

func (r recorder) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	r.asked[statement] = args
	return r.DBTX.QueryContext(ctx, statement, args...)
}

// readings are all that the commands, the history, the status and the Home tab read, with
// every combination of their filters.
func readings(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	for _, person := range []string{"", "U1"} {
		for _, listener := range []string{"", "l1", "https-443"} {
			for _, state := range append(operation.AllStates(), "") {
				for _, f := range []Filter{{}, {Since: clock()}} {
					f.ActorID, f.Listener, f.State, f.Limit = person, listener, state, 50
					_, err := s.Search(ctx, f)
					require.NoError(t, err)
				}
			}
			for _, channel := range []string{"", "C1"} {
				for _, before := range []history.Mark{{}, {At: clock(), ID: "1"}} {
					p := history.Page{Listener: listener, Channel: channel, Actor: person, Before: before, Limit: 50}
					_, err := s.Past(ctx, p)
					require.NoError(t, err)
					_, err = s.Denials(ctx, p)
					require.NoError(t, err)
				}
			}
		}
	}
	_, err := s.Open(ctx)
	require.NoError(t, err)
	_, err = s.UsedIn(ctx, "C1", 5)
	require.NoError(t, err)
	_, err = s.ListenerSince(ctx, "l1", clock())
	require.NoError(t, err)
	_, err = s.AcceptedSince(ctx, "U1", clock())
	require.NoError(t, err)
	_, err = s.BrokenSince(ctx, "U1", clock())
	require.NoError(t, err)
	_, err = s.Leaving(ctx, "main", "l1", "", clock())
	require.NoError(t, err)
	_, err = s.Leaving(ctx, "main", "l1", "i1", clock())
	require.NoError(t, err)
	_, err = s.Unreported(ctx, clock(), "", 5)
	require.NoError(t, err)
	_, err = s.Events(ctx, "id-1")
	require.NoError(t, err)
	_, err = s.Entries(ctx, 0, 5)
	require.NoError(t, err)
}

// TestEveryFilterHasAnIndex asks both databases how they would read: they never read a table
// through, and never sort more than the operations of one millisecond.
func TestEveryFilterHasAnIndex(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *Store{
		"SQLite":     openNew,
		"PostgreSQL": func(t *testing.T) *Store { return openPostgres(t, postgresURL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			r := recorder{s.db, map[string][]any{}}
			s.q = query.New(r)
			readings(t, s)
			require.Greater(t, len(r.asked), 12)
			conn, err := s.db.Conn(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close()) }()
			explain, slow := "explain query plan ", regexp.MustCompile(`\bSCAN\b|TEMP B-TREE FOR ORDER BY`)
			if name == "PostgreSQL" { // which reads an empty table through, unless it is told that this costs a lot
				explain, slow = "explain ", regexp.MustCompile(`Seq Scan|^(-> +)?Sort +\(`)
				for _, setting := range []string{"enable_seqscan", "enable_sort", "enable_bitmapscan"} {
					_, err := conn.ExecContext(t.Context(), "set "+setting+" = off")
					require.NoError(t, err)
				}
			}
			indexes := 0
			for statement, args := range r.asked {
				plan := planOf(t, conn, explain+statement, args)
				for _, line := range plan {
					require.NotRegexp(t, slow, line, "%s", statement)
				}
				for name, index := range map[string]string{"PastInState": "operations_state",
					"PastOfListener": "operations_listener", "PastOfActor": "operations_actor",
					"PastOfChannel": "operations_channel", "Past": "operations_accepted", "Denials": "events_denied",
					"OperationsIn": "operations_open_subject", "ListenersCalled": "listener_names"} {
					if strings.HasPrefix(statement, "-- name: "+name+" ") {
						require.Contains(t, strings.Join(plan, "\n"), index, statement)
						indexes++
					}
				}
			}
			require.Equal(t, 8, indexes)
		})
	}
}

// planOf returns the lines of a plan: its last column.
func planOf(t *testing.T, conn *sql.Conn, statement string, args []any) (lines []string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), statement, args...)
	require.NoError(t, err, statement)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	row := make([]any, len(columns))
	for i := range row {
		row[i] = new(any)
	}
	for rows.Next() {
		require.NoError(t, rows.Scan(row...))
		lines = append(lines, strings.TrimSpace(fmt.Sprint(*row[len(row)-1].(*any))))
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, lines)
	return lines
}
