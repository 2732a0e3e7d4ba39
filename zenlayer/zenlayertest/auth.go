package zenlayertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/zenlayer"
)

const (
	method = "ZC2-HMAC-SHA256"
	// tolerance is documented as five minutes. That it is inclusive and applies in
	// both directions is our choice.
	tolerance = 300 * time.Second
)

// logins returns the credentials that are accepted from the start.
func (o Options) logins() []zenlayer.Credentials {
	return []zenlayer.Credentials{
		{AccessKeyID: o.AccessKeyID, AccessKeySecret: zenlayer.NewSecret(o.AccessKeySecret)},
		{Token: zenlayer.NewSecret(o.Token)},
	}
}

// Accept makes other credentials work as well, as when a person creates some.
func (s *Server) Accept(c zenlayer.Credentials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = append(s.logins, c)
}

// Withdraw makes credentials not work any more.
func (s *Server) Withdraw(c zenlayer.Credentials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = slices.DeleteFunc(s.logins, func(l zenlayer.Credentials) bool {
		return l.AccessKeyID == c.AccessKeyID && l.AccessKeySecret.Reveal() == c.AccessKeySecret.Reveal() &&
			l.Token.Reveal() == c.Token.Reveal()
	})
}

// accepts reports whether some accepted credentials fit.
func (s *Server) accepts(fit func(zenlayer.Credentials) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.logins, fit)
}

// authenticate returns nil if the request carries an accepted token or a valid
// signature. It shares no code with the client's signer.
// https://docs.console.zenlayer.com/api-reference/api-introduction/instruction/sign
func (s *Server) authenticate(r *http.Request, body []byte, now time.Time) *refusal {
	value := r.Header.Get("Authorization")
	if token, ok := strings.CutPrefix(value, "Bearer "); ok {
		if !s.accepts(func(c zenlayer.Credentials) bool { return !c.Token.IsZero() && c.Token.Reveal() == token }) {
			return unauthorized(codeInvalidAuthorization, "The access token is not valid.")
		}
		return nil
	}
	claim, ok := parseClaim(value)
	if !ok || r.Header.Get("X-ZC-Signature-Method") != method {
		return unauthorized(codeInvalidAuthorization, "The Authorization header is malformed.")
	}
	if !s.accepts(func(c zenlayer.Credentials) bool { return c.AccessKeyID != "" && c.AccessKeyID == claim.keyID }) {
		return unauthorized(codeInvalidAuthorization, "The access key id is unknown.")
	}
	timestamp := r.Header.Get("X-ZC-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return unauthorized(codeInvalidAuthorization, "X-ZC-Timestamp is not a number of seconds.")
	}
	if off := now.Sub(time.Unix(seconds, 0)).Truncate(time.Second); off > tolerance || off < -tolerance {
		return unauthorized(codeSignatureExpired,
			"The request time and the server time differ by more than five minutes.")
	}
	if !s.accepts(func(c zenlayer.Credentials) bool {
		return c.AccessKeyID == claim.keyID && claim.matches(r, body, timestamp, c.AccessKeySecret.Reveal())
	}) {
		return unauthorized(codeSignatureFailure, "The signature does not match.")
	}
	return nil
}

// claim is the content of an Authorization header.
type claim struct {
	keyID     string
	headers   []string
	signature string
}

func parseClaim(value string) (claim, bool) {
	rest, ok := strings.CutPrefix(value, method+" ")
	if !ok {
		return claim{}, false
	}
	parts := strings.Split(rest, ", ")
	if len(parts) != 3 {
		return claim{}, false
	}
	var c claim
	for i, part := range []struct {
		name string
		into *string
	}{{"Credential=", &c.keyID}, {"SignedHeaders=", nil}, {"Signature=", &c.signature}} {
		text, found := strings.CutPrefix(parts[i], part.name)
		if !found || text == "" {
			return claim{}, false
		}
		if part.into != nil {
			*part.into = text
			continue
		}
		c.headers = strings.Split(text, ";")
	}
	return c, c.wellFormed()
}

// wellFormed reports whether the names are lower case, in ascending order and contain
// content-type and host, and the signature has 64 lower-case hex digits.
func (c claim) wellFormed() bool {
	for i, name := range c.headers {
		if name == "" || name != strings.ToLower(name) || i > 0 && c.headers[i-1] >= name {
			return false
		}
	}
	if len(c.signature) != 64 || strings.Trim(c.signature, "0123456789abcdef") != "" {
		return false
	}
	return slices.Contains(c.headers, "content-type") && slices.Contains(c.headers, "host")
}

func (c claim) matches(r *http.Request, body []byte, timestamp, secret string) bool {
	lines := []string{http.MethodPost, "/", ""}
	for _, name := range c.headers {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		lines = append(lines, name+":"+strings.TrimSpace(value))
	}
	lines = append(lines, "", strings.Join(c.headers, ";"), fmt.Sprintf("%x", sha256.Sum256(body)))
	digest := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n"))))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s\n%s\n%s", method, timestamp, digest)
	return subtle.ConstantTimeCompare(fmt.Appendf(nil, "%x", mac.Sum(nil)), []byte(c.signature)) == 1
}
