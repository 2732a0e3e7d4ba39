package operation_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// constants returns the values of the constants of a type in this package; of
// an untyped one, those whose names begin with prefix.
func constants(t *testing.T, typed, prefix string) []string {
	t.Helper()
	var values []string
	for _, file := range parsed(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			of := ""
			if id, ok := spec.Type.(*ast.Ident); ok {
				of = id.Name
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || of != typed || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			values = append(values, value)
			return true
		})
	}
	return values
}

func parsed(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

func TestTheListsHaveEveryConstant(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		typed, prefix string
		list          []string
	}{
		"states":       {"State", "", plain(operation.AllStates())},
		"reasons":      {"Reason", "", plain(operation.AllReasons())},
		"evidence":     {"Evidence", "", plain(operation.AllEvidence())},
		"denial codes": {"DenialCode", "", plain(operation.AllDenialCodes())},
		"event kinds":  {"", "Event", operation.AllEventKinds()},
	}
	for name, tt := range tests {
		declared := constants(t, tt.typed, tt.prefix)
		require.NotEmpty(t, declared, name)
		require.ElementsMatch(t, declared, tt.list, name)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(tt.list))), len(tt.list), "no value twice: %s", name)
	}
}

func plain[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
