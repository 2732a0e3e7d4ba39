package examples

import (
	"maps"
	"time"

	"lbbot/bot/operation"
)

// PublicCards has one entry for each card of the channel.
func PublicCards() map[string]operation.Operation {
	all := openCards()
	maps.Copy(all, addedCards())
	maps.Copy(all, unsettledCards())
	return all
}

// openCards are requests that are waiting or being sent.
func openCards() map[string]operation.Operation {
	return map[string]operation.Operation{
		"waiting":                          Sample(),
		"waiting_stopping":                 Sample(stopped),
		"waiting_rehearsal":                Sample(rehearsal),
		"waiting_in_line":                  Sample(inLine, func(op *operation.Operation) { op.Others = 3 }),
		"waiting_in_line_number_not_known": Sample(inLine),
		"adding_in_line":                   Sample(InState(operation.Sending), unsent, inLine),
		"adding": Sample(InState(operation.Sending),
			Attempted(Moment(19, 14, 22), time.Time{}, "", operation.Fault{})),
		"adding_unsent": Sample(InState(operation.Sending)),
		"adding_rate_limited": Sample(InState(operation.Sending), limited(),
			waiting(operation.WaitRateLimit, Moment(19, 14, 40))),
		"adding_unreachable": Sample(InState(operation.Sending),
			waiting(operation.WaitUnreachable, Moment(19, 14, 40))),
		"adding_paused": Sample(paused),
		"adding_rules":  Sample(waiting(operation.WaitRules, Moment(19, 14, 40))),
		"adding_not_taken": Sample(InState(operation.Sending), waiting(operation.WaitUnreachable, Moment(19, 14, 40)),
			func(op *operation.Operation) { op.Fault.Status = 503 }),
		"adding_restarted": Sample(InState(operation.Sending),
			Attempted(Moment(19, 14, 22), time.Time{}, "", operation.Fault{}),
			func(op *operation.Operation) { op.ResumedAt = Moment(19, 14, 25) }),
		"adding_stopping": Sample(InState(operation.Sending), limited(), stopped),
	}
}

// addedCards are servers that were added, or were there already.
func addedCards() map[string]operation.Operation {
	return map[string]operation.Operation{
		"added": Sample(one(), Added(operation.EvidenceAnswered), listed),
		"added_plain": Sample(one(), Added(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.Purpose, op.Request.PortList, op.Request.Weight = "", nil, 0 }, listed),
		"added_not_listed": Sample(one(), Added(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.StatusLooks = 2 }),
		"added_never_listed": Sample(one(), Added(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.StatusLooks = 7 }),
		"added_status_blank": Sample(one(), Added(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.StatusLooks, op.StatusAt = 1, Moment(19, 14, 26) }),
		"added_status_unread": Sample(one(), Added(operation.EvidenceAnswered)),
		"added_status_refused": Sample(one(), Added(operation.EvidenceAnswered), keyRefused,
			func(op *operation.Operation) { op.StatusLooks = 2 }),
		"added_never_read": Sample(one(), Added(operation.EvidenceAnswered), keyRefused,
			func(op *operation.Operation) { op.StatusLooks = 7 }),
		"added_unwatched": Sample(one(), Added(operation.EvidenceAnswered),
			func(op *operation.Operation) { op.Watch = false }),
		"added_taken_back": Sample(one(), Added(operation.EvidenceAnswered), listed, func(op *operation.Operation) {
			op.TakenBack = &operation.TakenBack{Ref: "LBR-9QX4TA", By: operation.Actor{UserID: "U0BO"},
				At: Moment(19, 20, 0)}
		}),
		"added_repeated": Sample(lost(), one(), Added(operation.EvidenceRepeated), listed),
		"added_seen":     Sample(lost(), Added(operation.EvidenceSeen), listed),
		"added_after_503": Sample(Attempted(Moment(19, 14, 22), Moment(19, 14, 23), operation.OutcomeRetry,
			operation.Fault{Code: "SERVICE_TEMPORARY_UNAVAILABLE", Status: 503}), Added(operation.EvidenceSeen),
			listed),
		"added_person": Sample(lost(), Added(operation.EvidencePerson), listed),
		"nothing_to_do": Sample(InState(operation.NothingToDo), func(op *operation.Operation) {
			op.BackendID, op.FoundWeight, op.FinishedAt = "be-19c4", 50, Moment(19, 14, 25)
		}),
		"nothing_to_do_after_429": Sample(InState(operation.NothingToDo),
			Attempted(Moment(19, 14, 22), Moment(19, 14, 23), operation.OutcomeRetry,
				operation.Fault{Status: 429, Code: "REQUEST_LIMIT_EXCEEDED"}), func(op *operation.Operation) {
				op.BackendID, op.FoundWeight, op.FinishedAt, op.Evidence, op.Fault = "be-19c4", 50, Moment(19, 14, 25),
					operation.EvidenceSeen, operation.Fault{}
			}),
	}
}

