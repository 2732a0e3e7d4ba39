package web

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/socket"
)

func TestCallsAreCountedByMethodAndError(t *testing.T) {
	t.Parallel()
	c := newCalls(prometheus.NewRegistry())
	for err, label := range map[error]string{
		nil:                     "",
		errors.New("cut"):       "no_answer",
		&callError{Status: 502}: "http_502",
		&callError{Status: 200, Code: "not_in_channel"}:                         "not_in_channel",
		&callError{Status: http.StatusTooManyRequests, Code: CodeRateLimited}:   "ratelimited",
		&socket.OpenError{Status: http.StatusOK, Code: "token_revoked"}:         "token_revoked",
		&socket.OpenError{Status: http.StatusServiceUnavailable, RetryAfter: 1}: "http_503",
	} {
		c.made("chat.update", time.Now(), err)
		require.InEpsilon(t, 1, testutil.ToFloat64(c.total.WithLabelValues("chat.update", label)), 0, label)
	}
	for i := range 2 * maxCodes {
		c.made("chat.update", time.Now(), &callError{Status: http.StatusOK, Code: "new_" + strconv.Itoa(i)})
	}
	require.LessOrEqual(t, testutil.CollectAndCount(c.total), maxCodes+3, "codes are labels only up to a limit")
}
