package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"lbbot/bot"
	"lbbot/bot/sandbox/page"
)

// sandboxCommand runs the bot with stand-ins of Slack and Zenlayer, and a page to try it.
func (s session) sandboxCommand() *cobra.Command {
	var addr, dir, level string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Try the bot in the browser, without Slack and without Zenlayer",
		Long: "Run the bot with a local Slack and a local cloud in one process, and serve a page on\n" +
			"which you can type commands, press buttons, lose answers and act as other people.\n" +
			"Nothing leaves this machine. Channels and cloud are reset at each start. The bot's\n" +
			"database and policy are in a temporary folder, which is deleted at the end unless --dir\n" +
			"names a folder; lbbot operations list --database sqlite:DIR/lbbot.db reads the database.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.play(cmd.Context(), addr, dir, level) },
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "host:port of the page; port 0 uses a free one")
	cmd.Flags().StringVar(&dir, "dir", "",
		"folder for the database and the policy; it is created if it does not exist, and kept")
	cmd.Flags().StringVar(&level, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

func (s session) play(ctx context.Context, addr, dir, level string) (err error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usageError{fmt.Errorf("--addr %q must be host:port", addr)}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usageError{fmt.Errorf(
			"--addr %q: the page can act as anybody, so it is served on 127.0.0.1 only", addr)}
	}
	log, err := bot.NewLog(bot.Config{LogLevel: level, LogFormat: "console"}, s.err, true)
	if err != nil {
		return usageError{err}
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("the page cannot be served on %s: %w\n"+
			"Another sandbox may be running; choose a port with --addr 127.0.0.1:8081", addr, err)
	}
	kept := ""
	if dir != "" {
		kept = "; the bot's database is kept"
	}
	dir, remove, err := folder(dir)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, remove()) }()
	g, err := newPlayground(dir, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer g.close()
	if err := g.start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	page, err := page.New(g.page())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(s.out, "The sandbox is open: http://%s\nIts database and policy are in %s. Stop it with Ctrl+C.\n"+
		"Channels and cloud are reset at each start%s.\n", listener.Addr(), dir, kept)
	return serve(ctx, listener, page, log)
}

// folder returns the folder for the sandbox's files: named, which is created if it does
// not exist, or a temporary one, which remove deletes.
func folder(named string) (dir string, remove func() error, err error) {
	if named != "" {
		if err := os.MkdirAll(named, 0o700); err != nil {
			return "", nil, fmt.Errorf("--dir: creating the folder: %w", err)
		}
		return named, func() error { return nil }, nil
	}
	if dir, err = os.MkdirTemp("", "lbbot-sandbox-"); err != nil {
		return "", nil, fmt.Errorf("creating a temporary folder: %w\nName one with --dir", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// serve answers on listener until ctx ends.
func serve(ctx context.Context, listener net.Listener, page http.Handler, log *zap.Logger) error {
	server := &http.Server{Handler: page, ReadHeaderTimeout: 5 * time.Second, ErrorLog: zap.NewStdLog(log)}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // Shutdown would wait for open event streams
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the page: %w", err)
	}
	return nil
}
