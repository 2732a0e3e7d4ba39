package bot

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// top is the repository, seen from this package.
const top = ".."

// arrows are all imports of our own packages that are allowed. Down the path
// of a request
//
//	cmd/lbbot → bot → {slackapp, engine, journal, policy} → {operation/intake, operation/runner,
//	operation/history, operation/suggest, operation/sweep, operation/catalog, audit} → operation → commands → zenlayer
//
// a room may be skipped, but nothing climbs and siblings do not know each
// other. To change this map is to change the design: say why in the commit.
func arrows() map[string][]string {
	return map[string][]string{
		"cmd/lbbot": {
			"bot", "bot/doctor", "bot/slackapp/manifest", "bot/engine", "bot/journal", "bot/policy", "bot/audit",
			"bot/operation",
			"commands", "zenlayer",
			"bot/policy/rules",                                         // for policy check
			"bot/policy/cases",                                         // for policy test
			"bot/sandbox", "bot/sandbox/page", "zenlayer/zenlayertest", // for the sandbox command
			"bot/sandbox/control", "bot/sandbox/story",
			"bot/slackapp/render/examples", "bot/sandbox/blockkit", // for the blocks command
			"bot/bench", "bot/bench/process", // for the bench command and the sandbox's bot
		},
		"bot": {
			"bot/slackapp", "bot/engine", "bot/journal", "bot/policy", "bot/audit", "bot/operation", "bot/health",
			"bot/doctor", "bot/rotation",
			"bot/operation/intake", "bot/operation/suggest", "bot/operation/runner", "bot/operation/sweep",
			"bot/operation/catalog", "bot/operation/history",
			"commands", "zenlayer",
			"bot/slackapp/socket", // it wires the connections
			"bot/slackapp/web", "bot/slackapp/board",
			"bot/slackapp/render", // for lbbot operations show
			"bot/slackapp/render/trail",
			"bot/slackapp/render/home", // the state of the bot, for its owners
		},
		"bot/doctor": { // it asks what the parts of the bot would ask
			"bot/slackapp/web", "bot/slackapp/socket", "bot/slackapp/manifest", "bot/journal", "bot/policy",
			"bot/policy/rules", "bot/operation", "bot/health", "zenlayer",
		},
		"bot/slackapp": {
			"bot/slackapp/memory", "bot/slackapp/home", "bot/slackapp/render/home",
			"bot/slackapp/board", "bot/slackapp/web", "bot/slackapp/delivery", "bot/slackapp/socket",
			"bot/slackapp/render", "bot/slackapp/render/card", "bot/slackapp/render/private",
			"bot/slackapp/render/form", "bot/slackapp/render/trail",
			"bot/operation/history", "bot/operation/intake", "bot/operation/suggest", "bot/operation",
			"commands/alert", "commands", "zenlayer",
		},
		"bot/slackapp/delivery": {
			"bot/slackapp/socket", "bot/slackapp/render", "bot/slackapp/render/form", "bot/operation",
		},
		"bot/slackapp/memory": {"bot/slackapp/render/form", "commands"},
		"bot/slackapp/home": {
			"bot/slackapp/render", "bot/slackapp/render/home", "bot/operation/history", "bot/operation",
		},
		"bot/slackapp/board": {
			"bot/slackapp/web", "bot/slackapp/render", "bot/slackapp/render/card", "bot/slackapp/render/trail",
			"bot/operation", "commands", "zenlayer",
		},
		"bot/slackapp/web": {
			"bot/slackapp/socket", "bot/slackapp/render", "bot/operation", "commands", "zenlayer",
		},
		"bot/slackapp/render": {
			"bot/operation/intake", "bot/operation", "commands", "zenlayer",
		},
		"bot/slackapp/render/card": {"bot/slackapp/render", "bot/operation"},
		"bot/slackapp/render/private": {
			"bot/slackapp/render/card", "bot/slackapp/render/form", "bot/slackapp/render/trail", "bot/slackapp/render",
			"bot/operation/history", "bot/operation/intake", "bot/operation", "commands", "zenlayer",
		},
		"bot/slackapp/render/home": {
			"bot/slackapp/render", "bot/slackapp/render/private", "bot/slackapp/render/card",
			"bot/slackapp/render/form", "bot/operation/history", "bot/operation",
		},
		"bot/slackapp/render/form": {
			"bot/slackapp/render", "bot/operation/intake", "bot/operation/suggest", "bot/operation", "commands",
			"zenlayer",
		},
		"bot/slackapp/render/trail": {"bot/slackapp/render", "bot/operation"},
		"bot/slackapp/render/examples": { // examples for tests and lbbot blocks
			"bot/slackapp/render/home",
			"bot/slackapp/render", "bot/slackapp/render/card", "bot/slackapp/render/private",
			"bot/slackapp/render/form", "bot/slackapp/render/trail", "bot/operation/history", "bot/operation/intake",
			"bot/operation/suggest",
			"bot/operation", "commands", "zenlayer",
		},
		"bot/slackapp/socket":   {},
		"bot/slackapp/manifest": {"commands"},
		"bot/engine":            {"bot/operation", "commands", "zenlayer"},
		"bot/journal": {"bot/journal/internal/prepared", "bot/journal/internal/query", "bot/journal/internal/packed",
			"bot/journal/internal/timing", "bot/journal/internal/advice", "bot/journal/internal/login",
			"bot/journal/internal/sqlitefile",
			"bot/audit", "bot/operation",
			"bot/operation/history", "commands", "zenlayer"},
		"bot/journal/internal/query":      {"bot/journal/internal/packed"},
		"bot/journal/internal/packed":     {},
		"bot/journal/internal/advice":     {},
		"bot/journal/internal/login":      {},
		"bot/journal/internal/sqlitefile": {},
		"bot/journal/internal/timing":     {"bot/journal/internal/query"},
		"bot/journal/internal/prepared":   {"bot/journal/internal/query"},
		"bot/journal/journaltest":         {}, // a PostgreSQL for tests
		"bot/policy": {"bot/filewatch", "bot/policy/rules", "bot/operation", "commands",
			"zenlayer"},
		"bot/filewatch":    {},
		"bot/rotation":     {"bot/filewatch", "zenlayer"},
		"bot/policy/rules": {"bot/policy/lex", "bot/policy/lint", "bot/operation", "commands"},
		"bot/policy/lint":  {"bot/operation"}, // the actions
		"bot/policy/lex":   {},
		// decisions written down, asked of the gate
		"bot/policy/cases": {"bot/policy", "bot/policy/rules", "bot/operation", "zenlayer"},
		// hashes, which the journal computes as it stores
		"bot/health": {}, "deploy/check/container": {}, // the latter in a Go module of its own
		"bot/audit":            {"bot/operation"},
		"bot/operation":        {"commands", "zenlayer"},
		"bot/operation/intake": {"bot/operation", "commands", "zenlayer"},
		// the errors and the look-ups of the gate that admits people
		"bot/operation/history": {"bot/operation/intake", "bot/operation", "commands", "zenlayer"},
		"bot/operation/suggest": {"bot/operation", "commands/alert", "commands", "zenlayer"},
		"bot/operation/runner":  {"bot/operation", "commands", "zenlayer"},
		"bot/operation/sweep":   {"bot/operation"},
		"bot/operation/catalog": {"bot/operation", "commands", "zenlayer"},
		"bot/bench":             {"bot/bench/process", "bot/bench/stage", "bot/journal/journaltest"},
		"bot/bench/process":     {},
		"bot/bench/loop":        {"zenlayer"}, // a program of its own
		"bot/bench/stage":       {"bot/sandbox", "zenlayer", "zenlayer/zenlayertest"},
		"bot/sandbox":           {"bot/sandbox/blockkit", "bot/sandbox/socket", "bot/sandbox/webapi"},
		"bot/sandbox/blockkit":  {},
		"bot/sandbox/socket":    {},
		"bot/sandbox/webapi":    {"bot/sandbox/blockkit"}, // reads JSON as it does
		"bot/sandbox/page":      {"bot/sandbox/control", "bot/sandbox/story", "bot/sandbox", "bot/sandbox/blockkit"},
		// it makes both stand-ins fail
		"bot/sandbox/control": {"bot/sandbox", "bot/sandbox/blockkit", "zenlayer/zenlayertest"},
		"bot/sandbox/story": {"bot/sandbox", "bot/sandbox/blockkit", "bot/sandbox/control",
			"zenlayer/zenlayertest"},
		"bot/bench/parts":       {}, // for .ci/run
		"commands/alert":        {"commands"},
		"commands":              {"zenlayer"},
		"zenlayer":              {},
		"zenlayer/zenlayertest": {"zenlayer"},
	}
}

