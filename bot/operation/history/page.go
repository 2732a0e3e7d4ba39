package history

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// reading is the making of one page.
type reading struct {
	reader *Reader
	actor  operation.Actor
	place  operation.Place
	ask    Query
	now    time.Time
	page   History

	may    map[string]bool               // by listener id: may its history be seen
	public map[string]bool               // by channel id: may everybody read it
	known  map[string]operation.Listener // by listener id
	asked  bool                          // the catalog was asked for what is not known
}

// stream is what was read of one kind, newest first.
type stream struct {
	entries []Entry
	end     Mark // the oldest that was looked at
	done    bool // there is nothing older
}

// scan reads until a page is full, with one entry to spare, nothing is left,
// or enough was looked at.
func (r *reading) scan(
	ctx context.Context, read func(context.Context, Page) ([]Entry, error), from Mark,
) (stream, error) {
	s := stream{end: from}
	for looked := 0; looked < maxLooked && len(s.entries) <= PerPage; looked += chunkSize {
		chunk, err := read(ctx, Page{Since: r.ask.Since, Before: s.end, Limit: chunkSize})
		if err != nil {
			return s, err
		}
		for _, e := range chunk {
			s.end = e.mark
			if r.wanted(e) && r.seen(ctx, e) {
				s.entries = append(s.entries, e)
			}
		}
		if s.done = len(chunk) < chunkSize; s.done {
			break
		}
	}
	return s, nil
}

func (r *reading) operations(ctx context.Context, p Page) ([]Entry, error) {
	p.Listener = r.page.Listener.ID
	if r.ask.Here {
		p.Channel = r.place.ChannelID
	}
	p.Actor = r.ask.By
	past, err := r.reader.Archive.Past(ctx, p)
	out := make([]Entry, len(past))
	for i, x := range past {
		out[i] = Entry{At: x.At, Operation: x.Operation, mark: Mark{At: x.At, ID: x.Operation.ID}}
		if l := x.Operation.Listener; l.ID != "" && l.Name != "" && r.known[l.ID].ID == "" {
			r.known[l.ID] = l
		}
	}
	return out, err
}

func (r *reading) denials(ctx context.Context, p Page) ([]Entry, error) {
	list, err := r.reader.Archive.Denials(ctx, p)
	out := make([]Entry, len(list))
	for i, x := range list {
		e := x.Event
		op := operation.Operation{ID: e.OperationID, Change: e.Change(), Actor: operation.Actor{UserID: e.ActorID,
			TeamID: r.actor.TeamID,
			Name:   e.Data["name"]}, Place: operation.Place{ChannelID: e.ChannelID},
			Listener: operation.Listener{ID: e.Data["listener"],
				Name: e.Data["listener_name"]}, Server: operation.Server{ID: e.Data["instance"],
				Name: e.Data["instance_name"]}}
		out[i] = Entry{At: x.Mark.At, Operation: op, Denial: &e, mark: x.Mark}
	}
	return out, err
}

// wanted reports whether an entry is among what was asked for.
func (r *reading) wanted(e Entry) bool {
	op := e.Operation
	about := op.Listener.ID == r.page.Listener.ID || op.Request.ListenerID == r.page.Listener.ID ||
		slices.Contains(e.listeners(), r.page.Listener.ID)
	here := op.Place.ChannelID == r.place.ChannelID || slices.Contains(e.list("channels"), r.place.ChannelID)
	return (r.page.Listener.ID == "" || about) && (r.ask.By == "" || op.Actor.UserID == r.ask.By) &&
		(!r.ask.Here || here)
}

// seen reports whether the person may see an entry. The rules are asked once
// for each listener, with the facts of the newest entry.
func (r *reading) seen(ctx context.Context, e Entry) bool {
	op := e.Operation
	if op.Actor.Owns(r.actor) {
		return true
	}
	if !r.readable(ctx, e) {
		return false
	}
	if e.Denial == nil {
		return r.mayView(ctx, op)
	}
	ids := e.listeners()
	if len(ids) == 0 || e.Denial.Data["more_listeners"] != "" {
		return false // denied before anything was looked up, or about more than is named
	}
	for _, id := range ids {
		l, ok := r.listener(ctx, id)
		if !ok {
			return false
		}
		op.Listener, op.Server, op.Account = l, intake.NoServer(), r.reader.Account
		if !r.mayView(ctx, op) {
			return false
		}
	}
	return true
}

