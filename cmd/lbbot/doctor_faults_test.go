package main

import (
	"database/sql"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"lbbot/bot/doctor"
	"lbbot/bot/journal"
)

// brokenSetup is one thing that is wrong, and what doctor says about it.
type brokenSetup struct {
	name  string
	broke func(*setup)
	check string // the only ones that do not pass, separated by commas; others may be not checked
	found string // by one of them
	next  string
	warns bool // it does not keep the bot from working
}

// set is a setting with another value.
func set(name, value string) func(*setup) {
	return func(s *setup) { s.env[name] = value }
}

func faulty(setting string) func(*setup) {
	return func(s *setup) { s.box.does("faults", setting) }
}

func brokenSlack() []brokenSetup {
	return []brokenSetup{
		{name: "wrong bot token", broke: set("SLACK_BOT_TOKEN", "xoxb-1-wrong"), check: "bot token",
			found: "Slack refuses SLACK_BOT_TOKEN: Slack does not know this token", next: "take the Bot User"},
		{name: "wrong app token", broke: set("SLACK_APP_TOKEN", "xapp-1-wrong"), check: "app token",
			found: "Slack refuses SLACK_APP_TOKEN: Slack does not know this token", next: "generate an app"},
		{name: "bot token revoked", broke: faulty(`{"fault":"token-revoked","token":"bot"}`), check: "bot token",
			found: "SLACK_BOT_TOKEN: the token was revoked", next: "reinstall the app"},
		{name: "app token revoked", broke: faulty(`{"fault":"token-revoked","token":"app"}`), check: "app token",
			found: "SLACK_APP_TOKEN: the token was revoked", next: "generate an app-level token"},
		{name: "app token without connections:write", check: "app token", found: "a scope is missing",
			broke: faulty(`{"fault":"web-api","method":"apps.connections.open","error":"missing_scope"}`),
			next:  "with the scope connections:write"},
		{name: "a scope is missing", broke: faulty(`{"fault":"scopes-missing","scopes":["app_mentions:read"]}`),
			check: "scopes", found: "the bot token lacks app_mentions:read", next: "Bot Token Scopes, and reinstall"},
		{name: "no scope for channels", broke: faulty(`{"fault":"scopes-missing","scopes":["channels:read"]}`),
			check: "scopes,owner channel,approval channel,channels of the policy", found: "channels:read",
			next: "reinstall"},
		{name: "Socket Mode is off", broke: func(s *setup) {
			s.args = []string{"--connect"}
			s.box.does("faults", `{"fault":"slack-off"}`)
		}, check: "Socket Mode", found: "Socket Mode is switched off (link_disabled)", next: "switch Socket Mode on"},
		{name: "connections are refused", broke: func(s *setup) {
			s.args = []string{"--connect"}
			s.box.does("faults", `{"fault":"slack-refuses-connections","times":-1}`)
		}, check: "Socket Mode", found: "the upgrade was refused with status 503", next: "WebSocket connections"},
		{name: "user groups cannot be read", broke: faulty(`{"fault":"scopes-missing","scopes":["usergroups:read"]}`),
			check: "scopes,user groups", next: "reinstall",
			found: "usergroups:read (to know the members of the user groups that the policy names)"},
		{name: "user groups are not paid for", check: "user groups", found: "does not say who is in the user groups",
			broke: faulty(`{"fault":"web-api","method":"usergroups.list","error":"paid_teams_only"}`),
			next:  "user groups need a paid Slack plan"},
		{name: "Slack does not answer", broke: set("SLACK_API_URL", "http://127.0.0.1:1/api/"), check: "Slack",
			found: "API from 127.0.0.1:1", next: "check SLACK_API_URL"},
		{name: "Slack answers with a page", broke: faulty(`{"fault":"web-api","status":502}`), check: "Slack",
			found: "status 502", next: "HTTPS_PROXY"},
		{name: "Slack without TLS", broke: func(s *setup) {
			s.env["SLACK_API_URL"] = strings.Replace(s.env["SLACK_API_URL"], "http:", "https:", 1)
		}, check: "Slack", found: "no answer of Slack's API", next: "does not speak TLS"},
	}
}

