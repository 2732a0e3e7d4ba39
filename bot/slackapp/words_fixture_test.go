package slackapp

import (
	"maps"
	"time"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// at is a moment on the day of the examples.
func moment(h, m, s int) time.Time { return time.Date(2026, 11, 23, h, m, s, 0, time.UTC) }

func fixedWording() wording {
	return wording{Bot: "@lbbot", Owner: "C0OWNERS", ConsoleURL: "https://console.example.com/lb"}
}

// sample is an accepted operation, changed by the functions given.
func sample(change ...func(*operation.Operation)) operation.Operation {
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
		Times: operation.Times{AskedAt: moment(19, 14, 10), ExpiresAt: moment(19, 19, 10),
			ClickedAt: moment(19, 14, 21)},
	}
	for _, f := range change {
		f(&op)
	}
	return op
}

type change = func(*operation.Operation)

// keyRefused is what the last reading was answered with.
func keyRefused(op *operation.Operation) {
	op.Unread = operation.Fault{Code: "AUTHFAILURE_UNAUTHORIZED_OPERATION", Status: 401, Message: "not authorised",
		RequestID: "T7E2-01"}
	op.LookFault = op.Unread.Words()
}

func in(s operation.State) change { return func(op *operation.Operation) { op.State = s } }

// sent adds one attempt that was answered, or not when answered is zero.
func sent(at, answered time.Time, outcome string, f operation.Fault) change {
	return func(op *operation.Operation) {
		op.Attempts = append(op.Attempts, operation.Attempt{Number: len(op.Attempts) + 1, SentAt: at,
			AnsweredAt: answered, Outcome: outcome, Fault: f})
		op.Fault = f
	}
}

func lost() change {
	return sent(moment(19, 14, 22), moment(19, 14, 37), operation.OutcomeUnknown, operation.Fault{Message: "no answer"})
}

func answered(e operation.Evidence) change {
	return func(op *operation.Operation) {
		op.State, op.Evidence, op.BackendID, op.RequestID = operation.Added, e, "be-20d1", "T05992D0C-1234"
		op.FinishedAt = moment(19, 14, 24)
		if e == operation.EvidenceSeen || e == operation.EvidencePerson {
			op.RequestID = ""
		}
		if e == operation.EvidencePerson {
			op.AnswerBy, op.Answer = "U0BO", operation.AnswerThere
		}
	}
}

func because(r operation.Reason) change {
	return func(op *operation.Operation) {
		op.State, op.Reason, op.FinishedAt = operation.NotAdded, r, moment(19, 14, 25)
	}
}

