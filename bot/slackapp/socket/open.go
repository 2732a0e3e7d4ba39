package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Opener asks Slack for the address of a new connection. An address works once and
// contains a ticket: do not log it. An Opener returns *OpenError when Slack answered
// without an address.
type Opener func(ctx context.Context) (url string, err error)

// maxOpenAnswer limits the answer of apps.connections.open, in bytes.
const maxOpenAnswer = 64 << 10

// HTTPOpener calls apps.connections.open
// (docs.slack.dev/reference/methods/apps.connections.open). apiURL ends with a
// slash, for example "https://slack.com/api/"; appToken is an app-level token
// ("xapp-…") with the scope connections:write. It follows no redirects, so that the
// token goes nowhere else. No error contains the token or the address.
func HTTPOpener(client *http.Client, apiURL, appToken string) Opener {
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return func(ctx context.Context) (string, error) {
		address := apiURL + "apps.connections.open"
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(""))
		if err != nil {
			return "", errors.New("asking for a connection: the API address is malformed")
		}
		req.Header.Set("Authorization", "Bearer "+appToken)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := direct.Do(req)
		if err != nil {
			return "", fmt.Errorf("asking for a connection: %w", err)
		}
		defer func() { _ = resp.Body.Close() }()
		return readOpenAnswer(resp)
	}
}

func readOpenAnswer(resp *http.Response) (string, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxOpenAnswer))
	if err != nil {
		return "", fmt.Errorf("reading the answer of apps.connections.open: %w", err)
	}
	refused := &OpenError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	answer, err := ReadFields(body)
	if err != nil {
		return "", refused
	}
	ok, url := answer.Flag("ok"), answer.Text("url")
	refused.Code = SafeCode(answer.Label("error"))
	if err := answer.Err(); err != nil {
		return "", fmt.Errorf("reading the answer of apps.connections.open: %w", err)
	}
	if resp.StatusCode != http.StatusOK || !ok || url == "" {
		return "", refused
	}
	return url, nil
}

// retryAfter reads the header in seconds, the only form Slack uses.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
