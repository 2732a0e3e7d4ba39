package operation_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// shelves is an Archive in memory, as far as History reads it.
type shelves struct {
	history.Archive
	ops     []history.Past   // newest first
	denials []history.Denial // newest first
	reads   int
	err     error
}

func (s *shelves) Past(_ context.Context, p history.Page) ([]history.Past, error) {
	s.reads++
	var out []history.Past
	for _, x := range s.ops {
		op := x.Operation
		older := p.Before.At.IsZero() || x.At.Before(p.Before.At) || x.At.Equal(p.Before.At) && op.ID < p.Before.ID
		chosen := p.Listener == "" || op.Request.ListenerID == p.Listener
		if older && chosen && !x.At.Before(p.Since) && len(out) < p.Limit {
			out = append(out, x)
		}
	}
	return out, s.err
}

func (s *shelves) Denials(_ context.Context, p history.Page) ([]history.Denial, error) {
	s.reads++
	var out []history.Denial
	before, _ := strconv.Atoi(p.Before.ID)
	for _, x := range s.denials {
		n, _ := strconv.Atoi(x.Mark.ID)
		older := p.Before.At.IsZero() || x.Mark.At.Before(p.Before.At) || x.Mark.At.Equal(p.Before.At) &&
			(p.Before.ID == "" || n < before)
		if older && !x.Mark.At.Before(p.Since) && len(out) < p.Limit {
			out = append(out, x)
		}
	}
	return out, s.err
}

func (s *shelves) add(at time.Time, n int, who operation.Actor, listener string) {
	id := fmt.Sprintf("id-%05d", n)
	op := operation.Operation{ID: id, Ref: id, Actor: who, Place: here, State: operation.Done,
		Listener: operation.Listener{ID: listener, Name: "name", Protocol: "TCP", LoadBalancerID: "lb",
			LoadBalancerName: "lb"},
		Server: operation.Server{ID: "i-1",
			Type: zenlayer.InstanceBM}, Request: zenlayer.RegisterBackendRequest{ListenerID: listener}}
	s.ops = append(s.ops, history.Past{At: at, Operation: op})
}

func (s *shelves) deny(at time.Time, n int, who operation.Actor, listener string) {
	s.denials = append(s.denials, history.Denial{Mark: history.Mark{At: at, ID: strconv.Itoa(n)},
		Event: operation.Event{At: at, Kind: operation.EventDenied, ActorID: who.UserID, ChannelID: here.ChannelID,
			OperationID: "denied-" + strconv.Itoa(n), Data: map[string]string{"listener": listener}}})
}

func (s *shelves) sort() {
	slices.SortStableFunc(s.ops, func(a, b history.Past) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Operation.ID, a.Operation.ID))
	})
	slices.SortStableFunc(s.denials, func(a, b history.Denial) int {
		x, _ := strconv.Atoi(a.Mark.ID)
		y, _ := strconv.Atoi(b.Mark.ID)
		return cmp.Or(b.Mark.At.Compare(a.Mark.At), cmp.Compare(y, x))
	})
}

// mayOn lets people see the history of these listeners only.
func mayOn(listeners ...string) func(operation.Question) operation.Decision {
	return func(q operation.Question) operation.Decision {
		if q.Action == operation.ActionViewHistory && slices.Contains(listeners, q.Listener.ID) {
			return yes
		}
		return operation.Decision{Code: operation.DeniedNoRule}
	}
}

func shownIDs(p history.History) []string {
	out := make([]string, len(p.Entries))
	for i, e := range p.Entries {
		out[i] = e.Operation.ID
	}
	return out
}

