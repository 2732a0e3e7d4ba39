package bot

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/audit"
	"lbbot/bot/slackapp/web"
)

// leastRetention is longer than the bot itself uses anything that retention deletes.
const leastRetention = 7 * 24 * time.Hour

// Origin says where the value of a setting comes from. The zero value means the default.
type Origin struct {
	Flag     string // such as --policy
	Variable string // in the environment; one that ends in _FILE names the file of the value
	Place    string // in the configuration file: lbbot.yaml:3:10
}

// String returns the origin, or "default".
func (o Origin) String() string { return cmp.Or(o.Flag, o.Variable, o.Place, "default") }

// SettingError is a problem with one setting.
type SettingError struct {
	Setting string // the variable of the setting; empty if there is no such setting
	Origin  Origin // of the value that is wrong
	Problem string // continues the name of the setting: what is wrong and what is accepted; never a secret
}

// Error names the setting as its origin does, and returns the problem.
func (e *SettingError) Error() string {
	o := e.Origin
	switch {
	case o.Flag != "":
		return o.Flag + e.Problem
	case strings.HasSuffix(o.Variable, "_FILE") && strings.HasPrefix(e.Problem, " "):
		return "the file of " + o.Variable + e.Problem
	case o.Variable != "":
		return o.Variable + e.Problem
	case o.Place != "" && e.Setting != "":
		return o.Place + ": " + settingField(e.Setting).Tag.Get("yaml") + e.Problem
	case o.Place != "":
		return o.Place + ": " + e.Problem
	}
	return e.Setting + e.Problem
}

// settingField returns the field of Config that has a variable.
func settingField(variable string) reflect.StructField {
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("env") == variable {
			return f
		}
	}
	return reflect.StructField{}
}

// faults collects problems with settings.
type faults []error

// unless adds a problem if ok is false. The text continues the name of the setting.
func (f *faults) unless(ok bool, setting, format string, args ...any) {
	if !ok {
		*f = append(*f, &SettingError{Setting: setting, Problem: fmt.Sprintf(format, args...)})
	}
}

// Validate returns all problems, each a *SettingError, or nil if the bot can start.
func (c Config) Validate() error {
	var f faults
	c.checkSlack(&f)
	c.checkZenlayer(&f)
	c.checkRunning(&f)
	c.checkLimits(&f)
	f.patterns("LBBOT_INCIDENT_CHANNELS", c.IncidentChannels)
	f.patterns("LBBOT_PROTECTED", c.Protected)
	c.checkTags(&f)
	c.checkApprovals(&f)
	return errors.Join(f...)
}

// auditPublicKey returns the key that verifies checkpoints, in base64; "" without a key.
func (c Config) auditPublicKey() string {
	key, err := audit.ParseKey(c.AuditKey.Reveal())
	if err != nil {
		return ""
	}
	return audit.ShowKey(key.Public().(ed25519.PublicKey))
}

// unsendable continues the name of a setting whose value cannot be sent in a header, for
// example because it was copied with quotes or from a guide.
const unsendable = " has characters that such a value never has: copy all of it, without spaces, quotes or \"…\""

// sendable accepts printable ASCII without spaces and without forbidden.
func sendable(value, forbidden string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(forbidden, r)
	})
}

