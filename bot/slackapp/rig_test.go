package slackapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	homeview "lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ana      = "U0ANA"
	bo       = "U0BO"
	olga     = "U0OLGA" // from another organization
	incident = "C0INC2041"
	ops      = "C0OPS"
	partner  = "C0PARTNER" // shared with another organization
	teamID   = "T0LOCAL"

	goodCommand   = `api-lb/https-443 web-07 ports=8443 weight=20 reason="more room"`
	plantedBot    = "xoxb-planted-bot-token"
	plantedApp    = "xapp-planted-app-token"
	plantedSecret = "planted-cloud-secret"
	patience      = 20 * time.Second
)

// lines is a log to look into.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(l),
		zapcore.DebugLevel))
}

func beginIn(cards map[string]operation.Card, id string, at time.Time) (before operation.Card) {
	before = cards[id]
	now := before
	if now.Posting.IsZero() {
		now.Posting = at
	}
	cards[id] = now
	return before
}

// askedCards are the approval cards of a shelf.
type askedCards struct{ *shelf }

func (s askedCards) Card(ctx context.Context, id string) (operation.Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[id], ctx.Err()
}

func (s askedCards) BeginPost(_ context.Context, id string, at time.Time) (operation.Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return beginIn(s.asked, id, at), nil
}

func (s askedCards) PlaceCard(ctx context.Context, id string, c operation.Card, gone string) (operation.Card, error) {
	if held, _ := s.Card(ctx, id); held.TS != "" && held.TS != gone && held.TS != c.TS {
		return held, nil
	}
	return s.SaveCard(ctx, id, c)
}

func (s askedCards) SaveCard(ctx context.Context, id string, c operation.Card) (operation.Card, error) {
	if err := s.enter(ctx, "SaveApprovalCard"); err != nil {
		return operation.Card{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.asked[id]
	saveIn(s.asked, id, c)
	return before, nil
}

func saveIn(cards map[string]operation.Card, id string, c operation.Card) {
	now := cards[id]
	if c.Shown >= now.Shown {
		now.Channel, now.TS, now.Shown = c.Channel, c.TS, c.Shown
	}
	now.Posting, now.Closed = time.Time{}, now.Closed || c.Closed
	cards[id] = now
}

// starts remembers what was to be carried out.
type starts struct {
	mu     sync.Mutex
	ids    []string
	pokes  []string
	before func(ctx context.Context, method string) error // nil: nothing happens
}

func (s *starts) Start(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, id)
	return nil
}

func (s *starts) Poke(ctx context.Context, id string) error {
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx, "Poke"); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pokes = append(s.pokes, id)
	return nil
}

func (s *starts) started() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.ids...)
}

// rig is an App between the stand-ins, without an engine behind it.
type rig struct {
	t      testing.TB
	slack  *sandbox.Slack
	cloud  *zenlayertest.Server
	shelf  *shelf
	gate   *gate
	starts *starts
	log    *lines
	web    *web.Client
	board  *board.Boards
	app    *App

	mu   sync.Mutex
	take func(socket.Envelope) // nil: the App
}

// hook makes methods of the journal, and Poke of the engine, fail or wait.
func (r *rig) hook(f func(ctx context.Context, method string) error) {
	r.shelf.hook(f)
	r.starts.mu.Lock()
	defer r.starts.mu.Unlock()
	r.starts.before = f
}

// divert gives envelopes to the test instead of the App.
func (r *rig) divert(take func(socket.Envelope)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.take = take
}

func (r *rig) receive(e socket.Envelope) {
	r.mu.Lock()
	take := r.take
	r.mu.Unlock()
	if take == nil {
		take = r.app.Receive
	}
	take(e)
}

func newWeb(t testing.TB, slack *sandbox.Slack, log *zap.Logger) *web.Client {
	w, err := web.New(web.Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: slack.APIURL(), Log: log})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func newSlack(t testing.TB) *sandbox.Slack {
	s := sandbox.New(sandbox.Options{AppToken: plantedApp, BotToken: plantedBot, NoRateLimits: true,
		Shortcuts: []sandbox.Shortcut{{Name: commands.ShortcutName, CallbackID: commands.ShortcutGlobal},
			{Name: commands.ShortcutName, CallbackID: commands.ShortcutMessage, OnMessage: true}}})
	_, err := s.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func newBoard(t testing.TB, w *web.Client, cards *shelf, log *zap.Logger) *board.Boards {
	b := board.New(board.Config{Web: w, Cards: cards, Approvals: askedCards{cards}, Stored: cards.Operation,
		Reminders: []time.Duration{5 * time.Minute, 15 * time.Minute}, Owner: ops, Bot: "@lbbot", Now: time.Now,
		Log: log, Registerer: prometheus.NewRegistry()})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		b.Close(ctx)
	})
	return b
}

