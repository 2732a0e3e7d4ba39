package operation_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// TestOperationStoredByTheVersionBeforeIsReadAndWrittenUnchanged reads an
// operation as lbbot stored it before the fields of Operation were grouped, with
// a value in every field. Names, nesting and order stay: rows of the journal,
// copies of it in exports, and the journal's own queries depend on them.
func TestOperationStoredByTheVersionBeforeIsReadAndWrittenUnchanged(t *testing.T) {
	t.Parallel()
	stored, err := os.ReadFile("testdata/operation.json")
	require.NoError(t, err)
	var op operation.Operation
	decoder := json.NewDecoder(bytes.NewReader(stored))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&op))
	require.Empty(t, unset("", reflect.ValueOf(op)), "testdata/operation.json has a value for every stored field")

	written, err := json.Marshal(op)
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, stored))
	require.Equal(t, compact.String(), string(written))
}

// unset returns the paths of the stored fields in v that have no value.
func unset(path string, v reflect.Value) (paths []string) {
	switch {
	case v.IsZero():
		return []string{path}
	case v.Kind() == reflect.Pointer:
		return unset(path, v.Elem())
	case v.Kind() == reflect.Slice:
		return unset(path+"[0]", v.Index(0))
	case v.Kind() != reflect.Struct || v.Type().PkgPath() == "time":
		return nil
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		deepest := path == ".Approval.Who.WithApproval" && field.Name == "WithApproval" // it has none itself
		// 0.1 stored none
		later := slices.Contains([]string{"ThreadTS", "NoChannel", "Whole", "Rest", "Entry", "Available",
			"Listed", "Found", "Addition", "Unseen"}, field.Name) ||
			slices.Contains([]string{".Change", ".Calls.StopAt", ".Server.ExpiresAt", ".Target", ".Undoes",
				".Result.TakenBack"}, path+"."+field.Name)
		if field.IsExported() && field.Tag.Get("json") != "-" && !deepest && !later {
			paths = append(paths, unset(path+"."+field.Name, v.Field(i))...)
		}
	}
	return paths
}
