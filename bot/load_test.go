package bot

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation/intake"
)

// file writes a file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "lbbot.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// environment is the least that the bot can start with, and more.
func environment(more ...string) map[string]string {
	e := map[string]string{"SLACK_BOT_TOKEN": "xoxb-planted-1", "SLACK_APP_TOKEN": "xapp-planted-2",
		"ZENLAYER_ACCESS_KEY_ID": "key-1", "ZENLAYER_ACCESS_KEY_SECRET": "planted-3"}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

func TestTheEnvironmentAloneIsEnough(t *testing.T) {
	t.Parallel()
	c, err := Load("", environment("LBBOT_DRAIN", "5s", "LBBOT_RATE", "0", "LBBOT_TEST_MODE", "true",
		"LBBOT_SLACK_CONNECTIONS", "1",
		"LBBOT_INCIDENT_CHANNELS", "war-*, sev[12]-* ,", "LBBOT_CONFIRM", "never", "LBBOT_ADMIN_ADDR", ""), nil)
	require.NoError(t, err)
	want := complete()
	want.Drain, want.Rate, want.TestMode, want.SlackConnections = Duration(5*time.Second), Rate{}, true, 1
	want.IncidentChannels, want.Confirm = []string{"war-*", "sev[12]-*"}, intake.ConfirmNever
	require.Equal(t, want, c, "an empty variable is one that is not set")
}

func TestNothingGivenNamesEverythingMissing(t *testing.T) {
	t.Parallel()
	_, err := Load("", nil, nil)
	require.EqualError(t, err, Defaults().Validate().Error())
}

func TestFlagsGoBeforeTheEnvironmentBeforeTheFileBeforeDefaults(t *testing.T) {
	t.Parallel()
	name := file(t, "account: from-file\nlog_level: warn\npolicy: file.cedar\nslack_bot_token: xoxb-planted-file\n")
	c, err := Load(name, environment("LBBOT_LOG_LEVEL", "error", "LBBOT_POLICY", "environment.cedar"),
		[]Flag{{"--policy", "LBBOT_POLICY", "flag.cedar"}})
	require.NoError(t, err)
	require.Equal(t, "from-file", c.Account)
	require.Equal(t, "error", c.LogLevel)
	require.Equal(t, "flag.cedar", c.Policy)
	require.Equal(t, "xoxb-planted-1", c.SlackBotToken.Reveal())
	require.Equal(t, Defaults().Drain, c.Drain)
}

func TestEveryKindOfValueCanStandInTheFile(t *testing.T) {
	t.Parallel()
	c, err := Load(file(t, `# comment
slack_bot_token: "xoxb-planted-1"
slack_app_token: |
  xapp-planted-2
slack_connections: 3
zenlayer_access_key_id: 0123  # stays as it is written
zenlayer_access_key_secret: 'planted-3'
account: yes
drain: 1m
rate: 0
incident_channels: [a-*]
protected:
  - api-lb/*
  - dns-lb/*
incident_creators: []
owner_channel:
admin_addr: ""
test_mode: true
confirm: protected
`), nil, nil)
	require.NoError(t, err)
	require.Equal(t, "xapp-planted-2", c.SlackAppToken.Reveal())
	require.Equal(t, 3, c.SlackConnections)
	require.Equal(t, "0123", c.ZenlayerAccessKeyID)
	require.Equal(t, "yes", c.Account)
	require.Equal(t, Duration(time.Minute), c.Drain)
	require.Equal(t, Rate{}, c.Rate)
	require.Equal(t, []string{"a-*"}, c.IncidentChannels, "a list replaces the default")
	require.Equal(t, []string{"api-lb/*", "dns-lb/*"}, c.Protected)
	require.Empty(t, c.IncidentCreators)
	require.Empty(t, c.OwnerChannel, "a name without a value leaves the default")
	require.Empty(t, c.AdminAddr, "an empty value is a value")
	require.True(t, c.TestMode)
	require.Equal(t, intake.ConfirmProtected, c.Confirm)
}

func TestAnItemOfAListInTheFileMayContainAComma(t *testing.T) {
	t.Parallel()
	r := read(file(t, `protected: ["lb, prod/*", b]`), nil, nil)
	require.Equal(t, []string{"lb, prod/*", "b"}, r.config.Protected, "none is left unprotected")
}

func TestAnEmptySecretInTheFileCanBeSetInTheEnvironment(t *testing.T) {
	t.Parallel()
	c, err := Load(file(t, "slack_bot_token: \"\"\nzenlayer_token: ''\naudit_key: \"\"\n"), environment(), nil)
	require.NoError(t, err)
	require.False(t, c.SlackBotToken.IsZero())
	require.True(t, c.AuditKey.IsZero())
}

func TestProblemsInTheFileAreNamedWithTheirPlaces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		says []string // in this order, and nothing else
	}{
		"an empty file":           {"", nil},
		"a byte order mark":       {"\ufeffaccount: a\r\nrate: 5/1m\r\n", nil},
		"a byte order mark, only": {"\ufeff", nil},
		"a fault after such a mark": {"\ufeffpolcy: p\n",
			[]string{`:1:1: unknown key "polcy": did you mean policy?`}},
		"a file of comments": {"# nothing\n", nil},
		"an unknown key": {"account: a\npolcy: p\n",
			[]string{`:2:1: unknown key "polcy": did you mean policy?`}},
		"a setting nobody knows": {"colour: blue\n",
			[]string{
				`:1:1: unknown key "colour"; ` +
					`the settings are in deploy/docs/configuration.md and deploy/lbbot.yaml`}},
		"a setting with hyphens": {"log-level: info\n", []string{`:1:1: unknown key: did you mean log_level?`}},
		"a setting's variable": {"LBBOT_LOG_LEVEL: info\n",
			[]string{`:1:1: unknown key "LBBOT_LOG_LEVEL": did you mean log_level?`}},
		"a token as a name": {"xoxb-planted-1:\n",
			[]string{`:1:1: unknown key; the settings are in deploy/docs/configuration.md and deploy/lbbot.yaml`}},
		"everything at once": {"polcy: p\n\nslack_connections: many\ntest_mode: maybe\nprotected: " +
			"api-lb\ndrain: soon\nrate: 5\n", []string{":1:1: unknown key",
			":3:20: slack_connections must be a whole number", ":4:12: test_mode must be true or false",
			":5:12: protected must be a list such as [a, b]",
			`:6:8: drain is wrong: "soon" is not a duration: such as 20s, 10m, 36h or 400d`,
			`:7:7: rate is wrong: "5" is not a rate`}},
		"a list of lists": {"protected: [a, [planted]]\n",
			[]string{":1:12: protected must be a list such as [a, b]"}},
		"a list for one value": {"account: [planted]\n",
			[]string{":1:10: account must be one value, not a list or a group"}},
		"a list for a token": {"slack_bot_token: [xoxb-planted-1]\n",
			[]string{":1:18: slack_bot_token must be one value, not a list or a group"}},
		"a group for a token": {"slack_bot_token:\n  xoxb-planted-1: 1\n",
			[]string{":1:1: slack_bot_token must be one value, not a list or a group"}},
		"a tagged token": {"slack_bot_token: !!binary xoxb-planted-1\n",
			[]string{":1:18: slack_bot_token must be one value, not a list or a group"}},
		"a quote that never closes": {"account: a\nslack_bot_token: \"xoxb-planted-1\n",
			[]string{":2:18: this is not YAML: could not find end character of double-quoted text"}},
		"two colons in a line": {"slack_bot_token: xoxb-planted-1: x\n",
			[]string{":1:18: this is not YAML: mapping value is not allowed in this context"}},
		"the same setting twice": {"account: a\naccount: b\n",
			[]string{`:2:1: account is set on line 1 already: keep one`}},
		"a token alone": {"xoxb-planted-1\n", []string{":1: one list of settings is expected"}},
		"no space behind the colon": {"slack_bot_token:xoxb-planted-1\n",
			[]string{":1: one list of settings is expected"}},
		"a list of settings": {"- account: planted\n", []string{":1: one list of settings is expected"}},
		"two documents":      {"account: a\n---\naccount: b\n", []string{":3: one list of settings is expected"}},
		"a value that is not fit": {"log_level: loud\n",
			[]string{`:1:12: log_level "loud": debug, info, warn or error`}},
		"an empty value": {"log_format: \"\"\nslack_connections: \"\"\n",
			[]string{":2:20: slack_connections has an empty value: leave it out for the default"}},
		"a misspelt key": {"account: a\r\n\r\nslack_conections: 2\r\n",
			[]string{`:3:1: unknown key "slack_conections": did you mean slack_connections?`}},
		"a token as a key, twice": {"xoxb-planted-1: a\nxoxb-planted-1: b\n", []string{":1:1: unknown key; ",
			":2:1: unknown key; "}},
		"an indented value": {"account:\n  two words\n", []string{`:1:1: account "two words" must be one word`}},
		"a list of lines": {"protected:\n  - a\n  - '['\n",
			[]string{`:1:1: protected: "[" is not a pattern: an opened [ must be closed`}},
		"a tab before a key": {"account: a\n\tdrain: 1m\n",
			[]string{":2:1: this is not YAML: a tab stands before the text"}},
		"a list without brackets": {"approval_reminders: 5m\n",
			[]string{":1:21: approval_reminders must be a list such as [5m, 15m]"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, test.text)
			_, err := Load(path, environment(), nil)
			if test.says == nil {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			lines := strings.Split(strings.ReplaceAll(err.Error(), path, ""), "\n")
			require.Len(t, lines, len(test.says), err)
			for i, says := range test.says {
				require.True(t, strings.HasPrefix(lines[i], says), "%s\nis not\n%s", lines[i], says)
			}
			require.NotContains(t, err.Error(), "planted")
		})
	}
}

