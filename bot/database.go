package bot

import (
	"errors"
	"slices"
)

// Database has the settings of commands that only read the database. They need no
// tokens.
type Database struct {
	URL       string
	PublicKey string // of the audit key, in base64; empty without a key
}

// LoadDatabase returns the settings of Database from the same sources as Load. A url that
// is not empty overrides them. It ignores problems with other settings.
func LoadDatabase(file string, environ map[string]string, url string) (Database, error) {
	c, faults, invalid := load(file, environ, func(c *Config) {
		if url != "" {
			c.DatabaseURL = url
		}
	})
	if err := only(append(faults, invalid...), "LBBOT_DATABASE_URL", "LBBOT_AUDIT_KEY"); err != nil {
		return Database{}, err
	}
	return Database{URL: c.DatabaseURL, PublicKey: c.auditPublicKey()}, nil
}

// LoadPolicyPath returns the path of the policy file from the same sources as Load. A
// path that is not empty overrides them. It ignores problems with other settings.
func LoadPolicyPath(file string, environ map[string]string, path string) (string, error) {
	c, faults, invalid := load(file, environ, func(c *Config) {
		if path != "" {
			c.Policy = path
		}
	})
	return c.Policy, only(append(faults, invalid...), "LBBOT_POLICY")
}

// only leaves out the problems with other settings.
func only(problems []error, settings ...string) error {
	return errors.Join(slices.DeleteFunc(problems, func(err error) bool {
		e, ok := errors.AsType[*SettingError](err)
		return ok && !slices.Contains(settings, e.Setting)
	})...)
}
