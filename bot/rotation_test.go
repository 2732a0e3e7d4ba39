package bot_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/filewatch"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
)

// rotated is one secret and how it changes on the other side.
type rotated struct {
	name        string            // of its setting, in the log
	wrong, good map[string]string // contents of the files, by name
	issue       func()            // makes good work as well
	withdraw    func()            // makes the one before not work any more
}

// secretsOf are all secrets of a bot, each in a folder of its own.
func secretsOf(h *house, db *sql.DB, second string) []rotated {
	pair := func(id, secret string) zenlayer.Credentials {
		return zenlayer.Credentials{AccessKeyID: id, AccessKeySecret: zenlayer.NewSecret(secret)}
	}
	first := h.config.DatabaseURL
	run := func(statement string) func() {
		return func() {
			_, err := db.ExecContext(context.WithoutCancel(h.t.Context()), statement)
			require.NoError(h.t, err, statement)
		}
	}
	one := func(name, wrong, good string) (string, map[string]string, map[string]string) {
		return name, map[string]string{name: wrong}, map[string]string{name: good}
	}
	token := func(name string, kind sandbox.TokenKind, old zenlayer.Secret) rotated {
		r := rotated{issue: func() { h.slack.IssueToken(kind, old.Reveal()+"-2") },
			withdraw: func() { h.slack.WithdrawToken(old.Reveal()) }}
		r.name, r.wrong, r.good = one(name, old.Reveal()+"-wrong", old.Reveal()+"-2")
		return r
	}
	database := rotated{issue: run("create role " + second + " superuser login"),
		withdraw: run("alter role " + roleOf(first) + " nologin")}
	database.name, database.wrong, database.good = one("LBBOT_DATABASE_URL",
		strings.Replace(first, roleOf(first)+"@", second+"_wrong:planted-bot-token@", 1),
		strings.Replace(first, roleOf(first)+"@", second+"@", 1))
	audit := rotated{issue: func() {}, withdraw: func() {}}
	audit.name, audit.wrong, audit.good = one("LBBOT_AUDIT_KEY", "planted-bot-token",
		"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=")
	return []rotated{
		token("SLACK_BOT_TOKEN", sandbox.TheBotToken, h.config.SlackBotToken),
		token("SLACK_APP_TOKEN", sandbox.TheAppToken, h.config.SlackAppToken),
		{name: "ZENLAYER_ACCESS_KEY_SECRET",
			wrong: map[string]string{"ZENLAYER_ACCESS_KEY_ID": keyID + "2", "ZENLAYER_ACCESS_KEY_SECRET": secret},
			good: map[string]string{"ZENLAYER_ACCESS_KEY_ID": keyID + "2",
				"ZENLAYER_ACCESS_KEY_SECRET": secret + "-2"},
			issue:    func() { h.cloud.Accept(pair(keyID+"2", secret+"-2")) },
			withdraw: func() { h.cloud.Withdraw(pair(keyID, secret)) }},
		audit, database,
	}
}

var roleInURL = regexp.MustCompile(`//([^:@/]+)@`)

func roleOf(url string) string { return roleInURL.FindStringSubmatch(url)[1] }

// told counts the lines that say that a secret is used, or that it cannot be.
func (h *house) told(name, message string) int {
	count := 0
	for line := range strings.Lines(h.log.String()) {
		if strings.Contains(line, message) && strings.Contains(line, `"secret":"`+name+`"`) {
			count++
		}
	}
	return count
}

// tells waits until told has counted one.
func (h *house) tells(name, message string) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.told(name, message) == 1 }, time.Minute, 5*time.Millisecond,
		name)
}

const (
	tellsUsed    = "a new secret is used"
	tellsRefused = "a new secret cannot be used"
)

// twoRoles makes a role for a bot's database and names another one. It returns the
// database's URL with the first one, and a connection that is neither.
func twoRoles(t *testing.T) (address, second string, db *sql.DB) {
	t.Helper()
	admin := servers.Database(t)
	db, err := sql.Open("pgx", admin)
	require.NoError(t, err)
	number := time.Now().UnixNano()
	first, second := fmt.Sprintf("lbbot_a%d", number), fmt.Sprintf("lbbot_b%d", number)
	_, err = db.ExecContext(t.Context(), "create role "+first+" superuser login")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.ExecContext(context.Background(), "drop role if exists "+first+", "+second)
		require.NoError(t, errors.Join(err, db.Close()))
	})
	base := servers.Database(t) // dropped before the roles are
	return strings.Replace(base, roleOf(base)+"@", first+"@", 1), second, db
}

