package bot

import (
	"cmp"
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

// Load returns the settings: defaults, then the file, then the environment, then set,
// which is for flags. file may be empty. The error has all problems, one line each, and
// no secret.
func Load(file string, environ map[string]string, set func(*Config)) (Config, error) {
	c, faults, invalid := load(file, environ, set)
	if len(faults) == 0 {
		return c, errors.Join(invalid...)
	}
	return Config{}, errors.Join(append(faults, others(faults, invalid)...)...)
}

// load returns the settings, the problems of reading them and the invalid values.
func load(file string, environ map[string]string, set func(*Config)) (c Config, faults, invalid []error) {
	c = Defaults()
	found, fileErr := readFile(&c, file)
	inFile := c
	environ, secretErr := secretFiles(environ)
	envErr := env.ParseWithOptions(&c, env.Options{Environment: aliases(environ)})
	for _, list := range []*[]string{&c.IncidentChannels, &c.IncidentCreators, &c.Protected} {
		*list = trimmed(*list)
	}
	if set != nil {
		set(&c)
	}
	return c, flat(fileErr, secretErr, places(nil).plain(envErr)), found.locate(flat(c.Validate()), inFile, c)
}

// locate adds the place in the file to each problem with a value from the file.
func (p places) locate(invalid []error, inFile, c Config) []error {
	for i, err := range invalid {
		e, ok := errors.AsType[*SettingError](err)
		if !ok || p[e.Setting] == "" {
			continue
		}
		for f := range reflect.TypeFor[Config]().Fields() {
			if f.Tag.Get("env") == e.Setting && reflect.DeepEqual(
				reflect.ValueOf(inFile).FieldByIndex(f.Index).Interface(),
				reflect.ValueOf(c).FieldByIndex(f.Index).Interface()) {
				invalid[i] = &SettingError{e.Setting, p[e.Setting] + strings.TrimPrefix(e.Problem, e.Setting)}
			}
		}
	}
	return invalid
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

// SecretFiles returns the files that settings come from, by the setting's variable.
func SecretFiles(environ map[string]string) map[string]string {
	files := map[string]string{}
	for _, name := range secretNames() {
		if file := environ[name+"_FILE"]; file != "" && environ[name] == "" {
			files[canonical(name)] = filepath.Clean(file)
		}
	}
	return files
}

// secretFiles replaces NAME_FILE by NAME with the content of the file, for
// every setting that can come from one.
func secretFiles(environ map[string]string) (map[string]string, error) {
	environ = cloned(environ)
	var faults []error
	for _, name := range secretNames() {
		setting := canonical(name)
		file, ok := environ[name+"_FILE"]
		if !ok || file == "" {
			continue
		}
		if environ[name] != "" {
			faults = append(faults, &SettingError{setting, name + " and " + name + "_FILE are both set: keep one"})
			continue
		}
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			// Leave out the path: it may be the secret itself.
			if e, ok := errors.AsType[*fs.PathError](err); ok {
				err = e.Err
			}
			faults = append(faults, &SettingError{setting,
				fmt.Sprintf("%s_FILE: reading the file it names: %v", name, err)})
			continue
		}
		if environ[name] = rotation.Text(text).Reveal(); environ[name] == "" {
			faults = append(faults, &SettingError{setting, fmt.Sprintf("%s_FILE: %s is empty", name, file)})
		}
	}
	return environ, errors.Join(faults...)
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

// aliases sets settings from their aliases, and removes empty ones, which count as unset.
func aliases(environ map[string]string) map[string]string {
	environ = cloned(environ)
	for _, a := range keyAliases() {
		if environ[a[0]] == "" {
			environ[a[0]] = environ[a[1]]
		}
	}
	maps.DeleteFunc(environ, func(_, value string) bool { return value == "" })
	return environ
}

func cloned(environ map[string]string) map[string]string {
	if environ == nil {
		return map[string]string{}
	}
	return maps.Clone(environ)
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

// plain splits the error of package env into one *SettingError a setting. It names the
// place in the file if there is one, else the variable.
func (p places) plain(err error) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	var faults []error
	t := reflect.TypeFor[Config]()
	for _, one := range all.Errors {
		e, ok := errors.AsType[env.ParseError](one)
		if !ok {
			faults = append(faults, one)
			continue
		}
		name := e.Name
		if f, ok := t.FieldByName(e.Name); ok {
			name = f.Tag.Get("env")
		}
		faults = append(faults, &SettingError{name, cmp.Or(p[name], name) + " " + wanted(e)})
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
