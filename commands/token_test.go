package commands_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/commands"
)

// made joins the parts of a credential, so that no scanner takes this file for
// one that has any.
func made(parts ...string) string { return strings.Join(parts, "") }

func credentials() map[string]string {
	return map[string]string{
		"a bot token":              made("xo", "xb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy"),
		"a user token":             made("xo", "xp-1234-5678-abcd"),
		"a refresh token":          made("xo", "xe-1-My0xLTEyMzQ1"),
		"a rotated token":          made("xo", "xe.xo", "xb-1-MS0yLTEyMzQ1"),
		"a configuration token":    made("xo", "xe.xo", "xp-1-Mi0yLTEyMzQ1"),
		"an app token":             made("xa", "pp-1-A012-345-abcdef"),
		"an app token in capitals": made("XA", "PP-1-A012-345-ABCDEF"),
		"a JSON Web Token":         made("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"),
		"a bearer token":           made("Bear", "er abcdef123456789"),
		"a private key":            made("-----BEGIN ", "RSA PRIVATE KEY-----"),
		"an access key":            made("AK", "IAIOSFODNN7EXAMPLE"),
		"a key by its name":        made("access_key_", "secret=abc123def456ghi"),
		"a password":               made("pass", "word: hunter2hunter2"),
		"a token of GitHub":        made("gh", "p_0123456789abcdefghij0123"),
		"a random text":            "k3Jd8sLq0PzX7vBn2MwR5tYu9HgF4cAe",
	}
}

func TestATokenAsReasonIsRefusedAndNotRepeated(t *testing.T) {
	t.Parallel()
	for name, secret := range credentials() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, reason := range []string{secret, "use " + secret + " please", "(" + secret + ")"} {
				require.True(t, commands.LooksLikeToken(reason), reason)
				_, err := commands.BuildRegistration(commands.Values{commands.KeyListener: "lst-1",
					commands.KeyServer: "web-1", commands.KeyReason: reason})
				var bad *commands.InputError
				require.ErrorAs(t, err, &bad)
				require.Len(t, bad.Problems, 1)
				require.Equal(t, commands.KeyReason, bad.Problems[0].Field)
				require.Contains(t, bad.Problems[0].OnField(), "This looks like a token.")
				silent(t, bad, secret)
			}
			for _, line := range []string{`lst-1 web-1 reason="` + secret + `"`, `lst-1 web-1 reason=see ` + secret,
				`lst-1 web-1 reason=` + secret + ` weight=500`} {
				c, err := commands.Parse(line)
				if err == nil {
					_, err = commands.BuildRegistration(c.Values)
				}
				var bad *commands.InputError
				require.ErrorAs(t, err, &bad, line)
				require.Contains(t, bad.Error(), "This looks like a token.", line)
				silent(t, bad, secret)
			}
		})
	}
}

// silent requires that nothing that is shown or kept has the secret.
func silent(t *testing.T, e *commands.InputError, secret string) {
	t.Helper()
	shown := e.Error() + e.Corrected
	for _, values := range []commands.Values{e.Values, e.Asked} {
		for _, v := range values {
			shown += " " + v
		}
	}
	for _, part := range strings.Fields(secret) {
		if len(part) > 8 {
			require.NotContains(t, strings.ToLower(shown), strings.ToLower(part))
		}
	}
}

func TestOrdinaryReasonsAreNoTokens(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"inc-2041 add capacity", "ticket OPS-1234: more weight",
		"see https://jira.example.com/browse/OPS-1234?focusedCommentId=123456",
		"commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "request 550e8400-e29b-41d4-a716-446655440000",
		"bearer authentication was broken",
		"the token: it expired", "token rotation for xoxb tokens", "password reset page is slow",
		"access key rotation, see wiki", "eyJ is a prefix",
		"lst-80aa1b2c3d4e5f60718293a4b5c6d7e8", "AKIA is short", "0123456789012345678901234567890123456789",
		strings.Repeat("x", 300),
		"see https://docs.google.com/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
		"<https://grafana.example/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms|dashboard>",
		"backend be-0f9e8d7c6b5a49382716 of i-55a1", "10.0.3.17:8080 2001:db8::1", "xapp and xoxb",
	} {
		require.False(t, commands.LooksLikeToken(reason), reason)
	}
}
