package suggest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Lists is what may be picked, kept in memory. No method blocks for Zenlayer. What
// is returned may be shared and must not be changed.
type Lists interface {
	// Wake reads the lists again soon, unless they are new. It does not block.
	Wake()

	// Snapshot returns all listeners, by load balancer and name, and when they were
	// read. A zero time: there are none that may be used, and the other methods
	// return none.
	Snapshot() (all []operation.Listener, readAt time.Time)

	// ServersReadAt returns when the servers were read, which happens apart. False:
	// there are none that may be used.
	ServersReadAt() (time.Time, bool)

	// Listeners returns the listeners that match, best match first; without a
	// query all of them, by load balancer and name.
	Listeners(query string) []operation.Listener

	// Servers returns at most limit servers that match, those of the zone first,
	// then the best match, and how many more match.
	Servers(query, zone string, limit int) (best []operation.Server, more int)

	Listener(id string) (operation.Listener, bool)

	// ListenersNamed and ServersNamed return what a text names exactly: none, one or
	// several.
	ListenersNamed(text string) []operation.Listener
	ServersNamed(text string) []operation.Server

	// PortsOn returns the ports of each entry of a listener, separated by commas, but
	// of those of one server.
	PortsOn(listenerID, withoutInstance string) []string
}

// The limits of suggestions. Slack shows at most 100 options, and waits three
// seconds for them.
const (
	maxSuggested  = 100
	maxLately     = 5
	latelyScan    = 50 // operations that are read for maxLately listeners
	suggestWithin = 2 * time.Second
	latelyWithin  = 500 * time.Millisecond
	poolWithin    = 1500 * time.Millisecond // the servers on a listener that was chosen
)

var (
	errSuggestWithin = errors.New("what may be suggested was not known within " + suggestWithin.String())
	errLatelyWithin  = errors.New("the journal did not answer within " + latelyWithin.String())
	errPoolWithin    = errors.New("Zenlayer did not answer within " + poolWithin.String())
	errNoLists       = errors.New("the lists of listeners and servers are not read yet, or too old")
)

// Journal is what is read of the past. It is safe for concurrent use.
type Journal interface {
	// UsedIn returns the ids of the listeners of the last requests that were
	// accepted in a channel, newest first, as often as there are requests.
	UsedIn(ctx context.Context, channelID string, requests int) (listenerIDs []string, err error)
}

// Config is what a Suggester asks. All fields are required.
type Config struct {
	Offers  operation.Offers
	Lists   Lists
	Journal Journal
	Pools   operation.Pools // may be a moment old
	Account string          // whose load balancers
	Now     func() time.Time
	Log     *zap.Logger
}

// Suggester is safe for concurrent use. It starts a goroutine for each person and
// place to find out what may be offered; Close ends them.
type Suggester struct {
	Config

	mu     sync.Mutex
	known  map[asker]*offer // what people may change, or is being found out
	newest *numbered
	work   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // ends the work this value owns
	stop   context.CancelFunc
}

