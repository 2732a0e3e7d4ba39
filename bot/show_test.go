package bot

import (
	"bytes"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestShowCallsAClosedConnectionNoAnswer(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		attempt operation.Attempt
		want    string
	}{
		"still waiting": {operation.Attempt{}, "no answer"},
		"connection closed": {operation.Attempt{AnsweredAt: at, Outcome: operation.OutcomeUnknown},
			"no answer by 2026-03-01 12:00:00.000 UTC"},
		"an unclear answer": {operation.Attempt{AnsweredAt: at, Outcome: operation.OutcomeUnknown,
			Fault: operation.Fault{Status: 502}},
			"answered 2026-03-01 12:00:00.000 UTC: unknown"},
		"accepted": {operation.Attempt{AnsweredAt: at, Outcome: operation.OutcomeAccepted},
			"answered 2026-03-01 12:00:00.000 UTC: accepted"},
		"never sent": {operation.Attempt{AnsweredAt: at, Outcome: operation.OutcomeRetry, Unsent: true},
			"answered 2026-03-01 12:00:00.000 UTC: retry, never sent"},
	} {
		require.Equal(t, tt.want, answer(tt.attempt), name)
	}
}

func TestShowHasTheClientTokenOfAnAdditionOnly(t *testing.T) {
	t.Parallel()
	for kind, sent := range map[operation.ChangeKind]bool{
		operation.ChangeAdd: true, operation.ChangeRemove: false,
	} {
		op := operation.Operation{ID: "id-1", Change: kind}
		op.Request.ClientToken = "token-1"
		var out bytes.Buffer
		p := page{w: tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)}
		p.ids(shownOperation{Operation: op})
		require.NoError(t, p.w.Flush())
		require.Contains(t, out.String(), "id-1")
		if sent {
			require.Contains(t, out.String(), "token-1", kind)
		} else {
			require.NotContains(t, out.String(), "token-1", kind)
		}
	}
}
