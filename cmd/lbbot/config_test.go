package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// tokens are the least that lbbot run needs, and more.
func tokens(more ...string) map[string]string {
	e := map[string]string{"SLACK_BOT_TOKEN": "xoxb-planted-1", "SLACK_APP_TOKEN": "xapp-planted-2",
		"ZENLAYER_TOKEN": "planted-3"}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

func TestConfigCheckPrintsEachProblemWithItsOrigin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lbbot.yaml")
	require.NoError(t, os.WriteFile(file, []byte("account: a\nslack_conections: 2\nlog_level: loud\n"), 0o600))
	code, out, errOut := runs(t, tokens("LBBOT_DRAIN", "soon", "LBBOT_OWNER_CHANEL", "C1"), "config", "check",
		"--config", file, "--admin-addr", "here")
	require.Equal(t, exitUsage, code)
	require.Equal(t, file+":2:1: unknown key \"slack_conections\": did you mean slack_connections?\n"+
		"LBBOT_DRAIN is wrong: \"soon\" is not a duration: such as 20s, 10m, 36h or 400d\n"+
		"--admin-addr \"here\" must be host:port\n"+
		file+":3:12: log_level \"loud\": debug, info, warn or error\n"+
		"warning: LBBOT_OWNER_CHANEL is not a setting: did you mean LBBOT_OWNER_CHANNEL?\n", out)
	require.Equal(t, "lbbot: the configuration is not valid: problems: 4\n", errOut)
}

func TestConfigCheckAcceptsAValidConfiguration(t *testing.T) {
	code, out, errOut := runs(t, tokens("LBBOT_LOG_LEVL", "warn"), "config", "check", "--test-mode")
	require.Equal(t, exitFine, code, errOut)
	require.Regexp(t, `^warning: LBBOT_LOG_LEVL is not a setting: did you mean LBBOT_LOG_LEVEL\?\n`+
		`the configuration is valid: 4 settings are set, \d\d have their defaults\n$`, out)
}

func TestConfigCheckNamesAFileThatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{"a list": "- account: a\n", "a tab": "account: a\n\tdrain: 1m\n",
		"a folder": ""} {
		t.Run(name, func(t *testing.T) {
			file := t.TempDir()
			if text != "" {
				file = filepath.Join(file, "lbbot.yaml")
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			}
			code, out, errOut := runs(t, nil, "config", "check", "--config", file)
			require.Equal(t, exitUsage, code)
			require.Contains(t, out, file)
			require.NotContains(t, out, "missing", "nobody knows what the file would have said")
			require.Equal(t, "lbbot: the configuration is not valid: problems: 1\n", errOut)
			code, out, errOut = runs(t, nil, "config", "print", "--config", file)
			require.Equal(t, exitUsage, code)
			require.Empty(t, out)
			require.Contains(t, errOut, file)
		})
	}
}

func TestConfigPrintIsAsLongAsTheSettings(t *testing.T) {
	code, out, errOut := runs(t, tokens(), "config", "print", "--json", "--policy", "other.cedar")
	require.Equal(t, exitFine, code, errOut)
	var settings []struct{ Key, Origin, Masked string }
	require.NoError(t, json.Unmarshal([]byte(out), &settings))
	code, inYAML, _ := runs(t, tokens(), "config", "print")
	require.Equal(t, exitFine, code)
	for _, s := range settings {
		require.Regexp(t, "(?m)^(# )?"+s.Key+": .* # ", inYAML)
		if s.Key == "policy" {
			require.Equal(t, "--policy", s.Origin)
		}
	}
	code, out, errOut = runs(t, nil, "config", "print")
	require.Equal(t, exitUsage, code)
	require.Contains(t, out, "# slack_bot_token: not set")
	require.Contains(t, errOut, "SLACK_BOT_TOKEN is missing", "what is there is printed, and what is wrong")
}

func TestRunLogsUnknownVariables(t *testing.T) {
	_, _, said := runs(t, tokens("LBBOT_OWNER_CHANEL", "C1", "SLACK_API_URL", "http://127.0.0.1:1/",
		"LBBOT_DATABASE_URL", "sqlite:/nowhere/at/all/lbbot.db"), "run")
	require.Contains(t, said, "the environment has variables that are not settings")
	require.Contains(t, said, "LBBOT_OWNER_CHANEL is not a setting: did you mean LBBOT_OWNER_CHANNEL?")
}