// New makes a Suggester. It calls nothing.
func New(c Config) *Suggester {
	s := &Suggester{Config: c, known: map[asker]*offer{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// DeniedError says that a person may not change what they asked about, and why. It
// is not in the audit trail: looking at a list is no request.
type DeniedError struct{ Decision operation.Decision }

func (e *DeniedError) Error() string { return "denied: " + string(e.Decision.Code) }

// ErrGone means that a listener is not in the lists.
var ErrGone = errors.New("the listener is not in the lists")

// Suggested is the listeners that a form may offer, at most 100 together.
type Suggested struct {
	Lately []operation.Listener // used lately in the channel, newest first; only if nothing was typed
	Others []operation.Listener // best match first
	More   int                  // how many more match
}

// Listeners returns the listeners that a form may offer to somebody who typed this:
// only those that they may change from here. Errors: *DeniedError if the person may
// change no listener; any other means that the lists are not loaded or permission
// could not be checked. It blocks for two seconds at most.
func (s *Suggester) Listeners(ctx context.Context, a operation.Actor, p operation.Place,
	typed string) (Suggested, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	o, err := s.offered(ctx, a, p)
	if err != nil {
		return Suggested{}, err
	}
	var out Suggested
	typed = strings.TrimSpace(typed)
	if typed == "" {
		out.Lately = s.lately(ctx, p, o)
	}
	for _, hit := range s.Lists.Listeners(typed) {
		l, may := o.listener(hit.ID)
		switch {
		case !may || has(out.Lately, l.ID):
		case len(out.Lately)+len(out.Others) < maxSuggested:
			out.Others = append(out.Others, l)
		default:
			out.More++
		}
	}
	return out, nil
}

// lately returns the listeners for which requests from the channel were accepted
// last, as far as they may be offered. Without the journal there are none.
func (s *Suggester) lately(ctx context.Context, p operation.Place, o *offer) []operation.Listener {
	ctx, cancel := context.WithTimeoutCause(ctx, latelyWithin, errLatelyWithin)
	defer cancel()
	used, err := s.Journal.UsedIn(ctx, p.ChannelID, latelyScan)
	if err != nil {
		s.Log.Info("listeners used lately are not suggested", zap.String("channel", p.ChannelID), zap.Error(err))
		return nil
	}
	var out []operation.Listener
	for _, id := range used {
		if l, may := o.listener(id); may && !has(out, l.ID) && len(out) < maxLately {
			out = append(out, l)
		}
	}
	return out
}

func has(listeners []operation.Listener, id string) bool {
	return slices.ContainsFunc(listeners, func(l operation.Listener) bool { return l.ID == id })
}

// Servers returns at most 100 servers that match what was typed, those in
// the zone of the chosen listener first, and how many more match. Errors as of
// Listeners.
func (s *Suggester) Servers(ctx context.Context, a operation.Actor, p operation.Place, listenerID,
	typed string) (servers []operation.Server, more int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	o, err := s.offered(ctx, a, p)
	if err != nil {
		return nil, 0, err
	}
	if _, ok := s.Lists.ServersReadAt(); !ok {
		return nil, 0, errNoLists
	}
	l, _ := o.listener(listenerID)
	servers, more = s.Lists.Servers(strings.TrimSpace(typed), l.Zone, maxSuggested)
	return servers, more, nil
}

// Chosen is what a form says about the listener that was chosen in it.
type Chosen struct {
	Listener operation.Listener
	Pool     []zenlayer.Backend
	Read     bool // the pool could be read
}

// Chosen reads what the form says about a listener that was chosen: the listener
// and the servers on it. It asks again whether the person may change it. Errors:
// ErrGone, and as of Listeners. It blocks for 3.5 seconds at most.
func (s *Suggester) Chosen(ctx context.Context, a operation.Actor, p operation.Place,
	listenerID string) (Chosen, error) {
	if listed, _ := s.Listed(); !listed {
		return Chosen{}, errNoLists
	}
	var asked []operation.Listener
	l, found := s.Lists.Listener(listenerID)
	if found {
		asked = append(asked, l)
	}
	within, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	may, d := s.Offers.MayChange(within, s.change(a, p), asked)
	cancel()
	switch {
	case !d.Allowed:
		return Chosen{}, notOffered(d)
	case !found:
		return Chosen{}, ErrGone
	case !may[0]:
		d.Allowed, d.Code = false, operation.DeniedNoRule
		return Chosen{}, notOffered(d)
	}
	out := Chosen{Listener: l}
	within, cancel = context.WithTimeoutCause(ctx, poolWithin, errPoolWithin)
	defer cancel()
	within = zenlayer.WithWaiting(within, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: operation.PreviewWaits})
	pool, err := s.Pools.DescribeBackends(within, l.ID, zenlayer.BackendFilter{})
	if err != nil {
		s.Log.Warn("pool could not be read for a form", zap.String("listener", l.ID), zap.Error(err))
		return out, nil
	}
	out.Pool, out.Read, out.Listener.Servers = pool, true, len(pool)
	return out, nil
}

// Rights returns what help lists for a person here, as far as their person, groups
// and channel decide. It blocks for two seconds at most.
func (s *Suggester) Rights(ctx context.Context, a operation.Actor, p operation.Place) commands.Rights {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	may, d := s.Offers.MaySomewhere(ctx, a, p, operation.ActionRegister, operation.ActionUndo, operation.ActionRemove,
		operation.ActionPause)
	if unchecked(d) {
		return commands.RightsUnknown
	}
	has := commands.RightsRead
	for i, right := range []commands.Rights{commands.RightsRegister, commands.RightsUndo, commands.RightsRemove,
		commands.RightsPause} {
		if may[i] {
			has |= right
		}
	}
	return has
}

// change asks whether a person may add to a listener.
func (s *Suggester) change(a operation.Actor, p operation.Place) operation.Question {
	return operation.Question{Action: operation.ActionRegister, Actor: a, Place: p, Account: s.Account, At: s.Now()}
}

// Listed reports which lists can be offered from; servers are offered only beside
// listeners. It does not block.
func (s *Suggester) Listed() (listeners, servers bool) {
	_, readAt := s.Lists.Snapshot()
	_, servers = s.Lists.ServersReadAt()
	return !readAt.IsZero(), servers && !readAt.IsZero()
}

// notOffered is why a person is offered nothing.
func notOffered(d operation.Decision) error {
	if unchecked(d) {
		return errors.New("permission could not be checked: " + strings.TrimSpace(string(d.Code)+" "+string(d.What)))
	}
	return &DeniedError{Decision: d}
}

// unchecked reports whether a decision says only that it could not be made.
func unchecked(d operation.Decision) bool {
	return d.Code == operation.DeniedUnchecked || d.PolicyUnknown()
}
