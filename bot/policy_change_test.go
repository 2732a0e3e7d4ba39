package bot

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/policy"
)

func TestChangeOfThePolicyFileIsRecordedWithItsResult(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status policy.Status
		want   map[string]string
	}{
		"good":   {policy.Status{Digest: "abc"}, map[string]string{"digest": "abc", "result": "good"}},
		"absent": {policy.Status{Digest: "abc", Absent: true}, map[string]string{"digest": "abc", "result": "absent"}},
		"broken": {policy.Status{Digest: "abc", Problem: errors.New("line 1")},
			map[string]string{"digest": "abc", "result": "broken", "problem": "line 1"}},
	} {
		require.Equal(t, tt.want, policyChange(tt.status), name)
	}
}
