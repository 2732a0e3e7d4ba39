package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
)

// hand is a clock moved by hand.
type hand struct {
	mu sync.Mutex
	t  time.Time
}

func (h *hand) now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.t }

func (h *hand) move(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.t = h.t.Add(d) }

// desk is a directory of a stand-in Slack, with a clock moved by hand.
type desk struct {
	*Directory
	web   *Client
	slack *sandbox.Slack
	log   *lines
	clock *hand
}

func newDesk(t *testing.T) *desk {
	slack, log, clock := sandbox.New(sandbox.Options{BotToken: plantedBot, NoRateLimits: true}), &lines{},
		&hand{t: time.Now()}
	_, err := slack.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, slack.Close()) })
	client, err := New(Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: slack.APIURL(), Log: log.logger()})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return &desk{NewDirectory(client, clock.now), client, slack, log, clock}
}

func (d *desk) calls(method string) int {
	n := 0
	for _, c := range d.slack.APICalls() {
		if c.Method == method {
			n++
		}
	}
	return n
}

func TestLookUpsAreKeptForAMomentAndGroupsForFiveMinutes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ask := func() {
		_, err := d.Person(t.Context(), ana)
		require.NoError(t, err)
		_, err = d.Channel(t.Context(), ops)
		require.NoError(t, err)
		_, err = d.Groups(t.Context())
		require.NoError(t, err)
	}
	count := func() []int {
		return []int{d.calls("users.info"), d.calls("conversations.info"), d.calls("usergroups.list")}
	}
	ask()
	ask()
	require.Equal(t, []int{1, 1, 1}, count())
	d.clock.move(factsFor)
	ask()
	require.Equal(t, []int{2, 2, 1}, count())
	d.clock.move(groupsFor)
	ask()
	require.Equal(t, []int{3, 3, 2}, count())
}

func TestAClockThatIsSetBackKeepsNoLookUpLonger(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.Groups(t.Context())
	require.NoError(t, err)
	d.clock.move(-time.Hour)
	_, err = d.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, d.calls("usergroups.list"), "nobody knows how old the answer is")
	_, err = d.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, d.calls("usergroups.list"))
}

func TestARightThatIsTakenAwayIsGoneAtTheNextLook(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, err := d.Person(t.Context(), ana)
	require.NoError(t, err)
	require.False(t, p.Guest)
	d.slack.SetPerson(sandbox.Person{ID: ana, Name: "ana", TeamID: teamID, Guest: true})
	d.clock.move(factsFor)
	p, err = d.Person(t.Context(), ana)
	require.NoError(t, err)
	require.True(t, p.Guest)
}

func TestErrorsAreNeverKeptAndNeverAnOldAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.APIFault{
		"a page": {Status: 502}, "no answer": {DropBefore: true}, "a missing scope": {Error: "missing_scope"},
		"an inner error": {Error: "internal_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			_, err := d.Person(t.Context(), ana)
			require.NoError(t, err)
			d.clock.move(factsFor)
			for method, ask := range map[string]func() error{
				"users.info":         func() error { _, err := d.Person(t.Context(), ana); return err },
				"conversations.info": func() error { _, err := d.Channel(t.Context(), ops); return err },
				"usergroups.list":    func() error { _, err := d.Groups(t.Context()); return err },
				"auth.test":          func() error { _, err := d.Workspace(t.Context()); return err },
			} {
				d.slack.FailNext(method, fault)
				err := ask()
				require.Error(t, err, method)
				require.NotContains(t, err.Error(), plantedBot)
				require.NoError(t, ask(), method)
			}
		})
	}
}

func TestAChannelWeMayNotSeeIsKnownNotToBeThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, id := range []string{"C0NOSUCH", "C0SECRET"} {
		c, err := d.Channel(t.Context(), id)
		require.NoError(t, err)
		require.Zero(t, c)
	}
	_, err := d.Person(t.Context(), "U0NOBODY")
	require.Error(t, err, "for a person that is no answer")
}