func TestASettingWithAProblemIsNotCalledMissingAsWell(t *testing.T) {
	t.Parallel()
	path := file(t, "slack_bot_token: [xoxb-planted-1]\naccount: two words\n")
	_, err := Load(path, map[string]string{"SLACK_APP_TOKEN": "xoxb-planted-2", "ZENLAYER_TOKEN_FILE": "planted-3",
		"LBBOT_DRAIN": "soon"}, nil)
	require.EqualError(t, err, strings.Join([]string{
		path + ":1:18: slack_bot_token must be one value, not a list or a group",
		"ZENLAYER_TOKEN_FILE: reading the file it names: no such file or directory",
		`LBBOT_DRAIN is wrong: "soon" is not a duration: such as 20s, 10m, 36h or 400d`,
		"SLACK_APP_TOKEN does not start with xapp-: take an app-level token, from Basic Information",
		"ZENLAYER_ACCESS_KEY_ID and ZENLAYER_ACCESS_KEY_SECRET are missing, or ZENLAYER_TOKEN instead of them",
		path + `:2:10: account "two words" must be one word without |`,
	}, "\n"))
	_, err = Load(path, environment("SLACK_BOT_TOKEN", "xoxb-planted-1", "LBBOT_ACCOUNT", "other words"), nil)
	require.ErrorContains(t, err, "\n"+`LBBOT_ACCOUNT "other words" must be one word`, "the file does not say this one")
}

