package container

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"
)

func TestTheDockerfileHasNoWarningOfBuildKit(t *testing.T) {
	t.Parallel()
	require.Empty(t, dockerfile(t).warnings)
}

// copied returns what the build stage takes from the repository.
func (m image) copied() []string {
	var sources []string
	for _, command := range m.build.Commands {
		if c, ok := command.(*instructions.CopyCommand); ok && c.From == "" {
			sources = append(sources, c.SourcePaths...)
		}
	}
	return sources
}

// compiled returns the files that go into the program, from the repository's root.
func compiled(t *testing.T) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		`{{if .Module}}{{if .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
			`{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`,
		"./cmd/lbbot")
	list.Dir, list.Env = top, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	text, err := list.Output()
	require.NoError(t, err)
	files := []string{"go.mod", "go.sum"}
	for _, name := range strings.Fields(string(text)) {
		file, err := filepath.Rel(top, name)
		require.NoError(t, err)
		files = append(files, file)
	}
	require.Greater(t, len(files), 300)
	return files
}

func TestTheBuildStageCompilesWhatIsHere(t *testing.T) {
	t.Parallel()
	m := dockerfile(t)
	modules, err := os.ReadFile(filepath.Join(top, "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(modules)
	require.Contains(t, m.build.BaseName, "golang:"+string(version[1]), "the compiler of go.mod")
	require.Equal(t, "$BUILDPLATFORM", m.build.Platform, "the compiler runs without emulation")
	require.Equal(t, "scratch", m.final.BaseName, "no shell in the image that runs")
	var lines []string
	for _, command := range m.build.Commands {
		if s, ok := command.(interface{ String() string }); ok {
			lines = append(lines, s.String())
		}
	}
	all := strings.Join(lines, "\n")
	require.Contains(t, all, "RUN CGO_ENABLED=0 go build -trimpath ", "a static program")
	require.Less(t, strings.Index(all, "ENV GOOS=$TARGETOS GOARCH=$TARGETARCH"), strings.Index(all, "go build"))
	require.Contains(t, all, "ARG TARGETOS\nARG TARGETARCH\n")
	copied := m.copied()
	for _, file := range compiled(t) {
		require.Contains(t, copied, strings.Split(file, "/")[0], "%s is not copied", file)
	}
}

func TestTheFinalStageStartsTheBotAsNobody(t *testing.T) {
	t.Parallel()
	m := dockerfile(t)
	require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, m.user, "a number, since the image knows no names")
	require.Equal(t, []string{"/usr/local/bin/lbbot"}, m.entry, "without a shell in between, signals arrive")
	require.Equal(t, []string{"run"}, m.cmd)
	require.Equal(t, []string{m.folder}, m.volumes, "the file lbbot.db in the working directory is on the volume")
	require.Equal(t, m.folder, m.env["TMPDIR"], "there is no /tmp")
	require.NotContains(t, m.env, "LBBOT_DATABASE_URL", "it would contradict LBBOT_DATABASE_URL_FILE")
	owned := ""
	for _, c := range m.layout {
		if c.Chown != "" {
			require.Equal(t, m.user, c.Chown)
			owned = c.DestPath
		}
	}
	require.Equal(t, m.folder, owned, "a new volume belongs to the bot")

	health := m.health.Health
	require.Equal(t, append([]string{"CMD"}, append(m.entry, "doctor", "--local")...), health.Test)
	require.GreaterOrEqual(t, health.Timeout, 5*time.Second, "longer than doctor waits for the bot")
	require.Less(t, health.Timeout, health.Interval)
	require.Equal(t, "lbbot "+m.args["VERSION"], strings.Join(strings.Fields(
		output(t, nil, program(t), "version"))[:2], " "))
	require.Equal(t, "$VERSION", m.labels["org.opencontainers.image.version"])
	require.Equal(t, "$COMMIT", m.labels["org.opencontainers.image.revision"])
	require.Equal(t, "Apache-2.0", m.labels["org.opencontainers.image.licenses"])
}

func TestTheContextHasWhatIsCompiledAndNoSecret(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join(top, ".dockerignore"))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	patterns, err := ignorefile.ReadAll(file)
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	ignored := func(name string) bool {
		is, err := matcher.MatchesOrParentMatches(path.Clean(name))
		require.NoError(t, err)
		return is
	}
	for _, name := range append(compiled(t), dockerfile(t).copied()...) {
		require.False(t, ignored(name), "the build needs %s", name)
	}
	for _, name := range []string{".git", ".git/config", ".env", "secrets.env", "lbbot.yaml", "lbbot.db", "lbbot",
		"deploy/secrets/slack-bot-token", "deploy/lbbot.env", "policy/policy.cedar", "new-folder/file", "README.md",
		"bot/.env", "cmd/lbbot/secrets.env", "cmd/lbbot/lbbot.db", "cmd/lbbot/lbbot.db-wal", "bot/lbbot.db-shm",
		"cmd/lbbot/lbbot.db.lock", "bot/bot_test.go", "bot/testdata/new", "cmd/lbbot/node_modules/a.js"} {
		require.True(t, ignored(name), "%s goes to the engine", name)
	}
}
