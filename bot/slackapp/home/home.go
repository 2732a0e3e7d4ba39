// Package home keeps the App Home tabs of people up to date, while they may look at
// them.
//
// It promises:
//
//   - A tab is published when a person opens it, and after that for WatchFor when
//     something in it changed; never when it would show the same.
//   - Nothing waits for it: Opened only notes who looks. What changed is read from the
//     journal every few seconds while somebody is watched, so that changes by other
//     replicas are seen as well, and not at all otherwise.
//   - One person's tab is published at most once in a few seconds, and at most
//     MaxWatched people are watched.
//
// Homes owns one goroutine, which runs while somebody is watched, and up to
// publishers more during a pass; Close ends them.
package home

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
	view "lbbot/bot/slackapp/render/home"
)

// The limits of the watch.
const (
	WatchFor   = 10 * time.Minute // after a person opened the tab
	MaxWatched = 64               // people; of more, those who opened it longest ago are not watched any more

	every      = 5 * time.Second  // between two looks at the journal
	wholeEvery = time.Minute      // between two times that a tab is made whatever the journal says
	retryAfter = 15 * time.Second // a tab that could not be made or published
	lately     = 2 * time.Minute  // what was accepted since is looked at, so that none ends unseen between two looks
	passWithin = 30 * time.Second // one look, and all that is published after it
	readWithin = 5 * time.Second  // one tab: what it shows, and telling Slack
	pause      = 3 * time.Second  // between two times that one tab is published
	publishers = 4                // tabs that are published at the same time
)

// Journal is what is read of the journal.
type Journal interface {
	Open(ctx context.Context) ([]history.Past, error)
	Past(ctx context.Context, p history.Page) ([]history.Past, error)
}

// Pauses says whether the bot is paused.
type Pauses interface {
	// Paused returns the pause, nil if there is none.
	Paused(ctx context.Context) (*operation.Pause, error)
}

// Permission says whether a person may be here, and whether they own the bot.
type Permission interface {
	Admit(ctx context.Context, a operation.Actor, p operation.Place) operation.Decision
	Decide(ctx context.Context, q operation.Question) operation.Decision
}

// Web publishes a tab and returns the hash of its content. Slack's code is
// hash_conflict if the content has another hash than the one given; an empty one fits
// any content.
type Web interface {
	PublishHome(ctx context.Context, user, hash string, v slack.HomeTabViewRequest) (now string, err error)
}

// Config is what New needs. All fields are required.
type Config struct {
	Web        Web
	Journal    Journal
	Pauses     Pauses
	Permission Permission
	// Link returns the address of the card of op that its requester sees, or the
	// approvers; empty: not known.
	Link  func(ctx context.Context, op operation.Operation, approvers bool) string
	State func() view.State
	Words func() render.Wording
	Code  func(error) string // Slack's code in an error of Web
	Now   func() time.Time
	Log   *zap.Logger
}

// Homes is safe for concurrent use.
type Homes struct {
	Config
	noTab sync.Once // the tab is off in the app: said once

	mu      sync.Mutex
	watched map[string]*watch // by user id
	running bool
	wake    chan struct{}
	work    sync.WaitGroup
	ctx     context.Context //nolint:containedctx // ends the work this value owns
	stop    context.CancelFunc
}

// watch is a person who opened the tab.
type watch struct {
	opened person    // guarded by the lock, as until and asked
	until  time.Time //
	asked  bool      // the tab was opened and not made since

	person             // as the pass found it, to which the rest belongs
	seen        string // what concerned the person when the tab was made
	madeAt      time.Time
	shown       string // what is published, without what changes by itself; empty: not known
	hash        string // Slack's, of that
	publishedAt time.Time
	links       map[string]string
}

type person struct {
	actor operation.Actor
	place operation.Place
}

// New makes a Homes. It calls nothing.
func New(c Config) *Homes {
	h := &Homes{Config: c, watched: map[string]*watch{}, wake: make(chan struct{}, 1)}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// Close ends the watch and waits for it.
func (h *Homes) Close() {
	h.mu.Lock()
	h.stop()
	h.mu.Unlock()
	h.work.Wait()
}

// Opened notes that a person looks at the tab. It does not block.
func (h *Homes) Opened(a operation.Actor, p operation.Place) {
	if a.UserID == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return
	}
	w := h.watched[a.UserID]
	if w == nil {
		h.makeRoom()
		w = &watch{links: map[string]string{}}
		h.watched[a.UserID] = w
	}
	w.opened, w.until, w.asked = person{a, p}, h.Now().Add(WatchFor), true
	if !h.running {
		h.running = true
		h.work.Go(h.run)
	}
	select {
	case h.wake <- struct{}{}:
	default: // woken already
	}
}

func (h *Homes) makeRoom() {
	if len(h.watched) < MaxWatched {
		return
	}
	oldest := slices.MinFunc(slices.Collect(maps.Keys(h.watched)), func(a, b string) int {
		return h.watched[a].until.Compare(h.watched[b].until)
	})
	delete(h.watched, oldest)
}

// run looks until nobody is watched.
func (h *Homes) run() {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.wake:
		case <-tick.C:
		}
		people := h.people()
		if people == nil {
			return
		}
		h.pass(people)
	}
}

// people returns who is watched; nil: nobody, and the loop ends.
func (h *Homes) people() []*watch {
	now := h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.watched, func(_ string, w *watch) bool { return now.After(w.until) })
	if len(h.watched) == 0 {
		h.running = false
		return nil
	}
	people := slices.Collect(maps.Values(h.watched))
	for _, w := range people {
		w.person = w.opened
	}
	return people
}
