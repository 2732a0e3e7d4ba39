package zenlayer

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Credentials are a key pair, or a personal access token instead of it.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret Secret
	Token           Secret
}

// login is what a client signs with. It is immutable.
type login struct {
	Credentials

	redact redactor
}

func newLogin(c Credentials) (*login, error) {
	c.Token = NewSecret(strings.TrimSpace(c.Token.Reveal()))
	if err := checkCredentials(c); err != nil {
		return nil, err
	}
	return &login{c, newRedactor(c.AccessKeySecret, c.Token)}, nil
}

// With returns a client that has other credentials and everything else from c, so that
// the credentials can be tried before c gets them.
func (c *Client) With(credentials Credentials) (*Client, error) {
	l, err := newLogin(credentials)
	if err != nil {
		return nil, fmt.Errorf("zenlayer client: %w", err)
	}
	other := *c
	other.use(l)
	return &other, nil
}

// use makes c, which nobody else has yet, sign with l.
func (c *Client) use(l *login) {
	c.login = &atomic.Pointer[login]{}
	c.login.Store(l)
}

// Adopt gives c the credentials of another client. Attempts that are signed already keep
// theirs.
func (c *Client) Adopt(other *Client) { c.login.Store(other.login.Load()) }

// signed is what one attempt was signed with, for what its errors must not show.
type signed struct {
	redact    redactor
	signature string
}

func (s signed) clean(text string, limit int) string { return s.redact.clean(text, limit, s.signature) }
