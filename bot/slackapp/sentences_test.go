package slackapp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEverySentenceIsInRender finds sentences in the packages that only choose
// and deliver messages. Help texts of metrics are not read in Slack.
func TestEverySentenceIsInRender(t *testing.T) {
	t.Parallel()
	sentence := regexp.MustCompile(`^\W*[A-Z].* .* .*[.!?…]$`)
	for _, dir := range []string{".", "board", "web"} {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, names)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if kv, ok := n.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Help" {
						return false
					}
				}
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					text, err := strconv.Unquote(l.Value)
					require.NoError(t, err)
					require.False(t, !strings.Contains(text, "\n") && sentence.MatchString(text), "%s: %s", name, text)
				}
				return true
			})
		}
	}
}
