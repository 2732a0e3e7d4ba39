package suggest

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

// offerFor is how long it is remembered what a person may change, unless the policy,
// their user groups or the lists change. So somebody whose access ends in another
// way (who is deactivated or made a guest, or whose channel becomes shared) may be
// offered names for the rest of it, but nothing more: Chosen and the preview ask
// again. To check the person and the channel for each letter would need two calls to
// Slack in every two seconds of typing, for which the directory keeps them, and
// Slack allows all people together about 50 calls of conversations.info a minute.
const offerFor = 30 * time.Second

const (
	maxOffers   = 256             // people and places for which it is remembered
	offerWithin = 6 * time.Second // finding it out; longer than the gate's own limit
)

// asker is what the gate tells people and places apart by.
type asker struct {
	user, team, enterprise, placeTeam, channel string
	noChannel                                  bool
}

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
	once    sync.Once // guards the making of the others: with many listeners it takes milliseconds
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

// FormOpened begins to find out what Listeners will need, and has the lists
// read again if they are old. It does not block.
func (s *Suggester) FormOpened(a operation.Actor, p operation.Place) {
	s.Lists.Wake()
	if lists := s.numbered(); lists != nil {
		s.begin(a, p, lists)
	}
}

// Close ends what is being found out, and waits for it. Nothing is suggested after
// that.
func (s *Suggester) Close() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.work.Wait()
}

// offered returns what a person may change from a place, at least one listener
// unless there are none at all.
func (s *Suggester) offered(ctx context.Context, a operation.Actor, p operation.Place) (*offer, error) {
	lists := s.numbered()
	if lists == nil {
		return nil, errNoLists
	}
	o, remembered := s.begin(a, p, lists)
	if err := o.wait(ctx); err != nil {
		return nil, err
	}
	if remembered && !s.Offers.Unchanged(ctx, a, o.decision) {
		s.forget(a, p, o)
		o, _ = s.begin(a, p, lists)
		if err := o.wait(ctx); err != nil {
			return nil, err
		}
	}
	if !o.decision.Allowed {
		s.forget(a, p, o) // asked again each time
		return nil, notOffered(o.decision)
	}
	if len(o.granted) > 0 && !slices.Contains(o.granted, true) {
		d := o.decision
		d.Allowed, d.Code = false, operation.DeniedNoRule
		return nil, notOffered(d)
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
func (s *Suggester) begin(a operation.Actor, p operation.Place, lists *numbered) (o *offer, remembered bool) {
	k := askerOf(a, p)
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.known, func(_ asker, o *offer) bool {
		age := now.Sub(o.at)
		return age >= offerFor || age < 0
	})
	if o := s.known[k]; o != nil && o.lists == lists {
		return o, true
	}
	o = &offer{done: make(chan struct{}), at: now, lists: lists}
	if s.ctx.Err() != nil { // closed
		o.decision = uncheckedPolicy()
		close(o.done)
		return o, false
	}
	delete(s.known, k) // for older lists
	if len(s.known) >= maxOffers {
		s.forgetOldest()
	}
	s.known[k] = o
	s.work.Go(func() { s.findOut(s.ctx, a, p, o) })
	return o, false
}

// forgetOldest forgets the oldest offer that is found out, or else the oldest.
func (s *Suggester) forgetOldest() {
	var oldest *offer
	var of asker
	for k, o := range s.known {
		if oldest == nil || o.before(oldest) {
			oldest, of = o, k
		}
	}
	delete(s.known, of)
}

// before reports whether o is forgotten before another offer.
func (o *offer) before(other *offer) bool {
	if o.found() != other.found() {
		return o.found()
	}
	return o.at.Before(other.at)
}

func (o *offer) found() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// uncheckedPolicy says that nothing is known.
func uncheckedPolicy() operation.Decision {
	return operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPolicy}
}

// findOut asks the policy about all listeners, for a limited time.
func (s *Suggester) findOut(ctx context.Context, a operation.Actor, p operation.Place, o *offer) {
	defer close(o.done)
	defer func() {
		if problem := recover(); problem != nil { // it must not end the bot
			s.Log.Error("finding out what may be suggested panicked", zap.Any("problem", problem), zap.Stack("stack"))
			o.decision = uncheckedPolicy()
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, offerWithin)
	defer cancel()
	o.granted, o.decision = s.Offers.MayChange(ctx, s.change(a, p), o.lists.all)
}

func (s *Suggester) forget(a operation.Actor, p operation.Place, o *offer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[askerOf(a, p)] == o {
		delete(s.known, askerOf(a, p))
	}
}

func askerOf(a operation.Actor, p operation.Place) asker {
	return asker{user: a.UserID, team: a.TeamID, enterprise: a.EnterpriseID, placeTeam: p.TeamID, channel: p.ChannelID,
		noChannel: p.NoChannel}
}

// numbered returns the newest lists with their numbers, nil if there are none that
// may be used.
func (s *Suggester) numbered() *numbered {
	s.mu.Lock()
	all, at := s.Lists.Snapshot()
	if s.newest == nil || !s.newest.readAt.Equal(at) {
		s.newest = &numbered{readAt: at, all: all}
	}
	n := s.newest
	s.mu.Unlock()
	if at.IsZero() {
		return nil
	}
	n.once.Do(func() {
		n.numbers = make(map[string]int, len(n.all))
		for j, l := range n.all {
			n.numbers[l.ID] = j
		}
	})
	return n
}