// publicCards has one entry for each card of the channel.
func publicCards() map[string]operation.Operation {
	one := sent(moment(19, 14, 22), moment(19, 14, 23), operation.OutcomeAccepted, operation.Fault{})
	listed := func(op *operation.Operation) {
		op.BackendStatus, op.StatusAt, op.StatusLooks = "Available", moment(19, 14, 26), 1
	}
	stopped := func(op *operation.Operation) { op.StopBy = "U0BO" }
	rehearsal := func(op *operation.Operation) { op.Rehearsal = true }
	waiting := func(why string, until time.Time) change {
		return func(op *operation.Operation) { op.WaitFor, op.WaitUntil = why, until }
	}
	inLine := func(op *operation.Operation) { op.WaitFor, op.InLine = operation.WaitLine, moment(19, 14, 22) }
	unsent := func(op *operation.Operation) {
		op.Attempts = []operation.Attempt{{Number: 1, SentAt: moment(19, 14, 22), AnsweredAt: moment(19, 14, 24),
			Outcome: operation.OutcomeRetry, Unsent: true}}
	}
	limited := sent(moment(19, 14, 22), moment(19, 14, 28), operation.OutcomeRetry,
		operation.Fault{Code: "REQUEST_LIMIT_EXCEEDED", Status: 429})
	return map[string]operation.Operation{
		"waiting":                          sample(),
		"waiting_stopping":                 sample(stopped),
		"waiting_rehearsal":                sample(rehearsal),
		"waiting_in_line":                  sample(inLine, func(op *operation.Operation) { op.Others = 3 }),
		"waiting_in_line_number_not_known": sample(inLine),
		"adding_in_line":                   sample(in(operation.Sending), unsent, inLine),
		"adding": sample(in(operation.Sending),
			sent(moment(19, 14, 22), time.Time{}, "", operation.Fault{})),
		"adding_unsent": sample(in(operation.Sending)),
		"adding_rate_limited": sample(in(operation.Sending), limited,
			waiting(operation.WaitRateLimit, moment(19, 14, 40))),
		"adding_unreachable": sample(in(operation.Sending), waiting(operation.WaitUnreachable, moment(19, 14, 40))),
		"adding_rules":       sample(waiting(operation.WaitRules, moment(19, 14, 40))),
		"adding_not_taken": sample(in(operation.Sending), waiting(operation.WaitUnreachable, moment(19, 14, 40)),
			func(op *operation.Operation) { op.Fault.Status = 503 }),
		"adding_restarted": sample(in(operation.Sending), sent(moment(19, 14, 22), time.Time{}, "", operation.Fault{}),
			func(op *operation.Operation) { op.ResumedAt = moment(19, 14, 25) }),
		"adding_stopping": sample(in(operation.Sending), limited, stopped),
		"added":           sample(one, answered(operation.EvidenceAnswered), listed),
		"added_plain": sample(one, answered(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.Purpose, op.Request.PortList, op.Request.Weight = "", nil, 0 }, listed),
		"added_not_listed": sample(one, answered(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.StatusLooks = 2 }),
		"added_never_listed": sample(one, answered(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.StatusLooks = watchLooks }),
		"added_status_blank": sample(one, answered(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.StatusLooks, op.StatusAt = 1, moment(19, 14, 26) }),
		"added_status_unread": sample(one, answered(operation.EvidenceAnswered)),
		"added_status_refused": sample(one, answered(operation.EvidenceAnswered), keyRefused,
			func(op *operation.Operation) { op.StatusLooks = 2 }),
		"added_never_read": sample(one, answered(operation.EvidenceAnswered), keyRefused,
			func(op *operation.Operation) { op.StatusLooks = watchLooks }),
		"added_unwatched": sample(one, answered(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.Watch = false }),
		"added_repeated": sample(lost(), one, answered(operation.EvidenceRepeated), listed),
		"added_seen":     sample(lost(), answered(operation.EvidenceSeen), listed),
		"added_after_503": sample(sent(moment(19, 14, 22), moment(19, 14, 23), operation.OutcomeRetry,
			operation.Fault{Code: "SERVICE_TEMPORARY_UNAVAILABLE", Status: 503}), answered(operation.EvidenceSeen),
			listed),
		"added_person": sample(lost(), answered(operation.EvidencePerson), listed),
		"nothing_to_do": sample(in(operation.AlreadyThere), func(op *operation.Operation) {
			op.BackendID, op.FoundWeight, op.FinishedAt = "be-19c4", 50, moment(19, 14, 25)
		}),
		"nothing_to_do_after_429": sample(in(operation.AlreadyThere),
			sent(moment(19, 14, 22), moment(19, 14, 23), operation.OutcomeRetry,
				operation.Fault{Status: 429, Code: "REQUEST_LIMIT_EXCEEDED"}), func(op *operation.Operation) {
				op.BackendID, op.FoundWeight, op.FinishedAt, op.Evidence, op.Fault = "be-19c4", 50, moment(19, 14, 25),
					operation.EvidenceSeen, operation.Fault{}
			}),
		"not_confirmed": sample(in(operation.Unconfirmed), lost(),
			waiting(operation.WaitLook, moment(19, 14, 45))),
		"not_confirmed_502": sample(in(operation.Unconfirmed),
			sent(moment(19, 14, 22), moment(19, 14, 23), operation.OutcomeUnknown, operation.Fault{Status: 502}),
			waiting(operation.WaitLook, moment(19, 14, 45))),
		"not_confirmed_503": sample(in(operation.Unconfirmed),
			sent(moment(19, 14, 22), moment(19, 14, 23), operation.OutcomeRetry,
				operation.Fault{Status: 503, Code: "SERVICE_TEMPORARY_UNAVAILABLE"}),
			waiting(operation.WaitLook, moment(19, 18, 0))),
		"not_confirmed_crash": sample(in(operation.Unconfirmed),
			sent(moment(19, 14, 22), time.Time{}, "", operation.Fault{}),
			func(op *operation.Operation) { op.ResumedAt = moment(19, 14, 50) }),
		"not_confirmed_readings": sample(in(operation.Unconfirmed), lost(), lost(), lost(),
			waiting(operation.WaitLook, moment(19, 18, 0)), func(op *operation.Operation) {
				op.LastLook, op.LookFault = moment(19, 17, 0), "HTTP 503 from DescribeBackends"
			}),
		"not_confirmed_stopped": sample(in(operation.Unconfirmed), lost(), stopped,
			waiting(operation.WaitLook, moment(19, 14, 45))),
		"not_confirmed_refused": sample(in(operation.Unconfirmed), lost(),
			waiting(operation.WaitLook, moment(19, 18, 0)), keyRefused),
		"needs_person_refused": sample(in(operation.NeedsPerson), lost(), keyRefused),
		"needs_person": sample(in(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.LookFault, op.OwnerTold = "the list did not load", moment(19, 30, 0) }),
		"needs_person_matches": sample(in(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.Matches = []string{"be-1", "be-2"} }),
		"needs_person_mismatch": sample(in(operation.NeedsPerson), lost(), func(op *operation.Operation) {
			op.Answer, op.AnswerBy, op.Mismatch = operation.AnswerThere, "U0BO", true
		}),
		"needs_person_mismatch_no": sample(in(operation.NeedsPerson), lost(), func(op *operation.Operation) {
			op.Answer, op.AnswerBy, op.Mismatch, op.Matches = operation.AnswerNotThere, "U0BO", true, []string{"be-1"}
		}),
		"needs_person_mismatch_no_id": sample(in(operation.NeedsPerson), lost(), func(op *operation.Operation) {
			op.Answer, op.AnswerBy, op.Mismatch = operation.AnswerNotThere, "U0BO", true
		}),
		"needs_person_reading": sample(in(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.Answer, op.AnswerBy = operation.AnswerThere, "U0BO" }),
		"needs_person_reading_no": sample(in(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.Answer, op.AnswerBy = operation.AnswerNotThere, "U0BO" }),
	}
}