// unsettledCards are requests whose answer was lost.
func unsettledCards() map[string]operation.Operation {
	return map[string]operation.Operation{
		"not_confirmed": Sample(InState(operation.Unconfirmed), lost(),
			waiting(operation.WaitLook, Moment(19, 14, 45))),
		"not_confirmed_502": Sample(InState(operation.Unconfirmed),
			Attempted(Moment(19, 14, 22), Moment(19, 14, 23), operation.OutcomeUnknown, operation.Fault{Status: 502}),
			waiting(operation.WaitLook, Moment(19, 14, 45))),
		"not_confirmed_503": Sample(InState(operation.Unconfirmed),
			Attempted(Moment(19, 14, 22), Moment(19, 14, 23), operation.OutcomeRetry,
				operation.Fault{Status: 503, Code: "SERVICE_TEMPORARY_UNAVAILABLE"}),
			waiting(operation.WaitLook, Moment(19, 18, 0))),
		"not_confirmed_crash": Sample(InState(operation.Unconfirmed),
			Attempted(Moment(19, 14, 22), time.Time{}, "", operation.Fault{}),
			func(op *operation.Operation) { op.ResumedAt = Moment(19, 14, 50) }),
		"not_confirmed_readings": Sample(InState(operation.Unconfirmed), lost(), lost(), lost(),
			waiting(operation.WaitLook, Moment(19, 18, 0)), func(op *operation.Operation) {
				op.LastLook, op.LookFault = Moment(19, 17, 0), "HTTP 503 from DescribeBackends"
			}),
		"not_confirmed_stopped": Sample(InState(operation.Unconfirmed), lost(), stopped,
			waiting(operation.WaitLook, Moment(19, 14, 45))),
		"not_confirmed_refused": Sample(InState(operation.Unconfirmed), lost(),
			waiting(operation.WaitLook, Moment(19, 18, 0)), keyRefused),
		"needs_person_refused": Sample(InState(operation.NeedsPerson), lost(), keyRefused),
		"needs_person": Sample(InState(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.LookFault, op.OwnerTold = "the list did not load", Moment(19, 30, 0) }),
		"needs_person_matches": Sample(InState(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.Matches = []string{"be-1", "be-2"} }),
		"needs_person_mismatch": Sample(InState(operation.NeedsPerson), lost(), func(op *operation.Operation) {
			op.Answer, op.AnswerBy, op.Mismatch = operation.AnswerThere, "U0BO", true
		}),
		"needs_person_mismatch_no": Sample(InState(operation.NeedsPerson), lost(), func(op *operation.Operation) {
			op.Answer, op.AnswerBy, op.Mismatch, op.Matches = operation.AnswerNotThere, "U0BO", true, []string{"be-1"}
		}),
		"needs_person_mismatch_no_id": Sample(InState(operation.NeedsPerson), lost(), func(op *operation.Operation) {
			op.Answer, op.AnswerBy, op.Mismatch = operation.AnswerNotThere, "U0BO", true
		}),
		"needs_person_reading": Sample(InState(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.Answer, op.AnswerBy = operation.AnswerThere, "U0BO" }),
		"needs_person_reading_no": Sample(InState(operation.NeedsPerson), lost(),
			func(op *operation.Operation) { op.Answer, op.AnswerBy = operation.AnswerNotThere, "U0BO" }),
	}
}

// one is an attempt that was accepted.
func one() Change {
	return Attempted(Moment(19, 14, 22), Moment(19, 14, 23), operation.OutcomeAccepted, operation.Fault{})
}

// limited is an attempt that was rate-limited.
func limited() Change {
	return Attempted(Moment(19, 14, 22), Moment(19, 14, 28), operation.OutcomeRetry,
		operation.Fault{Code: "REQUEST_LIMIT_EXCEEDED", Status: 429})
}

func listed(op *operation.Operation) {
	op.BackendStatus, op.StatusAt, op.StatusLooks = "Available", Moment(19, 14, 26), 1
}

func stopped(op *operation.Operation) { op.StopBy = "U0BO" }

func rehearsal(op *operation.Operation) { op.Rehearsal = true }

func waiting(why string, until time.Time) Change {
	return func(op *operation.Operation) { op.WaitFor, op.WaitUntil = why, until }
}

func paused(op *operation.Operation) {
	op.WaitFor = operation.WaitPaused
	op.Pause = &operation.Pause{By: operation.Actor{UserID: "U0LEO", Name: "leo"}, At: Moment(19, 10, 0),
		Why: "Zenlayer maintenance <!channel>"}
}

func inLine(op *operation.Operation) { op.WaitFor, op.InLine = operation.WaitLine, Moment(19, 14, 22) }

func unsent(op *operation.Operation) {
	op.Attempts = []operation.Attempt{{Number: 1, SentAt: Moment(19, 14, 22), AnsweredAt: Moment(19, 14, 24),
		Outcome: operation.OutcomeRetry, Unsent: true}}
}
