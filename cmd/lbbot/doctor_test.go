package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/doctor"
)

// examined runs lbbot doctor --json and returns its report.
func examined(t *testing.T, env map[string]string, args ...string) (code int, r doctor.Report, said string) {
	t.Helper()
	code, out, said := runs(t, env, append([]string{"doctor", "--json"}, args...)...)
	require.NoError(t, json.Unmarshal([]byte(out), &r), out+said)
	return code, r, out + said
}

func TestDoctorIsGreenInTheSandbox(t *testing.T) {
	o := standIns(t)
	policy := filepath.Join(t.TempDir(), "policy.cedar")
	require.NoError(t, os.WriteFile(policy, sandboxPolicy, 0o600))
	code, r, said := examined(t, o.env, "--policy", policy, "--connect", "--admin-addr", "",
		"--database", "sqlite:"+filepath.Join(t.TempDir(), "lbbot.db"))
	require.Equal(t, exitFine, code, said)
	require.Equal(t, doctor.OK, r.Verdict, said)
	for _, c := range r.Checks {
		require.Contains(t, []doctor.Verdict{doctor.OK, doctor.NotChecked}, c.Verdict, "%+v", c)
	}
}
