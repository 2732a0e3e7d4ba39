package container

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/require"
)

// top is the root of the repository.
var top, _ = filepath.Abs("../../..")

// image is deploy/Dockerfile.
type image struct {
	build, final instructions.Stage
	warnings     []string
	env          map[string]string // of the final stage
	args         map[string]string // its defaults
	labels       map[string]string
	user         string
	folder       string
	volumes      []string
	health       *instructions.HealthCheckCommand
	entry, cmd   []string
	layout       []*instructions.CopyCommand
}

// dockerfile reads deploy/Dockerfile as BuildKit does.
func dockerfile(t *testing.T) image {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, "deploy/Dockerfile"))
	require.NoError(t, err)
	parsed, err := parser.Parse(bytes.NewReader(text))
	require.NoError(t, err)
	m := image{env: map[string]string{}, args: map[string]string{}, labels: map[string]string{}}
	for _, w := range parsed.Warnings {
		m.warnings = append(m.warnings, w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, text string, _ []parser.Range) {
		m.warnings = append(m.warnings, rule+": "+text)
	}})
	stages, global, err := instructions.Parse(parsed.AST, lint)
	require.NoError(t, err)
	require.Empty(t, global)
	require.Len(t, stages, 2)
	m.build, m.final = stages[0], stages[1]
	for _, command := range m.final.Commands {
		m.read(t, command)
	}
	return m
}

// read reads a command of the final stage. A kind that it does not know is a fault: the
// other tests would not see what it does.
func (m *image) read(t *testing.T, command instructions.Command) {
	switch c := command.(type) {
	case *instructions.CopyCommand:
		m.layout = append(m.layout, c)
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			m.env[pair.Key] = pair.Value
		}
	case *instructions.ArgCommand:
		for _, arg := range c.Args {
			m.args[arg.Key] = arg.ValueString()
		}
	case *instructions.LabelCommand:
		for _, pair := range c.Labels {
			m.labels[pair.Key] = strings.Trim(pair.Value, `"`)
		}
	case *instructions.UserCommand:
		m.user = c.User
	case *instructions.VolumeCommand:
		m.volumes = c.Volumes
	case *instructions.WorkdirCommand:
		m.folder = c.Path
	case *instructions.HealthCheckCommand:
		m.health = c
	case *instructions.EntrypointCommand:
		m.entry = c.CmdLine
	case *instructions.CmdCommand:
		m.cmd = c.CmdLine
	default:
		require.Fail(t, "an instruction that is not checked", command.Name())
	}
}

// made is the folder of the program that was built here.
var made string

var built = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("LBBOT_TEST_BINARY"); given != "" {
		return given, nil
	}
	var err error
	if made, err = os.MkdirTemp("", "lbbot-check-"); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", made, "./cmd/lbbot")
	build.Dir, build.Env, build.Stderr = top, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	return filepath.Join(made, "lbbot"), build.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if made != "" {
		_ = os.RemoveAll(made)
	}
	os.Exit(code)
}

// program returns the path of lbbot: LBBOT_TEST_BINARY, or one that is built here.
func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	return path
}

// output runs a program with nothing but these variables.
func output(t *testing.T, env map[string]string, path string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env = t.TempDir(), pairs(env)
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	return string(text)
}

func pairs(env map[string]string) []string {
	list := []string{}
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}
