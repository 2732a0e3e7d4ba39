package bot_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
	"lbbot/commands"
)

// repository is its root, seen from this package.
const repository = ".."

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	require.NoError(t, err)
	return string(text)
}

// found returns the first group of every match, or the whole match.
func found(pattern, text string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, m[len(m)-1])
	}
	return out
}

// fenced returns the code blocks of a language; "" is those without one.
func fenced(language, text string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if m[1] == language {
			out = append(out, m[2])
		}
	}
	return out
}

// sources returns all Go files of the tree, tests or not, as one text.
func sources(t *testing.T, tests bool) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") != tests {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	require.NoError(t, err)
	return all.String()
}

// requireIn is require.Contains without printing the whole text.
func requireIn(t *testing.T, text, part string) {
	t.Helper()
	require.True(t, strings.Contains(text, part), "missing: %s", part) //nolint:testifylint // the text is thousands of lines
}

func TestReadmeNamesEverySettingWithItsKeyAndDefault(t *testing.T) {
	t.Parallel()
	text := readme(t)
	defaults := reflect.ValueOf(bot.Defaults())
	for i := range defaults.NumField() {
		f := defaults.Type().Field(i)
		row := regexp.MustCompile("(?m)^\\| `" + f.Tag.Get("env") + "` \\| `" + f.Tag.Get("yaml") + "` \\| (.*?) \\| .+ \\|$").FindStringSubmatch(text)
		require.NotNil(t, row, "%s has no row in the README", f.Tag.Get("env"))
		if value := shownDefault(defaults.Field(i)); value != "" {
			require.Equal(t, "`"+value+"`", row[1], "%s has another default", f.Tag.Get("env"))
		} else {
			require.NotContains(t, row[1], "`", "%s has no default", f.Tag.Get("env"))
		}
	}
	require.Len(t, found("(?m)^\\| `([A-Z_]+)` \\| `[a-z_]+` \\|", text), defaults.NumField(), "a row of the README is no setting")
}

// minutes is 30m, not 30m0s.
func minutes(d bot.Duration) string {
	if s, ok := strings.CutSuffix(d.String(), "m0s"); ok {
		return s + "m"
	}
	return d.String()
}

// shownDefault writes a default as people write it in the environment.
func shownDefault(v reflect.Value) string {
	switch d := v.Interface().(type) {
	case []string:
		return strings.Join(d, ",")
	case bot.Duration:
		return minutes(d)
	case []bot.Duration:
		list := make([]string, len(d))
		for i := range d {
			list[i] = minutes(d[i])
		}
		return strings.Join(list, ",")
	case bot.Rate:
		return strings.TrimSuffix(d.String(), "0s")
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return "" // a secret
}

func TestReadmeNamesEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	path, err := binary()
	require.NoError(t, err)
	text := readme(t)
	known := []string{"lbbot"}
	var visit func(words []string)
	visit = func(words []string) {
		out, err := exec.Command(path, append(words, "--help")...).Output()
		require.NoError(t, err)
		help := string(out)
		for _, flag := range found(`(?m)^ {2,}(?:-\w, )?--([a-z-]+)`, help) {
			requireIn(t, text, "`--"+flag+"`")
		}
		_, list, _ := strings.Cut(help, "Available Commands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for _, name := range found(`(?m)^  ([a-z]+) `, list) {
			below := append(slices.Clone(words), name)
			known = append(known, strings.Join(append([]string{"lbbot"}, below...), " "))
			if words != nil && words[0] == "completion" {
				requireIn(t, text, name)
				continue
			}
			requireIn(t, text, "| `"+known[len(known)-1])
			if name != "help" {
				visit(below)
			}
		}
	}
	visit(nil)
	require.Greater(t, len(known), 6)
	for _, named := range found("(?m)(?:^\\./|^go run \\./cmd/|`)(lbbot [a-z]+)", text) {
		require.Contains(t, known, named, "the README names a command that is not there")
	}
	for _, code := range []string{"0", "1", "2", "3"} {
		requireIn(t, text, "\n| "+code+" | ")
	}
}