// standIns may be used by every test, besides what its room may import.
func standIns() []string {
	return []string{"bot/sandbox", "bot/sandbox/blockkit", "bot/sandbox/socket", "zenlayer/zenlayertest",
		"bot/journal/journaltest",
		"bot/operation/catalog", // the lists of the form, read from zenlayertest
		"bot/slackapp/render/examples"}
}

// homes says which rooms may import a library or a part of the standard
// library; what is not named here may be used everywhere. Tests are free.
func homes() map[string][]string {
	return map[string][]string{
		"github.com/slack-go/slack": {"bot/slackapp", "bot/slackapp/delivery", "bot/slackapp/web",
			"bot/slackapp/render", "bot/slackapp/render/card", "bot/slackapp/render/private",
			"bot/slackapp/render/form", "bot/slackapp/render/trail", "bot/slackapp/render/examples",
			"bot/slackapp/render/home", "bot/slackapp/home",
			"bot/bench/loop"}, // a bare bot to compare with
		"github.com/gorilla/websocket":     {"bot/slackapp/socket", "bot/sandbox/socket"},
		"github.com/cedar-policy/cedar-go": {"bot/policy", "bot/policy/rules", "bot/policy/lint"},
		"github.com/fsnotify/fsnotify":     {"bot/filewatch"},
		"modernc.org/sqlite":               {"bot/journal", "bot/journal/internal/advice"},
		"github.com/jackc/pgx": {"bot/journal", "bot/journal/internal/advice",
			"bot/journal/internal/login", "bot/journal/journaltest"},
		"github.com/pressly/goose":      {"bot/journal"},
		"github.com/gofrs/flock":        {"bot/journal"},
		"github.com/klauspost/compress": {"bot/journal/internal/packed"},
		"database/sql": {"bot/journal", "bot/journal/internal/prepared", "bot/journal/internal/query",
			"bot/journal/internal/packed", "bot/journal/internal/timing", "bot/journal/internal/sqlitefile",
			"bot/journal/journaltest"},
		"github.com/spf13/cobra":   {"cmd/lbbot"},
		"github.com/goccy/go-yaml": {"bot", "bot/policy/cases", "bot/sandbox/control", "bot/slackapp/manifest"},
		"github.com/caarlos0/env":  {"bot"},
		"github.com/prometheus/client_golang": except("commands", "zenlayer", "zenlayer/zenlayertest", "bot/sandbox",
			"bot/sandbox/page", "bot/sandbox/blockkit", "bot/sandbox/control", "bot/sandbox/socket",
			"bot/sandbox/webapi", "bot/slackapp/render", "bot/slackapp/render/card",
			"bot/slackapp/render/private"),
		"go.uber.org/zap": except("commands", "zenlayer", "zenlayer/zenlayertest", "bot/sandbox",
			"bot/sandbox/blockkit", "bot/sandbox/control", "bot/sandbox/socket",
			"bot/sandbox/webapi", "bot/slackapp/render", "bot/slackapp/render/card",
			"bot/slackapp/render/private"),
		"github.com/stretchr/testify": {},
		"testing":                     {},
		"net/http": {"cmd/lbbot", "bot", "bot/slackapp/web", "bot/slackapp/socket",
			"bot/sandbox", "bot/sandbox/control", "bot/sandbox/page", "bot/sandbox/socket", "bot/sandbox/webapi",
			"zenlayer", "zenlayer/zenlayertest", "bot/bench", "bot/bench/stage"},
		"os": except("commands", "zenlayer", "bot/operation", "bot/operation/intake", "bot/operation/runner",
			"bot/operation/suggest", "bot/operation/sweep", "bot/operation/catalog", "bot/operation/history",
			"bot/slackapp", "bot/slackapp/socket", "bot/slackapp/render", "bot/slackapp/render/card",
			"bot/slackapp/render/private"),
		"context": except("commands", "bot/sandbox/blockkit", "bot/slackapp/render",
			"bot/slackapp/render/card", "bot/slackapp/render/private"),
		"time": except("commands", "bot/sandbox/blockkit"),
		"net": except("commands", "bot/operation", "bot/operation/intake", "bot/operation/runner",
			"bot/operation/suggest", "bot/operation/sweep", "bot/operation/catalog"),
		"syscall": except("commands", "zenlayer", "bot/operation", "bot/operation/intake", "bot/operation/runner",
			"bot/operation/suggest", "bot/operation/sweep", "bot/operation/catalog"),
		"math/rand":                            {},
		"github.com/slack-go/slack/socketmode": {"bot/bench/loop"},
	}
}

