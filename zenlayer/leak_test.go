package zenlayer_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

// credentials are the two ways to log in, with every text that must not appear.
func credentials() map[string]func(*zenlayer.Config) {
	return map[string]func(*zenlayer.Config){
		"key pair": nil,
		"token": func(c *zenlayer.Config) {
			c.AccessKeyID, c.AccessKeySecret, c.Token = "", zenlayer.Secret{}, zenlayer.NewSecret(plantedToken)
		},
	}
}

// planted is everything secret a server can send back for a request: what it
// got, and the secret behind it in several spellings.
func planted(r *http.Request) []string {
	authorization := r.Header.Get("Authorization")
	_, signature, _ := strings.Cut(authorization, "Signature=")
	secret := plantedSecret
	if strings.HasPrefix(authorization, "Bearer ") {
		secret = plantedToken
	}
	quoted, _ := json.Marshal(secret)
	return []string{
		authorization, signature, secret, string(quoted), "x" + secret + "y",
		url.QueryEscape(secret), html.EscapeString(secret), secret[:3] + "\x00" + secret[3:],
		url.QueryEscape(url.PathEscape(secret)), strconv.Quote(html.EscapeString(secret)),
	}
}

// requireNoSecret looks at the error and at everything it wraps, in every form.
func requireNoSecret(t *testing.T, err error, seen []string) {
	t.Helper()
	require.Error(t, err)
	for _, e := range chain(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s"} {
			text := fmt.Sprintf(verb, e)
			require.NotContains(t, text, "p1anted", "%T", e)
			for _, secret := range seen {
				if len(secret) >= 16 {
					require.NotContains(t, text, secret)
				}
			}
		}
		encoded, _ := json.Marshal(e)
		require.NotContains(t, string(encoded), "p1anted")
	}
}

func chain(err error) []error {
	if err == nil {
		return nil
	}
	out := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		out = append(out, chain(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, chain(inner)...)
		}
	}
	return out
}

func TestNoSecretInTheErrorOfAnyAnswer(t *testing.T) {
	t.Parallel()
	bodies := map[string]func(secret string) string{
		"plain":  func(s string) string { return s },
		"page":   func(s string) string { return "<html><p>" + strings.Repeat("x", 180) + s + "</p></html>" },
		"padded": func(s string) string { return strings.Repeat(" \t\r\n", 2000) + s },
		"error":  func(s string) string { return body(map[string]any{"requestId": s, "code": s, "message": s}) },
		"success": func(s string) string {
			return body(map[string]any{"requestId": s,
				"response": map[string]any{"a": s}})
		},
		"cut":  func(s string) string { return strings.Repeat(" ", 1<<20-len(s)/2) + s },
		"huge": func(s string) string { return s + strings.Repeat("y", 2<<20) },
	}
	for how, change := range credentials() {
		for shape, text := range bodies {
			statuses := []int{200, 302, 307, 400, 401, 403, 409, 429, 451, 500, 502, 503}
			if shape == "huge" || shape == "cut" {
				statuses = []int{200, 403, 502} // a megabyte each
			}
			for _, status := range statuses {
				t.Run(fmt.Sprintf("%s, %s, %d", how, shape, status), func(t *testing.T) {
					t.Parallel()
					var seen []string
					c := served(t, func(w http.ResponseWriter, r *http.Request) {
						seen = planted(r)
						all := strings.Join(seen, " ")
						for _, name := range []string{"Location", "Retry-After", "Server", "Cf-Mitigated", "X-Echo"} {
							w.Header().Set(name, strings.ReplaceAll(all, "\x00", ""))
						}
						w.WriteHeader(status)
						_, _ = io.WriteString(w, text(all))
					}, change)
					_, err := c.RegisterBackend(t.Context(), request())
					requireNoSecret(t, err, seen)
				})
			}
		}
	}
}

func body(value any) string {
	encoded, _ := json.Marshal(value)
	return string(encoded)
}

// rawServer answers every connection's first request with the bytes of answer.
func rawServer(t *testing.T, answer func(*http.Request) string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, answer(r))
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String()
}

func TestNoSecretInTheErrorOfAnAnswerThatIsNotHTTP(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"no status line":      "%s\r\n\r\n",
		"a bad status":        "HTTP/1.1 2x0 %s\r\n\r\n",
		"a bad version":       "HTTP/%s 200 OK\r\n\r\n",
		"a bad header":        "HTTP/1.1 200 OK\r\nno colon %s\r\n\r\n",
		"a bad header name":   "HTTP/1.1 200 OK\r\n(%s): x\r\n\r\n",
		"a bad length":        "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
		"a bad encoding":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
		"a bad chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
		"a body that is cut":  "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n%s",
		"a status phrase":     "HTTP/1.1 500 %s\r\nContent-Length: 0\r\n\r\n",
		"a trailer with text": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n%s\r\n\r\n",
	}
	for how, change := range credentials() {
		for name, format := range answers {
			t.Run(how+", "+name, func(t *testing.T) {
				t.Parallel()
				for i := range 10 {
					var seen []string
					address := rawServer(t, func(r *http.Request) string {
						seen = planted(r)
						return fmt.Sprintf(format, strings.ReplaceAll(seen[i], "\x00", ""))
					})
					_, err := client(t, address, change).RegisterBackend(t.Context(), request())
					requireNoSecret(t, err, seen)
					require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err))
				}
			})
		}
	}
}

func TestNoSecretInTheErrorOfATransport(t *testing.T) {
	t.Parallel()
	inner := fmt.Errorf("proxy says: %w", errors.New("bad login "+plantedSecret))
	c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) {
		cfg.HTTPClient = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, inner
		})}
	})
	_, err := c.RegisterBackend(t.Context(), request())
	requireNoSecret(t, err, nil)
	require.NotErrorIs(t, err, inner)
}

func TestNoEdgeOfASecretIsLeftInTheErrorOfATransport(t *testing.T) {
	t.Parallel()
	const secret = "#!p1anted/secret=="
	quoted, _ := json.Marshal(secret)
	for _, spelling := range []string{secret, url.QueryEscape(secret), url.QueryEscape(url.QueryEscape(secret)),
		url.PathEscape(secret), string(quoted), html.EscapeString(secret),
		`\u0023\u0021p1anted\u002fsecret\u003d\u003d`} {
		c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) {
			cfg.AccessKeyID, cfg.AccessKeySecret, cfg.Token = "", zenlayer.Secret{}, zenlayer.NewSecret(secret)
			cfg.HTTPClient = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, errors.New("bad login " + spelling + " here")
			})}
		})
		_, err := c.RegisterBackend(t.Context(), request())
		require.Error(t, err)
		require.Contains(t, strings.ReplaceAll(err.Error(), `"`, ""), "bad login [redacted] here", spelling)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
