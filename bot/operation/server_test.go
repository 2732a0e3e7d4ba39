package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

func TestServerOfReadsExpiryInBothFormsOfTheAPI(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		text string
		want time.Time
	}{
		"ISO 8601":              {"2026-12-31T16:00:00Z", at},
		"with an offset":        {"2027-01-01T00:00:00+08:00", at},
		"as the examples write": {"2026-12-31 16:00:00", at},
		"space around":          {" 2026-12-31T16:00:00Z ", at},
		"none":                  {"", time.Time{}},
		"never":                 {"never", time.Time{}},
		"a date only":           {"2026-12-31", time.Time{}},
		"impossible":            {"2026-13-31T16:00:00Z", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, operation.ServerOf(zenlayer.Instance{ExpiredTime: test.text}).ExpiresAt)
		})
	}
}
