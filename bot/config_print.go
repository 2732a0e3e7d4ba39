package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"lbbot/zenlayer"
)

// Effective is one setting with its value in effect.
type Effective struct {
	Key      string `json:"key"`      // in the file
	Variable string `json:"variable"` // in the environment
	Value    any    `json:"value,omitempty"`
	// What is shown of a secret, or of a value that is not valid, instead of Value.
	Masked string `json:"masked,omitempty"`
	Origin string `json:"origin"`
}

// EffectiveSettings reads the settings as Load and returns all of them, without secrets. The
// error is that of Load. If the file could not be read, there are no settings.
func EffectiveSettings(file string, environ map[string]string, flags []Flag) ([]Effective, error) {
	r := read(file, environ, flags)
	wrong := map[string]bool{}
	for _, err := range append(slices.Clone(r.faults), r.invalid...) {
		e, ok := errors.AsType[*SettingError](err)
		if !ok {
			return nil, r.err()
		}
		wrong[e.Setting] = true
	}
	var all []Effective
	for f := range reflect.TypeFor[Config]().Fields() {
		e := Effective{Key: f.Tag.Get("yaml"), Variable: f.Tag.Get("env")}
		e.Origin = r.from[e.Variable].String()
		value := reflect.ValueOf(r.config).FieldByIndex(f.Index).Interface()
		if e.Masked = masked(e.Variable, value); e.Masked == "" && wrong[e.Variable] {
			e.Masked = "not valid"
		}
		if e.Masked == "" {
			e.Value = value
		}
		all = append(all, e)
	}
	return all, r.err()
}

// masked returns what may be shown of a secret, or "" if all of the value may be.
func masked(variable string, value any) string {
	switch v := value.(type) {
	case zenlayer.Secret:
		return maskedSecret(v.Reveal())
	case string:
		if variable == "LBBOT_DATABASE_URL" {
			return maskedURL(v)
		}
		if slices.Contains(secretNames(), variable) {
			return maskedSecret(v)
		}
	}
	return ""
}

func maskedSecret(s string) string {
	for _, kind := range []string{"xoxb-", "xapp-"} {
		if strings.HasPrefix(s, kind) {
			return "set, starts with " + kind
		}
	}
	if s == "" {
		return "not set"
	}
	return "set"
}

// maskedURL returns a database URL without its passwords, or "" if it has none.
func maskedURL(s string) string {
	if strings.HasPrefix(s, "sqlite:") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" && u.User == nil && u.RawQuery == "" {
		return "set"
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(name, "password") {
			query.Set(name, "xxxxx")
		}
	}
	if _, has := u.User.Password(); !has && query.Encode() == u.Query().Encode() {
		return ""
	}
	u.RawQuery = query.Encode()
	return u.Redacted()
}

// WriteYAML writes settings as a configuration file, with the origins as comments. What is
// masked is a comment as a whole.
func WriteYAML(out io.Writer, settings []Effective) error {
	fmt.Fprintln(out, "# The settings in effect, and where each comes from. Secrets are left out.")
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		if s.Masked != "" {
			fmt.Fprintf(columns, "# %s: %s\t# %s\n", s.Key, s.Masked, s.Origin)
			continue
		}
		value, err := inYAML(s.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Key, err)
		}
		fmt.Fprintf(columns, "%s: %s\t# %s\n", s.Key, value, s.Origin)
	}
	return columns.Flush()
}

// inYAML writes a value as JSON, which is YAML, and leaves out needless quotes.
func inYAML(value any) (string, error) {
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && v.Len() == 0 {
		return "[]", nil
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	written := strings.TrimSuffix(text.String(), "\n")
	bare := regexp.MustCompile(`^"(\w([\w:/.-]*[\w/])?)"$`).FindStringSubmatch(written)
	if bare == nil || strings.EqualFold(bare[1], "null") {
		return written, nil
	}
	return bare[1], nil
}