func brokenChannels() []brokenSetup {
	return []brokenSetup{
		{name: "no owner channel", broke: set("LBBOT_OWNER_CHANNEL", ""), check: "owner channel",
			found: "LBBOT_OWNER_CHANNEL is not set", next: "set LBBOT_OWNER_CHANNEL"},
		{name: "unknown owner channel", broke: set("LBBOT_OWNER_CHANNEL", "C0NOWHERE"), check: "owner channel",
			found: "no channel C0NOWHERE in the workspace Sandbox (T0LOCAL", next: "check the id"},
		{name: "the bot is not in the owner channel", broke: set("LBBOT_OWNER_CHANNEL", "C0GENERAL"),
			check: "owner channel", found: "not a member of #general (C0GENERAL)", next: "/invite @lbbot"},
		{name: "private channel without the bot", broke: set("LBBOT_AUDIT_CHANNEL", "C0SECRET"), check: "audit channel",
			found: "Slack shows the bot no channel C0SECRET", next: "if the channel is private"},
		{name: "archived channel", broke: set("LBBOT_OWNER_CHANNEL", "C0OLD"), check: "owner channel",
			found: "#old (C0OLD) is archived", next: "choose another channel"},
		{name: "shared channel", broke: set("LBBOT_APPROVAL_CHANNEL", "C0PARTNER"), check: "approval channel",
			found: "shared with another organization", next: "your own organization"},
		{name: "unknown channel in the policy", broke: func(s *setup) { s.rule("C0APPROVE", "C0NOWHERE") },
			check: "channels of the policy", found: "@approvers_channel of rule sre-heavy-in-incidents",
			next: "check the id"},
	}
}

func brokenPolicies() []brokenSetup {
	return []brokenSetup{
		{name: "no policy", broke: set("LBBOT_POLICY", "/nowhere/policy.cedar"), check: "policy file",
			found: "does not exist, so everybody is denied", next: "copy deploy/policy.cedar"},
		{name: "broken policy", broke: func(s *setup) { s.policy("permit (principal, action, resource)") },
			check: "policy file", found: "policy.cedar:1", next: "lbbot policy check"},
		{name: "nobody may ask", broke: func(s *setup) { s.rule(`"register"`, `"viewHistory"`) },
			check: "policy file,who may ask", found: "no rule permits anybody to add a server", next: "add a permit"},
		{name: "a freeze for everybody", broke: func(s *setup) {
			s.policy(string(sandboxPolicy) + `@id("freeze") forbid (principal, action, resource);`)
		}, check: "who may ask", found: "no rule permits anybody to add a server", next: "add a permit"},
		{name: "nobody may approve", broke: func(s *setup) { s.rule(`"approve"`, `"viewHistory"`) },
			check: "policy file,who may approve", found: "sre-heavy-in-incidents needs 1 approval, and nobody may",
			next: `add a permit for Action::"approve"`},
		{name: "too few approvers", broke: func(s *setup) { s.rule(`@approvals("1")`, `@approvals("3")`) },
			check: "who may approve", found: "needs 3 approvals, and only 2 other people", next: "their own"},
		{name: "the only approver has left", broke: func(s *setup) {
			s.rule(`Usergroup::"S03LEAD", action == Action::"approve"`, `Usergroup::"S03LEAD", action == `+
				`Action::"viewHistory"`)
			s.policy(s.text() + `@id("x") permit (principal==Person::"U0EXA", action==Action::"approve", resource);`)
		}, check: "who may approve", found: "and nobody may approve", next: "add a permit"},
		{name: "unknown user group", broke: func(s *setup) { s.rule("S03LEAD", "S09GONE") }, check: "user groups",
			found: "S09GONE does not exist", next: "correct the id"},
		{name: "no creators of incident channels", broke: set("LBBOT_INCIDENT_CREATORS", ""), check: "policy file",
			found: "context.incident, which is never true", next: "LBBOT_INCIDENT_CREATORS", warns: true},
	}
}

