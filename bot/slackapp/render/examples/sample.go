// Package examples has example operations, and every message and view that the bot can build from
// them: for the tests of the packages that show operations, and for lbbot blocks.
package examples

import (
	"maps"
	"strconv"
	"time"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Moment is a time on the day of the examples.
func Moment(h, m, s int) time.Time { return time.Date(2026, 11, 23, h, m, s, 0, time.UTC) }

// Sample is an accepted operation, changed by the functions given.
func Sample(change ...func(*operation.Operation)) operation.Operation {
	op := operation.Operation{
		ID: "0192f0c1-7d2e-7c3a-9a51-0f6b1c2d3e4f", Ref: "LBR-7F3KQ2", Version: 3, State: operation.Accepted,
		Account: "main",
		Request: zenlayer.RegisterBackendRequest{ListenerID: "lst-8f2c", BackendName: "web-07", InstanceID: "i-55a1",
			InstanceType: zenlayer.InstanceBM, ClientToken: "5b1f0c1e-1111-4222-8333-444455556666",
			PortList: []int{8080}, Weight: 50},
		Listener: operation.Listener{ID: "lst-8f2c", Name: "https-443", Protocol: "TCP", Port: "443", Scheduler: "wrr",
			Kind:   "FNAT",
			Status: "Running", HealthCheck: new(true), LoadBalancerID: "lb-01", LoadBalancerName: "api-lb",
			Zone: "SIN1", Servers: 4},
		Server: operation.Server{ID: "i-55a1", Name: "web-07", Type: zenlayer.InstanceBM, IP: "10.0.3.17",
			Zone: "SIN1", Status: "Running"},
		Actor: operation.Actor{UserID: "U0ANA", TeamID: "T0HOME", Name: "ana"},
		Place: operation.Place{TeamID: "T0HOME", ChannelID: "C0INC1234", ChannelName: "inc-1234",
			ResultID: "C0INC1234"},
		Purpose: "inc-1234 add capacity", Policies: []string{"sre-in-incidents"},
		Options: operation.Options{Watch: true,
			Command: "/lb-register listener=lst-8f2c server=i-55a1 ports=8080 weight=50"},
		Times: operation.Times{AskedAt: Moment(19, 14, 10), ExpiresAt: Moment(19, 19, 10),
			ClickedAt: Moment(19, 14, 21)},
	}
	for _, f := range change {
		f(&op)
	}
	return op
}

// Change changes a sample.
type Change = func(*operation.Operation)

// keyRefused is what the last reading was answered with.
func keyRefused(op *operation.Operation) {
	op.Unread = operation.Fault{Code: "AUTHFAILURE_UNAUTHORIZED_OPERATION", Status: 401, Message: "not authorised",
		RequestID: "T7E2-01"}
	op.LookFault = op.Unread.Words()
}

// InState puts a sample into a state.
func InState(s operation.State) Change { return func(op *operation.Operation) { op.State = s } }

// Attempted adds one attempt that was answered, or not when answered is zero.
func Attempted(at, answered time.Time, outcome string, f operation.Fault) Change {
	return func(op *operation.Operation) {
		op.Attempts = append(op.Attempts, operation.Attempt{Number: len(op.Attempts) + 1, SentAt: at,
			AnsweredAt: answered, Outcome: outcome, Fault: f})
		op.Fault = f
	}
}

func lost() Change {
	return Attempted(Moment(19, 14, 22), Moment(19, 14, 37), operation.OutcomeUnknown,
		operation.Fault{Message: "no answer"})
}

// Added ends a sample as added.
func Added(e operation.Evidence) Change {
	return func(op *operation.Operation) {
		op.State, op.Evidence, op.BackendID, op.RequestID = operation.Done, e, "be-20d1", "T05992D0C-1234"
		op.FinishedAt = Moment(19, 14, 24)
		if e == operation.EvidenceSeen || e == operation.EvidencePerson {
			op.RequestID = ""
		}
		if e == operation.EvidencePerson {
			op.AnswerBy, op.Answer = "U0BO", operation.AnswerThere
		}
	}
}

// NotAdded ends a sample as not added.
func NotAdded(r operation.Reason) Change {
	return func(op *operation.Operation) {
		op.State, op.Reason, op.FinishedAt = operation.NotDone, r, Moment(19, 14, 25)
	}
}

// Denials has one entry for each code, and its variants.
func Denials() map[string]operation.Decision {
	no := denial
	groups := func(d *operation.Decision) { d.Groups = []string{"S0LBPAY"} }
	all := map[string]operation.Decision{
		"unchecked": no(operation.DeniedUnchecked, func(d *operation.Decision) { d.What = "channel" }),
		"unchecked_setup": no(operation.DeniedUnchecked, func(d *operation.Decision) {
			d.What = "groups"
			d.Remedy = "user groups need a paid Slack plan. Without one, name people in the policy instead of groups"
		}),
		"workspace":    no(operation.DeniedWorkspace),
		"guest":        no(operation.DeniedGuest, groups),
		"guest_alone":  no(operation.DeniedGuest),
		"bot":          no(operation.DeniedBot),
		"deactivated":  no(operation.DeniedDeactivated),
		"shared":       no(operation.DeniedShared, func(d *operation.Decision) { d.Contact = "#ops" }),
		"shared_alone": no(operation.DeniedShared),
		"channel":      no(operation.DeniedChannel),
		"outdated":     no(operation.DeniedOutdated),
		"no_policy":    no(operation.DeniedNoPolicy),
		"no_rule": no(operation.DeniedNoRule, groups,
			func(d *operation.Decision) { d.In, d.Contact = []string{"S0LBWEB"}, "C0OPS" }),
		"no_rule_any": no(operation.DeniedNoRule, func(d *operation.Decision) { d.Groups = []string{"S0A", "S0B"} }),
		"no_rule_ask": no(operation.DeniedNoRule, groups, func(d *operation.Decision) { d.GroupsAsk = true }),
		"place": no(operation.DeniedNoRule,
			func(d *operation.Decision) { d.Channels, d.Incident = []string{"C0OPS"}, true }),
		"place_many": no(operation.DeniedNoRule,
			func(d *operation.Decision) { d.Channels, d.Incident = []string{"C0OPS", "C0INC1234"}, true }),
		"place_one":     no(operation.DeniedNoRule, func(d *operation.Decision) { d.Channels = []string{"C0OPS"} }),
		"no_rule_plain": no(operation.DeniedNoRule, func(d *operation.Decision) { d.Channel = false }),
		"forbidden": no(operation.DeniedForbidden, func(d *operation.Decision) {
			d.Policies, d.Reason = []string{"year-end"}, "Changes are frozen until 08:00."
		}),
		"forbidden_any": no(operation.DeniedForbidden),
		"approval": no(operation.DeniedApproval,
			func(d *operation.Decision) { d.Policies, d.Approvals = []string{"others-ask"}, 1 }),
		"approval_two": no(operation.DeniedApproval,
			func(d *operation.Decision) { d.Policies, d.Approvals = []string{"others-ask"}, 2 }),
		"rate_open": no(operation.DeniedRate, func(d *operation.Decision) {
			d.Limit, d.Window = 10, 10*time.Minute
		}),
		"not_requester": no(operation.DeniedNotRequester),
		"other":         no("a code of a later version"),
		"rate":          {Code: operation.DeniedRate, Limit: 10, Window: 10 * time.Minute, Until: Moment(19, 24, 0)},
	}
	maps.Copy(all, approvalDenials())
	return all
}

func denial(c operation.DenialCode, change ...func(*operation.Decision)) operation.Decision {
	d := operation.Decision{Code: c, Channel: true, Person: true}
	for _, f := range change {
		f(&d)
	}
	return d
}

// Draft is a sample that is only previewed, with four servers on the listener.
func Draft(change ...Change) operation.Operation {
	return Sample(append([]func(*operation.Operation){InState(operation.Draft), Shown(Backends(4))}, change...)...)
}

// Shown has the preview show this pool.
func Shown(pool []zenlayer.Backend) Change {
	return func(op *operation.Operation) {
		p := operation.PictureOf(*op, pool, nil)
		op.Shown, op.Listener.Servers = &p, len(pool)
	}
}

// Backends are so many other servers on the listener of a sample.
func Backends(n int) []zenlayer.Backend {
	list := make([]zenlayer.Backend, n)
	for i := range list {
		number := strconv.Itoa(i + 11)
		list[i] = zenlayer.Backend{ListenerID: "lst-8f2c", BackendID: "be-" + number, Name: "web-" + number,
			Status: "Available", Port: "8080", Weight: 50, InstanceID: "i-" + number}
	}
	return list
}

// Previews are drafts to be shown.
func Previews() map[string]operation.Operation {
	return map[string]operation.Operation{
		"preview": Draft(),
		"preview_notes": Draft(func(op *operation.Operation) {
			op.Notes = []string{"Port 8080 was given twice; once is enough.",
				"Name web-07, made from the server's name."}
		}),
		"preview_warnings": Draft(Warned),
		"preview_other_ports": Draft(func(op *operation.Operation) {
			op.Request.PortList = nil
			Shown(Backends(4))(op)
		}),
		"preview_first": Draft(Shown(nil)),
		"preview_unread": Draft(func(op *operation.Operation) {
			op.Shown, op.Listener.Servers = nil, -1
			op.PoolFault = operation.Fault{Code: "REQUEST_LIMIT_EXCEEDED", Status: 429, Message: "too many"}
		}),
		"preview_filled": Draft(func(op *operation.Operation) {
			op.UsualWeight = true
			pool := Backends(4)
			pool[0].InstanceID, pool[0].Port = op.Request.InstanceID, "9090"
			pool[1].InstanceID, pool[1].Port = op.Request.InstanceID, ""
			Shown(pool)(op)
			op.There = []operation.Entry{{BackendID: "be-11", Ports: "9090"}, {BackendID: "be-12"}}
		}),
		"preview_default_weight": Draft(Shown(nil), NeedsApproval(1),
			func(op *operation.Operation) { op.Request.Weight = 0 }),
		"preview_paused":    Draft(paused),
		"preview_dry_run":   Draft(func(op *operation.Operation) { op.DryRun = true }),
		"preview_protected": Draft(func(op *operation.Operation) { op.Listener.Protected = true }),
		"preview_rehearsal": Draft(func(op *operation.Operation) { op.Rehearsal = true }),
		"preview_bare": Draft(func(op *operation.Operation) {
			op.Listener, op.Shown = operation.Listener{ID: "lst-8f2c", Servers: -1}, nil
			op.Server = operation.Server{ID: "i-55a1"}
			op.Request.InstanceType, op.Request.PortList, op.Request.Weight = zenlayer.InstanceVM, nil, 0
			op.Purpose, op.Policies, op.Place.ResultID = "", nil, "D0ANA"
		}),
	}
}

// Warned gives an operation every warning that can be true at the same time.
func Warned(op *operation.Operation) {
	op.Listener.HealthCheck, op.Listener.LoadBalancerStatus, op.Listener.Kind = new(false), "CREATING", "DR"
	op.Server.Status, op.Server.Zone, op.Elsewhere = "STOPPED", "FRA1", 2
	op.Server.ExpiresAt = op.AskedAt.Add(7 * 24 * time.Hour)
	pool := Backends(4)
	for i := range pool {
		pool[i].Weight = 10
	}
	Shown(pool)(op)
}

// TypingMistake is a command with several mistakes.
func TypingMistake() *commands.InputError {
	return &commands.InputError{
		Problems: []commands.Problem{
			{Given: "wieght=50", Text: "I do not know wieght. Did you mean weight?"},
			{Field: commands.KeyPorts, Given: "ports=80808", Text: "a port is a number from 1 to 65535."},
			{Field: commands.KeyServer, Text: "A server is needed."},
		},
		Corrected: "/lb-register api-lb:443 web-07 ports=? weight=50",
		Values:    commands.Values{commands.KeyListener: "api-lb:443"},
	}
}

// Steps are the events of an added sample.
func Steps() []operation.Event {
	return []operation.Event{
		{At: Moment(19, 14, 10), Kind: operation.EventPreviewed, ActorID: "U0ANA"},
		{At: Moment(19, 14, 21), Kind: operation.EventAccepted, ActorID: "U0ANA"},
		{At: Moment(19, 14, 22), Kind: operation.EventAttempt, Data: map[string]string{"number": "1"}},
		{At: Moment(19, 14, 24), Kind: operation.EventAnswered,
			Data: map[string]string{"outcome": "accepted", "request_id": "T05992D0C-1234"}},
		{At: Moment(19, 14, 24), Kind: operation.EventFinished, Data: map[string]string{"backend_id": "be-20d1"}},
	}
}

// Standing is what the bot sees of a person.
func Standing() operation.Standing {
	return operation.Standing{
		Person:    operation.Person{ID: "U0ANA", TeamID: "T0HOME", Name: "ana"},
		Workspace: operation.Workspace{TeamID: "T0HOME"},
		Channel:   operation.Channel{ID: "C0INC1234", Name: "inc-1234", Member: true}, Incident: true,
		Groups: []operation.Group{{ID: "S0SRE", Handle: "sre"}}, Rules: []string{"sre-in-incidents"},
		Policy: "3f9a1c of 19:00:00 UTC",
	}
}