// traffic is people who type and press until it is closed.
type traffic struct {
	storm        *storm
	stories      *errgroup.Group
	done         chan struct{}
	begun, ended atomic.Int64
}

func (s *storm) traffic(most int) *traffic {
	f := &traffic{storm: s, done: make(chan struct{})}
	stories, ctx := errgroup.WithContext(s.t.Context())
	stories.SetLimit(1 + 8) // on a slow machine, people type more slowly
	f.stories = stories
	calm := &plan{commands: make([]duplicate, most), clicks: make([]duplicate, most)}
	stories.Go(func() error {
		pace := time.NewTicker(100 * time.Millisecond)
		defer pace.Stop()
		for n := range most {
			select {
			case <-f.done:
				return nil
			case <-ctx.Done():
				return nil
			case <-pace.C:
				f.begun.Add(1)
				stories.Go(func() error {
					defer f.ended.Add(1)
					return s.story(ctx, n, calm)
				})
			}
		}
		return nil
	})
	return f
}

// settles waits until as many commands have ended as had begun, and more have begun.
func (f *traffic) settles() {
	f.storm.t.Helper()
	begun := f.begun.Load()
	require.Eventually(f.storm.t, func() bool { return f.ended.Load() >= begun && f.begun.Load() > begun+1 },
		time.Minute, 5*time.Millisecond)
}

// TestRotatingSecretsUnderLoadLosesNoCommand writes a wrong secret to every file, and
// then a new one to one after the other, while people go on typing and pressing. An old
// secret is revoked when the commands that began before have their result.
func TestRotatingSecretsUnderLoadLosesNoCommand(t *testing.T) {
	alone(t)
	address, second, db := twoRoles(t)
	s := openStorm(t, 1000, func(c *bot.Config) {
		c.SlackConnections, c.DatabaseURL, c.Retention = 2, address, 0
		c.AuditKey = zenlayer.NewSecret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
	})
	require.NoError(t, s.stop())
	dir := t.TempDir()
	// Not the app token: Slack may send an envelope on a connection in the moment in which
	// the bot leaves it for one with the new token, and that envelope is lost.
	secrets := slices.DeleteFunc(secretsOf(s.house, db, second), func(r rotated) bool {
		return r.name == "SLACK_APP_TOKEN"
	})
	s.files = map[string]string{}
	for _, r := range secrets {
		require.NoError(t, os.Mkdir(filepath.Join(dir, r.name), 0o700))
		for name := range r.good {
			s.files[name] = filepath.Join(dir, r.name, name)
		}
	}
	mount := func(r rotated, contents map[string]string) {
		files := map[string][]byte{}
		for name, content := range contents {
			files[name] = []byte(content + "\n")
		}
		require.NoError(t, filewatch.Install(filepath.Join(dir, r.name), files))
	}
	for _, r := range secrets {
		mount(r, r.wrong)
	}
	s.start()
	flow := s.traffic(1000)
	for _, r := range secrets {
		s.tells(r.name, tellsRefused)
	}
	flow.settles()
	for _, r := range secrets {
		r.issue()
		mount(r, r.good)
		s.tells(r.name, tellsUsed)
		flow.settles()
		r.withdraw()
		flow.settles()
	}
	close(flow.done)
	require.NoError(t, flow.stories.Wait())
	require.Zero(t, s.lost)
	s.usesNoOldSecret(db, roleOf(address))
	t.Logf("%d commands while %d secrets were rotated, slowest ack %s", flow.begun.Load(), len(secrets),
		s.slowest.Round(time.Millisecond))

	s.servers = int(flow.begun.Load())
	require.NoError(t, s.stop())
	s.config.DatabaseURL = strings.Replace(address, roleOf(address)+"@", second+"@", 1)
	require.Equal(t, balance{}, s.balance())
	for _, r := range secrets {
		require.Equal(t, 1, s.told(r.name, tellsRefused), "%s is reported once", r.name)
	}
	require.NotContains(t, s.log.String(), "QUJDREVGR0hJSktM", "the audit key is in the log")
	s.calm()
}