func TestWhatSlackSaysOfChannels(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.slack.SetChannel(sandbox.Channel{ID: "C0ORG", Name: "org", OrgShared: true, BotMember: true})
	d.slack.SetChannel(sandbox.Channel{ID: "C0BOTH", Name: "both", OrgShared: true, ExtShared: true, BotMember: true})
	d.slack.SetChannel(sandbox.Channel{ID: "C0SOON", Name: "soon", PendingExtShared: true, BotMember: true})
	tests := map[string]operation.Channel{
		ops:         {ID: ops, Name: "ops", Creator: bo, Member: true},
		"C0GENERAL": {ID: "C0GENERAL", Name: "general", Creator: bo},
		partner:     {ID: partner, Name: "partner-shared", Creator: bo, Shared: true, Member: true},
		"C0OLD":     {ID: "C0OLD", Name: "old", Creator: bo, Archived: true, Member: true},
		"C0ORG":     {ID: "C0ORG", Name: "org", Member: true},
		"C0BOTH":    {ID: "C0BOTH", Name: "both", Shared: true, Member: true},
		"C0SOON":    {ID: "C0SOON", Name: "soon", Shared: true, Member: true},
		"D0ANA":     {ID: "D0ANA", Creator: ana, Direct: true, Private: true, Member: true},
	}
	for id, want := range tests {
		got, err := d.Channel(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestWhatSlackSaysOfPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.slack.SetPerson(sandbox.Person{ID: "U0ENT", Name: "ent", TeamID: teamID, EnterpriseID: "E0ORG"})
	d.slack.SetPerson(sandbox.Person{ID: slackbot, Name: "slackbot", TeamID: teamID})
	d.slack.SetPerson(sandbox.Person{ID: "U0STR", Name: "str", TeamID: "T0PARTNER", Stranger: true})
	tests := map[string]operation.Person{
		ana:        {ID: ana, TeamID: teamID, Name: "ana"},
		"U0GIL":    {ID: "U0GIL", TeamID: teamID, Name: "gil", Guest: true},
		olga:       {ID: olga, TeamID: "T0PARTNER", Name: "olga"},
		"U0EXA":    {ID: "U0EXA", TeamID: teamID, Name: "exa", Deactivated: true},
		"U0INCBOT": {ID: "U0INCBOT", TeamID: teamID, Name: "incident-bot", Bot: true},
		"U0ENT": {ID: "U0ENT", TeamID: teamID, EnterpriseID: "E0ORG", PersonID: "U0ENT", Teams: []string{teamID},
			Name: "ent"},
		slackbot: {ID: slackbot, TeamID: teamID, Name: "slackbot", Bot: true},
		"U0STR":  {ID: "U0STR", TeamID: "T0PARTNER", Name: "str", Stranger: true},
	}
	for id, want := range tests {
		got, err := d.Person(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	groups, err := d.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, operation.Group{ID: "S01SRE", Handle: "sre", Name: "SRE", Members: []string{ana, bo}}, groups[0])
	home, err := d.Workspace(t.Context())
	require.NoError(t, err)
	require.Equal(t, operation.Workspace{TeamID: teamID, BotUserID: "U0LBBOT"}, home)
}

// answering is a Slack that gives each method one answer, with fields that the
// stand-in only has together.
func answering(t *testing.T, answers map[string]string) *Directory {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answers[path.Base(r.URL.Path)])
	}))
	t.Cleanup(s.Close)
	web, err := New(Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: s.URL + "/", Log: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(web.Close)
	return NewDirectory(web, time.Now)
}

func TestEachSignOfAnOutsiderOrABotCountsByItself(t *testing.T) {
	t.Parallel()
	guest, bot := operation.Person{Guest: true}, operation.Person{Bot: true}
	tests := map[string]operation.Person{
		"is_restricted": guest, "is_ultra_restricted": guest, "is_bot": bot, "is_workflow_bot": bot,
		"is_connector_bot": bot,
		"deleted":          {Deactivated: true}, "is_stranger": {Stranger: true}, "is_admin": {},
	}
	for field, want := range tests {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			d := answering(t,
				map[string]string{"users.info": `{"ok":true,"user":{"id":"U0ANA","team_id":"T0LOCAL","name":"ana","` +
					field + `":true}}`})
			want.ID, want.TeamID, want.Name = ana, teamID, "ana"
			got, err := d.Person(t.Context(), ana)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestEachSignOfASharedChannelCountsByItself(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		`"is_ext_shared":true`: true, `"is_pending_ext_shared":true`: true, `"pending_shared":["T0PARTNER"]`: true,
		`"pending_shared":[]`: false,
		`"is_shared":true`:    true, `"is_shared":true,"is_org_shared":true`: false, `"is_org_shared":true`: false,
	}
	for fields, want := range tests {
		t.Run(fields, func(t *testing.T) {
			t.Parallel()
			channel := `{"id":"C0OPS","name":"ops","is_channel":true,"is_member":true,` + fields + `}`
			answer := `{"ok":true,"channel":` + channel + `}`
			d := answering(t, map[string]string{"conversations.info": answer})
			got, err := d.Channel(t.Context(), ops)
			require.NoError(t, err)
			require.Equal(t, operation.Channel{ID: ops, Name: "ops", Member: true, Shared: want}, got)
		})
	}
}

func TestOneLookUpServesAllWhoAskAtTheSameTime(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 64), make(chan struct{})
	r := newRecent(time.Now, time.Hour, func(context.Context, string) (int, error) {
		entered <- struct{}{}
		<-release
		return 7, nil
	})
	var g sync.WaitGroup
	for range 32 {
		g.Go(func() {
			n, err := r.get(t.Context(), "k")
			if n != 7 || err != nil {
				t.Errorf("got %d, %v", n, err)
			}
		})
	}
	<-entered
	close(release)
	g.Wait()
	require.Empty(t, entered)
}

