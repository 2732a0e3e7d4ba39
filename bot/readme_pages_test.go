package bot_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/commands"
)

// metricNames are the metrics that the code has.
func metricNames(t *testing.T) []string {
	t.Helper()
	code := sources(t, false)
	var metrics []string
	for _, name := range found(`(?:Name: +|NewDesc\()"(lbbot_[a-z_]+)"`, code) {
		if !strings.HasSuffix(name, "_") { // a prefix, completed by the next pattern
			metrics = append(metrics, name)
		}
	}
	for _, short := range found(`(?:gauge|counters?)\("([a-z_]+)"`, code) {
		metrics = append(metrics, "lbbot_slack_"+short)
	}
	slices.Sort(metrics)
	return slices.Compact(metrics)
}

func TestReadmeAndPagesNameEveryMetric(t *testing.T) {
	t.Parallel()
	metrics := metricNames(t)
	require.Greater(t, len(metrics), 20)
	text := manual(t)
	cells := found("(?m)^\\| (`lbbot_.*?) \\| ", pageOf(t, "operating.md"))
	for _, name := range metrics {
		require.True(t, slices.ContainsFunc(cells, func(cell string) bool {
			return regexp.MustCompile("`" + name + "[`{]").MatchString(cell)
		}), "operating.md has no row for %s", name)
	}
	for _, name := range found(`\blbbot_[a-z_]+`, text) {
		require.Contains(t, metrics, name, "a page names a metric that does not exist")
	}
}

func TestReadmeAndPagesExplainEveryWarningAndErrorOfTheLog(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	err := filepath.WalkDir(filepath.Join(repository, "bot"), func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == "sandbox" {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	})
	require.NoError(t, err)
	lines := found(`(?i)\blog\.(?:Error|Warn)\("([^"]+)"`, code.String())
	require.Greater(t, len(lines), 50)
	explained := found("(?m)^#### `(.+)`$", pageOf(t, "runbook.md"))
	for _, line := range lines {
		require.True(t, slices.Contains(explained, line), "runbook.md has no heading for the line of the log: %s", line)
	}
	for _, line := range explained {
		require.True(t, slices.Contains(lines, line), "runbook.md explains a line that lbbot does not write: %s", line)
	}
}

// anchors are the headings of a page as links name them.
func anchors(text string) []string {
	var all []string
	for _, heading := range found(`(?m)^#+ (.+)$`, text) {
		kept := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(heading), "")
		all = append(all, strings.ReplaceAll(kept, " ", "-"))
	}
	return all
}

func TestReadmeAndPagesLinkToWhatExists(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		named := anchors(p.text)
		unique := slices.Compact(slices.Sorted(slices.Values(named)))
		require.Len(t, unique, len(named), "two headings of %s have one anchor", p.path)
		for _, link := range found(`\]\(([^)]+)\)`, p.text) {
			if strings.Contains(link, "://") {
				continue
			}
			to, anchor, _ := strings.Cut(link, "#")
			target := p.path
			if to != "" {
				target = filepath.Join(filepath.Dir(p.path), filepath.FromSlash(to))
			}
			text, err := os.ReadFile(target)
			require.NoError(t, err, "%s links to %s", p.path, link)
			if anchor != "" {
				require.Contains(t, anchors(string(text)), anchor, "%s links to %s", p.path, link)
			}
		}
		for _, path := range found("`((?:bot|cmd|commands|deploy|zenlayer)(?:/[\\w.*-]+)+|\\.ci/run)`", p.text) {
			hits, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(path)))
			require.NoError(t, err)
			require.NotEmpty(t, hits, "%s names %s", p.path, path)
		}
	}
}

func TestReadmeLinksToEveryPage(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for _, p := range all[1:] {
		requireIn(t, all[0].text, "(deploy/docs/"+filepath.Base(p.path)+")")
	}
}

func TestReadmeAndPagesAreShort(t *testing.T) {
	t.Parallel()
	for i, p := range pages(t) {
		if i == 0 {
			require.LessOrEqual(t, strings.Count(p.text, "\n"), 150, "lines of the README")
			require.LessOrEqual(t, len(strings.Fields(p.text)), 1500, "words of the README")
		}
		prose := regexp.MustCompile("(?ms)^```.*?^```$|^[|#!][^\n]*$").ReplaceAllString(p.text, "\n")
		for _, paragraph := range regexp.MustCompile(`\n\n+|\n(?:- |\d+\. )`).Split(prose, -1) {
			require.LessOrEqual(t, len(strings.Fields(paragraph)), 90, "words in %s: %s", p.path, paragraph)
		}
	}
}

func TestReadmeAndUsingPageHaveTheRowsOfTheVerbs(t *testing.T) {
	t.Parallel()
	var readme, using []string
	for _, v := range commands.Verbs() {
		usage := strings.ReplaceAll(strings.TrimSpace(commands.Name+" "+v.Usage), "|", `\|`)
		readme = append(readme, "| `"+v.Examples[0]+"` | "+v.Summary+" |")
		using = append(using, "| `"+usage+"` | "+v.Summary+" | "+v.SeenBy+" |")
	}
	rows := "(?m)^(\\| `" + commands.Name + ".*)$"
	require.Equal(t, readme, found(rows, pages(t)[0].text))
	require.Equal(t, using, found(rows, pageOf(t, "using.md")))
}

func TestReadmeAndPagesNameEveryPackage(t *testing.T) {
	t.Parallel()
	listed := found(`(?m)^((?:cmd|bot|commands|zenlayer)[\w/]*) {2,}\S`, fenced("", pageOf(t, "architecture.md"))[0])
	var packages []string
	for _, room := range []string{"cmd", "bot", "commands", "zenlayer"} {
		err := filepath.WalkDir(filepath.Join(repository, room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			files, err := filepath.Glob(filepath.Join(path, "*.go"))
			if len(files) > 0 {
				packages = append(packages, filepath.ToSlash(strings.TrimPrefix(path,
					repository+string(filepath.Separator))))
			}
			return err
		})
		require.NoError(t, err)
	}
	require.ElementsMatch(t, packages, listed, "the packages at the top of architecture.md")
}
