package bot

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"lbbot/bot/rotation"
)

// Flag is a setting that is given as a flag.
type Flag struct {
	Name    string // such as --policy
	Setting string // its variable
	Value   any    // of the setting's type
}

// Load returns the settings: defaults, then the file, then the environment, then flags.
// file may be empty. The error has all problems, one line each, and no secret.
func Load(file string, environ map[string]string, flags []Flag) (Config, error) {
	r := read(file, environ, flags)
	if len(r.faults) > 0 {
		r.config = Config{}
	}
	return r.config, r.err()
}

// origins maps the variable of a setting to the origin of its value.
type origins map[string]Origin

// reading is what was read, valid or not.
type reading struct {
	config  Config
	from    origins
	faults  []error // of reading
	invalid []error // values
}

// err returns all problems.
func (r reading) err() error {
	if len(r.faults) == 0 {
		return errors.Join(r.invalid...)
	}
	return errors.Join(append(r.faults[:len(r.faults):len(r.faults)], others(r.faults, r.invalid)...)...)
}

func read(file string, environ map[string]string, flags []Flag) reading {
	r := reading{config: Defaults(), from: origins{}}
	fileErr := r.readFile(file)
	values, from, secretErr := variables(environ)
	maps.Copy(r.from, from)
	envErr := from.parsed(env.ParseWithOptions(&r.config, env.Options{Environment: values}))
	for _, list := range []*[]string{&r.config.IncidentChannels, &r.config.IncidentCreators, &r.config.Protected} {
		*list = trimmed(*list)
	}
	for _, f := range flags {
		fieldOf(&r.config, f.Setting).Set(reflect.ValueOf(f.Value))
		r.from[f.Setting] = Origin{Flag: f.Name}
	}
	r.faults, r.invalid = flat(fileErr, secretErr, envErr), flat(r.config.Validate())
	for _, err := range r.invalid {
		if e, ok := errors.AsType[*SettingError](err); ok {
			e.Origin = r.from[e.Setting]
		}
	}
	return r
}

// others returns the invalid settings that have no problem in faults yet: a token that
// could not be read is not also missing. If the file could not be read, it returns none.
func others(faults, invalid []error) []error {
	known := map[string]bool{}
	for _, err := range faults {
		e, ok := errors.AsType[*SettingError](err)
		if !ok {
			return nil
		}
		known[e.Setting] = true
	}
	return slices.DeleteFunc(invalid, func(err error) bool {
		e, ok := errors.AsType[*SettingError](err)
		return ok && known[e.Setting]
	})
}

// flat splits joined errors.
func flat(errs ...error) []error {
	var all []error
	for _, err := range errs {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, flat(joined.Unwrap()...)...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// trimmed removes spaces around the items of a list, and empty items.
func trimmed(list []string) []string {
	var items []string
	for _, item := range list {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// SecretFiles returns the files that settings come from, by the setting's variable. A flag
// overrides a file.
func SecretFiles(environ map[string]string, flags []Flag) map[string]string {
	_, from, _ := variables(environ)
	for _, f := range flags {
		delete(from, f.Setting)
	}
	files := map[string]string{}
	for setting, origin := range from {
		if strings.HasSuffix(origin.Variable, "_FILE") {
			files[setting] = filepath.Clean(environ[origin.Variable])
		}
	}
	return files
}

// variables returns the values that the environment and the files it names give to settings,
// and the origin of each. An empty variable counts as not set.
func variables(environ map[string]string) (values map[string]string, from origins, err error) {
	values, from = map[string]string{}, origins{}
	var faults []error
	for _, name := range variableNames() {
		setting, value, origin := canonical(name), environ[name], Origin{Variable: name}
		file := environ[name+"_FILE"]
		switch {
		case file == "" || !slices.Contains(secretNames(), name):
		case value != "":
			faults = append(faults, &SettingError{setting, origin, " and " + name + "_FILE are both set: keep one"})
		default:
			origin.Variable += "_FILE"
			if value, err = secretFile(file); err != nil {
				faults = append(faults, &SettingError{setting, origin, ": " + err.Error()})
			}
		}
		if value != "" && values[setting] == "" {
			values[setting], from[setting] = value, origin
		}
	}
	return values, from, errors.Join(faults...)
}

// secretFile reads the file of a secret.
func secretFile(file string) (string, error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // leave out the path: it may be the secret itself
	}
	if err != nil {
		return "", fmt.Errorf("reading the file it names: %w", err)
	}
	secret := rotation.Text(text).Reveal()
	if secret == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return secret, nil
}

// keyAliases are the names of the same settings in Zenlayer's Terraform provider.
func keyAliases() [][2]string {
	return [][2]string{
		{"ZENLAYER_ACCESS_KEY_ID", "ZENLAYERCLOUD_ACCESS_KEY_ID"},
		{"ZENLAYER_ACCESS_KEY_SECRET", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"},
	}
}

// canonical returns the name of a setting in Config.
func canonical(name string) string {
	for _, a := range keyAliases() {
		if a[1] == name {
			return a[0]
		}
	}
	return name
}

// variableNames returns the variables of all settings, and after them their aliases.
func variableNames() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		names = append(names, f.Tag.Get("env"))
	}
	for _, a := range keyAliases() {
		names = append(names, a[1])
	}
	return names
}

// secretNames returns the variables of all settings that can come from a file, and their
// aliases: the secrets, the id of the key pair, and the URL with the password.
func secretNames() []string {
	names := []string{"ZENLAYER_ACCESS_KEY_ID", "LBBOT_DATABASE_URL"}
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Name() == "Secret" {
			names = append(names, f.Tag.Get("env"))
		}
	}
	for _, a := range keyAliases() {
		if slices.Contains(names, a[0]) {
			names = append(names, a[1])
		}
	}
	return names
}

// parsed splits the error of package env into one *SettingError a setting, with the origins
// of the values.
func (from origins) parsed(err error) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	var faults []error
	for _, one := range all.Errors {
		e, ok := errors.AsType[env.ParseError](one)
		field, known := reflect.TypeFor[Config]().FieldByName(e.Name)
		if !ok || !known {
			faults = append(faults, one)
			continue
		}
		setting := field.Tag.Get("env")
		faults = append(faults, &SettingError{setting, from[setting], " " + wanted(e)})
	}
	return errors.Join(faults...)
}

// wanted returns which values a variable accepts.
func wanted(e env.ParseError) string {
	switch e.Type.Kind() {
	case reflect.Bool:
		return "must be true or false"
	case reflect.Int:
		return "must be a whole number"
	}
	return "is wrong: " + e.Err.Error()
}
