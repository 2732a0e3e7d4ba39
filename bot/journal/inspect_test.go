package journal

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInspectReadsADatabaseBesideItsBot(t *testing.T) {
	t.Parallel()
	file := "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db")
	found, err := Inspect(t.Context(), file)
	require.NoError(t, err)
	require.True(t, found.Absent)
	for name, c := range map[string]struct {
		url  string
		want []Setting
	}{
		"SQLite": {file, []Setting{{Name: "journal_mode", Value: "wal"}}},
		"PostgreSQL": {servers.Database(t), []Setting{{Name: "synchronous_commit", Value: "on"},
			{Name: "fsync", Value: "off", Unsafe: true}, {Name: "full_page_writes", Value: "on"}}}, // for speed
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), Config{URL: c.url})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			if s.PostgresURL() != "" {
				require.NoError(t, s.Join(t.Context(), "a"))
			}
			found, err := Inspect(t.Context(), c.url)
			require.NoError(t, err)
			require.False(t, found.Absent)
			require.Equal(t, found.Known, found.Version)
			require.Positive(t, found.Known)
			require.Equal(t, c.want, found.Settings)
			if found.File == "" {
				require.Equal(t, 1, found.Replicas)
			} else {
				held, err := InUse(found.File)
				require.NoError(t, err)
				require.True(t, held)
			}
		})
	}
}

func TestInspectFindsThatPostgresMayLoseCommits(t *testing.T) {
	t.Parallel()
	found, err := Inspect(t.Context(), servers.Database(t)+"&synchronous_commit=off")
	require.NoError(t, err)
	require.Equal(t, Setting{Name: "synchronous_commit", Value: "off", Unsafe: true}, found.Settings[0])
	require.Zero(t, found.Version)
}
