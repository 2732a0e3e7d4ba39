package operation_test

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// leaver is the entry that removals in tests are about.
func leaver() zenlayer.Backend {
	return zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-7", Name: "web-01", Status: "Available", Port: "8080",
		Weight: 50, InstanceID: "i-1", InstanceType: zenlayer.InstanceBM}
}

// removing is a removal of leaver.
func removing() operation.Operation { return removalOf(leaver()) }

// removalOf is a removal of an entry as its preview stores it, without what every
// request has.
func removalOf(b zenlayer.Backend) operation.Operation {
	target := operation.TargetOf(b)
	ports, _ := operation.BackendPorts(b.Port)
	return operation.Operation{Change: operation.ChangeRemove, Target: &target, Account: "acme",
		Request: zenlayer.RegisterBackendRequest{ListenerID: b.ListenerID, InstanceID: b.InstanceID,
			InstanceType: b.InstanceType, BackendName: b.Name, PortList: ports, Weight: b.Weight},
		Server: operation.Server{ID: b.InstanceID, Name: b.Name, Type: b.InstanceType}}
}

// other is another server's entry.
func other(id, status string) zenlayer.Backend {
	return zenlayer.Backend{ListenerID: "lst-1", BackendID: id, Status: status, Port: "8080", Weight: 50,
		InstanceID: "i-" + id}
}

// removal has a removal of b accepted, which is on the listener already; nothing
// runs yet.
func (h *house) removal(b zenlayer.Backend) string {
	op := removalOf(b)
	n := h.number.Add(1)
	l, ok := h.cloud.listener(b.ListenerID)
	require.True(h.t, ok)
	h.clicked = time.Now()
	op.ID, op.Ref = fmt.Sprintf("id-%06d", n), fmt.Sprintf("LBR-%06d", n)
	op.Request.ClientToken = fmt.Sprint("token-", n)
	op.Listener, op.Actor, op.Place = operation.ListenerOf(l, h.cloud.balancers[0]), ana, here
	op.Version, op.Run, op.State = 1, operation.FirstRun, operation.Accepted
	op.AskedAt, op.ClickedAt = h.clicked, h.clicked
	h.cloud.mu.Lock()
	h.before = len(h.cloud.calls)
	pool := make([]zenlayer.Backend, 0, len(h.cloud.entries))
	for _, e := range h.cloud.entries {
		if e.ListenerID == b.ListenerID && e.listed(time.Now()) {
			pool = append(pool, e.Backend)
		}
	}
	h.cloud.mu.Unlock()
	shown := operation.PictureOf(op, pool, nil)
	op.Shown = &shown
	require.NoError(h.t, h.journal.Accept(context.Background(), operation.Acceptance{Operation: op, Insert: true,
		Delivery: h.delivery(), Event: operation.NewEvent(h.clicked, operation.EventAccepted, op, ana, here, nil)}))
	return op.ID
}

// leaving puts leaver on the listener beside another server that is available, and
// has its removal accepted.
func (h *house) leaving() string {
	h.cloud.add(other("be-2", "Available"))
	h.cloud.add(leaver())
	return h.removal(leaver())
}