func (c Config) checkSlack(f *faults) {
	f.unless(sendable(c.SlackBotToken.Reveal(), `"'`), "SLACK_BOT_TOKEN", unsendable)
	f.unless(sendable(c.SlackAppToken.Reveal(), `"'`), "SLACK_APP_TOKEN", unsendable)
	rotated := strings.HasPrefix(c.SlackBotToken.Reveal(), "xoxe")
	f.unless(!rotated, "SLACK_BOT_TOKEN", " starts with xoxe: %s", web.TokenRotation)
	f.unless(!strings.HasPrefix(c.SlackAppToken.Reveal(), "xoxe"), "SLACK_APP_TOKEN",
		" starts with xoxe, the prefix of token rotation: take an app-level token, xapp-…, from Basic Information")
	f.unless(!c.SlackBotToken.IsZero(), "SLACK_BOT_TOKEN", " is missing: the bot token of the Slack app, xoxb-…")
	f.unless(c.SlackBotToken.IsZero() || rotated || strings.HasPrefix(c.SlackBotToken.Reveal(), "xoxb-"),
		"SLACK_BOT_TOKEN", " does not start with xoxb-: take the bot user token, from OAuth & Permissions")
	f.unless(!c.SlackAppToken.IsZero(), "SLACK_APP_TOKEN",
		" is missing: an app-level token with connections:write, xapp-…")
	f.unless(c.SlackAppToken.IsZero() || strings.HasPrefix(c.SlackAppToken.Reveal(), "xoxe") ||
		strings.HasPrefix(c.SlackAppToken.Reveal(), "xapp-"), "SLACK_APP_TOKEN",
		" does not start with xapp-: take an app-level token, from Basic Information")
	f.unless(webURL(c.SlackAPIURL) && strings.HasSuffix(c.SlackAPIURL, "/"), "SLACK_API_URL",
		"%s must be an https URL without a password that ends in a slash; http only on this machine",
		shown(c.SlackAPIURL))
}

func (c Config) checkZenlayer(f *faults) {
	pair := c.ZenlayerAccessKeyID != "" || !c.ZenlayerAccessKeySecret.IsZero()
	f.unless(pair || !c.ZenlayerToken.IsZero(), "ZENLAYER_ACCESS_KEY_ID",
		" and ZENLAYER_ACCESS_KEY_SECRET are missing, or ZENLAYER_TOKEN instead of them")
	f.unless(!pair || c.ZenlayerToken.IsZero(), "ZENLAYER_TOKEN", " and ZENLAYER_ACCESS_KEY_ID are both set: keep one")
	f.unless(!pair || c.ZenlayerAccessKeyID != "", "ZENLAYER_ACCESS_KEY_ID", " is missing; only its secret is set")
	f.unless(!pair || !c.ZenlayerAccessKeySecret.IsZero(), "ZENLAYER_ACCESS_KEY_SECRET",
		" is missing; only its id is set")
	f.unless(sendable(c.ZenlayerAccessKeyID, `"',=`), "ZENLAYER_ACCESS_KEY_ID", unsendable)
	f.unless(sendable(c.ZenlayerAccessKeySecret.Reveal(), ""), "ZENLAYER_ACCESS_KEY_SECRET", unsendable)
	f.unless(sendable(c.ZenlayerToken.Reveal(), ""), "ZENLAYER_TOKEN", unsendable)
	f.unless(webURL(c.ZenlayerEndpoint), "ZENLAYER_ENDPOINT",
		"%s must be an https URL without a password; http only on this machine", shown(c.ZenlayerEndpoint))
	f.unless(c.ZenlayerRate.N == 0 || c.ZenlayerRate.every() <= time.Second, "LBBOT_ZENLAYER_RATE",
		" is %s: at least 1/1s, or no preview would be ready in time, or 0 for no limit", c.ZenlayerRate)
	f.unless(c.Account != "" && !strings.ContainsAny(c.Account, "| \t\n"), "LBBOT_ACCOUNT",
		" %q must be one word without |", c.Account)
	f.unless(c.ConsoleURL == "" || webURL(c.ConsoleURL), "LBBOT_CONSOLE_URL",
		"%s must be an https URL without a password", shown(c.ConsoleURL))
}

func (c Config) checkRunning(f *faults) {
	f.unless(databaseURL(c.DatabaseURL), "LBBOT_DATABASE_URL",
		" must be sqlite:PATH, or postgres://USER@HOST/DATABASE for several processes")
	f.unless(c.Policy != "", "LBBOT_POLICY", " is empty: the path of the policy file")
	f.unless(c.Drain > 0 && c.Drain <= Duration(10*time.Minute), "LBBOT_DRAIN",
		" is %s: more than 0 and 10m at most", c.Drain)
	f.unless(c.Retention == 0 || c.Retention >= Duration(leastRetention), "LBBOT_RETENTION",
		" is %s: at least %s, or 0 to keep everything", c.Retention, Duration(leastRetention))
	if !c.AuditKey.IsZero() {
		_, err := audit.ParseKey(c.AuditKey.Reveal())
		f.unless(err == nil, "LBBOT_AUDIT_KEY", " must be 32 bytes in base64: openssl rand -base64 32 makes one")
	}
	if c.AdminAddr != "" {
		_, port, err := net.SplitHostPort(c.AdminAddr)
		f.unless(err == nil && port != "", "LBBOT_ADMIN_ADDR", " %q must be host:port", c.AdminAddr)
	}
	if c.PprofAddr != "" {
		host, _, err := net.SplitHostPort(c.PprofAddr)
		f.unless(err == nil && loopback(host), "LBBOT_PPROF_ADDR",
			" %q must be host:port on a loopback address, such as 127.0.0.1:6060, because profiles show memory",
			c.PprofAddr)
	}
}

