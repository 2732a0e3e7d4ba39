package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lbbot/bot/bench/stage"
)

// contender is one of the bots that take turns.
type contender struct {
	command  []string
	database *database // nil: it is not lbbot
}

func (c contender) name() string {
	if c.database == nil {
		return "the other bot"
	}
	return "lbbot on " + c.database.kind
}

// otherBot is the name of the other bot in a result.
const otherBot = "other"

// bots returns who takes a turn in each round, the other one first: it is the one that may
// not start.
func (o Options) bots(d databases) []contender {
	var all []contender
	if o.Other != "" {
		all = append(all, contender{command: []string{"sh", "-c", o.Other}})
	}
	for i := range d.list {
		all = append(all, contender{[]string{o.Program, "run"}, &d.list[i]})
	}
	return all
}

// permit lets everybody on the stage add servers.
const permit = `@id("bench") @approvals("0")
permit (principal in Usergroup::"` + stage.Group + `", action == Action::"register", resource is Listener);
`

// rules is a policy file. lbbot does not use a file that changed a moment ago.
type rules struct {
	path  string
	ready time.Time
}

// rulesAge is how old a policy file must be until lbbot uses it at its start.
const rulesAge = 3500 * time.Millisecond

// writeRules writes the policy file into a folder.
func writeRules(dir string) (rules, error) {
	path := filepath.Join(dir, "policy.cedar")
	if err := os.WriteFile(path, []byte(permit), 0o600); err != nil {
		return rules{}, fmt.Errorf("writing the policy: %w", err)
	}
	return rules{path, time.Now().Add(rulesAge)}, nil
}

// wait blocks until lbbot uses the file.
func (r rules) wait(ctx context.Context) error {
	select {
	case <-time.After(time.Until(r.ready)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// environment is what lbbot gets, beside the addresses of the stand-ins.
func environment(policy, database string) []string {
	return []string{
		"LBBOT_DATABASE_URL=" + database, "LBBOT_POLICY=" + policy, "LBBOT_CONFIRM=never",
		"LBBOT_RATE=0", "LBBOT_LISTENER_RATE=0", "LBBOT_ZENLAYER_RATE=0", // people and calls are not limited
		"LBBOT_ADMIN_ADDR=127.0.0.1:0", "LBBOT_LOG_LEVEL=info", "LBBOT_LOG_FORMAT=json",
	}
}

// adminAddress returns the address of health and metrics if a line of the log has it.
func adminAddress(line string) (string, bool) {
	var entry struct{ Admin string }
	if json.Unmarshal([]byte(line), &entry) != nil || entry.Admin == "" {
		return "", false
	}
	return entry.Admin, true
}

// without returns the variables whose names do not belong to a bot: those of the person
// who runs the benchmark may be of a real workspace.
func without(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		for _, prefix := range []string{"SLACK_", "ZENLAYER", "LBBOT_"} {
			if len(v) >= len(prefix) && v[:len(prefix)] == prefix {
				return true
			}
		}
		return false
	})
}
