package bot

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// complete is the least that the bot can start with.
func complete() Config {
	c := Defaults()
	c.SlackBotToken, c.SlackAppToken = zenlayer.NewSecret("xoxb-planted-1"), zenlayer.NewSecret("xapp-planted-2")
	c.ZenlayerAccessKeyID, c.ZenlayerAccessKeySecret = "key-1", zenlayer.NewSecret("planted-3")
	return c
}

func TestDefaultsNeedOnlyCredentials(t *testing.T) {
	t.Parallel()
	require.NoError(t, complete().Validate())
	require.Error(t, Config{}.Validate(), "the zero value is not valid")
}

func TestEveryMissingSettingIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	require.EqualError(t, Defaults().Validate(), strings.Join([]string{
		"SLACK_BOT_TOKEN is missing: the bot token of the Slack app, xoxb-…",
		"SLACK_APP_TOKEN is missing: an app-level token with connections:write, xapp-…",
		"ZENLAYER_ACCESS_KEY_ID and ZENLAYER_ACCESS_KEY_SECRET are missing, or ZENLAYER_TOKEN instead of them",
	}, "\n"))
}

func TestEachSettingIsChecked(t *testing.T) {
	t.Parallel()
	secret, day := zenlayer.NewSecret, Duration(24*time.Hour)
	tests := map[string]struct {
		edit func(*Config)
		says string // empty: accepted
	}{
		"the two Slack tokens swapped: the bot token": {func(c *Config) { c.SlackBotToken = secret("xapp-planted-2") },
			"SLACK_BOT_TOKEN does not start with xoxb-: take the bot user token, from OAuth & Permissions"},
		"the two Slack tokens swapped: the app token": {func(c *Config) { c.SlackAppToken = secret("xoxb-planted-1") },
			"SLACK_APP_TOKEN does not start with xapp-: take an app-level token, from Basic Information"},
		"a bot token of token rotation": {func(c *Config) {
			c.SlackBotToken = secret("xoxe.xoxb-1-planted-1")
		},
			"SLACK_BOT_TOKEN starts with xoxe: the token is one of token rotation, which lbbot does not support " +
				"and which Slack cannot switch off for an app: make a new app from the manifest that `lbbot " +
				"manifest` prints, which has token_rotation_enabled: false, and use its bot token"},
		"a refresh token": {func(c *Config) {
			c.SlackBotToken = secret("xoxe-1-planted-1")
		},
			"SLACK_BOT_TOKEN starts with xoxe: the token is one of token rotation, which lbbot does not support " +
				"and which Slack cannot switch off for an app: make a new app from the manifest that `lbbot " +
				"manifest` prints, which has token_rotation_enabled: false, and use its bot token"},
		"a token of token rotation as app token": {func(c *Config) {
			c.SlackAppToken = secret("xoxe-1-planted-2")
		},
			"SLACK_APP_TOKEN starts with xoxe, the prefix of token rotation: take an app-level token, xapp-…, " +
				"from Basic Information"},
		"a stand-in for Slack on this machine": {func(c *Config) {
			c.SlackAPIURL = "http://127.0.0.1:8080/api/"
		}, ""},
		"a stand-in for Slack on IPv6": {func(c *Config) { c.SlackAPIURL = "http://[::1]:8080/api/" },
			""},
		"a stand-in by name": {func(c *Config) {
			c.SlackAPIURL = "http://localhost:8080/api/"
		}, ""},
		"a Slack address without the last slash": {func(c *Config) { c.SlackAPIURL = "https://slack.com/api" },
			`SLACK_API_URL "https://slack.com/api" must be an https URL without a password that ends in a slash; ` +
				`http only on this machine`},
		"a Slack address in clear text": {func(c *Config) { c.SlackAPIURL = "http://slack.com/api/" },
			`SLACK_API_URL "http://slack.com/api/" must be an https URL without a password that ends in a slash; ` +
				`http only on this machine`},
		"a Slack address with a password": {func(c *Config) {
			c.SlackAPIURL = "https://me:planted-3@slack.com/api/"
		},
			"SLACK_API_URL must be an https URL without a password that ends in a slash; http only on this machine"},
		"a Slack address that is a token": {func(c *Config) { c.SlackAPIURL = "xoxb-planted-1" },
			"SLACK_API_URL must be an https URL without a password that ends in a slash; http only on this machine"},
		"no connection": {func(c *Config) { c.SlackConnections = 0 },
			"LBBOT_SLACK_CONNECTIONS is 0: 1 to 10"},
		"ten connections": {func(c *Config) { c.SlackConnections = 10 }, ""},
		"more connections than Slack allows": {func(c *Config) { c.SlackConnections = 11 },
			"LBBOT_SLACK_CONNECTIONS is 11: 1 to 10"},
		"a bot token as it stands in a guide": {func(c *Config) { c.SlackBotToken = secret("xoxb-…") },
			"SLACK_BOT_TOKEN" + unsendable},
		"an app token in quotes": {func(c *Config) {
			c.SlackAppToken = secret(`xapp-"planted-2"`)
		}, "SLACK_APP_TOKEN" + unsendable},
		"an access key as it stands in a guide": {func(c *Config) { c.ZenlayerAccessKeyID = "…" },
			"ZENLAYER_ACCESS_KEY_ID" + unsendable},
		"an access key with its name": {func(c *Config) { c.ZenlayerAccessKeyID = "id=planted" },
			"ZENLAYER_ACCESS_KEY_ID" + unsendable},
		"a secret with a space": {func(c *Config) {
			c.ZenlayerAccessKeySecret = secret("planted 3")
		}, "ZENLAYER_ACCESS_KEY_SECRET" + unsendable},
		"a Zenlayer token with a line break": {func(c *Config) {
			c.ZenlayerAccessKeyID, c.ZenlayerAccessKeySecret, c.ZenlayerToken = "", secret(""), secret("planted\n3")
		}, "ZENLAYER_TOKEN" + unsendable},
		"a token instead of the key pair": {func(c *Config) {
			c.ZenlayerAccessKeyID, c.ZenlayerAccessKeySecret, c.ZenlayerToken = "", secret(""), secret("t")
		}, ""},
		"a token and the key pair": {func(c *Config) { c.ZenlayerToken = secret("planted-3") },
			"ZENLAYER_TOKEN and ZENLAYER_ACCESS_KEY_ID are both set: keep one"},
		"an id without its secret": {func(c *Config) { c.ZenlayerAccessKeySecret = secret("") },
			"ZENLAYER_ACCESS_KEY_SECRET is missing; only its id is set"},
		"a secret without its id": {func(c *Config) { c.ZenlayerAccessKeyID = "" },
			"ZENLAYER_ACCESS_KEY_ID is missing; only its secret is set"},
		"Zenlayer in clear text": {func(c *Config) {
			c.ZenlayerEndpoint = "http://console.zenlayer.com"
		},
			`ZENLAYER_ENDPOINT "http://console.zenlayer.com" must be an https URL without a password; http only ` +
				`on this machine`},
		"Zenlayer on a host that only looks like this one": {func(c *Config) {
			c.ZenlayerEndpoint = "http://localhost.example.com"
		},
			`ZENLAYER_ENDPOINT "http://localhost.example.com" must be an https URL without a password; http only ` +
				`on this machine`},
		"no limit at Zenlayer": {func(c *Config) { c.ZenlayerRate = Rate{} }, ""},
		"one call a second": {func(c *Config) {
			c.ZenlayerRate = Rate{60, Duration(time.Minute)}
		}, ""},
		"so few calls that no preview would be ready": {func(c *Config) {
			c.ZenlayerRate = Rate{59, Duration(time.Minute)}
		},
			"LBBOT_ZENLAYER_RATE is 59/1m: at least 1/1s, or no preview would be ready in time, or 0 for no limit"},
		"no account name": {func(c *Config) { c.Account = "" },
			`LBBOT_ACCOUNT "" must be one word without |`},
		"an account name of two words": {func(c *Config) { c.Account = "my account" },
			`LBBOT_ACCOUNT "my account" must be one word without |`},
		"PostgreSQL": {func(c *Config) {
			c.DatabaseURL = "postgres://u:planted-3@h/db"
		}, ""},
		"PostgreSQL on a socket": {func(c *Config) {
			c.DatabaseURL = "postgresql:///db?host=/run/postgresql"
		}, ""},
		"PostgreSQL without a database": {func(c *Config) {
			c.DatabaseURL = "postgres://u:planted-3@h"
		},
			"LBBOT_DATABASE_URL must be sqlite:PATH, or postgres://USER@HOST/DATABASE for several processes"},
		"PostgreSQL in other words": {func(c *Config) {
			c.DatabaseURL = "host=h password=planted-3"
		},
			"LBBOT_DATABASE_URL must be sqlite:PATH, or postgres://USER@HOST/DATABASE for several processes"},
		"a database without a path": {func(c *Config) { c.DatabaseURL = "sqlite:" },
			"LBBOT_DATABASE_URL must be sqlite:PATH, or postgres://USER@HOST/DATABASE for several processes"},
		"no policy file": {func(c *Config) { c.Policy = "" },
			"LBBOT_POLICY is empty: the path of the policy file"},
		"no time to stop": {func(c *Config) { c.Drain = 0 },
			"LBBOT_DRAIN is 0s: more than 0 and 10m at most"},
		"too much time to stop": {func(c *Config) { c.Drain = Duration(11 * time.Minute) },
			"LBBOT_DRAIN is 11m: more than 0 and 10m at most"},
		"kept for good": {func(c *Config) { c.Retention = 0 }, ""},
		"kept for a few days": {func(c *Config) {
			c.Retention = Duration(6 * 24 * time.Hour)
		},
			"LBBOT_RETENTION is 6d: at least 7d, or 0 to keep everything"},
		"a break-glass budget longer than what is kept": {func(c *Config) {
			c.BreakGlass, c.Retention = Rate{2, 30 * day}, 7*day
		},
			"LBBOT_BREAK_GLASS is 2/30d and LBBOT_RETENTION 7d: what is deleted is not counted, so it must be " +
				"kept for 30d at least"},
		"a person's limit longer than what is kept": {func(c *Config) { c.Rate = Rate{10, 401 * day} },
			"LBBOT_RATE is 10/401d and LBBOT_RETENTION 400d: what is deleted is not counted, so it must be kept for " +
				"401d at least"},
		"a listener's limit longer than what is kept": {func(c *Config) {
			c.ListenerRate, c.Retention = Rate{20, 7*day + 1}, 7*day
		},
			"LBBOT_LISTENER_RATE is 20/168h0m0.000000001s and LBBOT_RETENTION 7d: what is deleted is not " +
				"counted, so it must be kept for 168h0m0.000000001s at least"},
		"limits as long as what is kept": {func(c *Config) {
			c.Rate, c.ListenerRate, c.BreakGlass, c.Retention = Rate{1, 8 * day}, Rate{1, 8 * day}, Rate{1,
				8 * day}, 8*day
		}, ""},
		"a long limit of what is kept for good": {func(c *Config) {
			c.BreakGlass, c.Retention = Rate{2, 3650 * day}, 0
		}, ""},
		"no limit, over a long time": {func(c *Config) { c.BreakGlass = Rate{0, 3650 * day} },
			""},
		"a key for the audit trail": {func(c *Config) {
			c.AuditKey = secret(strings.Repeat("A", 43) + "=")
		}, ""},
		"a key that is none": {func(c *Config) { c.AuditKey = secret("planted-3") },
			"LBBOT_AUDIT_KEY must be 32 bytes in base64: openssl rand -base64 32 makes one"},
		"an audit channel": {func(c *Config) { c.AuditChannel = "C0123ABCD" }, ""},
		"an audit channel by name": {func(c *Config) { c.AuditChannel = "#audit" },
			`LBBOT_AUDIT_CHANNEL "#audit" must be a channel id such as C0123ABCD, not a name`},
		"no admin port":       {func(c *Config) { c.AdminAddr = "" }, ""},
		"any free admin port": {func(c *Config) { c.AdminAddr = "127.0.0.1:0" }, ""},
		"an admin address without a port": {func(c *Config) { c.AdminAddr = "127.0.0.1" },
			`LBBOT_ADMIN_ADDR "127.0.0.1" must be host:port`},
		"an admin address with an empty port": {func(c *Config) { c.AdminAddr = "127.0.0.1:" },
			`LBBOT_ADMIN_ADDR "127.0.0.1:" must be host:port`},
		"profiles on a loopback address": {func(c *Config) { c.PprofAddr = "[::1]:6060" }, ""},
		"profiles that others could read": {func(c *Config) { c.PprofAddr = "0.0.0.0:6060" },
			`LBBOT_PPROF_ADDR "0.0.0.0:6060" must be host:port on a loopback address, such as 127.0.0.1:6060, ` +
				`because profiles show memory`},
		"profiles on every address": {func(c *Config) { c.PprofAddr = ":6060" },
			`LBBOT_PPROF_ADDR ":6060" must be host:port on a loopback address, such as 127.0.0.1:6060, ` +
				`because profiles show memory`},
		"profiles on an address without port": {func(c *Config) { c.PprofAddr = "127.0.0.1" },
			`LBBOT_PPROF_ADDR "127.0.0.1" must be host:port on a loopback address, such as 127.0.0.1:6060, ` +
				`because profiles show memory`},
		"a log level that hides errors": {func(c *Config) { c.LogLevel = "fatal" },
			`LBBOT_LOG_LEVEL "fatal": debug, info, warn or error`},
		"a log format nobody knows": {func(c *Config) { c.LogFormat = "xml" },
			`LBBOT_LOG_FORMAT "xml": json or console`},
		"an open bracket behind a name in a channel pattern": {func(c *Config) {
			c.IncidentChannels = []string{"inc-*", "inc-[a"}
		}, `LBBOT_INCIDENT_CHANNELS: "inc-[a" is not a pattern: an opened [ must be closed`},
		"an open bracket in a listener pattern": {func(c *Config) { c.Protected = []string{"["} },
			`LBBOT_PROTECTED: "[" is not a pattern: an opened [ must be closed`},
		"bots and people who open incidents": {func(c *Config) {
			c.IncidentCreators = []string{"U0123ABCD", "W0123ABCD", "B0123ABCD"}
		}, ""},
		"a creator by name, who would never match": {func(c *Config) {
			c.IncidentCreators = []string{"@incident-bot"}
		},
			`LBBOT_INCIDENT_CREATORS: "@incident-bot" must be the id of a person or bot such as U0123ABCD, not a ` +
				`name`},
		"an owner's channel by id": {func(c *Config) { c.OwnerChannel = "C0123ABCD" }, ""},
		"an approval channel by name": {func(c *Config) { c.ApprovalChannel = "#approvals" },
			`LBBOT_APPROVAL_CHANNEL "#approvals" must be a channel id such as C0123ABCD, not a name`},
		"an approval that is waited for too shortly": {func(c *Config) {
			c.ApprovalWithin, c.ApprovalReminders = Duration(time.Second), nil
		}, "LBBOT_APPROVAL_WITHIN is 1s: 1m to 7d"},
		"no reminders": {func(c *Config) { c.ApprovalReminders = nil }, ""},
		"reminders out of order": {func(c *Config) {
			c.ApprovalReminders = []Duration{Duration(15 * time.Minute), Duration(5 * time.Minute)}
		},
			"LBBOT_APPROVAL_REMINDERS has 5m: each must be later than the one before, and before " +
				"LBBOT_APPROVAL_WITHIN"},
		"a reminder after the end": {func(c *Config) {
			c.ApprovalReminders = []Duration{Duration(time.Hour)}
		},
			"LBBOT_APPROVAL_REMINDERS has 1h: each must be later than the one before, and before " +
				"LBBOT_APPROVAL_WITHIN"},
		"an owner's channel by name": {func(c *Config) { c.OwnerChannel = "#ops" },
			`LBBOT_OWNER_CHANNEL "#ops" must be a channel id such as C0123ABCD, not a name`},
		"an owner's channel by a name in capitals": {func(c *Config) { c.OwnerChannel = "CLOUD-OPS" },
			`LBBOT_OWNER_CHANNEL "CLOUD-OPS" must be a channel id such as C0123ABCD, not a name`},
		"an owner's channel that is a person": {func(c *Config) { c.OwnerChannel = "U0123ABCD" },
			`LBBOT_OWNER_CHANNEL "U0123ABCD" must be a channel id such as C0123ABCD, not a name`},
		"a console that is not an address": {func(c *Config) { c.ConsoleURL = "console" },
			"LBBOT_CONSOLE_URL must be an https URL without a password"},
		"a confirm step that does not exist": {func(c *Config) { c.Confirm = "sometimes" },
			`LBBOT_CONFIRM "sometimes": always, protected or never`},
		"no confirm step": {func(c *Config) { c.Confirm = intake.ConfirmNever }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := complete()
			test.edit(&c)
			err := c.Validate()
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.says)
			require.NotContains(t, err.Error(), "planted")
		})
	}
}

