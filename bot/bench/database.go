package bench

import (
	"context"
	"fmt"
	"path/filepath"
)

// The databases that lbbot is measured with.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// database makes an empty database for each turn.
type database struct{ kind string }

// databases are those of one run.
type databases struct{ list []database }

func (o Options) open(context.Context) (databases, error) {
	var d databases
	for _, kind := range o.Databases {
		if kind != SQLite {
			return d, fmt.Errorf("unknown database %q", kind)
		}
		d.list = append(d.list, database{kind})
	}
	return d, nil
}

func (d databases) close() error { return nil }

// url of an empty database in a folder.
func (d database) url(dir string) string { return "sqlite:" + filepath.Join(dir, "lbbot.db") }
