package bot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
)

// ConfigFile is read when no other file is named and it exists.
const ConfigFile = "lbbot.yaml"

// Load returns the settings: defaults, then the file, then the environment,
// then set, which is how flags get the last word. file may be empty. All
// problems are in one error; it never has the text of a secret.
func Load(file string, environ map[string]string, set func(*Config)) (Config, error) {
	c := Defaults()
	fileErr := readFile(&c, file)
	environ, secretErr := secretFiles(environ)
	envErr := env.ParseWithOptions(&c, env.Options{Environment: aliases(environ)})
	if set != nil {
		set(&c)
	}
	if err := errors.Join(fileErr, secretErr, plain(envErr)); err != nil {
		return Config{}, errors.Join(err, c.Validate())
	}
	return c, c.Validate()
}

func readFile(c *Config, file string) error {
	named := file != ""
	if !named {
		file = ConfigFile
	}
	text, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the configuration file: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.DisallowUnknownField())
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		// Without the source: the line at fault may hold a secret.
		return fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, false))
	}
	return nil
}

// secretFiles replaces NAME_FILE by NAME with the content of the file, for
// every setting that is a secret.
func secretFiles(environ map[string]string) (map[string]string, error) {
	environ = maps.Clone(environ)
	var faults []error
	for _, name := range secretNames() {
		file, ok := environ[name+"_FILE"]
		if !ok || file == "" {
			continue
		}
		if environ[name] != "" {
			faults = append(faults, fmt.Errorf("%s and %s_FILE are both set: keep one", name, name))
			continue
		}
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			faults = append(faults, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		if environ[name] = strings.TrimSpace(string(text)); environ[name] == "" {
			faults = append(faults, fmt.Errorf("%s_FILE: %s is empty", name, file))
		}
	}
	return environ, errors.Join(faults...)
}

// keyAliases are the names that Zenlayer's Terraform provider uses for the
// same settings; its secret is called password there.
var keyAliases = [...][2]string{
	{"ZENLAYER_ACCESS_KEY_ID", "ZENLAYERCLOUD_ACCESS_KEY_ID"},
	{"ZENLAYER_ACCESS_KEY_SECRET", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"},
}

// aliases fills in settings that are given by another accepted name, and
// leaves out empty ones, which mean: not set.
func aliases(environ map[string]string) map[string]string {
	environ = maps.Clone(environ)
	for _, a := range keyAliases {
		if environ[a[0]] == "" {
			environ[a[0]] = environ[a[1]]
		}
	}
	maps.DeleteFunc(environ, func(_, value string) bool { return value == "" })
	return environ
}

// secretNames are the environment names of all settings that are secrets, and
// their aliases.
func secretNames() []string {
	var names []string
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Name() == "Secret" {
			names = append(names, f.Tag.Get("env"))
		}
	}
	for _, a := range keyAliases {
		if slices.Contains(names, a[0]) {
			names = append(names, a[1])
		}
	}
	return names
}

// plain puts each problem of the environment on a line, with the variable's
// name instead of the field's.
func plain(err error) error {
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
		faults = append(faults, fmt.Errorf("%s: %w", name, e.Err))
	}
	return errors.Join(faults...)
}
