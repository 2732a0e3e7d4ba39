// Package page serves the sandbox to people: a web page with the channels and
// messages of the Slack stand-in, and beside them the calls to the cloud. It
// renders Block Kit from JSON and acts through the methods of sandbox.Slack.
//
// New starts no goroutine. It knows nothing of the bot behind the stand-in.
package page

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"sync"
	"time"
	_ "time/tzdata" // times are shown in the reader's zone, also where the system has no zone files

	"go.uber.org/zap"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
	"lbbot/bot/sandbox/story"
)

// pageFiles is everything the page needs, so it works without a network.
//
//go:embed static templates
var pageFiles embed.FS

// Cloud is the cloud behind the bot. Its methods must not block for long and
// may be called from several goroutines.
type Cloud interface {
	// Calls returns the calls so far, oldest first.
	Calls() []Call
	// Backends returns how many backends exist.
	Backends() int
	// Subscribe returns a channel that gets a value after a change, and a
	// function that ends the subscription.
	Subscribe() (<-chan struct{}, func())
}

// Control sets the faults of the stand-ins; *control.Panel is one. Its methods may
// be called from several goroutines.
type Control interface {
	Faults() []control.Fault
	SetFault(control.Setting) error
	ClearFault(name string) error
	// Log lists what was sent, with secrets masked.
	Log(control.Filter) []control.Entry
	// Handler serves programs under /_control/.
	Handler() http.Handler
}

// Call is one call of the bot to the cloud.
type Call struct {
	At              time.Time
	Service, Action string
	Status          int  // of HTTP; 0 if there was none
	Lost            bool // the call was executed, but its answer was lost
	Request, Answer string
}

// Sample is an id of the sample data. A click types it in.
type Sample struct {
	Kind   string // "Listener" or "Server": its heading
	ID     string // the text that a click types in
	Label  string // what a person calls it
	Detail string // one line
}

// Options configures a page. Slack, Cloud and Control are required.
type Options struct {
	Slack   *sandbox.Slack
	Cloud   Cloud
	Control Control
	Samples []Sample
	// Stories are those of the tour. Without any there is no tour. The first command of the
	// first one is typed in where it is typed, until a command was sent.
	Stories []story.Story
	// Play plays a story in a sandbox that was reset, and calls tell with each line. It
	// blocks until the story has ended. It is required if there are stories.
	Play func(ctx context.Context, s story.Story, tell func(story.Line)) error
	// Completions are the commands that the composer offers while one is typed.
	Completions []Completion
	// Reset restores the first state of everything. Nil resets only Slack.
	Reset func(context.Context) error
	// Switch switches the cloud on or off. Without it the page has no such button.
	Switch func(ctx context.Context, on bool) error
	// Ready says that the bot can take commands. Nil means always.
	Ready func() bool
	// Unready is what the page says while Ready is false; empty means that the bot
	// is connecting.
	Unready string
	// AnyHost also answers requests that name another host than this machine.
	AnyHost bool
	// Log may be nil.
	Log *zap.Logger
	// Version is shown in the corner.
	Version string
}

// Completion is a command that the composer offers.
type Completion struct {
	Text  string // what it types, for example "/lb-register status"
	Usage string // what comes after the command's name
	About string // one line
}

// workspace is the part of sandbox.Slack that the page uses.
type workspace interface {
	Workspace() sandbox.Workspace
	Channels(viewerID string) []sandbox.Channel
	Messages(channelID, viewerID string) []sandbox.Message
	Views(userID string) []sandbox.View
	Home(userID string) (sandbox.View, bool)
	Shortcuts() []sandbox.Shortcut
	Subscribe() (<-chan struct{}, func())
	Reset()

	TypeCommand(ctx context.Context, userID, channelID, command, text string) sandbox.Interaction
	Say(ctx context.Context, userID, channelID, threadTS, text string) (sandbox.Message, sandbox.Interaction)
	Click(ctx context.Context, userID, channelID, messageTS, actionID, selected string) sandbox.Interaction
	ClickInView(ctx context.Context, userID, viewID, actionID, value string,
		state sandbox.ViewState) sandbox.Interaction
	SubmitView(ctx context.Context, userID, viewID string, state sandbox.ViewState) sandbox.Interaction
	CloseView(ctx context.Context, userID, viewID string, whole bool) sandbox.Interaction
	OpenHome(ctx context.Context, userID string) sandbox.Interaction
	UseGlobalShortcut(ctx context.Context, userID, callbackID string) sandbox.Interaction
	UseMessageShortcut(ctx context.Context, userID, channelID, ts, callbackID string) sandbox.Interaction
	Suggest(ctx context.Context, userID, viewID, actionID, typed string, state sandbox.ViewState) (
		[]sandbox.Option, sandbox.Interaction)
}

