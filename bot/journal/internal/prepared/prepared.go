// Package prepared keeps the prepared statements of a database.
package prepared

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"lbbot/bot/journal/internal/query"
)

// maxPrepared limits the prepared statements; further ones run without. The fixed
// queries are fewer, and those that are built at run time could be any number.
const maxPrepared = 256

// DB runs each statement as a prepared one, because SQLite needs more time to
// compile most statements than to run them. pgx does that for PostgreSQL by itself.
type DB struct {
	db query.DBTX // a *sql.DB or *sql.Conn

	mu    sync.RWMutex
	known map[string]*sql.Stmt
}

var _ query.DBTX = (*DB)(nil)

// New makes a DB on a *sql.DB or *sql.Conn, which stays the caller's.
func New(db query.DBTX) *DB { return &DB{db: db, known: map[string]*sql.Stmt{}} }

// ExecContext is that of *sql.DB.
func (p *DB) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if s := p.statement(ctx, text); s != nil { //nolint:sqlclosecheck // close does
		return s.ExecContext(ctx, args...)
	}
	return p.db.ExecContext(ctx, text, args...)
}

// QueryContext is that of *sql.DB.
func (p *DB) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := p.statement(ctx, text); s != nil { //nolint:sqlclosecheck // close does
		return s.QueryContext(ctx, args...)
	}
	return p.db.QueryContext(ctx, text, args...)
}

// QueryRowContext is that of *sql.DB.
func (p *DB) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if s := p.statement(ctx, text); s != nil { //nolint:sqlclosecheck // close does
		return s.QueryRowContext(ctx, args...)
	}
	return p.db.QueryRowContext(ctx, text, args...)
}

// PrepareContext is that of *sql.DB.
func (p *DB) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return p.db.PrepareContext(ctx, text)
}

// statement returns nil if text cannot be prepared: running it as it is fails with the
// reason.
func (p *DB) statement(ctx context.Context, text string) *sql.Stmt {
	p.mu.RLock()
	s, known := p.known[text]
	full := len(p.known) >= maxPrepared
	p.mu.RUnlock()
	if known || full {
		return s
	}
	s, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, known := p.known[text]; known {
		_ = s.Close() //nolint:sqlclosecheck // the other one is used
		return first
	}
	p.known[text] = s
	return s
}

// Close closes the statements.
func (p *DB) Close() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.known {
		errs = append(errs, s.Close())
	}
	clear(p.known)
	return errors.Join(errs...)
}