func TestProblemsComeInTheSameOrderEachTime(t *testing.T) {
	t.Parallel()
	first := Config{Protected: []string{"["}, IncidentChannels: []string{"["}}.Validate().Error()
	for range 20 {
		require.Equal(t, first, Config{Protected: []string{"["}, IncidentChannels: []string{"["}}.Validate().Error())
	}
}

func TestNoFormOfPrintingAConfigShowsASecret(t *testing.T) {
	t.Parallel()
	c := complete()
	c.ZenlayerToken = zenlayer.NewSecret("planted-4")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, c), "planted", verb)
		require.NotContains(t, fmt.Sprintf(verb, &c), "planted", verb)
	}
}

func TestEverySettingHasANameInTheFileAndInTheEnvironment(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for f := range reflect.TypeFor[Config]().Fields() {
		key, variable := f.Tag.Get("yaml"), f.Tag.Get("env")
		require.Regexp(t, `^[a-z]+(_[a-z]+)*$`, key, f.Name)
		require.Regexp(t, `^[A-Z]+(_[A-Z]+)*$`, variable, f.Name)
		require.True(t, strings.EqualFold(key, strings.TrimPrefix(variable, "LBBOT_")), "%s and %s are one setting",
			key, variable)
		require.False(t, seen[key] || seen[variable], f.Name)
		seen[key], seen[variable] = true, true
	}
}

func TestDurationsAndRatesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		into  encoding.TextUnmarshaler
		want  string // as it is written
		fault string
	}{
		"seconds":             {"20s", new(Duration), "20s", ""},
		"days":                {"400d", new(Duration), "400d", ""},
		"whole days in hours": {"48h", new(Duration), "2d", ""},
		"mixed units":         {"1h30m", new(Duration), "1h30m", ""},
		"minutes":             {"10m0s", new(Duration), "10m", ""},
		"hours":               {"36h0m0s", new(Duration), "36h", ""},
		"hours and seconds":   {"1h0m5s", new(Duration), "1h0m5s", ""},
		"nothing at all":      {"0", new(Duration), "0s", ""},
		"nothing":             {"", new(Duration), "", `"" is not a duration: such as 20s, 10m, 36h or 400d`},
		"a number without a unit": {"20", new(Duration), "",
			`"20" is not a duration: such as 20s, 10m, 36h or 400d`},
		"time that runs backwards": {"-20s", new(Duration), "",
			`"-20s" is not a duration: such as 20s, 10m, 36h or 400d`},
		"days that run backwards": {"-1d", new(Duration), "",
			`"-1d" is not a duration: such as 20s, 10m, 36h or 400d`},
		"half days": {"1.5d", new(Duration), "",
			`"1.5d" is not a duration: such as 20s, 10m, 36h or 400d`},
		"more than can be counted": {"99999999d", new(Duration), "",
			`"99999999d" is not a duration: such as 20s, 10m, 36h or 400d`},
		"a rate":        {"10/10m", new(Rate), "10/10m", ""},
		"a rate by day": {"100/1d", new(Rate), "100/1d", ""},
		"no limit":      {"0", new(Rate), "0", ""},
		"a rate without a time": {"10", new(Rate), "",
			`"10" is not a rate: a number, a slash and a duration, such as 10/10m, or 0 for no limit`},
		"a rate of nothing": {"0/10m", new(Rate), "",
			`"0/10m" is not a rate: a number, a slash and a duration, such as 10/10m, or 0 for no limit`},
		"a rate in no time": {"10/0s", new(Rate), "",
			`"10/0s" is not a rate: a number, a slash and a duration, such as 10/10m, or 0 for no limit`},
		"a rate with a word in it": {"ten/10m", new(Rate), "",
			`"ten/10m" is not a rate: a number, a slash and a duration, such as 10/10m, or 0 for no limit`},
		"a rate with a bad duration": {"10/soon", new(Rate), "",
			`"10/soon" is not a rate: a number, a slash and a duration, such as 10/10m, or 0 for no limit`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.into.UnmarshalText([]byte(test.text))
			if test.fault != "" {
				require.EqualError(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			written, err := test.into.(encoding.TextMarshaler).MarshalText()
			require.NoError(t, err)
			require.Equal(t, test.want, string(written))
			again := reflect.New(reflect.TypeOf(test.into).Elem()).Interface().(encoding.TextUnmarshaler)
			require.NoError(t, again.UnmarshalText(written))
			require.Equal(t, test.into, again, "what is written can be read")
		})
	}
}

func TestARateLetsSoManyPassAtOnceAndInEachTimeAfterThat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, start := Rate{20, Duration(time.Second)}.limiter(), time.Now()
		for n := range 41 {
			require.NoError(t, limiter.Wait(t.Context()))
			require.InDelta(t, max(0, float64(n-19)*0.05), time.Since(start).Seconds(), 0.01)
		}
		unlimited, start := Rate{}.limiter(), time.Now()
		for range 100_000 {
			require.NoError(t, unlimited.Wait(t.Context()))
		}
		require.Zero(t, time.Since(start))
	})
}

func TestTurnsAreTheCallsOfTwoSeconds(t *testing.T) {
	t.Parallel()
	require.Equal(t, 10, Rate{5, Duration(time.Second)}.turns())
	require.Equal(t, 2, Rate{100, Duration(100 * time.Second)}.turns(), "a burst makes no more of them")
	require.Zero(t, Rate{}.turns())
}
