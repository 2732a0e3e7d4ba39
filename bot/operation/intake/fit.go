package intake

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// lookupError says why the names in a request could not be looked up. Where
// something else is wrong with it, that comes first.
func (i *Intake) lookupError(a Request, err error) error {
	if _, ok := errors.AsType[*commands.InputError](err); ok {
		return err
	}
	if len(a.Wrong) > 0 {
		return inputError(a.Registration, a.Wrong...)
	}
	away := unavailable(err)
	if away.Busy {
		i.Metrics.busy.Inc()
	}
	return away
}

// checkListener returns what else is wrong with a request, as far as the listener and
// the rules say it. d is exact unless the problems found before concern what the
// rules ask about. Who may do nothing on the listener learns no names.
func checkListener(asked commands.Registration, op operation.Operation, pool []zenlayer.Backend, d operation.Decision, before []commands.Problem) (problems []commands.Problem) {
	may := d.Allowed || d.Code == operation.DeniedApproval
	s := operation.Add{}.Before(op, pool)
	if name := asked.Name; may && !s.Done && !s.Differs && name != "" && slices.Contains(names(pool), name) {
		problems = append(problems, commands.Problem{Field: commands.KeyName, Given: "name=" + name,
			Text: "The name " + name + " is taken on this listener. Suggestion: " + commands.BackendName(name, names(pool)) + "."})
	}
	exact := !concernsField(before, commands.KeyServer, commands.KeyType, commands.KeyPorts, commands.KeyWeight)
	if exact && operation.LacksReason(d, op) && !concernsField(before, commands.KeyReason) {
		problems = append(problems, commands.Problem{Field: commands.KeyReason, Text: "A reason is required for this listener. One line is enough."})
	}
	return problems
}

func names(pool []zenlayer.Backend) []string {
	list := make([]string, len(pool))
	for n, b := range pool {
		list[n] = b.Name
	}
	return list
}

// checkPool takes what is on the listener into account: the same server, and
// names that are taken.
func checkPool(asked commands.Registration, op *operation.Operation, pool []zenlayer.Backend) error {
	if s := (operation.Add{}).Before(*op, pool); s.Done || s.Differs {
		op.FoundWeight, op.BackendID = s.Backend.Weight, s.Backend.BackendID
		return &PresentError{Operation: *op, Backend: s.Backend, Same: s.Done}
	}
	op.Notes = append(op.Notes, secondEntry(*op, pool)...)
	if asked.Name == "" {
		op.Request.BackendName = commands.BackendName(cmp.Or(op.Server.Name, op.Server.ID), names(pool))
	}
	return nil
}

// secondEntry says that the server is on the listener already, with other
// ports. Zenlayer documents a refusal of that for a sister product only
// (INVALID_BACKEND_INSTANCE_LISTENER_EXIST), so it is said and not refused.
func secondEntry(op operation.Operation, pool []zenlayer.Backend) []string {
	there := operation.OfServer(op, pool)
	if len(there) == 0 {
		return nil
	}
	entries := make([]string, 0, len(there))
	for _, b := range there[:min(len(there), maxEntries)] {
		entries = append(entries, operation.Clip(b.BackendID, 40)+" (ports "+cmp.Or(operation.Clip(b.Port, 40), "not shown")+")")
	}
	as := strings.Join(entries, ", ")
	if more := len(there) - len(entries); more > 0 {
		as += " and " + strconv.Itoa(more) + " more"
	}
	return []string{operation.Clip(cmp.Or(op.Server.Name, op.Server.ID), 80) + " is already on this listener as " + as +
		". Zenlayer may refuse the same server twice on one listener, whatever the ports. Another server is the safe choice."}
}

// maxEntries is how many entries of a server are named.
const maxEntries = 3
