package slackapp

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

// UsedIn implements suggest.Journal.
func (s *shelf) UsedIn(ctx context.Context, channelID string, requests int) (ids []string, err error) {
	past, err := s.Past(ctx, history.Page{Channel: channelID, Limit: requests})
	for _, p := range past {
		ids = append(ids, p.Operation.Listener.ID)
	}
	return ids, err
}

// Past implements history.Archive by looking at everything there is.
func (s *shelf) Past(ctx context.Context, p history.Page) ([]history.Past, error) {
	if err := s.enter(ctx, "Past"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []history.Past
	for _, op := range s.ops {
		older := p.Before.At.IsZero() || op.ClickedAt.Before(p.Before.At) ||
			op.ClickedAt.Equal(p.Before.At) && op.ID < p.Before.ID
		chosen := p.Listener == "" || op.Request.ListenerID == p.Listener
		if p.Listener == "" {
			chosen = p.Channel == "" || op.Place.ChannelID == p.Channel
		}
		if p.Listener == "" && p.Channel == "" {
			chosen = p.Actor == "" || op.Actor.UserID == p.Actor
		}
		if op.State != operation.Draft && older && chosen && !op.ClickedAt.Before(p.Since) {
			out = append(out, history.Past{At: op.ClickedAt, Operation: op})
		}
	}
	slices.SortFunc(out, func(a, b history.Past) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Operation.ID, a.Operation.ID))
	})
	return out[:min(len(out), p.Limit)], nil
}

// Open implements history.Archive.
func (s *shelf) Open(ctx context.Context) ([]history.Past, error) {
	if err := s.enter(ctx, "Open"); err != nil {
		return nil, err
	}
	all, err := s.Past(ctx, history.Page{Limit: 1000})
	return slices.DeleteFunc(all, func(p history.Past) bool { return !p.Operation.State.Open() }), err
}

// Denials implements history.Archive.
func (s *shelf) Denials(ctx context.Context, p history.Page) ([]history.Denial, error) {
	if err := s.enter(ctx, "Denials"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []history.Denial
	for i := len(s.events) - 1; i >= 0; i-- {
		e := s.events[i]
		before, _ := strconv.Atoi(p.Before.ID)
		if e.Kind == operation.EventDenied && !e.At.Before(p.Since) && (p.Before.ID == "" || i < before) &&
			len(out) < p.Limit {
			out = append(out, history.Denial{Mark: history.Mark{At: e.At, ID: strconv.Itoa(i)}, Event: e})
		}
	}
	return out, nil
}

// ListenerSince implements history.Archive.
func (s *shelf) ListenerSince(context.Context, string, time.Time) ([]time.Time, error) {
	return nil, nil
}

// Why implements operation.Reasons.
func (g *gate) Why(ctx context.Context, q operation.Question) (operation.Explanation, error) {
	s, err := g.Whoami(ctx, q.Actor, q.Place)
	d := g.Admit(ctx, q.Actor, q.Place)
	if !d.Allowed {
		s.Refusal = d
	} else {
		d = g.Decide(ctx, q)
	}
	return operation.Explanation{Standing: s, Decision: d,
		Rules: []operation.Rule{{ID: "everybody", Permit: true, Holds: true}}}, err
}

// Who implements operation.Roster: nobody is known.
func (g *gate) Who(context.Context, operation.Question, operation.Action) (operation.People, error) {
	return operation.People{More: true}, nil
}