// except is every room but some.
func except(some ...string) []string {
	var rooms []string
	for room := range arrows() {
		if !slices.Contains(some, room) {
			rooms = append(rooms, room)
		}
	}
	return rooms
}

// imports of one package, as import paths.
type imports struct {
	code  []string // of files that are built
	tests []string // of _test.go files
}

// broken returns a sentence for each import that the maps do not allow.
func broken(packages map[string]imports) []string {
	var faults []string
	allowed := arrows()
	for room, i := range packages {
		if _, ok := allowed[room]; !ok {
			faults = append(faults, room+" is a new room: give it a place in the map")
			continue
		}
		for _, p := range i.code {
			if ours, ok := strings.CutPrefix(p, "lbbot/"); ok {
				if !slices.Contains(allowed[room], ours) {
					faults = append(faults, fmt.Sprintf("%s must not import %s", room, ours))
				}
			} else if !mayUse(room, p) {
				faults = append(faults, fmt.Sprintf("%s must not import %s", room, p))
			}
		}
		for _, p := range i.tests {
			ours, ok := strings.CutPrefix(p, "lbbot/")
			inside := strings.HasPrefix(ours, room+"/") // the tests of operation follow requests through intake
			if ok && ours != room && !inside && !slices.Contains(allowed[room], ours) &&
				!slices.Contains(standIns(), ours) {
				faults = append(faults, fmt.Sprintf("the tests of %s must not import %s", room, ours))
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// mayUse asks the longest prefix of library that homes knows.
func mayUse(room, library string) bool {
	rules := homes()
	for p := library; p != "." && p != "/"; p = path.Dir(p) {
		if p != library && !strings.Contains(p, ".") {
			break // net says nothing about net/netip
		}
		if rooms, ok := rules[p]; ok {
			return slices.Contains(rooms, room)
		}
	}
	return true
}

// source is one parsed Go file.
type source struct {
	name string // relative to the repository, with slashes
	file *ast.File
	test bool
}

// parsed holds every Go file of the repository, parsed once for all tests.
var parsed = sync.OnceValues(func() (repository, error) {
	r := repository{files: token.NewFileSet()}
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != top && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(r.files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(top, name)
		r.sources = append(r.sources, source{filepath.ToSlash(relative), f, strings.HasSuffix(name, "_test.go")})
		return err
	})
	return r, err
})

// repository is every Go file, with the positions of what is in them.
type repository struct {
	sources []source
	files   *token.FileSet
}

// sources returns every Go file of the repository.
func sources(t *testing.T) ([]source, *token.FileSet) {
	t.Helper()
	r, err := parsed()
	require.NoError(t, err)
	require.Greater(t, len(r.sources), 100, "the walk must have found the repository")
	return r.sources, r.files
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	packages := map[string]imports{}
	all, _ := sources(t)
	for _, s := range all {
		room := path.Dir(s.name)
		i := packages[room]
		for _, spec := range s.file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if s.test {
				i.tests = append(i.tests, p)
			} else {
				i.code = append(i.code, p)
			}
		}
		packages[room] = i
	}
	require.Empty(t, broken(packages))
	for room := range arrows() {
		require.Contains(t, packages, room, "a room that is gone has no place in the map")
	}
}

func TestAnArrowAddedOnPurposeIsReported(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		room    string
		imports imports
		fault   string // empty: allowed
	}{
		"a room may import the next one":        {"bot/journal", imports{code: []string{"lbbot/bot/operation"}}, ""},
		"a room may be skipped on the way down": {"bot/slackapp", imports{code: []string{"lbbot/zenlayer"}}, ""},
		"nothing climbs": {"bot/operation", imports{code: []string{"lbbot/bot/journal"}},
			"bot/operation must not import bot/journal"},
		"nothing climbs to the top": {"zenlayer", imports{code: []string{"lbbot/bot"}},
			"zenlayer must not import bot"},
		"siblings do not know each other": {"bot/slackapp", imports{code: []string{"lbbot/bot/journal"}},
			"bot/slackapp must not import bot/journal"},
		"a sibling's part is as far as a sibling": {"bot/engine", imports{code: []string{"lbbot/bot/slackapp/socket"}},
			"bot/engine must not import bot/slackapp/socket"},
		"the journal's inside is its own": {"bot", imports{code: []string{"lbbot/bot/journal/internal/query"}},
			"bot must not import bot/journal/internal/query"},
		"the sandbox imports nothing of ours": {"bot/sandbox", imports{code: []string{"lbbot/commands"}},
			"bot/sandbox must not import commands"},
		"the program does not know the sandbox": {"bot", imports{code: []string{"lbbot/bot/sandbox"}},
			"bot must not import bot/sandbox"},
		"the program does not know the other one": {"bot/operation",
			imports{code: []string{"lbbot/zenlayer/zenlayertest"}},
			"bot/operation must not import zenlayer/zenlayertest"},
		"tests may use both stand-ins": {"bot/journal",
			imports{tests: []string{"lbbot/bot/sandbox", "lbbot/zenlayer/zenlayertest"}}, ""},
		"tests do not climb either": {"commands", imports{tests: []string{"lbbot/bot"}},
			"the tests of commands must not import bot"},
		"tests outside a package may import it": {"bot/policy", imports{tests: []string{"lbbot/bot/policy"}}, ""},
		"tests may import the rooms inside theirs": {"bot/operation",
			imports{tests: []string{"lbbot/bot/operation/intake"}}, ""},
		"the program does not climb out of a room": {"bot/operation",
			imports{code: []string{"lbbot/bot/operation/intake"}},
			"bot/operation must not import bot/operation/intake"},
		"a new room needs a place": {"bot/util", imports{},
			"bot/util is a new room: give it a place in the map"},
		"only the edge knows Slack's library": {"bot/operation",
			imports{code: []string{"github.com/slack-go/slack"}},
			"bot/operation must not import github.com/slack-go/slack"},
		"nor a part of it": {"bot/sandbox",
			imports{code: []string{"github.com/slack-go/slack/slackevents"}},
			"bot/sandbox must not import github.com/slack-go/slack/slackevents"},
		"the edge uses a connection of its own": {"bot/slackapp",
			imports{code: []string{"github.com/slack-go/slack/socketmode"}},
			"bot/slackapp must not import github.com/slack-go/slack/socketmode"},
		"tests may use Slack's library": {"bot/sandbox",
			imports{tests: []string{"github.com/slack-go/slack"}}, ""},
		"the engine knows no database": {"bot/engine", imports{code: []string{"github.com/jackc/pgx/v5"}},
			"bot/engine must not import github.com/jackc/pgx/v5"},
		"only policy knows Cedar": {"bot/slackapp",
			imports{code: []string{"github.com/cedar-policy/cedar-go/types"}},
			"bot/slackapp must not import github.com/cedar-policy/cedar-go/types"},
		"drivers stay with the journal": {"bot", imports{code: []string{"modernc.org/sqlite"}},
			"bot must not import modernc.org/sqlite"},
		"whatever the version": {"bot/policy",
			imports{code: []string{"github.com/jackc/pgx/v5/stdlib"}},
			"bot/policy must not import github.com/jackc/pgx/v5/stdlib"},
		"what can be asked needs no clock": {"commands", imports{code: []string{"time"}},
			"commands must not import time"},
		"what can be asked needs no network": {"commands", imports{code: []string{"net"}},
			"commands must not import net"},
		"what can be asked needs no HTTP": {"commands", imports{code: []string{"net/http"}},
			"commands must not import net/http"},
		"what can be asked needs no files": {"commands", imports{code: []string{"os"}},
			"commands must not import os"},
		"what can be asked needs no context": {"commands", imports{code: []string{"context"}},
			"commands must not import context"},
		"what can be asked may know addresses": {"commands", imports{code: []string{"net/netip", "strings"}}, ""},
		"no room of the program uses test helpers": {"zenlayer/zenlayertest",
			imports{code: []string{"github.com/stretchr/testify/require"}},
			"zenlayer/zenlayertest must not import github.com/stretchr/testify/require"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			if test.fault != "" {
				want = []string{test.fault}
			}
			require.Equal(t, want, broken(map[string]imports{test.room: test.imports}))
		})
	}
}