func TestHistoryShowsOnesOwnAndWhatTheRulesLetOneSee(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		may     []string
		ask     history.Query
		want    []string
		partial bool
	}{
		"no right: their own, denials too": {nil, history.Query{}, []string{"denied-3", "id-00003"}, true},
		"of one listener": {[]string{"lst-1"}, history.Query{},
			[]string{"denied-3", "id-00003", "denied-1", "id-00001"}, true},
		"of both": {[]string{"lst-1", "lst-2"}, history.Query{},
			[]string{"denied-3", "id-00003", "denied-2", "id-00002", "denied-1", "id-00001"}, false},
		"somebody's": {[]string{"lst-1", "lst-2"}, history.Query{By: bo.UserID},
			[]string{"denied-2", "id-00002", "denied-1", "id-00001"}, false},
		"somebody's, without the right": {nil, history.Query{By: bo.UserID}, []string{}, true},
		"a listener": {[]string{"lst-1", "lst-2"},
			history.Query{Listener: named("lst-2")}, []string{"denied-3", "id-00003", "denied-2",
				"id-00002"}, false},
		"a listener that may not be seen": {[]string{"lst-1"}, history.Query{Listener: named("lst-2")},
			[]string{"denied-3", "id-00003"}, true},
		"here": {[]string{"lst-1", "lst-2"}, history.Query{Here: true},
			[]string{"denied-3", "id-00003", "denied-2", "denied-1", "id-00001"}, false},
		"what is left out later has no partial": {[]string{"lst-2"}, history.Query{Listener: named("lst-2")},
			[]string{"denied-3", "id-00003", "denied-2", "id-00002"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				s := &shelves{}
				at := func(m int) time.Time { return time.Now().Add(time.Duration(m) * time.Minute) }
				s.add(at(1), 1, bo, "lst-1")
				s.deny(at(2), 1, bo, "lst-1")
				s.add(at(3), 2, bo, "lst-2")
				s.ops[1].Operation.Place.ChannelID = "C2"
				s.deny(at(4), 2, bo, "lst-2")
				s.add(at(5), 3, ana, "lst-2")
				s.deny(at(6), 3, ana, "lst-2")
				s.deny(at(0), 0, bo, "") // before anything was looked up: nobody else's business
				s.sort()
				h.history.Archive, h.gate.decide = s, mayOn(tt.may...)
				got, err := h.history.History(t.Context(), ana, here, tt.ask)
				require.NoError(t, err)
				require.Equal(t, tt.want, shownIDs(got))
				require.Equal(t, tt.partial, got.Partial)
				require.False(t, got.More)
				for _, q := range h.gate.asked {
					require.Equal(t, operation.ActionViewHistory, q.Action)
					require.Equal(t, ana, q.Actor)
				}
				require.LessOrEqual(t, len(h.gate.asked), 2, "the rules are asked once for each listener")
			})
		})
	}
}

func TestPagesOfHistoryHaveEverythingOnceAndInTurn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		scene(t, func(t *testing.T, h *house) {
			r := rand.New(rand.NewPCG(seed, 7))
			s, want := &shelves{}, map[string]bool{}
			now := time.Now().Add(-time.Hour)
			seldom := []int{2, 8, 60, 400}[seed%4] // what may be seen is one of so many
			for n := range 1500 {
				listener := "lst-1"
				if r.IntN(seldom) == 0 {
					listener = "lst-2"
				}
				at := now.Add(time.Duration(r.IntN(200)) * time.Second)
				if r.IntN(2+int(seed%3)*4) == 0 {
					s.deny(at, n, bo, listener)
					want["denied-"+strconv.Itoa(n)] = listener == "lst-2"
					continue
				}
				s.add(at, n, bo, listener)
				want[fmt.Sprintf("id-%05d", n)] = listener == "lst-2"
			}
			s.sort()
			h.history.Archive, h.gate.decide = s, mayOn("lst-2")
			got := map[string]bool{}
			var last time.Time
			ask := history.Query{}
			for range 200 {
				s.reads = 0
				p, err := h.history.History(t.Context(), ana, here, ask)
				require.NoError(t, err)
				require.LessOrEqual(t, len(p.Entries), history.PerPage)
				require.LessOrEqual(t, s.reads, 16, "a page reads so much and no more")
				for _, e := range p.Entries {
					require.False(t, got[e.Operation.ID], "seed %d: %s is shown twice", seed, e.Operation.ID)
					require.True(t, last.IsZero() || !e.At.After(last), "seed %d: %s is out of turn", seed,
						e.Operation.ID)
					got[e.Operation.ID], last = true, e.At
				}
				if !p.More {
					break
				}
				ask.From = p.Next
			}
			for id, may := range want {
				require.Equal(t, may, got[id], "seed %d: %s", seed, id)
			}
		})
	}
}

func TestHistoryIsForThoseWhoMayBeHere(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := &shelves{}
		h.history.Archive = s
		h.gate.admit = func(operation.Actor) operation.Decision {
			return operation.Decision{Code: operation.DeniedShared}
		}
		_, err := h.history.History(t.Context(), ana, here, history.Query{})
		require.Equal(t, operation.DeniedShared, denied(t, h, err).Code)
		require.Zero(t, s.reads)
	})
}

func TestAListenerThatIsGoneStillHasItsHistory(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := &shelves{}
		s.add(time.Now(), 1, ana, "lst-gone")
		h.history.Archive, h.gate.decide = s, mayOn()
		got, err := h.history.History(t.Context(), ana, here, history.Query{Listener: named("lst-gone")})
		require.NoError(t, err)
		require.Equal(t, []string{"id-00001"}, shownIDs(got))
		_, err = h.history.History(t.Context(), ana, here, history.Query{Listener: named("lst-never")})
		var input *commands.InputError
		require.ErrorAs(t, err, &input)
		s.err = errors.New("planted")
		_, err = h.history.History(t.Context(), ana, here, history.Query{})
		var down *intake.UnavailableError
		require.ErrorAs(t, err, &down)
	})
}

