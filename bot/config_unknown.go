package bot

import (
	"maps"
	"regexp"
	"slices"

	"go.uber.org/zap"

	"lbbot/commands"
)

// ours matches variables that should be settings. Kubernetes makes the other variables for a
// service that is called lbbot.
var ours, ofKubernetes = regexp.MustCompile(`^LBBOT_`), regexp.MustCompile(`^LBBOT_(SERVICE|PORT)(_|$)`)

// UnknownVariables returns a sentence for each variable that begins with LBBOT_ and is no
// setting, in alphabetical order.
func UnknownVariables(environ map[string]string) []string {
	names := variableNames()
	for _, name := range secretNames() {
		names = append(names, name+"_FILE")
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		if !ours.MatchString(name) || ofKubernetes.MatchString(name) || slices.Contains(names, name) {
			continue
		}
		next := "; the settings are in deploy/docs/configuration.md"
		if near := commands.Closest(name, names, 1); len(near) > 0 {
			next = ": did you mean " + near[0] + "?"
		}
		unknown = append(unknown, name+" is not a setting"+next)
	}
	return unknown
}

// WarnOfUnknown writes the unknown variables to the log, in one line.
func WarnOfUnknown(log *zap.Logger, environ map[string]string) {
	if unknown := UnknownVariables(environ); len(unknown) > 0 {
		log.Warn("the environment has variables that are not settings", zap.Strings("variables", unknown))
	}
}
