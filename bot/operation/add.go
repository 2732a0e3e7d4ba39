package operation

import (
	"context"
	"slices"

	"lbbot/zenlayer"
)

// Registrar makes the call that adds a server. It makes one attempt at most:
// repeating is decided by the Runner, because each attempt is stored before it
// is made.
type Registrar interface {
	RegisterBackend(ctx context.Context, req zenlayer.RegisterBackendRequest) (zenlayer.RegisteredBackend, error)
}

// Add is the Change of ChangeAdd: RegisterBackend with the client token of the
// request.
type Add struct{ Registrar Registrar }

// Send implements Change.
func (a Add) Send(ctx context.Context, op Operation) (Receipt, error) {
	got, err := a.Registrar.RegisterBackend(ctx, op.Request)
	return Receipt{BackendID: got.BackendID, RequestID: got.RequestID}, err
}

// Before implements Change: the server may be there already, with the same
// ports.
func (a Add) Before(op Operation, pool []zenlayer.Backend) Comparison {
	b, same, found := present(op, pool)
	return Comparison{Done: found && same, Differs: found && !same, Backend: b}
}

// After implements Change.
func (a Add) After(op Operation, pool []zenlayer.Backend) Proof {
	own := ownEntries(op, pool)
	return Proof{Done: len(own) > 0, Backends: own, Unclear: unclearEntries(op, pool)}
}

// SaysDone implements Change.
func (a Add) SaysDone(err error) bool { return zenlayer.IsConflict(err) }

// samePorts reports whether a pool entry serves the ports that op asks for. A
// request without ports means the listener's own, which direct routing may
// also show as none.
func samePorts(op Operation, b zenlayer.Backend) bool {
	got, ok := BackendPorts(b.Port)
	if !ok {
		return false
	}
	want := slices.Clone(op.Request.PortList)
	if len(want) == 0 {
		if len(got) == 0 {
			return true
		}
		if want, ok = BackendPorts(op.Listener.Port); !ok {
			return false
		}
	}
	slices.Sort(want)
	return slices.Equal(slices.Compact(want), got)
}

// present returns the entry that is already what op asks for, or differs from
// it in weight only.
func present(op Operation, pool []zenlayer.Backend) (b zenlayer.Backend, same, found bool) {
	for _, b := range OfServer(op, pool) {
		if samePorts(op, b) {
			return b, op.Request.Weight == 0 || b.Weight == op.Request.Weight, true
		}
	}
	return zenlayer.Backend{}, false, false
}

// ownEntries returns the entries that may be op's own doing: this server, these
// ports and this weight, and not there before the first attempt. Names prove
// nothing and are not looked at.
func ownEntries(op Operation, pool []zenlayer.Backend) []zenlayer.Backend {
	return slices.DeleteFunc(OfServer(op, pool), func(b zenlayer.Backend) bool {
		return !samePorts(op, b) ||
			op.Request.Weight != 0 && b.Weight != op.Request.Weight ||
			slices.Contains(op.Baseline, b.BackendID)
	})
}

// unclearEntries returns the entries that cannot be told from op's own doing: new
// ones of this server whose ports or weight cannot be read, or that have ports
// of their own while op leaves them to Zenlayer. They prove neither that it
// worked nor that it did not.
func unclearEntries(op Operation, pool []zenlayer.Backend) []zenlayer.Backend {
	return slices.DeleteFunc(OfServer(op, pool), func(b zenlayer.Backend) bool {
		_, readable := BackendPorts(b.Port)
		weighed := op.Request.Weight == 0 || b.Weight == op.Request.Weight
		return slices.Contains(op.Baseline, b.BackendID) ||
			!weighed && b.Weight != 0 || // 0: the list does not show it
			weighed && samePorts(op, b) ||
			readable && len(op.Request.PortList) > 0 && !samePorts(op, b)
	})
}

// added returns what is in now and was not in before.
func added(before, now []string) []string {
	return slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(before, s) })
}