func TestHistoryHasNothingOfPrivateChannelsForOthers(t *testing.T) {
	t.Parallel()
	elsewhere := operation.Place{TeamID: here.TeamID, ChannelID: "C0ELSE"}
	tests := map[string]struct {
		from  operation.Place
		actor operation.Actor
		err   error
		want  []string
	}{
		"from the channel itself":     {here, ana, nil, []string{"denied-4", "id-00003", "id-00002", "id-00001"}},
		"from elsewhere":              {elsewhere, ana, nil, []string{"id-00002"}},
		"one's own, from elsewhere":   {elsewhere, bo, nil, []string{"denied-4", "id-00003", "id-00002", "id-00001"}},
		"while Slack cannot be asked": {elsewhere, ana, errors.New("Slack is away"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				s := &shelves{}
				h.history.Archive = s
				h.gate.decide = mayOn("lst-1")
				h.gate.private, h.gate.publicErr = map[string]bool{here.ResultID: true, here.ChannelID: true}, tt.err
				now := time.Now()
				s.add(now.Add(-4*time.Minute), 1, bo, "lst-1")
				s.add(now.Add(-3*time.Minute), 2, chen, "lst-1")
				s.ops[1].Operation.Place = operation.Place{TeamID: here.TeamID, ChannelID: here.ChannelID,
					ResultID: "C0PUBLIC"}
				s.add(now.Add(-2*time.Minute), 3, bo, "lst-1")
				s.deny(now.Add(-time.Minute), 4, bo, "lst-1")
				s.sort()
				page, err := h.history.History(t.Context(), tt.actor, tt.from,
					history.Query{Since: now.Add(-time.Hour)})
				require.NoError(t, err)
				require.ElementsMatch(t, tt.want, shownIDs(page))
			})
		})
	}
}

// A summary of denials may be seen by whoever may see every listener in it.
func TestHistoryShowsASummaryOfDenialsToThoseWhoMaySeeAllOfIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data map[string]string
		may  []string
		ask  history.Query
		who  operation.Actor // who was denied
		seen bool
	}{
		"one's own, without any right": {map[string]string{"listeners": "lst-1 lst-2", "more_listeners": "yes"}, nil,
			history.Query{}, ana, true},
		"all of its listeners": {map[string]string{"listeners": "lst-1 lst-2"}, []string{"lst-1", "lst-2"},
			history.Query{}, bo, true},
		"one of two": {map[string]string{"listeners": "lst-1 lst-2"}, []string{"lst-1"},
			history.Query{}, bo, false},
		"with listeners that it does not name": {map[string]string{"listeners": "lst-1", "more_listeners": "yes"},
			[]string{"lst-1"},
			history.Query{}, bo, false},
		"about no listener": {nil, []string{"lst-1", "lst-2"}, history.Query{}, bo, false},
		"by a listener in it": {map[string]string{"listeners": "lst-2 lst-1"}, []string{"lst-1", "lst-2"},
			history.Query{Listener: named("lst-1")}, bo, true},
		"by a listener not in it": {map[string]string{"listeners": "lst-2"}, []string{"lst-1", "lst-2"},
			history.Query{Listener: named("lst-1")}, bo, false},
		"here, among its channels": {map[string]string{"listeners": "lst-1", "channels": "C9 C1"}, []string{"lst-1"},
			history.Query{Here: true}, bo, true},
		"here, not among them": {map[string]string{"listeners": "lst-1", "channels": "C9"}, []string{"lst-1"},
			history.Query{Here: true}, bo, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				s := &shelves{}
				h.history.Archive = s
				h.gate.decide = mayOn(tt.may...)
				data := map[string]string{"count": "37", "codes": "no_rule"}
				for key, value := range tt.data {
					data[key] = value
				}
				s.denials = []history.Denial{{Mark: history.Mark{At: time.Now(), ID: "1"},
					Event: operation.Event{At: time.Now(), Kind: operation.EventDeniedMore, ActorID: tt.who.UserID,
						Data: data}}}
				tt.ask.Since = time.Now().Add(-time.Hour)
				page, err := h.history.History(t.Context(), ana, here, tt.ask)
				require.NoError(t, err)
				require.Len(t, page.Entries, map[bool]int{true: 1}[tt.seen])
				if tt.seen {
					require.Equal(t, 37, page.Entries[0].Denial.Summarised())
				}
			})
		})
	}
}
