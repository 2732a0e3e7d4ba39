package journal

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func openFile(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{URL: "sqlite:" + path, Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s
}

func openNew(t *testing.T) *Store {
	t.Helper()
	return openFile(t, filepath.Join(t.TempDir(), "lbbot.db"))
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	exercise(t, openNew)
}
