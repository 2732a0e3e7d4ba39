package bot

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// printed is a configuration as lbbot config print writes it, in both formats.
func printed(t *testing.T, file string, environ map[string]string, flags ...Flag) (inYAML, inJSON string, err error) {
	t.Helper()
	settings, err := EffectiveSettings(file, environ, flags)
	require.NotEmpty(t, settings)
	var out strings.Builder
	require.NoError(t, WriteYAML(&out, settings))
	encoded, jsonErr := json.Marshal(settings)
	require.NoError(t, jsonErr)
	return out.String(), string(encoded), err
}

func TestPrintedConfigurationCanBePasted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain", "null", "Null", "yes", "~", "012", "1e3", "a: b", "#x", "- x", "*",
		"é", `"q"`, "x:", "'", "a,b", "lb, prod/*", "12:30", "{}", "[a", "<&>", `a\b`, "0", "!x", "%", "true"} {
		items, err := json.Marshal([]string{"z", strings.ReplaceAll(text, "[a", "[a]")})
		require.NoError(t, err)
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		original := file(t, "policy: "+string(quoted)+"\nprotected: "+string(items)+"\nretention: 0\nrate: 5/36h\n"+
			"approval_reminders: [1m, 90s]\ntest_mode: true\nslack_connections: 3\nincident_channels: []\n")
		loaded, err := Load(original, environment(), nil)
		require.NoError(t, err)
		require.Equal(t, text, loaded.Policy)
		inYAML, _, err := printed(t, original, environment())
		require.NoError(t, err)
		got, err := Load(file(t, inYAML), environment(), nil)
		require.NoError(t, err, inYAML)
		require.Equal(t, loaded, got, inYAML)
	}
}

func TestPrintedConfigurationNamesTheOriginOfEachValue(t *testing.T) {
	t.Parallel()
	path := file(t, "account: from-file\nlog_level: warn\npolicy: file.cedar\ndrain:\nowner_channel: C0FILE\n")
	e := environment("LBBOT_LOG_LEVEL", "error", "LBBOT_POLICY", "env.cedar", "LBBOT_RATE", "", "LBBOT_AUDIT_KEY_FILE",
		file(t, strings.Repeat("A", 43)+"=\n"), "ZENLAYERCLOUD_ACCESS_KEY_ID", "other")
	delete(e, "ZENLAYER_ACCESS_KEY_ID")
	settings, err := EffectiveSettings(path, e, []Flag{{"--policy", "LBBOT_POLICY", "env.cedar"}})
	require.NoError(t, err)
	got := map[string]string{}
	for _, s := range settings {
		got[s.Key] = s.Origin
	}
	for key, origin := range map[string]string{"account": path + ":1:10", "log_level": "LBBOT_LOG_LEVEL",
		"policy": "--policy", "drain": "default", "rate": "default", "owner_channel": path + ":5:16",
		"audit_key": "LBBOT_AUDIT_KEY_FILE", "zenlayer_access_key_id": "ZENLAYERCLOUD_ACCESS_KEY_ID",
		"slack_bot_token": "SLACK_BOT_TOKEN", "confirm": "default"} {
		require.Equal(t, origin, got[key], key)
	}
}

func TestPrintedConfigurationHasNoSecret(t *testing.T) {
	t.Parallel()
	set := func(more ...string) map[string]string { return environment(more...) }
	for name, test := range map[string]struct {
		environ map[string]string
		file    string
		has     string
	}{
		"secrets that are valid": {set(), "", "# slack_bot_token: set, starts with xoxb- "},
		"the key id, which may be swapped with its secret": {set("ZENLAYER_ACCESS_KEY_ID", "planted-3"), "",
			"# zenlayer_access_key_id: set "},
		"tokens that are swapped": {set("SLACK_BOT_TOKEN", "xapp-planted-2", "SLACK_APP_TOKEN", "xoxb-planted-1"), "",
			"# slack_bot_token: set, starts with xapp- "},
		"a token of another kind": {set("SLACK_BOT_TOKEN", "xoxp-planted-1"), "", "# slack_bot_token: set  "},
		"the password of a database": {set("LBBOT_DATABASE_URL", "postgres://u:planted-3@h/db"), "",
			"# database_url: postgres://u:xxxxx@h/db "},
		"passwords among the parameters of a database": {set("LBBOT_DATABASE_URL",
			"postgres:///db?host=/run&password=planted-3&sslpassword=planted-4"), "",
			"# database_url: postgres:///db?host=%2Frun&password=xxxxx&sslpassword=xxxxx "},
		"a database in other words": {set("LBBOT_DATABASE_URL", "host=h password=planted-3"), "",
			"# database_url: set "},
		"a token as an address": {set("SLACK_API_URL", "xoxb-planted-1"), "", "# slack_api_url: not valid "},
		"a token as a number": {set("LBBOT_SLACK_CONNECTIONS", "xoxb-planted-1"), "",
			"# slack_connections: not valid "},
		"a token as a key": {set(), "xoxb-planted-1: a\n", "# slack_bot_token: set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inYAML, inJSON, err := printed(t, file(t, test.file), test.environ)
			require.Contains(t, inYAML, test.has)
			require.NotContains(t, inYAML, "planted")
			require.NotContains(t, inJSON, "planted")
			if err != nil {
				require.NotContains(t, err.Error(), "planted")
			}
		})
	}
	inYAML, _, err := printed(t, "", set("LBBOT_DATABASE_URL", "postgres://u@h/db?sslmode=require"))
	require.NoError(t, err)
	require.Contains(t, inYAML, "\ndatabase_url: \"postgres://u@h/db?sslmode=require\"  #", "it has no password")
}

func TestUnreadableFilePrintsNoSettings(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"- a\n", "a: \"\n", "account: a\n\tdrain: 1m\n"} {
		settings, err := EffectiveSettings(file(t, text), environment(), nil)
		require.Error(t, err)
		require.Empty(t, settings, "nobody knows what the file sets")
	}
}

func TestUnknownVariablesAreNamedWithTheSettingThatWasMeant(t *testing.T) {
	t.Parallel()
	e := environment("LBBOT_OWNER_CHANEL", "planted", "LBBOT_POLICY_FILE", "planted", "LBBOT_COLOUR_OF_BUTTONS",
		"planted", "SLACK_WEBHOOK", "planted", "LBBOT_SERVICE_HOST", "1.2.3.4", "LBBOT_PORT", "tcp://1.2.3.4:90",
		"LBBOT_PORT_90_TCP", "tcp://1.2.3.4:90", "LBBOT_AUDIT_KEY_FILE", "", "LBBOT_DATABASE_URL_FILE", "")
	for _, name := range variableNames() {
		e[name] = ""
	}
	before := maps.Clone(e)
	require.Equal(t, []string{
		"LBBOT_COLOUR_OF_BUTTONS is not a setting; the settings are in deploy/docs/configuration.md",
		"LBBOT_OWNER_CHANEL is not a setting: did you mean LBBOT_OWNER_CHANNEL?",
		"LBBOT_POLICY_FILE is not a setting: did you mean LBBOT_POLICY?",
	}, UnknownVariables(e))
	require.Equal(t, before, e)
}
