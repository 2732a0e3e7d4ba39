package home

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
	view "lbbot/bot/slackapp/render/home"
)

var (
	ana   = operation.Actor{UserID: "U0ANA", TeamID: "T1", Name: "ana"}
	bo    = operation.Actor{UserID: "U0BO", TeamID: "T1", Name: "bo"}
	guest = operation.Actor{UserID: "U0GUEST", TeamID: "T1"}
	owner = operation.Actor{UserID: "U0OWN", TeamID: "T1"}
	app   = operation.Place{TeamID: "T1", NoChannel: true}
)

// office is the journal, the gate and Slack of the Homes of one or several processes.
type office struct {
	mu        sync.Mutex
	ops       []history.Past // newest first
	reads     int
	journal   error
	pause     *operation.Pause
	unchecked bool
	tabs      map[string]string // by user id: what Slack shows
	hashes    map[string]string
	published map[string]int
	refuse    error
	slow      time.Duration
}

func (o *office) Open(context.Context) (open []history.Past, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reads++
	for _, p := range o.ops {
		if p.Operation.State.Open() {
			open = append(open, p)
		}
	}
	return open, o.journal
}

func (o *office) Past(_ context.Context, p history.Page) (past []history.Past, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, x := range o.ops {
		if (p.Actor == "" || x.Operation.Actor.UserID == p.Actor) && !x.At.Before(p.Since) && len(past) < p.Limit {
			past = append(past, x)
		}
	}
	return past, o.journal
}

func (o *office) Paused(context.Context) (*operation.Pause, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pause, o.journal
}

func (o *office) Admit(_ context.Context, a operation.Actor, _ operation.Place) operation.Decision {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.unchecked:
		return operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPerson}
	case a.UserID == guest.UserID:
		return operation.Decision{Code: operation.DeniedGuest}
	}
	return operation.Decision{Allowed: true}
}

func (o *office) Decide(_ context.Context, q operation.Question) operation.Decision {
	return operation.Decision{Allowed: q.Action == operation.ActionPause && q.Actor.UserID == owner.UserID}
}

// refused is an error of Slack with its code.
type refused string

func (r refused) Error() string { return string(r) }

func (o *office) PublishHome(ctx context.Context, user, hash string, v slack.HomeTabViewRequest) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.slow > 0 {
		o.mu.Unlock()
		select {
		case <-time.After(o.slow):
		case <-ctx.Done():
		}
		o.mu.Lock()
	}
	o.published[user]++
	switch {
	case o.refuse != nil:
		return "", o.refuse
	case ctx.Err() != nil:
		return "", ctx.Err()
	case hash != "" && hash != o.hashes[user]:
		return "", refused("hash_conflict")
	}
	o.tabs[user], o.hashes[user] = string(raw), fmt.Sprintf("%s-%d", user, o.published[user])
	return o.hashes[user], nil
}

// put stores an operation as it is now.
func (o *office) put(op operation.Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.ops {
		if o.ops[i].Operation.ID == op.ID {
			op.Version = o.ops[i].Operation.Version + 1
			o.ops[i].Operation = op
			return
		}
	}
	o.ops = append([]history.Past{{At: time.Now(), Operation: op}}, o.ops...)
}

// tab is what Slack shows to a person, and how often it was published.
func (o *office) tab(who operation.Actor) (shows string, published int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tabs[who.UserID], o.published[who.UserID]
}

func request(id string, by operation.Actor, state operation.State) operation.Operation {
	op := examples.Sample(examples.InState(state))
	op.ID, op.Ref, op.Actor = id, "LBR-"+strings.ToUpper(id), by
	return op
}

// scene plays with an office and the Homes of one process.
func scene(t *testing.T, play func(t *testing.T, o *office, h *Homes)) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{tabs: map[string]string{}, hashes: map[string]string{}, published: map[string]int{}}
		h := o.process(zap.NewNop())
		defer h.Close()
		play(t, o, h)
	})
}

func (o *office) process(log *zap.Logger) *Homes {
	return New(Config{Web: o, Journal: o, Pauses: o, Permission: o,
		Link: func(_ context.Context, op operation.Operation, _ bool) string {
			return "https://example.slack.com/" + op.ID
		},
		State: func() view.State { return view.State{Connections: 2} },
		Words: func() render.Wording { return render.Wording{At: time.Now()} },
		Code: func(err error) string {
			code, _ := errors.AsType[refused](err)
			return string(code)
		},
		Now: time.Now, Log: log})
}

