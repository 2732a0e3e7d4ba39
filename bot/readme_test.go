package bot_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	cedar "lbbot/bot/policy/rules"
	"lbbot/commands"
)

// repository is its root, seen from this package.
const repository = ".."

// page is one page of the documentation.
type page struct{ path, text string }

// pages are the README and the pages below deploy/docs.
func pages(t *testing.T) []page {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(repository, "deploy", "docs", "*.md"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), 10, "the glob must have found the pages")
	all := make([]page, 0, len(paths)+1)
	for _, path := range append([]string{filepath.Join(repository, "README.md")}, paths...) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all = append(all, page{path, string(text)})
	}
	return all
}

// manual is the text of all pages, the README first.
func manual(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, p := range pages(t) {
		all.WriteString(p.text + "\n")
	}
	return all.String()
}

// pageOf is the text of one page below deploy/docs.
func pageOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "deploy", "docs", name))
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
	found := strings.Contains(text, part)
	require.True(t, found, "missing: %s", part)
}

func TestReadmeNamesEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	path, err := binary()
	require.NoError(t, err)
	text := manual(t)
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
		require.Contains(t, known, named, "a page names a command that does not exist")
	}
	for _, code := range []string{"0", "1", "2", "3"} {
		requireIn(t, text, "\n| "+code+" | ")
	}
}

func TestReadmeCommandsOfSlackAreAccepted(t *testing.T) {
	t.Parallel()
	text := manual(t)
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
	words := found(`(?m)^\t[fF]irst[A-Z]\w+ += "(.+)"$`, sources(t, false))
	require.Greater(t, len(words), 8)
	text := manual(t)
	for _, w := range words {
		requireIn(t, text, "\n| **"+w+"** | ")
	}
}

func TestReadmeNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	tests := sources(t, true)
	names := found(`\bTest[A-Z]\w+`, manual(t))
	require.Greater(t, len(names), 20)
	for _, name := range names {
		requireIn(t, tests, "func "+name+"(t *testing.T) {")
	}
	promises := strings.Split(pageOf(t, "promises.md"), "\n## ")[1:]
	require.Len(t, promises, 10)
	for i, promise := range promises {
		require.True(t, strings.HasPrefix(promise, strconv.Itoa(i+1)+". "), promise)
		require.Regexp(t, "\n- `Test[A-Z]", promise, "a promise without a test")
	}
}

func TestReadmePolicyIsGood(t *testing.T) {
	t.Parallel()
	samples := fenced("cedar", manual(t))
	require.Greater(t, len(samples), 5)
	for _, s := range samples {
		set, err := cedar.Parse("policy.md", []byte(s))
		require.NoError(t, err)
		require.Empty(t, set.Warnings)
	}
}