func TestTheTopLevelIsFixed(t *testing.T) {
	t.Parallel()
	allowed := []string{"go.mod", "go.sum", "cmd", "bot", "commands", "zenlayer", "deploy", "README.md", "LICENSE",
		"CHANGELOG.md", "SECURITY.md"}
	entries, err := os.ReadDir(top)
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !ignored(t, e.Name()) {
			require.Contains(t, allowed, e.Name())
		}
	}
}

// ignored reports whether .gitignore names an entry of the top level: what
// running the program leaves behind is not part of the repository.
func ignored(t *testing.T, name string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, ".gitignore"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if ok, _ := path.Match(strings.Trim(strings.TrimSpace(line), "/"), name); ok {
			return true
		}
	}
	return false
}

func TestNothingRunsBeforeMainAndNoTestSleeps(t *testing.T) {
	t.Parallel()
	all, files := sources(t)
	for _, s := range all {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				require.False(t, n.Recv == nil && n.Name.Name == "init", "%s: an init function",
					files.Position(n.Pos()))
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				require.False(t, s.test && ok && x.Name == "time" && n.Sel.Name == "Sleep",
					"%s: a test sleeps: wait for a condition, or use testing/synctest", files.Position(n.Pos()))
			}
			return true
		})
	}
}

func TestFilesStayDocumented(t *testing.T) {
	t.Parallel()
	all, _ := sources(t)
	documented := map[string]bool{}
	for _, s := range all {
		room := path.Dir(s.name)
		documented[room] = documented[room] || !s.test && s.file.Doc != nil
	}
	for room, ok := range documented {
		require.True(t, ok || strings.Contains(room, "/internal/"), "%s has no package comment", room)
	}
}