func TestReadmeCommandsOfSlackAreAccepted(t *testing.T) {
	t.Parallel()
	text := readme(t)
	lines := found("(?m)^("+commands.Name+"(?: .*)?)$", text)
	verbs := map[commands.Verb]bool{}
	for _, line := range lines {
		c, err := commands.Parse(line)
		require.NoError(t, err, line)
		if c.Verb == commands.VerbRegister {
			_, err = commands.BuildRegistration(c.Values)
			require.NoError(t, err, line)
		}
		verbs[c.Verb] = true
	}
	for _, v := range commands.Verbs() {
		require.True(t, verbs[v.Verb], "no example of %s", v.Verb)
	}
	for _, f := range commands.RegisterFields() {
		cells := []string{"`" + f.Key + "`", "–", "–"}
		if len(f.Aliases) > 0 {
			cells[1] = "`" + strings.Join(f.Aliases, "`, `") + "`"
		}
		if f.APIName != "" {
			cells[2] = "`" + f.APIName + "`"
		}
		requireIn(t, text, "\n| "+strings.Join(cells, " | ")+" | ")
	}
}

func TestReadmeExplainsEveryFirstWord(t *testing.T) {
	t.Parallel()
	words := found(`(?m)^\tfirst[A-Z]\w+ += "(.+)"$`, sources(t, false))
	require.Greater(t, len(words), 8)
	text := readme(t)
	for _, w := range words {
		requireIn(t, text, "\n| **"+w+"** | ")
	}
}

func TestReadmeNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	tests := sources(t, true)
	names := found(`\bTest[A-Z]\w+`, readme(t))
	require.Greater(t, len(names), 20)
	for _, name := range names {
		requireIn(t, tests, "func "+name+"(t *testing.T) {")
	}
	for promise := range 8 {
		row := found(`(?m)^\| `+strconv.Itoa(promise+1)+`\. .*$`, readme(t))
		require.Len(t, row, 1)
		require.Regexp(t, "`Test[A-Z]", row[0], "a promise without a test")
	}
}

func TestReadmeNamesMetricsThatExist(t *testing.T) {
	t.Parallel()
	code := sources(t, false)
	names := found(`\blbbot_[a-z_]+`, readme(t))
	require.Greater(t, len(names), 12)
	for _, name := range names {
		short := strings.TrimPrefix(name, "lbbot_slack_")
		if short == name {
			requireIn(t, code, `Name: "`+name+`"`)
			continue
		}
		require.NotEmpty(t, found(`(gauge|counters?)\("`+short+`"`, code), name)
	}
}

func TestReadmeNamesFilesThatExist(t *testing.T) {
	t.Parallel()
	text := readme(t)
	paths := append(found(`\]\(([^):#]+)\)`, text), found("`((?:bot|cmd|commands|deploy|zenlayer)(?:/[\\w.*-]+)+|\\.ci/run)`", text)...)
	require.Greater(t, len(paths), 15)
	for _, p := range paths {
		hits, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(p)))
		require.NoError(t, err)
		require.NotEmpty(t, hits, p)
	}
	headings := found(`(?m)^#+ (.+)$`, text)
	for _, anchor := range found(`\]\(#([a-z0-9-]+)\)`, text) {
		require.True(t, slices.ContainsFunc(headings, func(h string) bool {
			return strings.ReplaceAll(strings.ToLower(h), " ", "-") == anchor
		}), "no heading for #%s", anchor)
	}
	picture, err := os.Stat(filepath.Join(repository, "deploy", "sandbox.png"))
	require.NoError(t, err)
	require.Less(t, picture.Size(), int64(400_000))
}

func TestReadmePolicyIsGood(t *testing.T) {
	t.Parallel()
	samples := fenced("cedar", readme(t))
	require.NotEmpty(t, samples)
	for _, s := range samples {
		set, err := policy.Parse("README.md", []byte(s))
		require.NoError(t, err)
		require.Empty(t, set.Warnings())
	}
}