// after lets time pass and what is due then be done.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestWhatEachPersonSees(t *testing.T) {
	t.Parallel()
	waiting := request("waits", ana, operation.Waiting)
	waiting.Approval = &operation.Approval{Needed: 1, Who: operation.People{IDs: []string{bo.UserID}}}
	added := request("added", ana, operation.Done)
	added.FinishedAt = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when synctest begins
	added.BackendID = "be-1"
	tests := map[string]struct {
		who       operation.Actor
		sees, not []string
	}{
		"the asker": {ana, []string{"Running now", "LBR-WAITS", "LBR-STUCK", "say on the card", "LBR-ADDED",
			render.ActUndoAsk, render.ActHomeAdd, render.ActReqAgainForm, render.MoreDetails,
			"https://example.slack.com/stuck"},
			[]string{"LBR-OTHER", "approval", "Slack: 2"}},
		"who is asked for approval": {bo, []string{"LBR-WAITS", "asks for your approval", "LBR-OTHER",
			"https://example.slack.com/waits"}, []string{"LBR-STUCK", "LBR-ADDED", render.ActUndoAsk, "Slack: 2"}},
		"an owner": {owner, []string{"Slack: 2 connections", "Nothing waits for you", "Nothing of yours is running"},
			[]string{"LBR-"}},
		"a guest": {guest, []string{"Guests cannot use this command"}, []string{"LBR-", "home_add", "Waiting for you",
			"Slack: 2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, o *office, h *Homes) {
				for _, op := range []operation.Operation{waiting, added, request("stuck", ana, operation.NeedsPerson),
					request("other", bo, operation.Sending)} {
					o.put(op)
				}
				h.Opened(tt.who, app)
				synctest.Wait()
				shows, n := o.tab(tt.who)
				require.Equal(t, 1, n)
				for _, part := range tt.sees {
					require.Contains(t, shows, part)
				}
				for _, part := range tt.not {
					require.NotContains(t, shows, part)
				}
			})
		})
	}
}

func TestATabIsPublishedOnlyWhenItShowsSomethingNew(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		h.Opened(ana, app)
		after(9 * time.Minute)
		h.Opened(ana, app)
		synctest.Wait()
		_, n := o.tab(ana)
		require.Equal(t, 1, n, "nothing changed")
		o.put(request("theirs", bo, operation.Sending))
		after(2 * every)
		_, n = o.tab(ana)
		require.Equal(t, 1, n, "what others do is not on it")
		o.put(request("mine", ana, operation.Sending))
		after(every)
		shows, n := o.tab(ana)
		require.Equal(t, 2, n)
		require.Contains(t, shows, "LBR-MINE")
		_, n = o.tab(bo)
		require.Zero(t, n, "he did not open it")
	})
}

func TestAPauseAndItsEndAreShown(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		pauses := func(p *operation.Pause) string {
			o.mu.Lock()
			o.pause = p
			o.mu.Unlock()
			after(every)
			shows, _ := o.tab(ana)
			return shows
		}
		h.Opened(ana, app)
		after(time.Second)
		require.Contains(t, pauses(&operation.Pause{By: bo, At: time.Now(), Why: "maintenance"}), "maintenance")
		require.NotContains(t, pauses(nil), "Paused")
		_, n := o.tab(ana)
		require.Equal(t, 3, n)
	})
}

func TestATabSaysThatTooManyRequestsAreOpenToReadAll(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		for n := range history.MaxOpen {
			o.put(request(strconv.Itoa(n), bo, operation.Sending))
		}
		h.Opened(ana, app)
		after(time.Second)
		shows, _ := o.tab(ana)
		require.Contains(t, shows, "At least 1000 requests are open")
	})
}

func TestWhatBeganAndEndedBetweenTwoLooksIsShown(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		h.Opened(ana, app)
		after(time.Second)
		o.put(request("quick", ana, operation.Done))
		after(every)
		shows, _ := o.tab(ana)
		require.Contains(t, shows, "LBR-QUICK")
	})
}

func TestABurstOfChangesIsPublishedFewTimes(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		h.Opened(ana, app)
		synctest.Wait()
		for n := range 50 {
			o.put(request(fmt.Sprintf("op%d", n), ana, operation.Sending))
			h.Opened(ana, app) // and she comes back to the tab all the time
			after(100 * time.Millisecond)
		}
		after(2 * every)
		shows, n := o.tab(ana)
		require.Contains(t, shows, "LBR-OP49")
		require.LessOrEqual(t, n, 5, "in 15 seconds")
	})
}