func TestANamedFileMustExist(t *testing.T) {
	t.Parallel()
	_, err := Load(filepath.Join(t.TempDir(), "other.yaml"), nil, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "reading the configuration file: ")
	require.NotContains(t, err.Error(), "missing", "nobody knows what the file would have said")
}

func TestTheFileInTheWorkingDirectoryIsReadIfItExists(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := Load("", environment(), nil)
	require.NoError(t, err)
	require.Equal(t, "default", c.Account)
	require.NoError(t, os.WriteFile(ConfigFile, []byte("account: production\n"), 0o600))
	c, err = Load("", environment(), nil)
	require.NoError(t, err)
	require.Equal(t, "production", c.Account)
}

func TestSecretsCanBeFiles(t *testing.T) {
	t.Parallel()
	without := func(e map[string]string, names ...string) map[string]string {
		maps.DeleteFunc(e, func(k, _ string) bool { return strings.Contains(strings.Join(names, " ")+" ", k+" ") })
		return e
	}
	tests := map[string]struct {
		environ map[string]string
		bot     string // the bot token in the end
		says    string
	}{
		"a file with a line break at its end": {
			without(environment("SLACK_BOT_TOKEN_FILE", file(t, "xoxb-planted-9\n")), "SLACK_BOT_TOKEN"),
			"xoxb-planted-9", ""},
		"a file with a byte order mark": {
			without(environment("SLACK_BOT_TOKEN_FILE", file(t, "\ufeffxoxb-planted-9\r\n")), "SLACK_BOT_TOKEN"),
			"xoxb-planted-9", ""},
		"a variable that names no file": {environment("SLACK_BOT_TOKEN_FILE", ""), "xoxb-planted-1", ""},
		"a file that is not there": {
			without(environment("SLACK_BOT_TOKEN_FILE", "/nowhere/at/all"), "SLACK_BOT_TOKEN"), "",
			"SLACK_BOT_TOKEN_FILE: reading the file it names: no such file or directory"},
		"a folder": {
			without(environment("SLACK_BOT_TOKEN_FILE", t.TempDir()), "SLACK_BOT_TOKEN"), "",
			"SLACK_BOT_TOKEN_FILE: reading the file it names: is a directory"},
		"the token itself in the file's place": {
			without(environment("SLACK_BOT_TOKEN_FILE", "xoxb-planted-1"), "SLACK_BOT_TOKEN"), "",
			"SLACK_BOT_TOKEN_FILE: reading the file it names: no such file or directory"},
		"both": {environment("SLACK_BOT_TOKEN_FILE", file(t, "xoxb-planted-9")), "",
			"SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set: keep one"},
		"a file with another kind of token": {
			without(environment("SLACK_BOT_TOKEN_FILE", file(t, "xoxp-planted-9")), "SLACK_BOT_TOKEN"), "",
			"the file of SLACK_BOT_TOKEN_FILE does not start with xoxb-: take the bot user token, " +
				"from OAuth & Permissions"},
		"the key's secret by its other name": {
			without(environment("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD_FILE", file(t, "planted-3")),
				"ZENLAYER_ACCESS_KEY_SECRET"), "xoxb-planted-1", ""},
		"the same, with a file that is not there": {
			without(environment("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD_FILE", "/nowhere"), "ZENLAYER_ACCESS_KEY_SECRET"),
			"", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD_FILE: reading the file it names: no such file or directory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := Load("", test.environ, nil)
			if test.says != "" {
				require.EqualError(t, err, test.says)
				require.NotContains(t, err.Error(), "planted")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.bot, c.SlackBotToken.Reveal())
			require.Equal(t, "planted-3", c.ZenlayerAccessKeySecret.Reveal())
		})
	}
	empty := file(t, " \n")
	_, err := Load("", without(environment("SLACK_APP_TOKEN_FILE", empty), "SLACK_APP_TOKEN"), nil)
	require.EqualError(t, err, "SLACK_APP_TOKEN_FILE: "+empty+" is empty")
}