func brokenCloud() []brokenSetup {
	return []brokenSetup{
		{name: "wrong key id", broke: set("ZENLAYER_ACCESS_KEY_ID", "OTHERKEY"), check: "Zenlayer credentials",
			found: "Zenlayer refuses ZENLAYER_ACCESS_KEY_ID:", next: "copy the key again"},
		{name: "wrong secret", broke: set("ZENLAYER_ACCESS_KEY_SECRET", "another-secret"),
			check: "Zenlayer credentials", found: "refuses ZENLAYER_ACCESS_KEY_SECRET:", next: "copy the key again"},
		{name: "clock refused", broke: faulty(`{"fault":"zenlayer","kind":"clock skew","seconds":400,"times":-1}`),
			check: "clock", found: "behind that of Zenlayer", next: "timedatectl"},
		{name: "clock wrong", broke: faulty(`{"fault":"zenlayer","kind":"clock skew","seconds":90,"times":-1}`),
			check: "clock", found: "behind that of Zenlayer", next: "timedatectl", warns: true},
		{name: "no right to load balancers", broke: faulty(`{"fault":"no-right","action":"DescribeLoadBalancers"}`),
			check: "load balancers", found: "the key may not read them", next: "right to read load balancers"},
		{name: "no right to listeners", broke: faulty(`{"fault":"no-right","action":"DescribeListeners"}`),
			check: "load balancers", found: "the key may not read them", next: "right to read listeners"},
		{name: "no right to backends", broke: faulty(`{"fault":"no-right","action":"DescribeBackends"}`),
			check: "load balancers", found: "the key may not read them", next: "right to read backends"},
		{name: "no right to bare metal servers", check: "bare metal servers", found: "the key may not read them",
			broke: faulty(`{"fault":"no-right","action":"DescribeInstances","service":"bmc"}`),
			next:  "instances of bmc"},
		{name: "no right to VMs", broke: faulty(`{"fault":"no-right","service":"vm"}`), check: "VM servers",
			found: "the key may not read them", next: "only bare metal servers can be added", warns: true},
		{name: "Zenlayer does not answer", broke: set("ZENLAYER_ENDPOINT", "http://127.0.0.1:1"), check: "Zenlayer",
			found: "API from 127.0.0.1:1", next: "check ZENLAYER_ENDPOINT"},
		{name: "Zenlayer drops calls", broke: faulty(`{"fault":"cloud-off"}`), check: "Zenlayer",
			found: "no answer of Zenlayer's API", next: "this machine must reach"},
		{name: "a proxy answers", broke: faulty(`{"fault":"cloud-502","times":-1}`), check: "Zenlayer",
			found: "HTTP 502", next: "the proxy in between"},
		{name: "a firewall answers", broke: faulty(`{"fault":"zenlayer","kind":"451","times":-1}`), check: "Zenlayer",
			found: "a network rule in front of the API", next: "have the address of this machine allowed"},
		{name: "an unknown certificate", broke: func(s *setup) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains about the client
			server.StartTLS()
			s.t.Cleanup(server.Close)
			s.env["ZENLAYER_ENDPOINT"] = server.URL
		}, check: "Zenlayer", found: "certificate", next: "SSL_CERT_FILE"},
	}
}

func brokenStores() []brokenSetup {
	database := func(url string) func(*setup) { return set("LBBOT_DATABASE_URL", url) }
	return []brokenSetup{
		{name: "no folder", broke: database("sqlite:/nowhere/lbbot.db"), check: "data folder",
			found: "the folder /nowhere does not exist", next: "create it"},
		{name: "a folder that cannot be written", broke: database("sqlite:/proc/lbbot.db"), check: "data folder",
			found: "/proc cannot be written", next: "let the user that runs lbbot write to /proc"},
		{name: "a folder in place of the file", broke: func(s *setup) {
			require.NoError(s.t, os.Mkdir(s.database(), 0o700))
		}, check: "data folder", found: "is a directory", next: "let the user that runs lbbot write to"},
		{name: "not a database", broke: func(s *setup) {
			require.NoError(s.t, os.WriteFile(s.database(), []byte(strings.Repeat("x", 8192)), 0o600))
		}, check: "database", found: "file is not a database", next: "name another with --database"},
		{name: "tables of a newer version", broke: func(s *setup) {
			s.sql("insert into journal_version (version_id, is_applied) values (9999, 1)")
		}, check: "tables", found: "version 9999, and this lbbot knows", next: "run the newer lbbot"},
		{name: "tables of an older version", broke: func(s *setup) {
			s.sql("delete from journal_version where version_id > 40")
		}, check: "tables", found: "they have version 40", next: "start the bot once", warns: true},
		{name: "not durable", broke: func(s *setup) { s.sql("pragma journal_mode = delete") },
			check: "durable settings", found: "journal_mode is delete", next: "start the bot once"},
		{name: "locked by another program", broke: func(s *setup) {
			s.sql("select 1")
			lock := flock.New(s.database() + ".lock")
			got, err := lock.TryLock()
			require.NoError(s.t, err)
			require.True(s.t, got)
			s.t.Cleanup(func() { require.NoError(s.t, lock.Close()) })
		}, check: "database", found: "is locked by another process, and no bot answers", next: "LBBOT_ADMIN_ADDR",
			warns: true},
		{name: "PostgreSQL is down", broke: database("postgres://lbbot:hunter2@127.0.0.1:1/lbbot"), check: "database",
			found: "connection refused", next: "the server cannot be reached: start it"},
		{name: "PostgreSQL refuses the password", broke: func(s *setup) {
			s.env["LBBOT_DATABASE_URL"] = "postgres://lbbot:hunter2@" + refusingPostgres(s.t) + "/lbbot?sslmode=disable"
		}, check: "database", found: "password authentication failed", next: "correct the user and the password"},
	}
}

