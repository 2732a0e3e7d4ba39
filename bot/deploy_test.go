package bot

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deployed returns a file of deploy.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, "deploy", name))
	require.NoError(t, err)
	return string(text)
}

func TestTheSampleConfigurationSaysTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load(filepath.Join(top, "deploy", "lbbot.yaml"), environment(), nil)
	require.NoError(t, err)
	want := complete()
	require.Equal(t, want, c)
}

func TestTheSampleConfigurationHasEverySetting(t *testing.T) {
	t.Parallel()
	text := deployed(t, "lbbot.yaml")
	for f := range reflect.TypeFor[Config]().Fields() {
		key, variable := f.Tag.Get("yaml"), f.Tag.Get("env")
		line := regexp.MustCompile(`(?m)^(# )?` + key + `: .*# ` + variable + `\b`)
		require.Regexp(t, line, text, "%s is not in the sample, or not with its variable behind it", key)
	}
}

func TestTheSampleConfigurationIsRightWithItsCommentsRemoved(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(?m)^# ([a-z_]+: )`).ReplaceAllString(deployed(t, "lbbot.yaml"), "$1")
	_, err := Load(file(t, text), nil, nil)
	require.Error(t, err)
	problems := regexp.MustCompile(`(?m)^.*lbbot\.yaml:\d+:\d+: `).ReplaceAllString(err.Error(), "")
	require.Equal(t, strings.Join([]string{
		"slack_bot_token" + unsendable, "slack_app_token" + unsendable,
		"zenlayer_token and ZENLAYER_ACCESS_KEY_ID are both set: keep one",
		"zenlayer_access_key_id" + unsendable, "zenlayer_access_key_secret" + unsendable, "zenlayer_token" + unsendable,
		"audit_key must be 32 bytes in base64: openssl rand -base64 32 makes one",
	}, "\n"), problems, "everything else fits; a sample has no key that works")
}

// isSetting reports whether a variable is read by Load.
func isSetting(variable string) bool {
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("env") == variable {
			return true
		}
	}
	secret, ok := strings.CutSuffix(variable, "_FILE")
	return ok && slices.Contains(secretNames(), secret)
}

// A policy file that is mounted by itself stays the old one when an editor
// replaces it.
func TestDockerCommandsMountTheFolderOfThePolicy(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Dockerfile", "docs/install.md"} {
		text := deployed(t, name)
		require.Contains(t, text, "-v ./policy:/etc/lbbot:ro", name)
		require.NotContains(t, text, "-v ./policy.cedar", name)
	}
}

// unit reads a systemd unit: every value of every directive.
func unit(t *testing.T, text string) map[string][]string {
	t.Helper()
	directives := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		directives[name] = append(directives[name], value)
	}
	return directives
}

func TestTheSystemdUnitGivesTheBotWhatItNeeds(t *testing.T) {
	t.Parallel()
	d := unit(t, deployed(t, "lbbot.service"))
	require.Equal(t, []string{"on-failure"}, d["Restart"])
	require.Equal(t, []string{"2 3"}, d["RestartPreventExitStatus"], "configuration and tokens do not heal")
	stop, err := time.ParseDuration(d["TimeoutStopSec"][0])
	require.NoError(t, err)
	require.GreaterOrEqual(t, stop, time.Duration(Defaults().Drain)+10*time.Second, "longer than a stop takes")

	var credentials, used []string
	for _, c := range d["LoadCredential"] {
		name, path, _ := strings.Cut(c, ":")
		require.Equal(t, "/etc/lbbot/secrets/"+name, path)
		credentials = append(credentials, name)
	}
	for _, e := range d["Environment"] {
		variable, value, _ := strings.Cut(e, "=")
		require.True(t, isSetting(variable), "%s is no setting", variable)
		if name, ok := strings.CutPrefix(value, "%d/"); ok {
			require.Equal(t, variable, strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"_FILE")
			used = append(used, name)
		}
	}
	require.Len(t, credentials, 3)
	require.Equal(t, credentials, used)
	require.Equal(t, []string{"lbbot"}, d["StateDirectory"])
	require.Contains(t, d["Environment"], "LBBOT_DATABASE_URL=sqlite:/var/lib/lbbot/lbbot.db")
}

func TestTheSystemdUnitTakesAwayTheRest(t *testing.T) {
	t.Parallel()
	d := unit(t, deployed(t, "lbbot.service"))
	for _, on := range []string{"DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices",
		"PrivateUsers",
		"ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules",
		"ProtectKernelTunables",
		"RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality", "MemoryDenyWriteExecute"} {
		require.Equal(t, []string{"yes"}, d[on], on)
	}
	require.Equal(t, []string{"strict"}, d["ProtectSystem"])
	require.Equal(t, []string{""}, d["CapabilityBoundingSet"])
	require.Equal(t, []string{"native"}, d["SystemCallArchitectures"])
	require.Contains(t, d["SystemCallFilter"], "@system-service")
	require.Equal(t, []string{"AF_INET AF_INET6 AF_UNIX"}, d["RestrictAddressFamilies"])
}
