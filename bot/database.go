package bot

import "errors"

// Database is what the commands need that only read the database: they work
// without tokens.
type Database struct {
	URL       string
	PublicKey string // of the audit key, base64; empty: none is set
}

// LoadDatabase returns the settings of Database from the same places as Load:
// defaults, then the file, then the environment; url, if it is not empty, has
// the last word. Problems with other settings are not looked at.
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
