package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// The databases that lbbot is measured with.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// database makes an empty database for each turn.
type database struct {
	kind   string
	server string // the URL of a PostgreSQL on which databases are created
}

// databases are those of one run.
type databases struct {
	list []database
	stop func() error // ends what was started for them
}

// open starts a PostgreSQL if one is needed and none is named.
func (o Options) open() (databases, error) {
	d := databases{stop: func() error { return nil }}
	for _, kind := range o.Databases {
		server := o.PostgresURL
		if kind == Postgres && server == "" {
			var err error
			if server, d.stop, err = startPostgres(); err != nil {
				return d, errors.Join(err, d.stop())
			}
		}
		d.list = append(d.list, database{kind, server})
	}
	return d, nil
}

// create makes an empty database; SQLite's is in a folder, which is deleted by others.
func (d database) create(dir string) (address string, drop func() error, err error) {
	if d.kind == SQLite {
		return "sqlite:" + filepath.Join(dir, "lbbot.db"), func() error { return nil }, nil
	}
	address, drop, err = createPostgres(d.server)
	if err != nil {
		return "", nil, fmt.Errorf("creating a database on PostgreSQL: %w", err)
	}
	return address, drop, nil
}

// writes returns how many writing transactions PostgreSQL has begun; 0 on SQLite.
func (d database) writes(ctx context.Context, address string) (int64, error) {
	if d.kind == SQLite {
		return 0, nil
	}
	n, err := writes(ctx, address)
	if err != nil {
		return 0, fmt.Errorf("asking PostgreSQL for its transaction id: %w", err)
	}
	return n, nil
}
