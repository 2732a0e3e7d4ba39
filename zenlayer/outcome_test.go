package zenlayer_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

// flags are the answers of the Is functions.
type flags struct{ skew, credentials, notFound, conflict, blocked bool }

func flagsOf(err error) flags {
	return flags{
		zenlayer.IsClockSkew(err), zenlayer.IsCredentials(err), zenlayer.IsNotFound(err),
		zenlayer.IsConflict(err), zenlayer.IsBlocked(err),
	}
}

const page = "<html><body>\r\n<h1>went\x00 wrong</h1>\n</body></html>"

func failure(code string) string {
	return fmt.Sprintf(`{"requestId":"T1","code":%q,"message":"m"}`, code)
}

func TestOutcomeOfEveryAnswer(t *testing.T) {
	t.Parallel()
	const refused, retry, unknown = zenlayer.OutcomeRefused, zenlayer.OutcomeRetry, zenlayer.OutcomeUnknown
	cases := map[string]struct {
		status int
		body   string
		header string
		want   zenlayer.Outcome
		flags  flags
	}{
		"429 with the code":            {status: 429, body: failure("REQUEST_LIMIT_EXCEEDED"), want: retry},
		"429 with a page":              {status: 429, body: page, want: retry},
		"429 with nothing":             {status: 429, want: retry},
		"limit code on another status": {status: 400, body: failure("REQUEST_LIMIT_EXCEEDED"), want: retry},
		"503 unavailable": {status: 503, body: failure("SERVICE_TEMPORARY_UNAVAILABLE"),
			want: retry},
		"503 timed out":       {status: 503, body: failure("REQUEST_TIMED_OUT"), want: unknown},
		"503 with a new code": {status: 503, body: failure("NEW"), want: unknown},
		"503 with a page":     {status: 503, body: page, want: unknown},
		"unavailable code on 500": {status: 500, body: failure("SERVICE_TEMPORARY_UNAVAILABLE"),
			want: unknown},
		"500 internal":            {status: 500, body: failure("INTERNAL_SERVER_ERROR"), want: unknown},
		"500 with a new code":     {status: 500, body: failure("NEW"), want: unknown},
		"502 with a page":         {status: 502, body: page, want: unknown},
		"504 with a page":         {status: 504, body: page, want: unknown},
		"520 with a page":         {status: 520, body: page, want: unknown},
		"200 that does not parse": {status: 200, body: `{"requestId":"T1","resp`, want: unknown},
		"200 with a page":         {status: 200, body: page, want: unknown},
		"200 with nothing":        {status: 200, want: unknown},
		"200 without backendId": {status: 200, body: `{"requestId":"T1","response":{"requestId":"T1"}}`,
			want: unknown},
		"200 with an empty backendId": {status: 200, body: `{"requestId":"T1","response":{"backendId":""}}`,
			want: unknown},
		"200 with another type of backendId": {status: 200, body: `{"requestId":"T1","response":{"backendId":{}}}`,
			want: unknown},
		"200 without response": {status: 200, body: `{"requestId":"T1"}`, want: unknown},
		"200 with null response": {status: 200, body: `{"requestId":"T1","response":null}`,
			want: unknown},
		"200 with an array": {status: 200, body: `[]`, want: unknown},
		"200 with two values": {status: 200, body: `{"response":{"backendId":"be-1"}}{}`,
			want: unknown},
		"200 with an error body":              {status: 200, body: failure("INTERNAL_SERVER_ERROR"), want: unknown},
		"200 with an error body of a refusal": {status: 200, body: failure("INVALID_PARAMETER_VALUE"), want: unknown},
		"200 with the limit code":             {status: 200, body: failure("REQUEST_LIMIT_EXCEEDED"), want: retry},
		"200 with a code and a response": {status: 200,
			body: `{"code":"REQUEST_LIMIT_EXCEEDED","response":{"backendId":"be-1"}}`, want: unknown},
		"200 of 2 MiB": {status: 200, body: `{"padding":"` + strings.Repeat("x", 2<<20) +
			`","response":{"backendId":"be-1"}}`, want: unknown},
		"201 with a backendId": {status: 201, body: `{"response":{"backendId":"be-1"}}`,
			want: unknown},
		"202": {status: 202, body: page, want: unknown},
		"204": {status: 204, want: unknown},
		"401 expired": {status: 401, body: failure("AUTHFAILURE_SIGNATURE_EXPIRED"),
			want: retry, flags: flags{skew: true}},
		"401 signature": {status: 401, body: failure("AUTHFAILURE_SIGNATURE_FAILURE"),
			want: refused, flags: flags{credentials: true}},
		"401 header": {status: 401, body: failure("AUTHFAILURE_INVALID_AUTHORIZATION"),
			want: refused, flags: flags{credentials: true}},
		"401 permission": {status: 401, body: failure("AUTHFAILURE_UNAUTHORIZED_OPERATION"),
			want: refused, flags: flags{credentials: true}},
		"401 with a page":               {status: 401, body: page, want: unknown},
		"401 with JSON of another kind": {status: 401, body: `{"error":"login"}`, want: unknown},
		"expired code on 400": {status: 400, body: failure("AUTHFAILURE_SIGNATURE_EXPIRED"),
			want: refused},
		"400 missing": {status: 400, body: failure("MISSING_PARAMETER"), want: refused},
		"400 type":    {status: 400, body: failure("INVALID_PARAMETER_TYPE"), want: refused},
		"400 maximum": {status: 400, body: failure("INVALID_PARAMETER_EXCEED_MAXIMUM"),
			want: refused},
		"400 minimum": {status: 400, body: failure("INVALID_PARAMETER_LESS_MINIMUM"),
			want: refused},
		"400 too long": {status: 400, body: failure("INVALID_PARAMETER_EXCEED_LENGTH"),
			want: refused},
		"400 too short": {status: 400, body: failure("INVALID_PARAMETER_LESS_LENGTH"),
			want: refused},
		"400 pattern": {status: 400, body: failure("INVALID_PARAMETER_PATTERN_ERROR"),
			want: refused},
		"400 date": {status: 400, body: failure("INVALID_PARAMETER_DATE_FORMAT_ERROR"),
			want: refused},
		"400 value":                    {status: 400, body: failure("INVALID_PARAMETER_VALUE"), want: refused},
		"400 with a page":              {status: 400, body: page, want: unknown},
		"400 with nothing":             {status: 400, want: unknown},
		"400 with JSON without a code": {status: 400, body: `{"requestId":"T1","message":"m"}`, want: unknown},
		"403 recycled": {status: 403, body: failure("OPERATION_FAILED_FOR_RECYCLE_RESOURCE"),
			want: refused},
		"403 with a page, not known to be what": {status: 403, body: page, want: unknown},
		"403 challenge": {status: 403, body: page, header: "Cf-Mitigated: challenge",
			want: refused, flags: flags{blocked: true}},
		"451": {status: 451, body: page, want: refused, flags: flags{blocked: true}},
		"404 resource": {status: 404, body: failure("OPERATION_FAILED_RESOURCE_NOT_FOUND"),
			want: refused, flags: flags{notFound: true}},
		"404 group": {status: 404,
			body: failure("OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND"), want: refused, flags: flags{notFound: true}},
		"404 with a page": {status: 404, body: page, want: unknown},
		"404 of a router": {status: 404, body: "404 page not found", want: unknown},
		"409 with a page": {status: 409, body: page, want: unknown},
		"409": {status: 409, body: failure("INVALID_BACKEND_INSTANCE_LISTENER_EXIST"),
			want: refused, flags: flags{conflict: true}},
		"408 is in no table": {status: 408, body: failure("INVALID_OPERATION_TIMEOUT"),
			want: unknown},
		"418 is in no table": {status: 418, body: failure("NEW"), want: unknown},
		"301": {status: 301, body: page,
			header: "Location: https://elsewhere.invalid/", want: unknown},
		"302": {status: 302, body: page, header: "Location: /api/v2/other",
			want: unknown},
		"303 with a code": {status: 303, body: failure("INVALID_PARAMETER_VALUE"),
			header: "Location: /api/v2/other", want: unknown},
		"307": {status: 307, body: page,
			header: "Location: https://elsewhere.invalid/", want: unknown},
		"308 to no address": {status: 308, body: page, header: "Location: ://%zz", want: unknown},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			c := served(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				if key, value, ok := strings.Cut(tc.header, ": "); ok {
					w.Header().Set(key, value)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}, nil)
			got, err := c.RegisterBackend(t.Context(), request())
			require.Zero(t, got)
			var api *zenlayer.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, 1, calls, "one call is one attempt, and redirects are not followed")
			require.Equal(t, tc.want, zenlayer.OutcomeOf(err), err)
			require.Equal(t, tc.flags, flagsOf(err))
			require.Equal(t, tc.status, api.Status)
			require.Equal(t, "RegisterBackend", api.Action)
			require.LessOrEqual(t, len([]rune(api.Excerpt)), 200)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), "\x00")
			if tc.body == page {
				require.Equal(t, "<html><body> <h1>went wrong</h1> </body></html>", api.Excerpt)
			}
			if strings.Contains(tc.body, `"message":"m"`) {
				require.Equal(t, "m", api.Message)
				require.Equal(t, "T1", api.RequestID)
				require.Empty(t, api.Excerpt)
			}
		})
	}
}

