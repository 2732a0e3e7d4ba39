package journal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// queriesIn returns the statements of the generated code, without comments.
func queriesIn(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "internal/query/queries.sql.go", nil, 0)
	require.NoError(t, err)
	var queries []string
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		if _, statement, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(text, "-- name:") {
			queries = append(queries, strings.TrimSpace(statement))
		}
		return true
	})
	require.Greater(t, len(queries), 15)
	return queries
}
