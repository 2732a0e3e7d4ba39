package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func keepsChoices(t *testing.T, s *Store) {
	now := clock()
	s.now = func() time.Time { return now }
	kept := func(key string) bool {
		person, data, err := s.KeptChoices(t.Context(), key)
		if err != nil {
			require.ErrorIs(t, err, operation.ErrNotFound)
			return false
		}
		require.Equal(t, "T1/U"+key[:1], person)
		require.JSONEq(t, `{"of":"`+key+`"}`, string(data))
		return true
	}
	keep := func(key string) {
		require.NoError(t, s.KeepChoices(t.Context(), key, "T1/U"+key[:1], []byte(`{"of":"`+key+`"}`)))
	}
	require.False(t, kept("1-none"))
	keep("1-first")
	keep("2-other")
	require.True(t, kept("1-first"))
	for i := range choicesPerson {
		now = now.Add(time.Second)
		keep(fmt.Sprintf("1-%d", i))
	}
	require.False(t, kept("1-first"), "of one person the last are kept")
	require.True(t, kept("1-0"))
	require.True(t, kept("2-other"), "another person's are apart")

	now = clock().Add(keepChoices)
	require.False(t, kept("2-other"), "an hour is over")
	require.True(t, kept("1-19"))
	keep("3-new")
	var rows int
	require.NoError(t, s.db.QueryRow("select count(*) from kept_choices").Scan(&rows))
	require.Equal(t, choicesPerson+1, rows, "what is over is deleted with the next one")
	now = now.Add(2 * keepChoices)
	_, err := s.Prune(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, s.db.QueryRow("select count(*) from kept_choices").Scan(&rows))
	require.Zero(t, rows, "and by the janitor")
}