// endings has one entry for each reason and its variants.
func endings() map[string]operation.Operation {
	fault := func(f operation.Fault) change {
		return sent(moment(19, 14, 22), moment(19, 14, 24), operation.OutcomeRefused, f)
	}
	read := func(op *operation.Operation) { op.LastLook = moment(19, 14, 25) }
	gone := operation.Fault{Code: "INVALID_LB_LISTENER_NOT_FOUND", Status: 404, Message: "listener not found",
		RequestID: "T7E2-5678"}
	denial := func(c operation.DenialCode) change {
		return func(op *operation.Operation) { op.Denial = &operation.Decision{Code: c, What: "groups"} }
	}
	return map[string]operation.Operation{
		"refused":        sample(because(operation.ReasonRefused), fault(gone), read),
		"refused_unread": sample(because(operation.ReasonRefused), fault(gone)),
		"refused_unknown": sample(because(operation.ReasonRefused),
			fault(operation.Fault{Code: "SOMETHING_NEW", Status: 400, Message: "a new rule"}), read),
		"refused_code_only": sample(because(operation.ReasonRefused),
			fault(operation.Fault{Code: "SOMETHING_NEW", Status: 400})),
		"refused_words_only": sample(because(operation.ReasonRefused),
			fault(operation.Fault{Status: 400, Message: "no"})),
		"refused_silent": sample(because(operation.ReasonRefused), fault(operation.Fault{Status: 400})),
		"differs": sample(because(operation.ReasonDiffers),
			func(op *operation.Operation) { op.FoundWeight, op.BackendID = 20, "be-19c4" }),
		"differs_unknown": sample(because(operation.ReasonDiffers)),
		"too_late":        sample(because(operation.ReasonTooLate)),
		"too_late_in_line": sample(because(operation.ReasonTooLate),
			func(op *operation.Operation) { op.InLine = moment(19, 14, 22) }),
		"stopped": sample(because(operation.ReasonStopped),
			func(op *operation.Operation) { op.StopBy = "U0BO" }),
		"stopped_refused": sample(because(operation.ReasonStopped), fault(operation.Fault{Status: 429}),
			func(op *operation.Operation) { op.StopBy = "U0BO" }),
		"denied":           sample(because(operation.ReasonDenied), denial(operation.DeniedNoRule)),
		"denied_outdated":  sample(because(operation.ReasonDenied), denial(operation.DeniedOutdated)),
		"denied_unchecked": sample(because(operation.ReasonDenied), denial(operation.DeniedUnchecked)),
		"denied_approval":  sample(because(operation.ReasonDenied), denial(operation.DeniedApproval)),
		"denied_shared":    sample(because(operation.ReasonDenied), denial(operation.DeniedShared)),
		"denied_bare":      sample(because(operation.ReasonDenied)),
		"rate_limited": sample(because(operation.ReasonRateLimited),
			fault(operation.Fault{Code: "REQUEST_LIMIT_EXCEEDED", Status: 429}),
			func(op *operation.Operation) {
				op.Tries, op.FirstTry, op.FinishedAt = 5, moment(19, 14, 24), moment(19, 16, 24)
			}),
		"credentials_told": sample(because(operation.ReasonCredentials),
			func(op *operation.Operation) { op.OwnerTold = moment(19, 14, 25) }),
		"gone_after_refusal": sample(because(operation.ReasonGone),
			sent(moment(19, 14, 22), moment(19, 14, 22), operation.OutcomeRetry, operation.Fault{Status: 429})),
		"credentials": sample(because(operation.ReasonCredentials),
			fault(operation.Fault{Code: "AUTHFAILURE_SIGNATURE_FAILURE", Status: 401})),
		"clock_skew": sample(because(operation.ReasonClockSkew),
			fault(operation.Fault{Code: "AUTHFAILURE_SIGNATURE_EXPIRED", Status: 401})),
		"unreachable": sample(because(operation.ReasonUnreachable)),
		"unreachable_unreadable": sample(because(operation.ReasonUnreachable),
			func(op *operation.Operation) { op.Fault = operation.Fault{Status: 502, Message: "Bad Gateway"} }),
		"unreachable_proxy": sample(because(operation.ReasonUnreachable),
			func(op *operation.Operation) { op.Fault = operation.Fault{Status: 404, Message: "not found"} }),
		"unreachable_tried": sample(because(operation.ReasonUnreachable),
			sent(moment(19, 14, 22), moment(19, 14, 22), operation.OutcomeRetry, operation.Fault{})),
		"blocked": sample(because(operation.ReasonBlocked),
			fault(operation.Fault{Status: 403, Message: "blocked by a firewall"})),
		"gone": sample(because(operation.ReasonGone), func(op *operation.Operation) { op.Fault = gone }),
		"proven": sample(because(operation.ReasonProven), lost(),
			func(op *operation.Operation) { op.LastLook = moment(19, 24, 40) }),
		"person": sample(because(operation.ReasonPerson), lost(), read,
			func(op *operation.Operation) { op.AnswerBy = "U0BO" }),
		"rehearsal": sample(because(operation.ReasonRehearsal), func(op *operation.Operation) { op.Rehearsal = true }),
		"internal":  sample(because(operation.ReasonInternal)),
	}
}

