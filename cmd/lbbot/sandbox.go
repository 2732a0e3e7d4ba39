package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"lbbot/bot"
	"lbbot/bot/sandbox/page"
)

// sandboxCommand runs the bot with stand-ins of Slack and Zenlayer, and a page to try it.
func (s session) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Try the bot in the browser, without Slack and without Zenlayer",
		Long: "Run the bot with a local Slack and a local cloud, and serve a page on\n" +
			"which you can type commands, press buttons, lose answers and act as other people.\n" +
			"Nothing leaves this machine. Channels and cloud are reset at each start. The bot's\n" +
			"database and policy are in a temporary folder, which is deleted at the end unless --dir\n" +
			"names a folder; lbbot operations list --database sqlite:DIR/sandbox.db reads the database.\n\n" +
			"With --no-bot, run a bot of your own against the local Slack and the local cloud: the\n" +
			"sandbox prints the environment lines that point it there. deploy/docs/sandbox.md explains.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.sandbox(cmd.Context(), o, cmd.Flags().Changed) },
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "host:port of the page; port 0 uses a free one")
	f.StringVar(&o.dir, "dir", "",
		"folder for the database and the policy; it is created if it does not exist, and kept")
	f.StringVar(&o.level, "log-level", "warn", "debug, info, warn or error")
	f.BoolVar(&o.noBot, "no-bot", false, "serve Slack, cloud and page without a bot, and print how to reach them")
	f.StringVar(&o.slackAddr, "slack-addr", "127.0.0.1:8081", "host:port of the local Slack, with --no-bot")
	f.StringVar(&o.zenlayerAddr, "zenlayer-addr", "127.0.0.1:8082", "host:port of the local cloud, with --no-bot")
	f.StringVar(&o.world, "world", "", "YAML file with the people, the channels and the app, with --no-bot")
	f.StringVar(&o.story, "play", "", "play a story without a page and print what happens: "+
		strings.Join(storyNames(), ", "))
	f.BoolVar(&o.unsafeListen, "unsafe-listen", false,
		"also serve on addresses that other machines reach; whoever reaches them can act as anybody")
	return cmd
}

// sandboxOptions are the flags of the sandbox.
type sandboxOptions struct {
	addr, dir, level               string
	noBot, unsafeListen            bool
	slackAddr, zenlayerAddr, world string
	story                          string
}

// sandbox runs the sandbox with or without its bot. given says whether a flag was given.
func (s session) sandbox(ctx context.Context, o sandboxOptions, given func(flag string) bool) error {
	for _, flag := range []string{"slack-addr", "zenlayer-addr", "world"} {
		if given(flag) && !o.noBot {
			return usageError{fmt.Errorf("--%s needs --no-bot: the sandbox's own bot works in the sample workspace",
				flag)}
		}
	}
	if o.noBot && o.dir != "" {
		return usageError{errors.New("--dir is for the sandbox's own bot: leave it out with --no-bot")}
	}
	if given("play") {
		for _, flag := range []string{"addr", "dir", "no-bot", "unsafe-listen"} {
			if given(flag) {
				return usageError{fmt.Errorf("--play serves no page and keeps nothing: leave out --%s", flag)}
			}
		}
	}
	log, _, err := bot.NewLog(bot.Config{LogLevel: o.level, LogFormat: "console"}, s.err, true)
	if err != nil {
		return usageError{err}
	}
	switch {
	case given("play"):
		return s.tellStories(ctx, o.story, log)
	case o.noBot:
		return s.standIns(ctx, o, log)
	}
	return s.play(ctx, o, log)
}

// listen listens for the page or a stand-in. Other addresses than this machine's own need
// --unsafe-listen.
func (o sandboxOptions) listen(what, flag, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, usageError{fmt.Errorf("--%s %q must be host:port", flag, addr)}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && !o.unsafeListen {
		return nil, usageError{fmt.Errorf("--%s %q: whoever reaches the sandbox can act as anybody, "+
			"so it is served on 127.0.0.1 only; --unsafe-listen allows other addresses", flag, addr)}
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be served on %s: %w\nAnother sandbox may be running; "+
			"stop it, or choose a free port with --%s 127.0.0.1:0", what, addr, err, flag)
	}
	return listener, nil
}

func (s session) play(ctx context.Context, o sandboxOptions, log *zap.Logger) (err error) {
	listener, err := o.listen("the page", "addr", o.addr)
	if err != nil {
		return err
	}
	dir, kept := o.dir, ""
	if dir != "" {
		kept = "; the bot's database is kept"
	}
	dir, remove, err := folder(dir)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, remove()) }()
	g, err := newPlayground(dir, s.err, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer g.close()
	if err := g.start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	options := g.page()
	options.AnyHost = o.unsafeListen
	page, err := page.New(options)
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