// site serves the page. It starts no goroutines: an event stream runs in the
// goroutine of its request.
type site struct {
	slack     workspace
	options   Options
	templates *template.Template
	keepAlive time.Duration // between comments that keep an event stream open

	mu    sync.Mutex
	tour  tour
	notes map[spot]note                // last notice, by person and conversation
	seen  map[string]map[string]string // newest message seen, by person and conversation
	next  chan struct{}                // closed and replaced when the page's own state changes
}

// spot is a person in a channel, or in a thread of it.
type spot struct{ person, channel, thread string }

// note is a notice above a composer.
type note struct {
	text string
	at   time.Time
}

// noticeFor is how long a notice is shown. page.js asks for its end.
const noticeFor = 10 * time.Second

// New makes the page. Its handler answers only requests that name a loopback
// host, and changes state only for POST requests from its own pages. An event
// stream ends with the context of its request.
func New(o Options) (http.Handler, error) {
	if o.Slack == nil {
		return nil, errors.New("making the sandbox page: Slack is missing")
	}
	return newPage(o, o.Slack)
}

func newPage(o Options, slack workspace) (http.Handler, error) {
	if o.Cloud == nil {
		return nil, errors.New("making the sandbox page: Cloud is missing")
	}
	if len(o.Stories) > 0 && o.Play == nil {
		return nil, errors.New("making the sandbox page: Play is missing")
	}
	if o.Control == nil {
		return nil, errors.New("making the sandbox page: Control is missing")
	}
	o.Unready = cmp.Or(o.Unready, "The bot is connecting. Commands work in a moment.")
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Ready == nil {
		o.Ready = func() bool { return true }
	}
	if o.Reset == nil {
		o.Reset = func(context.Context) error { slack.Reset(); return nil }
	}
	templates, err := template.ParseFS(pageFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the templates of the sandbox page: %w", err)
	}
	static, err := fs.Sub(pageFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("reading the files of the sandbox page: %w", err)
	}
	p := &site{
		slack: slack, options: o, templates: templates, keepAlive: 15 * time.Second,
		tour: tour{done: map[string]bool{}}, notes: map[spot]note{},
		seen: map[string]map[string]string{}, next: make(chan struct{}),
	}
	return Guard(limited(p.routes(static)), o.AnyHost), nil
}

func (p *site) routes(static fs.FS) http.Handler {
	mux := http.NewServeMux()
	files := http.StripPrefix("/static/", http.FileServerFS(static))
	for _, name := range []string{"page.css", "parts.css", "page.js", "composer.js", "pick.js", "log.js", "icon.svg",
		"vendor/htmx.min.js", "vendor/htmx-LICENSE.txt"} {
		mux.Handle("GET /static/"+name, files)
	}
	mux.HandleFunc("GET /{$}", p.whole)
	mux.HandleFunc("GET /live", p.live)
	mux.HandleFunc("GET /log", p.log)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("POST /say", p.say)
	mux.HandleFunc("POST /click", p.click)
	mux.HandleFunc("POST /shortcut", p.shortcut)
	mux.HandleFunc("POST /home", p.openHome)
	mux.HandleFunc("POST /view/submit", p.submitView)
	mux.HandleFunc("POST /view/click", p.clickInView)
	mux.HandleFunc("POST /view/close", p.closeView)
	mux.HandleFunc("POST /view/suggest", p.suggest)
	mux.HandleFunc("POST /lose", p.lose)
	mux.HandleFunc("POST /fault", p.fault)
	mux.Handle("/_control/", p.options.Control.Handler())
	mux.HandleFunc("POST /reset", p.reset)
	if len(p.options.Stories) > 0 {
		mux.HandleFunc("POST /tour", p.turn)
		mux.HandleFunc("POST /tour/play", p.play)
	}
	if p.options.Switch != nil {
		mux.HandleFunc("POST /switch", p.switchCloud)
	}
	return mux
}