func TestAnErrorServesAllWhoWaitedAndNobodyAfter(t *testing.T) {
	t.Parallel()
	calls := 0
	r := newRecent(time.Now, time.Hour, func(context.Context, string) (int, error) {
		calls++
		return 0, errPlanted
	})
	for n := range 3 {
		_, err := r.get(t.Context(), "k")
		require.ErrorIs(t, err, errPlanted)
		require.Equal(t, n+1, calls)
	}
}

func TestWhoAskedFirstWithLittleTimeDoesNotSpoilTheAnswerOfOthers(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 4)
	r := newRecent(time.Now, time.Hour, func(ctx context.Context, _ string) (int, error) {
		entered <- struct{}{}
		if ctx.Value(hurried{}) != nil {
			<-ctx.Done()
			return 0, context.Cause(ctx)
		}
		return 7, nil
	})
	short, cancel := context.WithCancelCause(context.WithValue(t.Context(), hurried{}, true))
	first, second := make(chan error, 1), make(chan int, 1)
	go func() { _, err := r.get(short, "k"); first <- err }()
	<-entered
	go func() { n, _ := r.get(t.Context(), "k"); second <- n }()
	cancel(errPlanted)
	require.ErrorIs(t, <-first, errPlanted)
	require.Equal(t, 7, <-second)
}

type hurried struct{}

func TestWaitingForALookUpEndsWithTheContext(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	r := newRecent(time.Now, time.Hour, func(context.Context, string) (int, error) {
		close(entered)
		<-release
		return 0, nil
	})
	done := make(chan struct{})
	go func() { _, _ = r.get(t.Context(), "k"); close(done) }()
	<-entered
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errPlanted)
	_, err := r.get(ended, "k")
	require.ErrorIs(t, err, errPlanted)
	close(release)
	<-done
}

func TestALookUpThatPanicsLetsTheOthersGo(t *testing.T) {
	t.Parallel()
	broken := true
	r := newRecent(time.Now, time.Hour, func(context.Context, string) (int, error) {
		if broken {
			broken = false
			panic(errors.New("planted"))
		}
		return 7, nil
	})
	require.Panics(t, func() { _, _ = r.get(t.Context(), "k") })
	n, err := r.get(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, 7, n)
}

func TestOldLookUpsAreDropped(t *testing.T) {
	t.Parallel()
	clock := &hand{t: time.Now()}
	r := newRecent(clock.now, time.Second, func(context.Context, string) (int, error) { return 1, nil })
	for i := range maxRecent {
		_, _ = r.get(t.Context(), string(rune(i)))
	}
	clock.move(time.Second)
	_, _ = r.get(t.Context(), "new")
	require.Len(t, r.entries, 1)
}

// A suspended host stops the monotonic clock, and the wall clock goes on.
func TestAnAnswerGetsOldWhileTheHostIsSuspended(t *testing.T) {
	t.Parallel()
	clock, calls := &hand{t: time.Now()}, 0
	r := newRecent(clock.now, time.Hour, func(context.Context, string) (int, error) { calls++; return calls, nil })
	ask := func() int {
		n, err := r.get(t.Context(), "k")
		require.NoError(t, err)
		return n
	}
	suspend := func(d time.Duration) {
		before := clock.t
		clock.move(d)
		(*[2]int64)(unsafe.Pointer(&clock.t))[1] -= int64(d) // a time.Time keeps the monotonic clock there
		require.Zero(t, clock.t.Sub(before), "the monotonic clock stands still")
		require.Equal(t, d, clock.t.Round(0).Sub(before.Round(0)))
	}
	require.Equal(t, 1, ask())
	suspend(time.Minute)
	require.Equal(t, 1, ask())
	r.age("k", 30*time.Second)
	require.Equal(t, 2, ask(), "the last question before a call reads it again")
	suspend(time.Hour)
	require.Equal(t, 3, ask())
	clock.move(-time.Minute)
	require.Equal(t, 4, ask(), "its age is not known")
}

func TestAPersonHasTheNameThatSlackShows(t *testing.T) {
	t.Parallel()
	for profile, want := range map[string]string{
		`{"display_name":"Ana B","real_name":"Ana Bell"}`: "Ana B",
		`{"display_name":"","real_name":"Ana Bell"}`:      "Ana Bell",
		`{}`: "ana", `7`: "ana",
	} {
		d := answering(t, map[string]string{"users.info": `{"ok":true,"user":{"id":"U0ANA","name":"ana","profile":` +
			profile + `}}`})
		p, err := d.Person(t.Context(), "U0ANA")
		require.NoError(t, err, profile)
		require.Equal(t, want, p.Name, profile)
	}
}