// maxChannels is how many other channels one page looks at: Slack allows about
// 50 look-ups a minute.
const maxChannels = 20

// readable reports whether the person may know of what was asked for in the
// channels of an entry: the one they ask in, those where it concerns them, and
// public ones.
func (r *reading) readable(ctx context.Context, e Entry) bool {
	op := e.Operation
	if concerns(op, r.actor) || within(op, r.place.ChannelID) {
		return true
	}
	channels := e.list("channels")
	if len(channels) == operation.SummaryIDs {
		return false // there may be more than are named
	}
	if len(channels) == 0 {
		channels = []string{cardChannel(op)}
	}
	return !slices.ContainsFunc(channels, func(id string) bool {
		return id != r.place.ChannelID && !r.isPublic(ctx, id)
	})
}

// isPublic asks about each channel once for a page. What could not be read, and
// what is beyond maxChannels, is not public.
func (r *reading) isPublic(ctx context.Context, id string) bool {
	public, asked := r.public[id]
	if asked || len(r.public) >= maxChannels {
		return public
	}
	public, err := r.reader.Permission.Public(ctx, id)
	if err != nil {
		r.reader.Log.Warn("a channel is left out of a history", zap.String("channel", id), zap.Error(err))
	}
	r.public[id] = public && err == nil
	return r.public[id]
}

// mayView asks the rules about the listener of op.
func (r *reading) mayView(ctx context.Context, op operation.Operation) bool {
	id := op.Listener.ID
	may, asked := r.may[id]
	if !asked {
		q := operation.NewQuestion(op, r.now)
		q.Action, q.Actor, q.Place = operation.ActionViewHistory, r.actor, r.place
		may = r.reader.Permission.Decide(ctx, q).Allowed
		r.may[id] = may
	}
	r.page.Partial = r.page.Partial || !may
	return may
}

// listener returns what is known of a listener that somebody was denied on.
// The catalog is asked once for all of them, and only if it is needed.
func (r *reading) listener(ctx context.Context, id string) (operation.Listener, bool) {
	if _, ok := r.known[id]; !ok && !r.asked {
		r.asked = true
		lbs, err := r.reader.Catalog.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{})
		if err != nil {
			r.page.Unread, r.page.Fault = true, operation.FaultOf(err)
			r.reader.Log.Warn("denials are left out of a history", zap.Error(err))
		}
		for _, lb := range lbs {
			for _, l := range lb.Listeners {
				if _, known := r.known[l.ListenerID]; !known {
					r.known[l.ListenerID] = operation.ListenerOf(l, lb)
				}
			}
		}
	}
	l, ok := r.known[id]
	return l, ok
}

// merge makes the page of both streams. What is older than a stream was looked
// at is left for the next page, so that nothing is shown out of turn.
func (r *reading) merge(streams ...stream) {
	var horizon time.Time
	all := []Entry{}
	for _, s := range streams {
		if !s.done && s.end.At.After(horizon) {
			horizon = s.end.At
		}
		all = append(all, s.entries...)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return b.At.Compare(a.At) })
	n := 0
	for n < len(all) && n < PerPage && !all[n].At.Before(horizon) {
		n++
	}
	r.page.Entries = all[:n:n]
	r.page.More = n < len(all)
	marks := []*Mark{&r.page.Next.Operations, &r.page.Next.Denials}
	r.page.Next = r.ask.From
	for i, s := range streams {
		taken := 0
		for _, e := range r.page.Entries {
			if (e.Denial != nil) == (i == 1) {
				*marks[i] = e.mark
				taken++
			}
		}
		if taken == len(s.entries) {
			*marks[i] = s.end // what comes next was not looked at, or is not there
			r.page.More = r.page.More || !s.done
		}
		if marks[i].At.IsZero() {
			marks[i].At = r.now // there was nothing: what happens from now on is not older
		}
	}
	for i := range r.page.Entries {
		op := &r.page.Entries[i].Operation
		if l, ok := r.known[op.Listener.ID]; ok && r.page.Entries[i].Denial != nil {
			op.Listener = l
		}
	}
}
