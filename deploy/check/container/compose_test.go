package container

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// written makes a folder with the files that install.md has people write, by its own
// commands, and returns it.
func written(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(top, "deploy/docs/install.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n### With Docker and PostgreSQL\n")
	require.True(t, found)
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(section)[1]
	require.Contains(t, block, "\ndocker compose -f deploy/compose.yaml up ")
	var commands []string
	for line := range strings.Lines(block) {
		if !strings.HasPrefix(line, "docker ") {
			commands = append(commands, line)
		}
	}
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "deploy"), 0o755))
	for _, name := range []string{"policy.cedar", "compose.yaml"} {
		text, err := os.ReadFile(filepath.Join(top, "deploy", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "deploy", name), text, 0o600))
	}
	script := strings.NewReplacer("C…", "C0123456789", "…", "1234567890").Replace(strings.Join(commands, ""))
	sh := exec.CommandContext(t.Context(), "sh", "-euc", "umask 077\n"+script)
	sh.Dir = folder
	said, err := sh.CombinedOutput()
	require.NoError(t, err, string(said))
	return folder
}

// composed loads deploy/compose.yaml with those files, as Compose does.
func composed(t *testing.T) (folder string, p *types.Project) {
	t.Helper()
	folder = written(t)
	options, err := cli.NewProjectOptions([]string{filepath.Join(folder, "deploy/compose.yaml")},
		cli.WithResolvedPaths(true), cli.WithConsistency(true))
	require.NoError(t, err)
	p, err = options.LoadProject(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"lbbot", "postgres"}, p.ServiceNames())
	return folder, p
}

func TestComposeGivesEachServiceNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	_, p := composed(t)
	for name, s := range p.Services {
		require.True(t, s.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, name)
		require.Empty(t, s.CapAdd, name)
		require.False(t, s.Privileged, name)
		require.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt, name)
		require.NotEmpty(t, s.User, name)
		require.NotRegexp(t, "^(0|root)", s.User, name)
		require.Equal(t, "unless-stopped", s.Restart, name)
		for _, port := range s.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, name)
		}
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeVolume {
				require.Contains(t, p.Volumes, v.Source, name)
				continue
			}
			require.True(t, v.ReadOnly, "%s may write to %s of the machine", name, v.Source)
			require.False(t, bool(v.Bind.CreateHostPath), "a missing %s is an error", v.Source)
			require.DirExists(t, v.Source, name)
		}
	}
	require.True(t, p.Networks["database"].Internal)
	require.Len(t, p.Services["postgres"].Networks, 1, "PostgreSQL is in the internal network only")
	require.Empty(t, p.Services["postgres"].Ports)
}

func TestComposeStartsTheBotAfterPostgreSQLAndLetsItEnd(t *testing.T) {
	t.Parallel()
	_, p := composed(t)
	bot, database := p.Services["lbbot"], p.Services["postgres"]
	require.Equal(t, types.ServiceConditionHealthy, bot.DependsOn["postgres"].Condition)
	require.Regexp(t, `^postgres:\d+$`, database.Image, "the data of one major version is not read by another")
	require.Contains(t, strings.Join(database.HealthCheck.Test, " "), "pg_isready --host=127.0.0.1")
	require.Nil(t, bot.HealthCheck, "the image has one")

	var schema struct {
		Properties map[string]struct{ Default any }
	}
	text, err := os.ReadFile(filepath.Join(top, "deploy/lbbot.schema.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &schema))
	drain, err := time.ParseDuration(schema.Properties["drain"].Default.(string))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Duration(*bot.StopGracePeriod), drain+10*time.Second)
	_, port, _ := strings.Cut(*bot.Environment["LBBOT_ADMIN_ADDR"], ":")
	require.Equal(t, port, strings.TrimSpace(bot.Ports[0].Published))
}

func TestComposeFitsTheImage(t *testing.T) {
	t.Parallel()
	folder, p := composed(t)
	bot, m := p.Services["lbbot"], dockerfile(t)
	require.Equal(t, m.user, bot.User)
	require.Empty(t, bot.Command)
	require.Empty(t, bot.Entrypoint)
	require.Equal(t, folder, strings.TrimSuffix(bot.Build.Context, "/"))
	require.Equal(t, "deploy/Dockerfile", bot.Build.Dockerfile)
	require.Equal(t, types.PullPolicyBuild, bot.PullPolicy, "nobody else's image of this name is started")
	var targets []string
	for _, v := range bot.Volumes {
		targets = append(targets, v.Target)
	}
	require.Equal(t, []string{filepath.Dir(m.env["LBBOT_POLICY"]), m.volumes[0]}, targets)
	require.FileExists(t, filepath.Join(bot.Volumes[0].Source, filepath.Base(m.env["LBBOT_POLICY"])))
	require.Equal(t, "/var/lib/postgresql/data", p.Services["postgres"].Volumes[0].Target)
}

// secret returns the file of this machine that a service sees at a path.
func secret(t *testing.T, p *types.Project, s types.ServiceConfig, path string) string {
	t.Helper()
	name, ok := strings.CutPrefix(path, "/run/secrets/")
	require.True(t, ok, path)
	granted := false
	for _, g := range s.Secrets {
		granted = granted || g.Source == name
	}
	require.True(t, granted, "%s is not given to %s", name, s.Name)
	file := p.Secrets[name].File
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "the user in the container is not its owner")
	info, err = os.Stat(filepath.Dir(file))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "other users of the machine do not get there")
	return file
}

func TestComposeGivesSettingsThatTheBotTakes(t *testing.T) {
	t.Parallel()
	_, p := composed(t)
	bot, m := p.Services["lbbot"], dockerfile(t)
	env, files := m.env, 0
	delete(env, "TMPDIR")
	for name, value := range bot.Environment {
		require.NotNil(t, value, name)
		env[name] = *value
		if strings.HasSuffix(name, "_FILE") {
			env[name] = secret(t, p, bot, *value)
			files++
		}
	}
	require.Len(t, bot.Secrets, files, "each secret is used")
	env["LBBOT_POLICY"] = filepath.Join(bot.Volumes[0].Source, filepath.Base(m.env["LBBOT_POLICY"]))
	said := output(t, env, program(t), "config", "check")
	require.NotContains(t, said, "warning")
	require.Contains(t, said, "the configuration is valid")
	effective := output(t, env, program(t), "config", "print", "--json")
	for name := range env { // also those that begin with another word than LBBOT
		require.Contains(t, effective, `"`+name+`"`, "%s is not a setting", name)
	}

	text, err := os.ReadFile(env["LBBOT_DATABASE_URL_FILE"])
	require.NoError(t, err)
	address, err := url.Parse(string(text))
	require.NoError(t, err)
	server := p.Services["postgres"]
	require.Equal(t, server.Name, address.Hostname())
	require.Equal(t, *server.Environment["POSTGRES_USER"], address.User.Username())
	require.Equal(t, "/"+*server.Environment["POSTGRES_DB"], address.Path)
	password, _ := address.User.Password()
	text, err = os.ReadFile(secret(t, p, server, *server.Environment["POSTGRES_PASSWORD_FILE"]))
	require.NoError(t, err)
	require.Equal(t, string(text), password)
	require.Len(t, password, 48)
}

func TestWhatComposeReadsIsIgnoredByGit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"deploy/secrets/slack-bot-token", "deploy/lbbot.env", "deploy/policy/policy.cedar"} {
		check := exec.CommandContext(t.Context(), "git", "check-ignore", "--quiet", "--no-index", name)
		check.Dir = top
		require.NoError(t, check.Run(), name)
	}
}
