//go:build !unix

package bench

import (
	"context"
	"errors"
)

var errNoPostgres = errors.New("PostgreSQL is measured on Unix only: use --database sqlite")

func startPostgres() (url string, stop func() error, err error) {
	return "", func() error { return nil }, errNoPostgres
}

func createPostgres(string) (address string, drop func() error, err error) {
	return "", nil, errNoPostgres
}

func writes(context.Context, string) (int64, error) { return 0, errNoPostgres }