// checkLimits requires that operations are kept for the time of each limit: a deleted
// operation is not counted.
func (c Config) checkLimits(f *faults) {
	for _, limit := range []struct {
		setting string
		rate    Rate
	}{{"LBBOT_RATE", c.Rate}, {"LBBOT_LISTENER_RATE", c.ListenerRate}, {"LBBOT_BREAK_GLASS", c.BreakGlass}} {
		f.unless(c.Retention == 0 || limit.rate.N == 0 || limit.rate.In <= max(c.Retention, Duration(leastRetention)),
			limit.setting,
			" is %s and LBBOT_RETENTION %s: what is deleted is not counted, so it must be kept for %s at least",
			limit.rate, c.Retention, limit.rate.In)
	}
}

func (c Config) checkApprovals(f *faults) {
	f.unless(c.ApprovalWithin >= Duration(time.Minute) && c.ApprovalWithin <= Duration(7*24*time.Hour),
		"LBBOT_APPROVAL_WITHIN", " is %s: 1m to 7d", c.ApprovalWithin)
	before := Duration(0)
	for _, d := range c.ApprovalReminders {
		f.unless(d > before && d < c.ApprovalWithin, "LBBOT_APPROVAL_REMINDERS",
			" has %s: each must be later than the one before, and before LBBOT_APPROVAL_WITHIN", d)
		before = d
	}
}

// checkTags requires what the tags of the fields say. A string may also be empty if that is
// its default.
func (c Config) checkTags(f *faults) {
	defaults := Defaults()
	for field := range reflect.TypeFor[Config]().Fields() {
		setting, a := field.Tag.Get("env"), acceptedBy(field)
		value := reflect.ValueOf(c).FieldByIndex(field.Index)
		unset := value.IsZero() && fieldOf(&defaults, setting).IsZero()
		switch {
		case a.most != 0:
			f.unless(value.Int() >= a.least && value.Int() <= a.most, setting, " is %d: %d to %d", value.Int(), a.least,
				a.most)
		case a.oneOf != nil:
			last := len(a.oneOf) - 1
			f.unless(unset || slices.Contains(a.oneOf, value.String()), setting, " %q: %s or %s", value.String(),
				strings.Join(a.oneOf[:last], ", "), a.oneOf[last])
		case a.id != "" && value.Kind() == reflect.Slice:
			for _, id := range value.Interface().([]string) {
				f.unless(slackID(id, a.id), setting,
					": %q must be the id of a person or bot such as U0123ABCD, not a name", id)
			}
		case a.id != "":
			f.unless(unset || slackID(value.String(), a.id), setting,
				" %q must be a channel id such as C0123ABCD, not a name", value.String())
		}
	}
}

func (f *faults) patterns(setting string, globs []string) {
	for _, g := range globs {
		_, err := path.Match(g, "")
		f.unless(err == nil, setting, ": %q is not a pattern: an opened [ must be closed", g)
	}
}

// shown returns an address for an error, or "" if it may contain a password.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Host == "" {
		return ""
	}
	return " " + strconv.Quote(u.String())
}

// webURL accepts https, and http for this machine.
func webURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// databaseURL accepts an SQLite path and a PostgreSQL URL with a database name.
func databaseURL(s string) bool {
	if path, ok := strings.CutPrefix(s, "sqlite:"); ok {
		return path != ""
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && len(u.Path) > 1
}

// slackID accepts an id whose first letter is one of kinds.
func slackID(s, kinds string) bool {
	return len(s) > 1 && strings.ContainsRune(kinds, rune(s[0])) &&
		strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
