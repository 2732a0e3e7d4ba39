package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLoginChangesForNewConnectionsOnly(t *testing.T) {
	t.Parallel()
	address := postgresURL(t)
	s := openPostgres(t, address)
	role := fmt.Sprintf("lbbot_%d", time.Now().UnixNano())
	admin, err := sql.Open("pgx", address)
	require.NoError(t, err)
	_, err = admin.ExecContext(t.Context(), "create role "+role+" superuser login")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.ExecContext(context.Background(), "drop role "+role)
		require.NoError(t, errors.Join(err, admin.Close()))
	})
	other, err := url.Parse(address)
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		user *url.Userinfo
		path string
		why  string
	}{
		"a role that does not exist": {url.UserPassword(role+"x", "hunter2"), other.Path, "does not exist"},
		"another database":           {url.UserPassword(role, "hunter2"), "/another", "in more than user and password"},
	} {
		next := *other
		next.User, next.Path = tt.user, tt.path
		err := s.UseLogin(t.Context(), next.String())
		require.ErrorContains(t, err, tt.why, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
	require.ErrorContains(t, s.UseLogin(t.Context(), "postgres://[hunter2"), "not a valid postgres:// URL")

	user := func() (name string) {
		require.NoError(t, s.db.QueryRowContext(t.Context(), "select current_user").Scan(&name))
		return name
	}
	before := user()
	other.User = url.User(role)
	require.NoError(t, s.UseLogin(t.Context(), other.String()))
	require.Equal(t, before, user(), "open connections stay")
	s.db.SetMaxIdleConns(0) // closes them
	require.Equal(t, role, user())
	conn, err := s.listening(t.Context())
	require.NoError(t, err)
	require.Equal(t, role, conn.Config().User)
	require.NoError(t, conn.Close(t.Context()))
}
