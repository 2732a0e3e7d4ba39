package manifest

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"lbbot/commands"
)

var update = flag.Bool("update", false, "rewrite the deployed manifest")

// appManifest is a manifest with every property that ours may have; decoding
// is strict, as Slack is.
type appManifest struct {
	Metadata struct {
		Major int `yaml:"major_version"`
		Minor int `yaml:"minor_version"`
	} `yaml:"_metadata"`
	Display struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
		Color       string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features struct {
		Home struct {
			HomeTab  bool `yaml:"home_tab_enabled"`
			Messages bool `yaml:"messages_tab_enabled"`
			ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		Bot struct {
			Name   string `yaml:"display_name"`
			Online bool   `yaml:"always_online"`
		} `yaml:"bot_user"`
		Commands []struct {
			Command     string `yaml:"command"`
			Description string `yaml:"description"`
			Hint        string `yaml:"usage_hint"`
			Escape      bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
		Shortcuts []struct {
			Name        string `yaml:"name"`
			Type        string `yaml:"type"`
			CallbackID  string `yaml:"callback_id"`
			Description string `yaml:"description"`
		} `yaml:"shortcuts"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot      []string `yaml:"bot"`
			Optional []string `yaml:"bot_optional"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Socket        bool `yaml:"socket_mode_enabled"`
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Org      bool `yaml:"org_deploy_enabled"`
		Rotation bool `yaml:"token_rotation_enabled"`
		Hosted   bool `yaml:"is_hosted"`
	} `yaml:"settings"`
}

func decodeManifest(t *testing.T, name string) appManifest {
	t.Helper()
	text, err := YAML(name, All())
	require.NoError(t, err)
	var m appManifest
	require.NoError(t, yaml.UnmarshalWithOptions(text, &m, yaml.Strict()))
	return m
}

func TestTheDeployedManifestIsTheOneWePrint(t *testing.T) {
	t.Parallel()
	text, err := YAML("lbbot", All())
	require.NoError(t, err)
	file := filepath.Join("..", "..", "..", "deploy", "slack-manifest.yaml")
	if *update {
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	deployed, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(text), string(deployed), "run the tests once with -update")
}

func TestTheManifestSwitchesOnWhatTheBotNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	m := decodeManifest(t, "lbbot")
	require.True(t, m.Settings.Socket, "Socket Mode")
	require.True(t, m.Settings.Interactivity.Enabled)
	require.Equal(t, []string{"app_mention", "app_home_opened", "subteam_created", "subteam_updated",
		"subteam_members_changed"},
		m.Settings.Events.Bot)
	require.False(t, m.Settings.Rotation, "a rotated token would end the bot after 12 hours")
	require.False(t, m.Settings.Org)
	require.False(t, m.Settings.Hosted)
	require.True(t, m.Features.Bot.Online)
	require.Equal(t, "lbbot", m.Features.Bot.Name)
	require.True(t, m.Features.Home.HomeTab)
	require.True(t, m.Features.Home.Messages, "cards go there when a channel refuses them")
	require.False(t, m.Features.Home.ReadOnly, "the command can be typed there")
	require.Len(t, m.Features.Commands, 1)
	require.Equal(t, commands.Name, m.Features.Commands[0].Command)
	require.Equal(t, commands.UsageHint(), m.Features.Commands[0].Hint)
	require.True(t, m.Features.Commands[0].Escape)
	types := map[string]string{}
	for _, s := range m.Features.Shortcuts {
		require.Equal(t, commands.ShortcutName, s.Name)
		types[s.CallbackID] = s.Type
	}
	require.Equal(t, map[string]string{commands.ShortcutMessage: "message", commands.ShortcutGlobal: "global"}, types)
}

func TestTheManifestKeepsWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lbbot", strings.Repeat("ü", 35), `back\slash "quoted": # {{.Hint}}`} {
		m := decodeManifest(t, name)
		require.Equal(t, name, m.Display.Name)
		require.LessOrEqual(t, utf8.RuneCountInString(m.Display.Name), 35)
		require.LessOrEqual(t, utf8.RuneCountInString(m.Display.Description), 140)
		require.Regexp(t, `^#[0-9a-f]{6}$`, m.Display.Color)
		require.LessOrEqual(t, len(m.Features.Bot.Name), 80)
		require.Regexp(t, `^[A-Za-z0-9._-]+$`, m.Features.Bot.Name)
		for _, c := range m.Features.Commands {
			require.Regexp(t, `^/[a-z0-9_-]{1,31}$`, c.Command)
			require.LessOrEqual(t, utf8.RuneCountInString(c.Description), 2000)
			require.LessOrEqual(t, utf8.RuneCountInString(c.Hint), 1000)
		}
		for _, s := range m.Features.Shortcuts {
			require.LessOrEqual(t, utf8.RuneCountInString(s.Name), 24)
			require.LessOrEqual(t, utf8.RuneCountInString(s.Description), 150)
			require.LessOrEqual(t, len(s.CallbackID), 255)
		}
		require.LessOrEqual(t, len(m.OAuth.Scopes.Bot), 255)
		require.LessOrEqual(t, len(m.Settings.Events.Bot), 100)
		require.Subset(t, m.OAuth.Scopes.Bot, m.OAuth.Scopes.Optional, "Slack wants optional scopes in both lists")
	}
}

func TestNamesThatSlackWouldRefuseAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, says string }{
		"an empty name":           {"", "is empty"},
		"a name of spaces":        {"  ", "is empty"},
		"36 characters":           {strings.Repeat("x", 36), "36 characters; Slack takes 35"},
		"a line of its own":       {"lbbot\nsettings: {}", "cannot be shown"},
		"what is not a character": {"lb\xffbot", "cannot be shown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := YAML(test.name, All())
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestAManifestWithoutUserGroupsAsksForNothingOfThem(t *testing.T) {
	t.Parallel()
	text, err := YAML("lbbot", Features{})
	require.NoError(t, err)
	require.NotContains(t, string(text), "usergroups")
	require.NotContains(t, string(text), "subteam")
	var less, all appManifest
	require.NoError(t, yaml.UnmarshalWithOptions(text, &less, yaml.Strict()))
	all = decodeManifest(t, "lbbot")
	less.OAuth.Scopes.Bot = append(less.OAuth.Scopes.Bot, "usergroups:read")
	less.Settings.Events.Bot = append(less.Settings.Events.Bot, "subteam_created", "subteam_updated",
		"subteam_members_changed")
	slices.Sort(less.OAuth.Scopes.Bot)
	slices.Sort(all.OAuth.Scopes.Bot)
	require.Equal(t, all, less, "everything else is the same")
}

func TestTheManifestInJSONSaysTheSame(t *testing.T) {
	t.Parallel()
	name := `back\slash "quoted": # ü {{.Hint}}`
	for _, f := range []Features{{}, All()} {
		text, err := JSON(name, f)
		require.NoError(t, err)
		inYAML, err := YAML(name, f)
		require.NoError(t, err)
		var fromJSON, fromYAML map[string]any
		require.NoError(t, json.Unmarshal(text, &fromJSON))
		require.NoError(t, yaml.Unmarshal(inYAML, &fromYAML))
		again, err := json.Marshal(fromYAML)
		require.NoError(t, err)
		require.JSONEq(t, string(again), string(text))
		require.Equal(t, name, fromJSON["display_information"].(map[string]any)["name"])
		require.True(t, strings.HasPrefix(string(text), "{\n  \"_metadata\""), "in the order of the YAML")
	}
	_, err := JSON("", All())
	require.ErrorContains(t, err, "is empty")
}

func TestEachScopeIsExplainedOnceInTheManifest(t *testing.T) {
	t.Parallel()
	text, err := YAML("lbbot", All())
	require.NoError(t, err)
	plain := strings.Join(strings.Fields(strings.ReplaceAll(string(text), "#", "")), " ")
	for _, s := range Scopes(All()) {
		require.Contains(t, plain, s.explained()+` - "`+s.Name+`"`)
	}
	for line := range strings.Lines(string(text)) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSpace(line)), 82, line)
	}
}

// scopesOf says which scopes the Web API wants for the methods that
// package web calls (docs.slack.dev/reference/methods).
func scopesOf() map[string][]string {
	return map[string][]string{
		"auth.test":             {},
		"views.open":            {},
		"views.update":          {},
		"views.publish":         {},
		"chat.getPermalink":     {},
		"chat.postMessage":      {"chat:write"},
		"chat.update":           {"chat:write"},
		"chat.delete":           {"chat:write"},
		"chat.postEphemeral":    {"chat:write"},
		"users.info":            {"users:read"},
		"bots.info":             {"users:read"},
		"usergroups.list":       {"usergroups:read"},
		"conversations.info":    {"channels:read", "groups:read", "im:read", "mpim:read"},
		"conversations.history": {"channels:history", "groups:history"},
		"conversations.replies": {"channels:history", "groups:history"},
	}
}

func TestScopesAreThoseOfTheCallsWeMake(t *testing.T) {
	t.Parallel()
	needed := map[string]bool{"commands": true, "app_mentions:read": true} // what comes without a call
	files, err := filepath.Glob(filepath.Join("..", "web", "*.go"))
	require.NoError(t, err)
	calls := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			method, ok := slackCall(n)
			if !ok {
				return true
			}
			calls++
			scopes, known := scopesOf()[method]
			require.True(t, known, "%s: which scopes does %s need?", file, method)
			for _, s := range scopes {
				needed[s] = true
			}
			return true
		})
	}
	require.Greater(t, calls, 10, "the calls must have been found")
	want := slices.Sorted(maps.Keys(needed))
	require.Equal(t, want, slices.Sorted(slices.Values(decodeManifest(t, "lbbot").OAuth.Scopes.Bot)))
}

// slackCall returns the method if n is a call of one of the client's two callers.
func slackCall(n ast.Node) (method string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "call" && f.Sel.Name != "ask" {
		return "", false
	}
	literal, ok := call.Args[1].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	return strings.Trim(literal.Value, `"`), true
}