func TestTheNamesOfTheTerraformProviderAreAccepted(t *testing.T) {
	t.Parallel()
	e := map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-2",
		"ZENLAYERCLOUD_ACCESS_KEY_ID": "other-id", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD": "other-secret"}
	c, err := Load("", e, nil)
	require.NoError(t, err)
	require.Equal(t, "other-id", c.ZenlayerAccessKeyID)
	require.Equal(t, "other-secret", c.ZenlayerAccessKeySecret.Reveal())

	e["ZENLAYER_ACCESS_KEY_ID"], e["ZENLAYER_ACCESS_KEY_SECRET"] = "own-id", "own-secret"
	c, err = Load("", e, nil)
	require.NoError(t, err)
	require.Equal(t, "own-id", c.ZenlayerAccessKeyID, "our own names go first")
	require.Equal(t, "own-secret", c.ZenlayerAccessKeySecret.Reveal())
	require.Len(t, e, 6, "the caller's map is left alone")
}

func TestProblemsInTheEnvironmentNameTheirVariables(t *testing.T) {
	t.Parallel()
	_, err := Load("", environment("LBBOT_SLACK_CONNECTIONS", "many", "LBBOT_TEST_MODE", "maybe", "LBBOT_DRAIN", "20",
		"LBBOT_RATE", "lots"), nil)
	require.EqualError(t, err, strings.Join([]string{
		"LBBOT_SLACK_CONNECTIONS must be a whole number",
		`LBBOT_DRAIN is wrong: "20" is not a duration: such as 20s, 10m, 36h or 400d`,
		`LBBOT_RATE is wrong: "lots" is not a rate: ` +
			"a number, a slash and a duration, such as 10/10m, or 0 for no limit",
		"LBBOT_TEST_MODE must be true or false",
	}, "\n"))
}

func TestFilesOfSecretsAreThoseThatAreUsed(t *testing.T) {
	t.Parallel()
	bot, key, url := file(t, "xoxb-planted-1\n"), file(t, "planted-3\n"), file(t, "sqlite:a.db\n")
	e := map[string]string{"SLACK_BOT_TOKEN_FILE": bot, "SLACK_APP_TOKEN": "xapp-planted-2",
		"ZENLAYER_ACCESS_KEY_ID": "key-1", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD_FILE": key,
		"LBBOT_DATABASE_URL_FILE": url, "LBBOT_AUDIT_KEY_FILE": ""}
	require.Equal(t, map[string]string{"SLACK_BOT_TOKEN": bot, "ZENLAYER_ACCESS_KEY_SECRET": key,
		"LBBOT_DATABASE_URL": url}, SecretFiles(e, nil))
	e["ZENLAYER_ACCESS_KEY_SECRET"] = "planted-4" // goes before the other name
	require.Equal(t, map[string]string{"SLACK_BOT_TOKEN": bot}, SecretFiles(e,
		[]Flag{{"--database", "LBBOT_DATABASE_URL", "sqlite:b.db"}}))
	c, err := Load("", e, nil)
	require.NoError(t, err)
	require.Equal(t, "planted-4", c.ZenlayerAccessKeySecret.Reveal())
}
