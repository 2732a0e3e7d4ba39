package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

const (
	offerFor    = 30 * time.Second // how long it is remembered what a person may change
	maxOffers   = 256              // people and places for which it is
	offerWithin = 6 * time.Second  // finding it out; longer than the gate's own limit
)

// offers remembers for suggestions who may change which listeners from where: asking
// the policy about each listener takes too long for each letter that is typed. What
// is remembered is dropped after offerFor, and when the policy, the person's user
// groups or the lists have changed.
type offers struct {
	mu    sync.Mutex
	of    map[asker]*offer
	lists *numbered
	work  sync.WaitGroup
	ctx   context.Context //nolint:containedctx // ends the work this value owns
	stop  context.CancelFunc
}

// asker is what the gate tells people and places apart by.
type asker struct{ user, team, enterprise, placeTeam, channel string }

// offer is what one person may change from one place. It is being found out until
// done is closed; after that it is not changed.
type offer struct {
	done     chan struct{}
	at       time.Time // when it was begun
	lists    *numbered
	granted  []bool // by number of the listener
	decision operation.Decision
}

// numbered is one reading of the lists, with a number for each listener. It is
// shared by the offers of all people, so that each needs one byte a listener.
type numbered struct {
	readAt  time.Time
	all     []operation.Listener
	numbers map[string]int
}

// listener returns the listener with this id as it was when the policy was asked,
// if it may be offered.
func (o *offer) listener(id string) (operation.Listener, bool) {
	n, ok := o.lists.numbers[id]
	if !ok || !o.granted[n] {
		return operation.Listener{}, false
	}
	return o.lists.all[n], true
}

// FormOpened begins to find out what SuggestListeners will need, and has the lists
// read again if they are old. It does not block.
func (i *Intake) FormOpened(a operation.Actor, p operation.Place) {
	if i.Lists == nil {
		return
	}
	i.Lists.Wake()
	if lists := i.numbered(); lists != nil {
		i.begin(a, p, lists)
	}
}

// Close ends what is being found out for suggestions, and waits for it. Nothing is
// suggested after that.
func (i *Intake) Close() {
	s := &i.offers
	s.mu.Lock()
	s.begun()
	s.stop()
	s.mu.Unlock()
	s.work.Wait()
}

// begun makes the context that ends with Close. s.mu is held.
func (s *offers) begun() context.Context {
	if s.ctx == nil {
		s.ctx, s.stop = context.WithCancel(context.Background())
	}
	return s.ctx
}

// offered returns what a person may change from a place, at least one listener
// unless there are none at all.
func (i *Intake) offered(ctx context.Context, a operation.Actor, p operation.Place) (*offer, error) {
	lists := i.numbered()
	if lists == nil {
		return nil, &UnavailableError{What: "Zenlayer", Err: errNoLists}
	}
	o, remembered := i.begin(a, p, lists)
	if err := o.wait(ctx); err != nil {
		return nil, &UnavailableError{What: "Slack", Err: err}
	}
	if remembered && !i.Offers.Unchanged(ctx, a, o.decision) {
		i.forget(a, p, o)
		o, _ = i.begin(a, p, lists)
		if err := o.wait(ctx); err != nil {
			return nil, &UnavailableError{What: "Slack", Err: err}
		}
	}
	if !o.decision.Allowed {
		i.forget(a, p, o) // asked again each time
		return nil, notOffered(o.decision, a, p)
	}
	if len(o.granted) > 0 && !slices.Contains(o.granted, true) {
		d := o.decision
		d.Allowed, d.Code = false, operation.DeniedNoRule
		return nil, notOffered(d, a, p)
	}
	return o, nil
}

func (o *offer) wait(ctx context.Context) error {
	select {
	case <-o.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for what may be changed: %w", context.Cause(ctx))
	}
}

// begin returns what is remembered, or is being found out already, or begins to
// find it out.
func (i *Intake) begin(a operation.Actor, p operation.Place, lists *numbered) (o *offer, remembered bool) {
	k, s := askerOf(a, p), &i.offers
	now := i.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.of, func(_ asker, o *offer) bool {
		age := now.Sub(o.at)
		return age >= offerFor || age < 0
	})
	if o := s.of[k]; o != nil && o.lists == lists {
		return o, true
	}
	o = &offer{done: make(chan struct{}), at: now, lists: lists}
	if s.of == nil {
		s.of = map[asker]*offer{}
	}
	if len(s.of) >= maxOffers {
		for oldest := range s.of { // any one: it is found out again
			delete(s.of, oldest)
			break
		}
	}
	ctx := s.begun()
	if ctx.Err() != nil { // closed
		o.decision = notFoundOut()
		close(o.done)
		return o, false
	}
	s.of[k] = o
	s.work.Go(func() { i.findOut(ctx, a, p, o) })
	return o, false
}

// notFoundOut says that nothing is known.
func notFoundOut() operation.Decision {
	return operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPolicy}
}

// findOut asks the policy about all listeners.
func (i *Intake) findOut(ctx context.Context, a operation.Actor, p operation.Place, o *offer) {
	defer close(o.done)
	defer func() {
		if problem := recover(); problem != nil { // it must not end the bot
			i.Log.Error("finding out what may be suggested panicked", zap.Any("problem", problem), zap.Stack("stack"))
			o.decision = notFoundOut()
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, offerWithin)
	defer cancel()
	o.granted, o.decision = i.Offers.MayChange(ctx, i.change(a, p), o.lists.all)
}

func (i *Intake) forget(a operation.Actor, p operation.Place, o *offer) {
	s := &i.offers
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[askerOf(a, p)] == o {
		delete(s.of, askerOf(a, p))
	}
}

func askerOf(a operation.Actor, p operation.Place) asker {
	return asker{user: a.UserID, team: a.TeamID, enterprise: a.EnterpriseID, placeTeam: p.TeamID, channel: p.ChannelID}
}

// numbered returns the newest lists with their numbers, nil if there are none that
// may be used.
func (i *Intake) numbered() *numbered {
	if i.Lists == nil {
		return nil
	}
	s := &i.offers
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := i.Lists.ReadAt()
	if !ok {
		return nil
	}
	if s.lists != nil && s.lists.readAt.Equal(at) {
		return s.lists
	}
	n := &numbered{readAt: at, all: i.Lists.Listeners("")}
	n.numbers = make(map[string]int, len(n.all))
	for j, l := range n.all {
		n.numbers[l.ID] = j
	}
	s.lists = n
	return n
}
