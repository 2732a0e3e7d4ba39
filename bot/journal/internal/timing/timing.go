// Package timing counts the commits of the database and how long it takes.
package timing

import (
	"context"
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/journal/internal/query"
)

// Metrics are the metrics of the database.
type Metrics struct {
	// Commits counts the committed transactions.
	Commits             prometheus.Counter
	read, write, commit prometheus.Observer
}

// New makes the metrics. reg may be nil.
func New(reg prometheus.Registerer) *Metrics {
	commits := prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_journal_commits_total",
		Help: "Committed write transactions of the database, without heartbeats and checks of readiness."})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lbbot_database_seconds",
		Help: "Seconds of a query until its first row (read), of a write with its wait and its commit (write), " +
			"and of the commit alone (commit).",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}}, []string{"kind"})
	if reg != nil {
		reg.MustRegister(commits, seconds)
	}
	return &Metrics{Commits: commits, read: seconds.WithLabelValues("read"),
		write: seconds.WithLabelValues("write"), commit: seconds.WithLabelValues("commit")}
}

// Wrote measures a write that began at start.
func (m *Metrics) Wrote(start time.Time) { m.write.Observe(time.Since(start).Seconds()) }

// Committed measures a commit that began at start.
func (m *Metrics) Committed(start time.Time) { m.commit.Observe(time.Since(start).Seconds()) }

// Reads returns db with its queries measured.
func (m *Metrics) Reads(db query.DBTX) query.DBTX { return reads{db, m} }

type reads struct {
	query.DBTX

	m *Metrics
}

// QueryContext is that of *sql.DB.
func (r reads) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	defer r.m.took(time.Now())
	return r.DBTX.QueryContext(ctx, text, args...) //nolint:sqlclosecheck // the caller closes them
}

// QueryRowContext is that of *sql.DB.
func (r reads) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	defer r.m.took(time.Now())
	return r.DBTX.QueryRowContext(ctx, text, args...)
}

func (m *Metrics) took(start time.Time) { m.read.Observe(time.Since(start).Seconds()) }
