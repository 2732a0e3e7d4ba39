package slackapp

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func encode(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := examples.Encode(v)
	require.NoError(t, err)
	return raw
}

func encodeMessage(t *testing.T, m render.Message) []byte {
	t.Helper()
	raw, err := examples.EncodeMessage(m)
	require.NoError(t, err)
	return raw
}

// golden compares with the stored file, and keeps what is written down valid
// for Slack at the same time.
func golden(t *testing.T, name string, raw []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".json")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, raw, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the tests once with -update")
	require.Equal(t, string(want), string(raw))
}

func requireMessage(t *testing.T, m render.Message) {
	t.Helper()
	for _, e := range blockkit.ValidateMessage(encodeMessage(t, m)) {
		t.Errorf("Slack would refuse it: %v", e)
	}
	require.NotEmpty(t, m.Text)
	require.NotEmpty(t, m.Blocks)
	require.LessOrEqual(t, len([]rune(m.Text)), 4000)
	require.NotContains(t, m.Text, "\n", "the fallback is one line")
}

func requireView(t *testing.T, v slack.ModalViewRequest) {
	t.Helper()
	for _, e := range blockkit.ValidateView(encode(t, v)) {
		t.Errorf("Slack would refuse it: %v", e)
	}
}

func TestMessagesReadAsWritten(t *testing.T) {
	t.Parallel()
	for name, m := range examples.Messages(examples.Names{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, encodeMessage(t, m))
			requireMessage(t, m)
		})
	}
}

func TestViewsReadAsWritten(t *testing.T) {
	t.Parallel()
	for name, v := range examples.Views(examples.Names{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "view_"+name, encode(t, v))
			requireView(t, v)
		})
	}
	for name, v := range examples.Homes(examples.Names{}) {
		raw := encode(t, v)
		golden(t, "view_home_"+name, raw)
		require.Empty(t, blockkit.ValidateView(raw), name)
	}
	for name, v := range examples.Options(examples.Names{}) {
		golden(t, "options_"+name, encode(t, v))
	}
}

func TestEveryGoldenFileBelongsToATest(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for name := range examples.Messages(examples.Names{}) {
		known[name+".json"] = true
	}
	for name := range examples.Options(examples.Names{}) {
		known["options_"+name+".json"] = true
	}
	for name := range examples.Views(examples.Names{}) {
		known["view_"+name+".json"] = true
	}
	for name := range examples.Homes(examples.Names{}) {
		known["view_home_"+name+".json"] = true
	}
	files, err := os.ReadDir(filepath.Join("testdata", "golden"))
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, known[f.Name()], "%s is left over", f.Name())
	}
}

func approvalWording() render.Wording { return examples.ApprovalWording() }

func fixedWording() render.Wording { return examples.Wording() }

// A card or form that is not in the list of examples is checked by no test and written by no lbbot blocks.
func TestEveryRenderingFunctionIsInTheListOfMessages(t *testing.T) {
	t.Parallel()
	parts := map[string]string{"render.Ephemeral": "frames an answer", "private.Answer": "frames an answer",
		"form.Modal": "frames a view", "form.NoticeView": "frames a view"}
	used := map[string]bool{}
	for _, file := range parse(t, "examples") {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				used[types(s)] = true
			}
			return true
		})
	}
	found := 0
	for _, dir := range []string{".", "card", "private", "form", "trail", "home"} {
		for _, file := range parse(t, dir) {
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Recv != nil || !f.Name.IsExported() || !shown(f) {
					continue
				}
				found++
				name := file.Name.Name + "." + f.Name.Name
				require.True(t, used[name] || parts[name] != "", "%s: add what it returns to examples", name)
			}
		}
	}
	require.Greater(t, found, 40, "the functions must have been found")
}

// parse parses the files of a package of render that are not tests.
func parse(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("render", dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, names, dir)
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// shown reports whether a function returns what Slack shows.
func shown(f *ast.FuncDecl) bool {
	if f.Type.Results == nil {
		return false
	}
	for _, r := range f.Type.Results.List {
		switch types(r.Type) {
		case "Message", "render.Message", "slack.ModalViewRequest", "slack.HomeTabViewRequest", "any":
			return true
		}
	}
	return false
}

// types returns the words of a type or a selector: render.Message.
func types(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return types(x.X) + "." + x.Sel.Name
	case *ast.StarExpr:
		return types(x.X)
	}
	return ""
}
