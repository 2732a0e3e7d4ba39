package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

// fill stores n operations, their deliveries and an event of each; every hundredth operation is
// not reported yet.
func fill(tb testing.TB, s *Store, n int) {
	tb.Helper()
	tx, err := s.DB().BeginTx(context.Background(), nil)
	require.NoError(tb, err)
	_, err = tx.Exec(`
		with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)
		insert into operations (id, ref, version, state, open, subject, client_token, actor_id, listener_id, channel_id,
		                        accepted_at, unreported_since, updated_at, record)
		select 'old-' || i, 'OLD-' || i, 3, 'added', false, 'subject-' || i, 'token-' || i,
		       'U' || (i % 50), 'L' || (i % 20), 'C' || (i % 30),
		       i * 1000, case when i % 100 = 0 then i * 1000 end, i * 1000, '{"id":"old-' || i || '"}'
		from n`, n)
	require.NoError(tb, err)
	_, err = tx.Exec(`
		with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)
		insert into deliveries (key, operation_id, at) select 'click-' || i, 'old-' || i, i * 1000 from n`, n)
	require.NoError(tb, err)
	_, err = tx.Exec(`
		with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)
		insert into events (seq, at, kind, operation_id, actor_id, channel_id, data)
		select i, i * 1000, case when i % 10 = 0 then 'denied' else 'accepted' end, 'old-' || i,
		       'U' || (i % 50), 'C' || (i % 30), '{}' from n`, n)
	require.NoError(tb, err)
	require.NoError(tb, tx.Commit())
}

// TestLookUpsUseTheirIndex asks SQLite how it would find the rows: never by
// reading a table through. Without ANALYZE, which the journal never runs, the
// answer does not depend on how many rows there are.
func TestLookUpsUseTheirIndex(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	fill(t, s, 5_000)
	for _, q := range queriesIn(t) {
		if strings.HasPrefix(q, "insert into") {
			continue
		}
		plan := strings.Join(plan(t, s, q), "\n")
		require.NotContains(t, plan, "SCAN", "%s\n%s", q, plan)
		require.NotContains(t, plan, "TEMP B-TREE FOR ORDER BY", "%s\n%s", q, plan)
		if strings.Contains(q, "unreported_since < ") {
			require.Contains(t, plan, "operations_unreported", q)
		}
	}
	ops, err := s.Unreported(t.Context(), clock(), "", 10)
	require.NoError(t, err)
	require.Len(t, ops, 10)
	require.Equal(t, "old-100", ops[0].ID)
}

func plan(t *testing.T, s *Store, q string) []string {
	t.Helper()
	args := make([]any, strings.Count(q, "$"))
	for i := range args {
		args[i] = 1
	}
	rows, err := s.DB().QueryContext(t.Context(), "explain query plan "+q, args...)
	require.NoError(t, err, q)
	defer func() { require.NoError(t, rows.Close()) }()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		lines = append(lines, detail)
	}
	require.NoError(t, rows.Err())
	return lines
}

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "lbbot.db")})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}

func BenchmarkAccept(b *testing.B) {
	for name, rows := range map[string]int{"empty": 0, "100k": 100_000} {
		b.Run(name, func(b *testing.B) {
			s := openBench(b)
			fill(b, s, rows)
			var n atomic.Int64
			b.ResetTimer()
			b.SetParallelism(8) // 16 in flight on two cores
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					a := accepted(draft(fmt.Sprintf("N%d", i), fmt.Sprintf("server-%d", i)))
					a.Insert = true
					if err := s.Accept(b.Context(), a); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkPartAccept accepts without a preview, one after the other.
func BenchmarkPartAccept(b *testing.B) {
	s := openBench(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		a := accepted(draft(fmt.Sprintf("N%d", n), fmt.Sprintf("server-%d", n)))
		a.Insert = true
		if err := s.Accept(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReading reads from 100,000 operations, 1,000 of them unreported.
func BenchmarkReading(b *testing.B) {
	s := openBench(b)
	fill(b, s, 100_000)
	for name, read := range map[string]func() (int, error){
		"Unreported": func() (int, error) { return count(s.Unreported(b.Context(), clock(), "", 20)) },
		"Operations": func() (int, error) { return count(s.Search(b.Context(), Filter{Limit: 20})) },
		"Past":       func() (int, error) { return past(s.Past(b.Context(), page(history.Page{}))) },
		"Past of a listener": func() (int, error) {
			return past(s.Past(b.Context(), page(history.Page{Listener: "L7"})))
		},
		"Past of a channel": func() (int, error) {
			return past(s.Past(b.Context(), page(history.Page{Channel: "C7"})))
		},
		"Past of a person": func() (int, error) {
			return past(s.Past(b.Context(), page(history.Page{Actor: "U7"})))
		},
		"Denials": func() (int, error) {
			d, err := s.Denials(b.Context(), page(history.Page{}))
			return len(d), err
		},
		"Operation": func() (int, error) { _, err := s.Operation(b.Context(), "old-77777"); return 20, err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				n, err := read()
				require.NoError(b, err)
				require.Equal(b, 20, n)
			}
		})
	}
}

// page asks for 20 entries from the middle of what fill stored.
func page(p history.Page) history.Page {
	p.Since, p.Before, p.Limit = time.UnixMilli(0), history.Mark{At: time.UnixMilli(50_000_000)}, 20
	return p
}

func past(list []history.Past, err error) (int, error) { return len(list), err }

func count(ops []operation.Operation, err error) (int, error) { return len(ops), err }

func BenchmarkSave(b *testing.B) {
	s := openBench(b)
	op := draft("ABC234", "server-1")
	require.NoError(b, s.SaveDraft(b.Context(), op, event(operation.EventPreviewed)))
	for b.Loop() {
		op = moveTo(op, operation.Sending)
		require.NoError(b, s.Save(b.Context(), op, event(operation.EventAttempt)))
	}
}

// BenchmarkLink links 1,000 events at a time; BenchmarkVerify reads 100,000.
func BenchmarkLink(b *testing.B) {
	s := openBench(b)
	for b.Loop() {
		b.StopTimer()
		recordMany(b, s, 1000)
		b.StartTimer()
		n, err := s.Link(b.Context())
		require.NoError(b, err)
		require.Equal(b, 1000, n)
	}
}

func BenchmarkVerify(b *testing.B) {
	s := openBench(b)
	recordMany(b, s, 100_000)
	_, err := s.Link(b.Context())
	require.NoError(b, err)
	for b.Loop() {
		trail, err := audit.Verify(b.Context(), s, audit.Expected{})
		require.NoError(b, err)
		require.Nil(b, trail.Break)
		require.Equal(b, int64(100_000), trail.Events)
	}
}

// recordMany records n events at once, past the journal's own way.
func recordMany(tb testing.TB, s *Store, n int) {
	tb.Helper()
	_, err := s.DB().ExecContext(tb.Context(), `
		with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)
		insert into events (at, kind, operation_id, actor_id, channel_id, data)
		select $2, 'finished', 'id-' || i, 'U' || (i % 50), 'C1',
		       '{"state":"added","backend_id":"be-' || i || '","request_id":"3f6c2a1e"}' from n`,
		n, s.now().UnixMilli())
	require.NoError(tb, err)
}