// unconnected makes a rig whose App is not connected to Slack's socket.
func unconnected(t testing.TB, edit func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, slack: newSlack(t), shelf: newShelf(), gate: &gate{}, starts: &starts{}, log: &lines{}}
	r.cloud = zenlayertest.New(zenlayertest.Options{AccessKeyID: "key", AccessKeySecret: plantedSecret,
		Seed: zenlayertest.SampleData()})
	endpoint, err := r.cloud.Start()
	require.NoError(t, err)
	t.Cleanup(r.cloud.Close)
	client, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint, AccessKeyID: "key",
		AccessKeySecret: zenlayer.NewSecret(plantedSecret), Limiter: zenlayer.NewRankedLimiter(0, 0)})
	require.NoError(t, err)
	log := r.log.logger()
	r.web = newWeb(t, r.slack, log)
	r.board = newBoard(t, r.web, r.shelf, log)
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	requests := &intake.Intake{Journal: r.shelf, Permission: r.gate, Roster: r.gate, Reasons: r.gate, Offers: r.gate,
		Listeners: r.shelf, Reporter: r.board, Catalog: client, Pools: client, Engine: r.starts,
		Changes: map[operation.ChangeKind]operation.Change{operation.ChangeAdd: operation.Add{},
			operation.ChangeRemove: operation.Remove{}},
		Now: time.Now, NewID: newID, NewToken: uuid.NewString, NewRef: operation.NewRef, Log: log,
		Metrics: intake.NewMetrics(prometheus.NewRegistry())}
	reader := &history.Reader{Gate: requests, Permission: r.gate, Offers: r.gate, Journal: r.shelf, Archive: r.shelf,
		Catalog: client, Pools: client, Now: time.Now, Log: log}
	unread := &memoryLists{unread: true}
	unread.set(func(*memoryLists) {})
	offers := suggest.New(suggest.Config{Offers: r.gate, Lists: unread, Journal: r.shelf, Pools: client,
		Now: time.Now, Log: log})
	t.Cleanup(offers.Close)
	c := Config{Web: r.web, Board: r.board, Directory: web.NewDirectory(r.web, time.Now), Intake: requests,
		Reader: reader, Suggester: offers, Journal: r.shelf,
		History: r.shelf, Choices: r.shelf,
		Explainer: r.gate, State: func() homeview.State { return homeview.State{Connections: 1} },
		Examine: func(context.Context) []render.Check { return []render.Check{{Verdict: "ok", Name: "database"}} },
		Bot:     "@lbbot", Now: time.Now, NewID: newID, Log: log, Registerer: prometheus.NewRegistry()}
	if edit != nil {
		edit(&c)
	}
	r.app = New(c)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r.app.Close(ctx)
		for _, planted := range []string{plantedBot, plantedApp, plantedSecret, "/commands/T", "/actions/T"} {
			require.NotContains(t, r.log.String(), planted, "a secret or a response address is in the log")
		}
	})
	return r
}