func brokenMachines() []brokenSetup {
	return []brokenSetup{
		{name: "the bot is not ready", broke: func(s *setup) {
			s.bot(http.StatusServiceUnavailable, `{"ready":false,"version":"0.1.0","reasons":[{"code":"database",
				"words":"journal: the disk is full","since":"2026-12-01T03:00:00Z","next":"free some room",
				"runbook":"deploy/docs/runbook.md#full"}],"slack":{"connections":2}}`)
		}, check: "running bot", found: "it is not ready: journal: the disk is full (since 2026-12-01 03:00:00 UTC)",
			next: "free some room, see deploy/docs/runbook.md#full"},
		{name: "the bot says that Socket Mode is off", broke: func(s *setup) {
			s.bot(http.StatusServiceUnavailable, `{"ready":false,"version":"0.1.0","reasons":[{
				"code":"slack_connection","words":"no connection to Slack: link_disabled","next":"see"}]}`)
		}, check: "running bot,Socket Mode", found: "link_disabled", next: "see"},
		{name: "another program at the admin address", broke: func(s *setup) { s.bot(http.StatusOK, "<html>hello") },
			check: "running bot", found: "answers at 127.0.0.1:", next: "set LBBOT_ADMIN_ADDR"},
		{name: "a misspelt variable", broke: set("LBBOT_OWNER_CHANEL", "C0OPS"), check: "configuration",
			found: "LBBOT_OWNER_CHANEL", next: "correct or remove it", warns: true},
		{name: "unknown time zone", broke: set("TZ", "Mars/Olympus"), check: "time zone data",
			found: `"Mars/Olympus"`, next: "tzdata", warns: true},
	}
}

func TestDoctorNamesTheFaultInABrokenSetup(t *testing.T) {
	o := standIns(t)
	count := 0
	for _, group := range [][]brokenSetup{brokenSlack(), brokenChannels(), brokenPolicies(), brokenCloud(),
		brokenStores(), brokenMachines()} {
		for _, c := range group {
			count++
			t.Run(c.name, func(t *testing.T) {
				o := o
				o.t = t
				s := o.install(t)
				o.does("reset", "")
				c.broke(s)
				code, r, said := s.examined()
				var names, found, next []string
				for _, check := range r.Checks {
					if check.Verdict == doctor.Failed || check.Verdict == doctor.Warning {
						names = append(names, check.Check)
						found, next = append(found, check.Found), append(next, check.Next)
					}
				}
				require.Equal(t, c.check, strings.Join(names, ","), said)
				require.Contains(t, strings.Join(found, "\n"), c.found)
				require.Contains(t, strings.Join(next, "\n"), c.next)
				want := exitFailed
				if c.warns {
					want = exitFine
				}
				require.Equal(t, want, code, said)
			})
		}
	}
	require.GreaterOrEqual(t, count, 20)
}

func TestDoctorSaysThatTheTokensAreSwapped(t *testing.T) {
	s := standIns(t).install(t)
	s.env["SLACK_BOT_TOKEN"], s.env["SLACK_APP_TOKEN"] = s.env["SLACK_APP_TOKEN"], s.env["SLACK_BOT_TOKEN"]
	code, r, said := s.examined()
	require.Equal(t, exitUsage, code, said)
	require.Equal(t, "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped", r.Checks[0].Found)
}

// sql makes the database as the bot makes it, and changes it.
func (s *setup) sql(statement string) {
	s.t.Helper()
	made, err := journal.Open(s.t.Context(), journal.Config{URL: "sqlite:" + s.database()})
	require.NoError(s.t, err)
	require.NoError(s.t, made.Close())
	db, err := sql.Open("sqlite", s.database())
	require.NoError(s.t, err)
	_, err = db.ExecContext(s.t.Context(), statement)
	require.NoError(s.t, err)
	require.NoError(s.t, db.Close())
}

// refusingPostgres answers every login like a PostgreSQL that does not take the password.
func refusingPostgres(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var size [4]byte
			_, _ = io.ReadFull(c, size[:])
			_, _ = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(size[:]))-4)
			fields := "SFATAL\x00VFATAL\x00C28P01\x00Mpassword authentication failed for user \"lbbot\"\x00\x00"
			answer := binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(fields)+4)) //nolint:gosec // short
			_, _ = c.Write(append(answer, fields...))
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}
