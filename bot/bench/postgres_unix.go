//go:build unix

package bench

import (
	"context"
	"errors"
	"fmt"

	"lbbot/bot/bench/process"
	"lbbot/bot/journal/journaltest"
)

// startPostgres starts a durable server in a temporary folder. It dies with this process.
func startPostgres() (url string, stop func() error, err error) {
	var server *journaltest.Server
	stop = func() error {
		if server == nil {
			return nil
		}
		return server.Stop()
	}
	release, err := process.OnThread(func() (err error) {
		server, err = journaltest.StartDurable(process.DieWithThread)
		return err
	})
	switch {
	case errors.Is(err, journaltest.ErrNone):
		return "", stop, errors.New("this machine has no initdb and postgres, neither on PATH nor under " +
			"/usr/lib/postgresql: install PostgreSQL, or name a server with --postgres-url")
	case err != nil:
		return "", stop, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return server.URL(), func() error {
		defer release()
		return server.Stop()
	}, nil
}

func createPostgres(server string) (address string, drop func() error, err error) {
	return journaltest.Create(server)
}

func writes(ctx context.Context, address string) (int64, error) {
	return journaltest.Writes(ctx, address)
}
