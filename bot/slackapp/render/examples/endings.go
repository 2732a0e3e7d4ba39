package examples

import (
	"maps"

	"lbbot/bot/operation"
)

// Endings has one entry for each reason and its variants.
func Endings() map[string]operation.Operation {
	all := refusedEndings()
	maps.Copy(all, failedEndings())
	return all
}

// refusedEndings are requests that Zenlayer, the policy or a person refused.
func refusedEndings() map[string]operation.Operation {
	return map[string]operation.Operation{
		"refused":        Sample(NotAdded(operation.ReasonRefused), failed(gone()), read),
		"refused_unread": Sample(NotAdded(operation.ReasonRefused), failed(gone())),
		"refused_unknown": Sample(NotAdded(operation.ReasonRefused),
			failed(operation.Fault{Code: "SOMETHING_NEW", Status: 400, Message: "a new rule"}), read),
		"refused_code_only": Sample(NotAdded(operation.ReasonRefused),
			failed(operation.Fault{Code: "SOMETHING_NEW", Status: 400})),
		"refused_words_only": Sample(NotAdded(operation.ReasonRefused),
			failed(operation.Fault{Status: 400, Message: "no"})),
		"refused_silent": Sample(NotAdded(operation.ReasonRefused), failed(operation.Fault{Status: 400})),
		"differs": Sample(NotAdded(operation.ReasonDiffers),
			func(op *operation.Operation) { op.FoundWeight, op.BackendID = 20, "be-19c4" }),
		"differs_unknown": Sample(NotAdded(operation.ReasonDiffers)),
		"too_late":        Sample(NotAdded(operation.ReasonTooLate)),
		"too_late_in_line": Sample(NotAdded(operation.ReasonTooLate),
			func(op *operation.Operation) { op.InLine = Moment(19, 14, 22) }),
		"paused": Sample(paused, NotAdded(operation.ReasonPaused)),
		"stopped": Sample(NotAdded(operation.ReasonStopped),
			func(op *operation.Operation) { op.StopBy = "U0BO" }),
		"stopped_refused": Sample(NotAdded(operation.ReasonStopped), failed(operation.Fault{Status: 429}),
			func(op *operation.Operation) { op.StopBy = "U0BO" }),
		"denied":           Sample(NotAdded(operation.ReasonDenied), denied(operation.DeniedNoRule)),
		"denied_outdated":  Sample(NotAdded(operation.ReasonDenied), denied(operation.DeniedOutdated)),
		"denied_unchecked": Sample(NotAdded(operation.ReasonDenied), denied(operation.DeniedUnchecked)),
		"denied_approval":  Sample(NotAdded(operation.ReasonDenied), denied(operation.DeniedApproval)),
		"denied_shared":    Sample(NotAdded(operation.ReasonDenied), denied(operation.DeniedShared)),
		"denied_bare":      Sample(NotAdded(operation.ReasonDenied)),
	}
}

// failedEndings are requests that failed for another reason.
func failedEndings() map[string]operation.Operation {
	return map[string]operation.Operation{
		"rate_limited": Sample(NotAdded(operation.ReasonRateLimited),
			failed(operation.Fault{Code: "REQUEST_LIMIT_EXCEEDED", Status: 429}),
			func(op *operation.Operation) {
				op.Tries, op.FirstTry, op.FinishedAt = 5, Moment(19, 14, 24), Moment(19, 16, 24)
			}),
		"credentials_told": Sample(NotAdded(operation.ReasonCredentials),
			func(op *operation.Operation) { op.OwnerTold = Moment(19, 14, 25) }),
		"gone_after_refusal": Sample(NotAdded(operation.ReasonGone),
			Attempted(Moment(19, 14, 22), Moment(19, 14, 22), operation.OutcomeRetry, operation.Fault{Status: 429})),
		"credentials": Sample(NotAdded(operation.ReasonCredentials),
			failed(operation.Fault{Code: "AUTHFAILURE_SIGNATURE_FAILURE", Status: 401})),
		"clock_skew": Sample(NotAdded(operation.ReasonClockSkew),
			failed(operation.Fault{Code: "AUTHFAILURE_SIGNATURE_EXPIRED", Status: 401})),
		"unreachable": Sample(NotAdded(operation.ReasonUnreachable)),
		"unreachable_unreadable": Sample(NotAdded(operation.ReasonUnreachable),
			func(op *operation.Operation) { op.Fault = operation.Fault{Status: 502, Message: "Bad Gateway"} }),
		"unreachable_proxy": Sample(NotAdded(operation.ReasonUnreachable),
			func(op *operation.Operation) { op.Fault = operation.Fault{Status: 404, Message: "not found"} }),
		"unreachable_tried": Sample(NotAdded(operation.ReasonUnreachable),
			Attempted(Moment(19, 14, 22), Moment(19, 14, 22), operation.OutcomeRetry, operation.Fault{})),
		"blocked": Sample(NotAdded(operation.ReasonBlocked),
			failed(operation.Fault{Status: 403, Message: "blocked by a firewall"})),
		"gone": Sample(NotAdded(operation.ReasonGone), func(op *operation.Operation) { op.Fault = gone() }),
		"proven": Sample(NotAdded(operation.ReasonProven), lost(),
			func(op *operation.Operation) { op.LastLook = Moment(19, 24, 40) }),
		"person": Sample(NotAdded(operation.ReasonPerson), lost(), read,
			func(op *operation.Operation) { op.AnswerBy = "U0BO" }),
		"rehearsal": Sample(NotAdded(operation.ReasonRehearsal), func(op *operation.Operation) { op.Rehearsal = true }),
		"internal":  Sample(NotAdded(operation.ReasonInternal)),
	}
}

// failed is an attempt that was refused.
func failed(f operation.Fault) Change {
	return Attempted(Moment(19, 14, 22), Moment(19, 14, 24), operation.OutcomeRefused, f)
}

func read(op *operation.Operation) { op.LastLook = Moment(19, 14, 25) }

func gone() operation.Fault {
	return operation.Fault{Code: "INVALID_LB_LISTENER_NOT_FOUND", Status: 404, Message: "listener not found",
		RequestID: "T7E2-5678"}
}

func denied(c operation.DenialCode) Change {
	return func(op *operation.Operation) { op.Denial = &operation.Decision{Code: c, What: "groups"} }
}
