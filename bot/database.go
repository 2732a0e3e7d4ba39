package bot

import "errors"

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
	var ours []error
	for _, err := range append(faults, invalid...) {
		e, ok := errors.AsType[*SettingError](err)
		if !ok || e.Setting == "LBBOT_DATABASE_URL" || e.Setting == "LBBOT_AUDIT_KEY" {
			ours = append(ours, err)
		}
	}
	if err := errors.Join(ours...); err != nil {
		return Database{}, err
	}
	return Database{URL: c.DatabaseURL, PublicKey: c.auditPublicKey()}, nil
}
