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
	r := read(file, environ, given("--database", "LBBOT_DATABASE_URL", url))
	if err := r.only("LBBOT_DATABASE_URL", "LBBOT_AUDIT_KEY"); err != nil {
		return Database{}, err
	}
	return Database{URL: r.config.DatabaseURL, PublicKey: r.config.auditPublicKey()}, nil
}

// LoadPolicyPath returns the path of the policy file from the same sources as Load. A
// path that is not empty overrides them. It ignores problems with other settings.
func LoadPolicyPath(file string, environ map[string]string, path string) (string, error) {
	r := read(file, environ, given("--policy", "LBBOT_POLICY", path))
	return r.config.Policy, r.only("LBBOT_POLICY")
}

// given returns a flag unless its value is empty.
func given(name, setting, value string) []Flag {
	if value == "" {
		return nil
	}
	return []Flag{{name, setting, value}}
}

// only returns the problems with some settings and with reading the file.
func (r reading) only(settings ...string) error {
	return errors.Join(slices.DeleteFunc(append(r.faults, r.invalid...), func(err error) bool {
		e, ok := errors.AsType[*SettingError](err)
		return ok && !slices.Contains(settings, e.Setting)
	})...)
}