// open makes a rig that is connected.
func open(t testing.TB, edit func(*Config)) *rig {
	t.Helper()
	r := unconnected(t, edit)
	client, err := socket.New(socket.Config{Open: r.web.Opener(zenlayer.NewSecret(plantedApp)), Receive: r.receive,
		Connections: 1, Now: r.app.Now,
		CloseWait: 10 * time.Millisecond, Log: r.log.logger()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	t.Cleanup(func() {
		drain, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		_ = client.Drain(drain)
		cancel()
		<-done
	})
	r.until("the bot is connected", func() bool { return client.Status().Ready })
	return r
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	require.Eventually(r.t, ok, patience, 2*time.Millisecond, what)
}

// types types a command and requires exactly one ack in time.
func (r *rig) types(person, channel, text string) sandbox.Interaction {
	r.t.Helper()
	return r.acked(r.slack.TypeCommand(r.t.Context(), person, channel, "/lb-register", text))
}

func (r *rig) acked(in sandbox.Interaction) sandbox.Interaction {
	r.t.Helper()
	require.Empty(r.t, in.Failure)
	require.True(r.t, in.Acked)
	return in
}

func (r *rig) clicks(person string, m sandbox.Message, action, selected string) sandbox.Interaction {
	r.t.Helper()
	return r.acked(r.slack.Click(r.t.Context(), person, m.ChannelID, m.TS, action, selected))
}

// sees waits for a message with all the parts.
func (r *rig) sees(person, channel string, parts ...string) sandbox.Message {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	m, err := r.slack.WaitMessage(ctx, channel, person,
		func(m sandbox.Message) bool { return !m.Deleted && has(m, parts...) })
	if err != nil {
		for _, m := range r.slack.Messages(channel, person) {
			r.t.Logf("ephemeral=%t: %s", m.Ephemeral, m.Text)
		}
		require.FailNow(r.t, fmt.Sprintf("no message with %q came", parts))
	}
	return m
}

func has(m sandbox.Message, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(m.Text+string(m.Blocks), p) {
			return false
		}
	}
	return true
}

// view waits for a modal with this title on top.
func (r *rig) view(person, title string) sandbox.View {
	r.t.Helper()
	var top sandbox.View
	r.until("a view "+title, func() bool {
		views := r.slack.Views(person)
		if len(views) > 0 {
			top = views[len(views)-1]
		}
		return len(views) > 0 && top.Title == title
	})
	return top
}

// filled is the state of a form.
func filled(values map[string]string) sandbox.ViewState {
	state := sandbox.ViewState{}
	for key, value := range values {
		state[render.FieldBlockID(key)] = map[string]any{render.FieldBlockID(key): value}
	}
	return state
}

func goodForm() sandbox.ViewState {
	return filled(map[string]string{"listener": "lst-8f2c", "server": "web-07", "ports": "8443", "weight": "20"})
}

func (r *rig) submits(person string, v sandbox.View, state sandbox.ViewState) sandbox.Interaction {
	r.t.Helper()
	return r.slack.SubmitView(r.t.Context(), person, v.ID, state)
}

// preview types a good command and returns its preview.
func (r *rig) preview(person, channel string) sandbox.Message {
	r.t.Helper()
	r.types(person, channel, goodCommand)
	return r.sees(person, channel, "Preview", "req_send")
}

// atPreview goes through the form to its second screen.
func (r *rig) atPreview(person, channel string) sandbox.View {
	r.t.Helper()
	r.types(person, channel, "")
	in := r.submits(person, r.view(person, form.Title), goodForm())
	r.acked(in)
	require.Empty(r.t, in.Errors)
	return r.view(person, private.ViewCheckTitle)
}

func (r *rig) calm() {
	r.t.Helper()
	require.Empty(r.t, r.slack.Findings())
}

// said lists what a person sees of the bot in a channel.
func (r *rig) said(person, channel string) (public, answers []sandbox.Message) {
	for _, m := range r.slack.Messages(channel, person) {
		switch {
		case m.Deleted || m.BotID == "":
		case m.Ephemeral:
			answers = append(answers, m)
		default:
			public = append(public, m)
		}
	}
	return public, answers
}

// idle waits until no envelope is being worked on.
func (r *rig) idle() {
	r.t.Helper()
	r.until("the work is done", func() bool {
		r.app.lanes.mu.Lock()
		defer r.app.lanes.mu.Unlock()
		return r.app.lanes.count == 0
	})
}

var errPlanted = errors.New("planted trouble")

// failing makes methods of the shelf fail.
func failing(methods ...string) func(context.Context, string) error {
	return func(ctx context.Context, method string) error {
		for _, m := range methods {
			if m == method {
				return errPlanted
			}
		}
		return ctx.Err()
	}
}

// gated makes a method of the shelf wait until release is closed or its
// context ends, and tells when it is entered.
func gated(method string) (hook func(context.Context, string) error, entered, release chan struct{}) {
	entered, release = make(chan struct{}, 64), make(chan struct{})
	return func(ctx context.Context, m string) error {
		if m != method {
			return ctx.Err()
		}
		entered <- struct{}{}
		select {
		case <-release:
			return ctx.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}, entered, release
}
