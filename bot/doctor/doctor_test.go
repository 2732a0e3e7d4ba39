package doctor

import (
	"context"
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
		far := slices.ContainsFunc(c.after, func(before string) bool {
			return slices.ContainsFunc(checks(), func(b check) bool { return b.name == before && b.reach == remote })
		})
		require.False(t, c.reach != remote && far, "%s needs no network, but a check that does", c.name)
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
	answers := func(on health.Report, err error) func(*Settings) {
		return func(s *Settings) {
			s.Running = func(context.Context) (health.Report, error) { return on, err }
		}
	}
	ready, elsewhere := answers(health.Report{Ready: true}, nil), "sqlite:/nowhere/lbbot.db"
	for name, c := range map[string]struct {
		edit         func(*Settings)
		verdict, bot Verdict
		folder       Verdict
	}{
		"a bot that is ready": {ready, Warning, OK, NotChecked}, // there is no policy file
		"a bot that is not ready": {answers(health.Report{Reasons: []health.Reason{{Words: "no disk"}}}, nil),
			Failed, Failed, NotChecked},
		"a bot that hangs":  {answers(health.Report{}, context.DeadlineExceeded), Failed, Failed, OK},
		"another program":   {answers(health.Report{}, ErrOther), Failed, Failed, OK},
		"no bot":            {answers(health.Report{}, ErrNoBot), Failed, Failed, OK},
		"ready, other file": {func(s *Settings) { ready(s); s.DatabaseURL = elsewhere }, Warning, OK, NotChecked},
		"no bot, no folder": {func(s *Settings) { s.DatabaseURL = elsewhere }, Failed, Failed, Warning},
		"no bot, PostgreSQL": {func(s *Settings) { s.DatabaseURL = "postgres://lbbot@127.0.0.1:1/lbbot" }, Failed,
			Failed, NotChecked},
	} {
		s := Settings{Local: true, DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db"),
			Policy: filepath.Join(t.TempDir(), "none.cedar"), BotToken: zenlayer.NewSecret("xoxb-1"),
			SlackAPIURL: "http://127.0.0.1:1/api/", Zenlayer: zenlayer.Config{Endpoint: "http://127.0.0.1:1",
				AccessKeyID: "key", AccessKeySecret: zenlayer.NewSecret("secret")},
			Running: func(context.Context) (health.Report, error) { return health.Report{}, ErrNoBot }}
		c.edit(&s)
		r := Run(t.Context(), s)
		found := map[string]Result{}
		for _, one := range r.Checks {
			found[one.Check] = one
		}
		require.Equal(t, c.verdict, r.Verdict, "%s: %v", name, r)
		require.Equal(t, c.bot, found[checkRunning].Verdict, name)
		require.Equal(t, c.folder, found[checkFolder].Verdict, name)
		require.Equal(t, Warning, found[checkPolicy].Verdict, name)
		require.NotContains(t, found, checkSlack, name)
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