func TestNoAnswerWithoutACodeProvesThatACallDidNothing(t *testing.T) {
	t.Parallel()
	for status := 100; status < 600; status++ {
		err := &zenlayer.APIError{Status: status}
		want := zenlayer.OutcomeUnknown
		if status == http.StatusTooManyRequests {
			want = zenlayer.OutcomeRetry
		}
		require.Equal(t, want, zenlayer.OutcomeOf(err), "%d", status)
		require.Equal(t, flags{}, flagsOf(err), "%d", status)
	}
}

func TestOutcomeOfOtherErrors(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("adding: %w", &zenlayer.APIError{Status: 409, Code: "X"})
	require.Equal(t, zenlayer.OutcomeRefused, zenlayer.OutcomeOf(wrapped))
	require.True(t, zenlayer.IsConflict(wrapped))
	for _, err := range []error{nil, errors.New("any"), io.EOF, &zenlayer.IncompleteError{},
		&zenlayer.TransportError{Sent: true}, &zenlayer.APIError{}} {
		require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err))
		require.Equal(t, flags{}, flagsOf(err))
	}
	require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.Outcome(0))
	require.Equal(t, "unknown refused retry", fmt.Sprint(zenlayer.OutcomeUnknown, " ", zenlayer.OutcomeRefused, " ",
		zenlayer.OutcomeRetry))
}

func TestRetryAfterAndServerDateAreRead(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		retryAfter string
		want       time.Duration
	}{
		"seconds":       {"7", 7 * time.Second},
		"a date":        {"Wed, 21 Oct 2026 07:28:30 GMT", 30 * time.Second},
		"a past date":   {"Wed, 21 Oct 2026 07:27:00 GMT", 0},
		"below zero":    {"-5", 0},
		"absurdly long": {"99999999999", 24 * time.Hour},
		"not a time":    {"soon", 0},
		"absent":        {"", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := served(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", "Wed, 21 Oct 2026 07:28:00 GMT")
				if tc.retryAfter != "" {
					w.Header().Set("Retry-After", tc.retryAfter)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}, nil)
			_, err := c.RegisterBackend(t.Context(), request())
			var api *zenlayer.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, tc.want, api.RetryAfter)
			require.Equal(t, time.Date(2026, 10, 21, 7, 28, 0, 0, time.UTC), api.ServerDate.UTC())
		})
	}
}
