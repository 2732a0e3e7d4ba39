package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lbbot/bot/health"
	"lbbot/bot/journal"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChecksDependOnEarlierOnes(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range checks() {
		require.NotContains(t, names, c.name)
		for _, before := range c.after {
			require.Contains(t, names, before, c.name)
		}
		names = append(names, c.name)
		local := slices.ContainsFunc(c.after, func(before string) bool {
			return slices.ContainsFunc(checks(), func(b check) bool { return b.name == before && !b.local })
		})
		require.False(t, c.local && local, "%s needs no network, but a check that does", c.name)
	}
}

// examined runs the checks against stand-ins.
func examined(t *testing.T, slack *sandbox.Slack, cloud *zenlayertest.Server, edit func(*Settings)) map[string]Result {
	t.Helper()
	_, err := slack.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, slack.Close()) })
	endpoint, err := cloud.Start()
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	s := Settings{BotToken: zenlayer.NewSecret(slack.BotToken()), AppToken: zenlayer.NewSecret(slack.AppToken()),
		SlackAPIURL: slack.APIURL(), DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db"),
		Policy: filepath.Join(t.TempDir(), "none.cedar"), OwnerChannel: "C0OPS",
		Zenlayer: zenlayer.Config{Endpoint: endpoint, AccessKeyID: zenlayertest.SampleAccessKeyID,
			AccessKeySecret: zenlayer.NewSecret(zenlayertest.SampleAccessKeySecret)},
		Running: func(context.Context) (health.Report, error) { return health.Report{}, ErrNoBot }}
	edit(&s)
	all := map[string]Result{}
	for _, c := range Run(t.Context(), s).Checks {
		all[c.Check] = c
	}
	return all
}

func TestSilentServersHoldUpTheirOwnChecksOnly(t *testing.T) {
	t.Parallel()
	slack, cloud := sandbox.New(sandbox.Options{}), zenlayertest.New(zenlayertest.Options{})
	slack.FailNext("*", sandbox.APIFault{Hang: true, Times: -1})
	cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Hang, Times: -1})
	found := examined(t, slack, cloud, func(s *Settings) { s.Limit = 50 * time.Millisecond })
	for _, name := range []string{checkSlack, checkZenlayer} {
		require.Equal(t, Failed, found[name].Verdict)
		require.Contains(t, found[name].Found, "no answer in time")
	}
	require.Equal(t, NotChecked, found[checkBotToken].Verdict)
	require.Equal(t, NotChecked, found[checkClock].Verdict)
	require.Equal(t, OK, found[checkDatabase].Verdict)
}

func TestConnectIsRefusedWhileABotMayRun(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*Settings){
		"it is ready": func(s *Settings) {
			s.Running = func(context.Context) (health.Report, error) { return health.Report{Ready: true}, nil }
		},
		"it hangs": func(s *Settings) {
			s.Running = func(context.Context) (health.Report, error) {
				return health.Report{}, context.DeadlineExceeded
			}
		},
		"the database cannot be read": func(s *Settings) { s.DatabaseURL = "sqlite:" + t.TempDir() },
		"it has no admin address": func(s *Settings) {
			running, err := journal.Open(t.Context(), journal.Config{URL: s.DatabaseURL})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, running.Close()) })
		},
	} {
		slack, cloud := sandbox.New(sandbox.Options{}), zenlayertest.New(zenlayertest.Options{})
		found := examined(t, slack, cloud, func(s *Settings) { s.Connect = true; edit(s) })
		require.Equal(t, NotChecked, found[checkSocketMode].Verdict, name)
		require.Empty(t, append(slack.Connections(), slack.PastConnections()...), name)
	}
}

func TestLocalVerdictIsThatOfTheRunningBot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		on      health.Report
		err     error
		verdict Verdict
	}{
		"ready":           {on: health.Report{Ready: true}, verdict: Warning}, // there is no policy file
		"not ready":       {on: health.Report{Reasons: []health.Reason{{Words: "no disk"}}}, verdict: Failed},
		"it hangs":        {err: context.DeadlineExceeded, verdict: Failed},
		"another program": {err: ErrOther, verdict: Failed},
		"no bot":          {err: ErrNoBot, verdict: Failed},
	} {
		folder := t.TempDir()
		r := Run(t.Context(), Settings{Local: true, DatabaseURL: "sqlite:" + filepath.Join(folder, "lbbot.db"),
			Policy: filepath.Join(folder, "none.cedar"), BotToken: zenlayer.NewSecret("xoxb-1"),
			SlackAPIURL: "http://127.0.0.1:1/api/", Zenlayer: zenlayer.Config{Endpoint: "http://127.0.0.1:1",
				AccessKeyID: "key", AccessKeySecret: zenlayer.NewSecret("secret")},
			Running: func(context.Context) (health.Report, error) { return c.on, c.err }})
		require.Equal(t, c.verdict, r.Verdict, "%s: %v", name, r)
		var names []string
		for _, one := range r.Checks {
			names = append(names, one.Check)
			if one.Check == checkPolicy {
				require.Equal(t, Warning, one.Verdict, "a restart does not repair it")
			}
		}
		require.Equal(t, []string{checkConfiguration, "time zone data", checkRunning, checkPolicy}, names)
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, left, name)
	}
}

// Closing any descriptor of the file would release the locks that the bot's SQLite holds on it.
func TestTheRunningBotDoesNotOpenItsDatabaseAgain(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db")
	running, err := journal.Open(t.Context(), journal.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Close()) })
	folder := t.TempDir() // to open it for writing is an error
	slack, cloud := sandbox.New(sandbox.Options{}), zenlayertest.New(zenlayertest.Options{})
	found := examined(t, slack, cloud, func(s *Settings) { s.Inside, s.DatabaseURL = running, "sqlite:"+folder })
	for _, name := range []string{checkFolder, checkDatabase, "tables", "durable settings"} {
		require.Equal(t, OK, found[name].Verdict, found[name])
	}
	require.Contains(t, found["durable settings"].Found, "journal_mode is wal")
}

func TestNobodyApprovesTheirOwnRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask     policy.Holders
		approve []policy.Holders
		most    int
	}{
		"nobody":                {policy.Holders{Approvals: 1, People: []string{"A"}}, nil, 0},
		"only the asker":        {policy.Holders{Approvals: 1, People: []string{"A"}}, people("A"), 0},
		"one of two askers":     {policy.Holders{Approvals: 1, People: []string{"A", "B"}}, people("A"), 1},
		"each other":            {policy.Holders{Approvals: 1, People: []string{"A", "B"}}, people("A", "B"), 1},
		"others":                {policy.Holders{Approvals: 2, People: []string{"A"}}, people("B", "C"), 2},
		"everybody asks":        {policy.Holders{Approvals: 1, Everybody: true}, people("A"), 1},
		"everybody may approve": {policy.Holders{Approvals: 3}, []policy.Holders{{Everybody: true}}, 3},
	} {
		require.Equal(t, c.most, mostApprovers(c.ask, c.approve), name)
	}
}

func people(ids ...string) []policy.Holders { return []policy.Holders{{People: ids}} }