// usesNoOldSecret requires that no call was made with a revoked secret, and that the bot
// works on after its connections have ended that an old secret opened.
func (s *storm) usesNoOldSecret(db *sql.DB, first string) {
	s.t.Helper()
	_, err := db.ExecContext(s.t.Context(),
		"select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", first)
	require.NoError(s.t, err)
	require.True(s.t, s.renewed(s.t.Context()), "new connections open with the new app token")
	require.Eventually(s.t, func() bool { return s.ready() == nil }, time.Minute, 5*time.Millisecond)
	require.Eventually(s.t, func() bool {
		var left int
		err := db.QueryRowContext(s.t.Context(), "select count(*) from pg_stat_activity where usename = $1",
			first).Scan(&left)
		return err == nil && left == 0
	}, time.Minute, 5*time.Millisecond)
	for _, call := range s.slack.APICalls() {
		require.NotEqual(s.t, "token_revoked", call.Error, call.Method)
	}
	for _, call := range s.cloud.Calls() {
		if call.Status == http.StatusUnauthorized {
			require.Contains(s.t, call.Header.Get("Authorization"), "Credential="+keyID+"2,", "a try of the wrong pair")
		}
	}
}

// mounted writes one file of a secret, in a folder of its own.
func (h *house) mounted(dir, name, content string) {
	h.t.Helper()
	if h.files == nil {
		h.files = map[string]string{}
	}
	h.files[name] = filepath.Join(dir, name, name)
	require.NoError(h.t, os.MkdirAll(filepath.Join(dir, name), 0o700))
	require.NoError(h.t, filewatch.Install(filepath.Join(dir, name), map[string][]byte{name: []byte(content)}))
}

// All tokens are revoked while the bot runs, so that it is not ready and tries once a
// minute. New tokens in the files end that at once.
func TestGoodTokensInTheFilesEndARefusal(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) {
		c.ZenlayerAccessKeyID, c.ZenlayerAccessKeySecret = "", zenlayer.Secret{}
		c.ZenlayerToken = zenlayer.NewSecret(secret)
	})
	dir := t.TempDir()
	write := func(suffix string) {
		h.mounted(dir, "SLACK_BOT_TOKEN", h.config.SlackBotToken.Reveal()+suffix)
		h.mounted(dir, "SLACK_APP_TOKEN", h.config.SlackAppToken.Reveal()+suffix)
		h.mounted(dir, "ZENLAYER_TOKEN", h.config.ZenlayerToken.Reveal()+suffix)
	}
	write("")
	h.cloud.Accept(zenlayer.Credentials{Token: zenlayer.NewSecret(secret)})
	h.start()
	h.cloud.Withdraw(zenlayer.Credentials{Token: zenlayer.NewSecret(secret)})
	h.slack.WithdrawToken(h.config.SlackBotToken.Reveal())
	h.slack.WithdrawToken(h.config.SlackAppToken.Reveal())
	h.slack.Refresh()
	h.slack.TypeCommand(t.Context(), ana, incident, command, good)
	require.Eventually(t, func() bool {
		err := h.ready()
		return err != nil && strings.Contains(err.Error(), "no connection to Slack") &&
			strings.Contains(err.Error(), "token_revoked") && strings.Contains(err.Error(), "Slack refuses")
	}, 20*time.Second, 5*time.Millisecond)
	h.slack.IssueToken(sandbox.TheBotToken, h.config.SlackBotToken.Reveal()+"-2")
	h.slack.IssueToken(sandbox.TheAppToken, h.config.SlackAppToken.Reveal()+"-2")
	h.cloud.Accept(zenlayer.Credentials{Token: zenlayer.NewSecret(secret + "-2")})
	write("-2")
	h.tells("ZENLAYER_TOKEN", tellsUsed)
	require.Eventually(t, func() bool { return h.ready() == nil }, 20*time.Second, 5*time.Millisecond)
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Added")
}

// A key of another account works, but does not see the load balancers of this one.
func TestKeyOfAnotherAccountIsNotUsed(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "Credential="+keyID+"-2,") {
			_, _ = io.WriteString(w, `{"requestId":"R","response":{"requestId":"R","totalCount":0,"dataSet":[]}}`)
			return
		}
		h.cloud.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	h.config.ZenlayerEndpoint = front.URL
	dir := t.TempDir()
	h.mounted(dir, "ZENLAYER_ACCESS_KEY_ID", keyID)
	h.start()
	require.Eventually(t, func() bool { return len(h.cloud.CallsOf("DescribeInstances")) > 0 }, 20*time.Second,
		5*time.Millisecond, "the listeners are known")
	h.mounted(dir, "ZENLAYER_ACCESS_KEY_ID", keyID+"-2")
	h.tells("ZENLAYER_ACCESS_KEY_SECRET", tellsRefused)
	require.Contains(t, h.log.String(), "the new credentials do not see load balancer")
}
