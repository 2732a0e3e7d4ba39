package examples

import (
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
)

// poolMessages show the pool of a listener, and what changed on one.
func poolMessages(n Names, cards map[string]operation.Operation) map[string]render.Message {
	w, at := ApprovalWording(), Moment(19, 14, 30)
	again := func(op operation.Operation) render.Message {
		return private.Changed(&intake.ChangedError{Operation: named(n, op)}, w)
	}
	unread := func(e intake.UnavailableError) render.Message {
		e.What = "Zenlayer"
		return private.PoolUnread(named(n, Draft()), &e)
	}
	return map[string]render.Message{
		"changed_needs": again(Draft(NeedsApproval(1), moved(operation.DiffApproval))),
		"changed_free":  again(Draft(moved(operation.DiffNoApproval))),
		"changed_pool":  again(Draft(movedPool)),
		"pool":          private.Pool(cards["waiting"], Backends(4), at),
		"pool_hidden":   private.PoolHidden(cards["waiting"]),
		"pool_empty":    private.Pool(named(n, Draft()), nil, at),
		"pool_many":     private.Pool(named(n, Draft()), Backends(100), at),
		"pool_names":    private.Pool(named(Chinese(), Draft()), longPool(), at),
		"pool_added":    private.Pool(cards["added"], Backends(5), at),
		"pool_unread":   unread(intake.UnavailableError{}),
		"pool_busy":     unread(intake.UnavailableError{Busy: true}),
		"pool_refused": unread(intake.UnavailableError{Fault: operation.Fault{Status: 401,
			Code: "AUTHFAILURE_UNAUTHORIZED_OPERATION", Message: "not authorised"}}),
	}
}

// moved has a draft previewed again, for one reason.
func moved(code operation.DifferenceCode) Change {
	return func(op *operation.Operation) { op.Moved = []operation.Difference{{Code: code}} }
}

// movedPool has a draft previewed again for everything that can be different on
// the listener.
func movedPool(op *operation.Operation) {
	Shown(Backends(9))(op)
	before, pool := *op.Shown, Backends(2)
	pool[0].InstanceID, pool[0].Port, pool[1].Name = op.Request.InstanceID, "9090", op.Request.BackendName
	op.Listener.Scheduler, op.Listener.HealthCheck = operation.RoundRobin, new(false)
	op.Moved = operation.Add{}.Differences(*op, before, operation.PictureOf(*op, pool, nil))
	op.Request.BackendName += "-2"
	op.There = []operation.Entry{{BackendID: pool[0].BackendID, Ports: pool[0].Port}}
	Shown(pool)(op)
}

// longPool has eleven servers with the longest values, none of them markup.
func longPool() []zenlayer.Backend {
	pool := Backends(11)
	for i := range pool {
		pool[i].Name, pool[i].Port = Chinese().Server, strings.Repeat("65535,", 19)+"65535"
		pool[i].BackendID, pool[i].Status = strings.Repeat("&", 64), "<!channel>"+strings.Repeat("&", 64)
	}
	return pool
}