// denials has one entry for each code, and its variants.
func denials() map[string]operation.Decision {
	no := func(c operation.DenialCode, change ...func(*operation.Decision)) operation.Decision {
		d := operation.Decision{Code: c, Channel: true, Person: true}
		for _, f := range change {
			f(&d)
		}
		return d
	}
	groups := func(d *operation.Decision) { d.Groups = []string{"S0LBPAY"} }
	all := map[string]operation.Decision{
		"unchecked": no(operation.DeniedUnchecked, func(d *operation.Decision) { d.What = "channel" }),
		"unchecked_setup": no(operation.DeniedUnchecked, func(d *operation.Decision) {
			d.What, d.Remedy = "groups", remedy(botTokenSetting, "paid_teams_only", "")
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
		"rate": no(operation.DeniedRate,
			func(d *operation.Decision) { d.Limit, d.Window, d.Until = 10, "10 minutes", moment(19, 24, 0) }),
		"rate_open":     no(operation.DeniedRate, func(d *operation.Decision) { d.Limit, d.Window = 10, "10 minutes" }),
		"not_requester": no(operation.DeniedNotRequester),
		"other":         no("a code of a later version"),
	}
	maps.Copy(all, approvalDenials())
	return all
}

func draft(change ...change) operation.Operation {
	return sample(append([]func(*operation.Operation){in(operation.Draft)}, change...)...)
}

func previews() map[string]operation.Operation {
	return map[string]operation.Operation{
		"preview": draft(),
		"preview_notes": draft(func(op *operation.Operation) {
			op.Notes = []string{"Port 8080 was given twice; once is enough.",
				"Name web-07, made from the server's name."}
		}),
		"preview_dry_run":   draft(func(op *operation.Operation) { op.DryRun = true }),
		"preview_protected": draft(func(op *operation.Operation) { op.Listener.Protected = true }),
		"preview_rehearsal": draft(func(op *operation.Operation) { op.Rehearsal = true }),
		"preview_bare": draft(func(op *operation.Operation) {
			op.Listener = operation.Listener{ID: "lst-8f2c", Servers: -1}
			op.Server = operation.Server{ID: "i-55a1"}
			op.Request.InstanceType, op.Request.PortList, op.Request.Weight = zenlayer.InstanceVM, nil, 0
			op.Purpose, op.Policies, op.Place.ResultID = "", nil, "D0ANA"
		}),
	}
}

func typingMistake() *commands.InputError {
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

func steps() []operation.Event {
	return []operation.Event{
		{At: moment(19, 14, 10), Kind: operation.EventPreviewed, ActorID: "U0ANA"},
		{At: moment(19, 14, 21), Kind: operation.EventAccepted, ActorID: "U0ANA"},
		{At: moment(19, 14, 22), Kind: operation.EventAttempt, Data: map[string]string{"number": "1"}},
		{At: moment(19, 14, 24), Kind: operation.EventAnswered,
			Data: map[string]string{"outcome": "accepted", "request_id": "T05992D0C-1234"}},
		{At: moment(19, 14, 24), Kind: operation.EventFinished, Data: map[string]string{"backend_id": "be-20d1"}},
	}
}

func standing() operation.Standing {
	return operation.Standing{
		Person:    operation.Person{ID: "U0ANA", TeamID: "T0HOME", Name: "ana"},
		Workspace: operation.Workspace{TeamID: "T0HOME"},
		Channel:   operation.Channel{ID: "C0INC1234", Name: "inc-1234", Member: true}, Incident: true,
		Groups: []operation.Group{{ID: "S0SRE", Handle: "sre"}}, Rules: []string{"sre-in-incidents"},
		Policy: "3f9a1c of 19:00:00 UTC",
	}
}