func TestNobodyWatchedMeansNoReading(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		h.Opened(ana, app)
		after(WatchFor + 2*every)
		o.mu.Lock()
		before := o.reads
		o.mu.Unlock()
		o.put(request("late", ana, operation.Sending))
		after(time.Hour)
		o.mu.Lock()
		require.Equal(t, before, o.reads, "the watch has ended")
		o.mu.Unlock()
		_, n := o.tab(ana)
		require.Equal(t, 1, n)
		h.Opened(ana, app)
		synctest.Wait()
		shows, _ := o.tab(ana)
		require.Contains(t, shows, "LBR-LATE", "the next opening shows it")
	})
}

func TestTwoProcessesShowTheSame(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		other := o.process(zap.NewNop())
		defer other.Close()
		h.Opened(ana, app)
		after(time.Second)
		other.Opened(ana, app)
		synctest.Wait()
		o.put(request("mine", ana, operation.Sending))
		after(3 * every)
		shows, n := o.tab(ana)
		require.Contains(t, shows, "LBR-MINE")
		done := request("mine", ana, operation.Done)
		o.put(done)
		after(3 * every)
		shows, _ = o.tab(ana)
		require.Contains(t, shows, "Nothing of yours is running")
		require.LessOrEqual(t, n, 6)
		_, settled := o.tab(ana)
		after(WatchFor / 2)
		_, n = o.tab(ana)
		require.Equal(t, settled, n, "they do not publish against each other")
	})
}

func TestAfterARestartTheNextOpeningPublishes(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		h.Opened(ana, app)
		synctest.Wait()
		h.Close()
		h.Opened(ana, app)
		o.put(request("mine", ana, operation.Sending))
		next := o.process(zap.NewNop())
		defer next.Close()
		next.Opened(ana, app)
		synctest.Wait()
		shows, n := o.tab(ana)
		require.Equal(t, 2, n)
		require.Contains(t, shows, "LBR-MINE")
	})
}

func TestAtMostMaxWatchedPeopleAreWatched(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		for n := range 3 * MaxWatched {
			h.Opened(operation.Actor{UserID: fmt.Sprintf("U%03d", n), TeamID: "T1"}, app)
			after(time.Millisecond)
		}
		require.Len(t, h.watched, MaxWatched)
		_, n := o.tab(operation.Actor{UserID: "U000"})
		require.Equal(t, 1, n, "whoever is not watched saw the tab once")
	})
}

func TestASlackThatHangsDelaysNobodyForLong(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		o.slow = time.Hour
		before := time.Now()
		for n := range 8 {
			h.Opened(operation.Actor{UserID: fmt.Sprintf("U%03d", n), TeamID: "T1"}, app)
		}
		require.Equal(t, before, time.Now(), "Opened does not block")
		after(passWithin)
		o.mu.Lock()
		o.slow = 0
		o.mu.Unlock()
		after(passWithin)
		shows, _ := o.tab(operation.Actor{UserID: "U007"})
		require.Contains(t, shows, "Add server")
	})
}

func TestATabThatCannotBeMadeStaysAsItWas(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		h.Opened(ana, app)
		synctest.Wait()
		good, _ := o.tab(ana)
		o.mu.Lock()
		o.unchecked = true
		o.mu.Unlock()
		after(2 * wholeEvery)
		shows, n := o.tab(ana)
		require.Equal(t, good, shows)
		require.Equal(t, 1, n)
		o.mu.Lock()
		o.journal = errors.New("the disk is full")
		o.mu.Unlock()
		h.Opened(ana, app)
		after(every)
		o.mu.Lock()
		o.journal, o.unchecked = nil, false
		o.mu.Unlock()
		o.put(request("mine", ana, operation.Sending))
		after(every)
		shows, _ = o.tab(ana)
		require.Contains(t, shows, "LBR-MINE")
	})
}

func TestARefusedTabIsTriedAgainButNotAllTheTime(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, o *office, h *Homes) {
		o.refuse = refused("internal_error")
		h.Opened(ana, app)
		after(time.Minute)
		_, n := o.tab(ana)
		require.Greater(t, n, 2)
		require.LessOrEqual(t, n, 5)
		o.mu.Lock()
		o.refuse = nil
		o.mu.Unlock()
		after(retryAfter + every)
		shows, _ := o.tab(ana)
		require.Contains(t, shows, "Add server")
	})
}

func TestAnAppWithoutAHomeTabIsSaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, log := observer.New(zapcore.DebugLevel)
		o := &office{tabs: map[string]string{}, hashes: map[string]string{}, published: map[string]int{},
			refuse: refused("not_enabled")}
		h := o.process(zap.New(core))
		defer h.Close()
		for _, who := range []operation.Actor{ana, bo, owner, ana} {
			h.Opened(who, app)
			after(every)
		}
		require.Len(t, log.All(), 1)
		require.Equal(t, zapcore.InfoLevel, log.All()[0].Level)
	})
}
