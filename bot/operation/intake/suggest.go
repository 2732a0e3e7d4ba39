package intake

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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

	// ReadAt returns when the listeners were read. False: there are none that may
	// be used, and the other methods return none.
	ReadAt() (time.Time, bool)

	// ServersReadAt is ReadAt for the servers, which are read apart.
	ServersReadAt() (time.Time, bool)

	// Listeners returns the listeners that match, best match first; without a
	// query all of them, by load balancer and name.
	Listeners(query string) []operation.Listener

	// Servers returns at most limit servers that match, those of the zone first,
	// then the best match, and how many more match.
	Servers(query, zone string, limit int) (best []operation.Server, more int)

	Listener(id string) (operation.Listener, bool)
	Server(id string) (operation.Server, bool)

	// ListenersOf returns the ids of the listeners that a server is on; false: it is
	// not known of all of them, for example because the list shows no servers of its
	// type.
	ListenersOf(instanceID string) (ids []string, known bool)
}

// The limits of suggestions. Slack shows at most 100 options, and waits three
// seconds for them.
const (
	maxSuggested  = 100
	maxLately     = 5
	latelyScan    = 50 // operations that are read for maxLately listeners
	minTyped      = 2  // characters before servers are suggested
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

// Suggested is the listeners that a form may offer, at most 100 together.
type Suggested struct {
	Lately []operation.Listener // used lately in the channel, newest first; only if nothing was typed
	Others []operation.Listener // best match first
	More   int                  // how many more match
}

// SuggestListeners returns the listeners that a form may offer to somebody who
// typed this: only those that they may change from here. Preview decides again.
// Errors: *UnavailableError if the lists are not loaded or permission could not be
// checked, *DeniedError if the person may change no listener. It writes nothing to
// the audit trail and blocks for two seconds at most.
func (i *Intake) SuggestListeners(ctx context.Context, a operation.Actor, p operation.Place,
	typed string) (Suggested, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	o, err := i.offered(ctx, a, p)
	if err != nil {
		return Suggested{}, err
	}
	var out Suggested
	typed = strings.TrimSpace(typed)
	if typed == "" {
		out.Lately = i.lately(ctx, p, o)
	}
	for _, hit := range i.Lists.Listeners(typed) {
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
func (i *Intake) lately(ctx context.Context, p operation.Place, o *offer) []operation.Listener {
	ctx, cancel := context.WithTimeoutCause(ctx, latelyWithin, errLatelyWithin)
	defer cancel()
	past, err := i.Archive.Past(ctx, Page{Channel: p.ChannelID, Limit: latelyScan})
	if err != nil {
		i.Log.Info("listeners used lately are not suggested", zap.String("channel", p.ChannelID), zap.Error(err))
		return nil
	}
	var out []operation.Listener
	for _, x := range past {
		if l, may := o.listener(x.Operation.Listener.ID); may && !has(out, l.ID) && len(out) < maxLately {
			out = append(out, l)
		}
	}
	return out
}

func has(listeners []operation.Listener, id string) bool {
	return slices.ContainsFunc(listeners, func(l operation.Listener) bool { return l.ID == id })
}

// SuggestServers returns at most 100 servers that match what was typed, those in
// the zone of the chosen listener first, and how many more match. Nothing is
// suggested for fewer than two characters. Errors as of SuggestListeners.
func (i *Intake) SuggestServers(ctx context.Context, a operation.Actor, p operation.Place, listenerID,
	typed string) (servers []operation.Server, more int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	o, err := i.offered(ctx, a, p)
	if err != nil {
		return nil, 0, err
	}
	if _, ok := i.Lists.ServersReadAt(); !ok {
		return nil, 0, &UnavailableError{What: "Zenlayer", Err: errNoLists}
	}
	if typed = strings.TrimSpace(typed); utf8.RuneCountInString(typed) < minTyped {
		return nil, 0, nil
	}
	l, _ := o.listener(listenerID)
	servers, more = i.Lists.Servers(typed, l.Zone, maxSuggested)
	return servers, more, nil
}

// Chosen is what a form says about the listener that was chosen in it.
type Chosen struct {
	Listener  operation.Listener
	Pool      []zenlayer.Backend
	PoolFault operation.Fault // why the pool could not be read; zero: it was read
}

// Chosen reads what the form says about a listener that was chosen: the listener
// and the servers on it. Errors: *commands.InputError for a listener that is not
// in the lists, *DeniedError, which is not noted in the audit trail because
// choosing is no request, *UnavailableError. It blocks for 3.5 seconds at most.
func (i *Intake) Chosen(ctx context.Context, a operation.Actor, p operation.Place, listenerID string) (Chosen, error) {
	if err := i.listed(); err != nil {
		return Chosen{}, err
	}
	var asked []operation.Listener
	l, found := i.Lists.Listener(listenerID)
	if found {
		asked = append(asked, l)
	}
	within, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	may, d := i.Offers.MayChange(within, i.change(a, p), asked)
	cancel()
	switch {
	case !d.Allowed:
		return Chosen{}, notOffered(d, a, p)
	case !found:
		return Chosen{}, &commands.InputError{Problems: []commands.Problem{
			*notExactlyOne(listenerID, commands.KeyListener, "listeners", nil)}}
	case !may[0]:
		d.Allowed, d.Code = false, operation.DeniedNoRule
		return Chosen{}, notOffered(d, a, p)
	}
	l.Protected = i.protected(l)
	out := Chosen{Listener: l}
	within, cancel = context.WithTimeoutCause(ctx, poolWithin, errPoolWithin)
	defer cancel()
	within = zenlayer.WithWaiting(within, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: poolWithin})
	pool, err := i.Pools.DescribeBackends(within, l.ID, zenlayer.BackendFilter{})
	if err != nil {
		i.Log.Warn("pool could not be read for a form", zap.String("listener", l.ID), zap.Error(err))
		out.PoolFault = operation.FaultOf(err)
		return out, nil
	}
	out.Pool, out.Listener.Servers = pool, len(pool)
	return out, nil
}

// Verbs reports for each verb whether a person may use it here, as far as their
// person, groups and channel decide. known is false if that could not be checked.
// It writes nothing to the audit trail and blocks for two seconds at most.
func (i *Intake) Verbs(ctx context.Context, a operation.Actor,
	p operation.Place) (may map[commands.Verb]bool, known bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	actions, d := i.Offers.MayUse(ctx, a, p)
	if unchecked(d) {
		return nil, false
	}
	may = map[commands.Verb]bool{}
	for _, v := range commands.Verbs() {
		may[v.Verb] = true
	}
	register := slices.Contains(actions, operation.ActionRegister)
	may[commands.VerbRegister], may[commands.VerbForm] = register, register
	// Who may register reads their own requests there.
	may[commands.VerbHistory] = register || slices.Contains(actions, operation.ActionViewHistory)
	return may, true
}

// change asks whether a person may add to a listener.
func (i *Intake) change(a operation.Actor, p operation.Place) operation.Question {
	return operation.Question{Action: operation.ActionRegister, Actor: a, Place: p, Account: i.Settings.Account,
		At: i.Now()}
}

// listed returns an *UnavailableError if there are no lists.
func (i *Intake) listed() error {
	if i.Lists != nil {
		if _, ok := i.Lists.ReadAt(); ok {
			return nil
		}
	}
	return &UnavailableError{What: "Zenlayer", Err: errNoLists}
}

// notOffered is why a person is offered nothing.
func notOffered(d operation.Decision, a operation.Actor, p operation.Place) error {
	if unchecked(d) {
		what := "Slack"
		if d.PolicyUnknown() || d.What == operation.FactPolicy {
			what = "the policy"
		}
		return &UnavailableError{What: what, Err: errors.New("permission could not be checked: " +
			strings.TrimSpace(string(d.Code)+" "+string(d.What)))}
	}
	return &DeniedError{Decision: d, Operation: operation.Operation{Actor: a, Place: p}}
}

// unchecked reports whether a decision says only that it could not be made.
func unchecked(d operation.Decision) bool {
	return d.Code == operation.DeniedUnchecked || d.PolicyUnknown()
}
