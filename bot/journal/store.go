package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/journal/internal/login"
	"lbbot/bot/journal/internal/prepared"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/journal/internal/sqlitefile"
	"lbbot/bot/journal/internal/timing"
	"lbbot/bot/operation"
)

// pingLimit limits Ping: a journal that needs longer for one row cannot answer Slack
// within three seconds.
const pingLimit = 2 * time.Second

// Config says which database to open, and how.
type Config struct {
	// URL is "sqlite:" and a path, or "postgres://…". It may contain a password and is
	// never logged.
	URL string

	// Process is the name of this process, on PostgreSQL also its replica id; random
	// if empty. Other processes take over the deliveries and operations of a dead one.
	Process string

	// Now is the clock of the columns updated_at and at; time.Now if nil.
	Now func() time.Time

	// Registerer takes the metrics; it may be nil.
	Registerer prometheus.Registerer

	// Log may be nil.
	Log *zap.Logger

	// ReadOnly opens the database without a lock and without a migration, also while a
	// bot is running on it. Every write fails.
	ReadOnly bool
}

// Store is the journal on one database. It is safe for concurrent use.
type Store struct {
	db       *sql.DB
	beats    *sql.DB        // one connection for replica.go; nil on SQLite
	q        *query.Queries // reads, measured as such
	direct   *query.Queries // for writeOne on PostgreSQL
	now      func() time.Time
	log      *zap.Logger
	readOnly bool
	process  string
	dialect  dialect
	name     string       // for messages: the file, or host and database; no password
	url      string       // of PostgreSQL, may contain a password; empty on SQLite
	login    *login.Login // of the next connections
	lock     *flock.Flock // nil on PostgreSQL and when read-only
	place    *place       // nil on PostgreSQL and when read-only
	metrics  *timing.Metrics

	listenCheck time.Duration // of Listen

	// On SQLite: reads, whose statements are prepared, and the one writer. Nil on
	// PostgreSQL; the writer also when read-only.
	prepared *prepared.DB
	writer   *sql.DB
	group    *group
}

var _ operation.Journal = (*Store)(nil)

// Open opens the database, locks an SQLite file, checks that commits are durable and
// migrates the tables. Its errors say what to do, for example about a second writer, a
// missing folder, a damaged file, or tables of a newer lbbot. It blocks while another
// replica migrates, until ctx ends.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := newStore(c)
	if err := s.connect(ctx, c.URL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.q, s.direct = query.New(s.reads()), query.New(s.db)
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.place.mark(ctx, s.db, sqlitefile.DSN(s.name, false)); err != nil {
		return nil, errors.Join(s.explain("opening journal", err), s.Close())
	}
	if err := s.startGroup(ctx); err != nil {
		return nil, errors.Join(s.explain("opening journal", err), s.Close())
	}
	s.log.Info("journal open", zap.String("database", s.name), zap.Bool("read_only", s.readOnly))
	return s, nil
}

// newStore makes a Store without a database.
func newStore(c Config) *Store {
	s := &Store{now: c.Now, log: c.Log, readOnly: c.ReadOnly, process: cmp.Or(c.Process, uuid.NewString()),
		listenCheck: listenCheck, login: &login.Login{}, metrics: timing.New(c.Registerer)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	return s
}

func (s *Store) connect(ctx context.Context, url string) error {
	scheme, rest, ok := strings.Cut(url, ":")
	switch {
	case ok && scheme == "sqlite":
		return s.connectSQLite(ctx, rest)
	case ok && (scheme == "postgres" || scheme == "postgresql"):
		return s.connectPostgres(ctx, url)
	}
	return errors.New(
		`opening journal: the database URL must start with "sqlite:" or "postgres://", for example sqlite:lbbot.db`)
}

// Close closes the database and releases the lock. It blocks for running statements.
func (s *Store) Close() error {
	errs := []error{s.group.close(), s.prepared.Close()}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.beats != nil {
		errs = append(errs, s.beats.Close())
	}
	errs = append(errs, s.place.close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("closing journal %s: %w", s.name, err)
	}
	return nil
}

// Ping checks that the journal can commit a write, or be read if it is read-only. It
// blocks for at most two seconds.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	if s.readOnly {
		return s.explain("reading journal", s.db.PingContext(ctx))
	}
	err := s.writeJob(ctx, &job{uncounted: true, fn: func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		return q.Pulse(ctx, s.now().UnixMilli())
	}})
	return s.explain("writing to journal", err)
}
