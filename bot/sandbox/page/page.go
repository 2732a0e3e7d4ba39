// Package page serves the sandbox to people: a web page with the channels and
// messages of the Slack stand-in, and beside them the calls to the cloud. It
// renders Block Kit from JSON and acts through the methods of sandbox.Slack.
//
// New starts no goroutine. It knows nothing of the bot behind the stand-in.
package page

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"time"
	_ "time/tzdata" // times are shown in the reader's zone, also where the system has no zone files

	"go.uber.org/zap"

	"lbbot/bot/sandbox"
)

// pageFiles are the templates, the styles, the script and htmx. Everything the
// page needs is in the binary, so it works without any network.
//
//go:embed static templates
var pageFiles embed.FS

// Cloud is what the page shows of the cloud behind the bot and does to it.
// Its methods must not block for long and may be called at the same time.
type Cloud interface {
	// Calls are the calls so far, oldest first.
	Calls() []Call
	// Backends is how many backends exist.
	Backends() int
	// LoseNextAnswer lets the next call happen and loses its answer.
	LoseNextAnswer()
	// AnswerWillBeLost says that LoseNextAnswer has not come true yet.
	AnswerWillBeLost() bool
	// Subscribe returns a channel that gets a value after a change, and a
	// function that ends the subscription.
	Subscribe() (<-chan struct{}, func())
}

// Call is one call of the bot to the cloud.
type Call struct {
	At              time.Time
	Service, Action string
	Status          int  // of HTTP; 0 if there was none
	Lost            bool // the call happened and its answer did not arrive
	Request, Answer string
}

// Sample is an id that exists in the sample data. A click puts it in the
// composer.
type Sample struct {
	Kind   string // "Listener", "Server"; the heading it stands under
	ID     string // what is put in the composer
	Label  string // what a person calls it
	Detail string // one line
}

// Options are what a page is made of. Slack and Cloud are required.
type Options struct {
	Slack   *sandbox.Slack
	Cloud   Cloud
	Samples []Sample
	// Command is the first step of the tour. It stands in the composer of the
	// first channel until a command was sent.
	Command string
	// Completions are what the beginning of a command completes to; the first that fits is taken.
	Completions []string
	// Approver is somebody who agrees to what others ask for; the tour leads to
	// them. Without one it has no such step.
	Approver Approver
	// Reset starts everything again; nil resets only Slack.
	Reset func(context.Context) error
	// Ready says that the bot can take commands; nil means always.
	Ready func() bool
	// Log may be nil.
	Log *zap.Logger
	// Version is shown in the corner.
	Version string
}

// Approver is a person of the tour.
type Approver struct {
	ID      string // of the person
	Channel string // id of the channel where they are asked
	Action  string // action id of the button by which they agree
	Asker   string // id of somebody who may ask them
	AskIn   string // id of the channel to ask in
	Command string // what asks them; the tour puts it into the composer
	Text    string // says so, while nothing waits for them
	Waits   string // says what to do while something waits for them
}

// workspace is what the page needs of the Slack stand-in.
type workspace interface {
	Workspace() sandbox.Workspace
	People() []sandbox.Person
	Groups() []sandbox.Group
	Channels(viewerID string) []sandbox.Channel
	Messages(channelID, viewerID string) []sandbox.Message
	Views(userID string) []sandbox.View
	Subscribe() (<-chan struct{}, func())
	Reset()

	TypeCommand(ctx context.Context, userID, channelID, command, text string) sandbox.Interaction
	Say(ctx context.Context, userID, channelID, threadTS, text string) (sandbox.Message, sandbox.Interaction)
	Click(ctx context.Context, userID, channelID, messageTS, actionID, selected string) sandbox.Interaction
	ClickInView(ctx context.Context, userID, viewID, actionID, value string,
		state sandbox.ViewState) sandbox.Interaction
	SubmitView(ctx context.Context, userID, viewID string, state sandbox.ViewState) sandbox.Interaction
	CloseView(ctx context.Context, userID, viewID string, whole bool) sandbox.Interaction
	Suggest(ctx context.Context, userID, viewID, actionID, typed string, state sandbox.ViewState) (
		[]sandbox.Option, sandbox.Interaction)
}

// site serves the sandbox to people. It starts no goroutines; each event
// stream lives in the goroutine of its request and ends with it.
type site struct {
	slack     workspace
	options   Options
	templates *template.Template
	beat      time.Duration // pause between signs of life on an event stream

	mu    sync.Mutex
	story story
	notes map[spot]note                // last notice, by person and channel
	seen  map[string]map[string]string // newest message seen, by person and channel
	stir  chan struct{}                // closed and replaced when the page's own state changes
}

// spot is where a person is.
type spot struct{ person, channel string }

// note is a notice beside the composer. It is for who stays there, and for
// noticeFor.
type note struct {
	text string
	at   time.Time
}

const noticeFor = 10 * time.Second

// New makes the sandbox page: a small Slack with the bot in it, beside the
// raw calls to the cloud. The handler answers only requests that name a
// loopback host, and changes state only for POST requests from its own pages.
// Event streams end when their request's context does, so a server that shuts
// down should cancel its base context first.
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
		slack: slack, options: o, templates: templates, beat: 15 * time.Second,
		notes: map[spot]note{}, seen: map[string]map[string]string{}, stir: make(chan struct{}),
	}
	return p.guard(p.routes(static)), nil
}

func (p *site) routes(static fs.FS) http.Handler {
	mux := http.NewServeMux()
	files := http.StripPrefix("/static/", http.FileServerFS(static))
	for _, name := range []string{"page.css", "page.js", "icon.svg", "vendor/htmx.min.js", "vendor/htmx-LICENSE.txt"} {
		mux.Handle("GET /static/"+name, files)
	}
	mux.HandleFunc("GET /{$}", p.whole)
	mux.HandleFunc("GET /live", p.live)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("POST /say", p.say)
	mux.HandleFunc("POST /click", p.click)
	mux.HandleFunc("POST /view/submit", p.submitView)
	mux.HandleFunc("POST /view/click", p.clickInView)
	mux.HandleFunc("POST /view/close", p.closeView)
	mux.HandleFunc("POST /view/suggest", p.suggest)
	mux.HandleFunc("POST /lose", p.lose)
	mux.HandleFunc("POST /reset", p.reset)
	return mux
}

// contentPolicy lets the page use its own files and nothing else: no inline
// script or style, no other host.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody is the longest request body, in bytes. Slack's largest view is 250 kB.
const maxBody = 1 << 20

// guard refuses what did not come from this page in a browser of this machine:
// another Host is a name that somebody else's DNS points here, another origin
// is another site's form.
func (p *site) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !loopback(r.Host) {
			http.Error(w, "the sandbox answers only on a loopback address, such as 127.0.0.1 or localhost",
				http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		sameOrigin.ServeHTTP(w, r)
	})
}

// loopback says whether a Host header names this machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
