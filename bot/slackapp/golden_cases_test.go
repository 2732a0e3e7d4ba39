package slackapp

import (
	"errors"
	"maps"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// allMessages has every message this package can build.
func allMessages() map[string]message {
	w, op := fixedWording(), sample()
	all := map[string]message{}
	for name, o := range publicCards() {
		all["card_"+name] = cardMessage(o, w)
	}
	for name, o := range endings() {
		all["card_not_added_"+name] = cardMessage(o, w)
	}
	for name, o := range previews() {
		all[name] = previewMessage(o, w)
	}
	for name, d := range denials() {
		all["denied_"+name] = deniedMessage(&intake.DeniedError{Decision: d, Operation: op}, w)
	}
	for name, e := range usefulNos() {
		all["denied_"+name] = deniedMessage(e, w)
	}
	for name, v := range historyViews() {
		all["history_"+name] = historyMessage(v)
	}
	for name, a := range accounts() {
		all["account_"+name] = accountMessage(a, w)
	}
	maps.Copy(all, cardVariants())
	maps.Copy(all, postedCards())
	maps.Copy(all, approvalMessages())
	all["audit_lines"] = auditMessage(auditEvents(), 12)
	all["audit_head"] = auditMessage(auditEvents()[10:11], 0)
	maps.Copy(all, answers(op, w))
	return all
}

// postedCards are cards as they are posted, and edited some time later.
func postedCards() map[string]message {
	w := approvalWording()
	w.At = moment(19, 15, 10)
	posted := w
	posted.Posted = true
	cards, approvals, all := publicCards(), approvalCards(), map[string]message{}
	for _, name := range []string{"waiting", "waiting_stopping", "waiting_rehearsal", "adding", "not_confirmed",
		"needs_person", "added", "added_status_unread"} {
		all["posted_"+name] = cardMessage(cards[name], posted)
	}
	for _, name := range []string{"waiting", "waiting_here", "waiting_one_of_two", "waiting_picture", "waiting_denied",
		"approved", "glass_waiting", "glass_adding"} {
		all["posted_approval_"+name] = cardMessage(approvals[name], posted)
		if asksElsewhere(approvals[name]) {
			all["posted_approvers_"+name] = approvalMessage(approvals[name], posted)
		}
	}
	all["edited_waiting"], all["edited_adding"] = cardMessage(cards["waiting_in_line"], w),
		cardMessage(cards["adding_rate_limited"], w)
	return all
}

// cardVariants are cards whose words depend on the settings and the time.
func cardVariants() map[string]message {
	cards, ends := publicCards(), endings()
	slow := fixedWording()
	slow.At = moment(19, 14, 25)
	late := fixedWording()
	late.Late, late.Refused, late.Replaces = 40*time.Second, "C0INC1234", true
	over := fixedWording()
	over.At = moment(19, 40, 0)
	return map[string]message{
		"card_adding_slow":                    cardMessage(cards["adding"], slow),
		"card_added_late":                     cardMessage(cards["added"], late),
		"card_added_watch_over":               cardMessage(cards["added_not_listed"], over),
		"card_added_no_owner":                 cardMessage(cards["added"], wording{}),
		"card_unknown_state":                  cardMessage(unknowns()["a state"], wording{}),
		"card_unknown_reason":                 cardMessage(unknowns()["a reason"], fixedWording()),
		"card_needs_person_no_owner":          cardMessage(cards["needs_person"], wording{}),
		"card_not_added_credentials_no_owner": cardMessage(ends["credentials"], wording{}),
		"card_not_added_internal_no_owner":    cardMessage(ends["internal"], wording{}),
		"denied_no_listener": deniedMessage(
			&intake.DeniedError{Decision: operation.Decision{Code: operation.DeniedNoRule, Channel: true}},
			wording{}),
	}
}

func answers(op operation.Operation, w wording) map[string]message {
	const link = "https://example.slack.com/archives/C0INC1234/p1"
	cards, ends, unknown := publicCards(), endings(), errors.New("cause for the log")
	there := zenlayer.Backend{BackendID: "be-19c4", Weight: 20, Port: "8080"}
	standingBare := operation.Standing{Person: operation.Person{ID: "U0ELI"},
		Workspace: operation.Workspace{TeamID: "T0HOME"},
		Channel:   operation.Channel{ID: "C0EXT", Shared: true, Private: true, Archived: true},
		Refusal:   operation.Decision{Code: operation.DeniedGuest}}
	all := map[string]message{
		"input_errors":  inputErrorMessage(typingMistake(), "k1", "o1"),
		"input_choices": inputErrorMessage(misspelt(), "k1", "o1"),
		"busy":          busyMessage(&operation.BusyError{Operation: op}, link, operation.Actor{UserID: "U0BO"}),
		"busy_mine":     busyMessage(&operation.BusyError{Operation: op}, link, op.Actor),
		"busy_mine_waits": busyMessage(&operation.BusyError{Operation: sample(in(operation.Waiting))}, link,
			op.Actor),
		"busy_waits": busyMessage(&operation.BusyError{Operation: sample(in(operation.Waiting))}, link,
			operation.Actor{UserID: "U0BO"}),
		"busy_no_link":         busyMessage(&operation.BusyError{Operation: op}, "", operation.Actor{}),
		"present_same":         presentMessage(&intake.PresentError{Operation: op, Backend: there, Same: true}),
		"present_other_weight": presentMessage(&intake.PresentError{Operation: op, Backend: there}),
		"expired":              expiredMessage(op),
		"stale":                staleMessage(cards["added"], link),
		"duplicate":            duplicateMessage(cards["adding"], link),
		"cancelled":            cancelledMessage(op),
		"unavailable":          unavailableMessage(&intake.UnavailableError{What: "Zenlayer", Err: unknown}, w),
		"unavailable_key": unavailableMessage(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Code: "AUTHFAILURE_SIGNATURE_FAILURE", Status: 401,
					Message: "The signature does not match.", RequestID: "T7E2-01"}}, w),
		"unavailable_proxy": unavailableMessage(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Status: 404, Message: "<html>not found</html>"}}, w),
		"unavailable_unread": unavailableMessage(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Status: 200, Message: "the response in the answer cannot be read: dataSet[0].weight is an object, not a whole number", RequestID: "T7E2-01"}}, w),
		"unavailable_new_code": unavailableMessage(&intake.UnavailableError{What: "Zenlayer", Err: unknown, Fault: operation.Fault{Code: "INVALID_VERSION", Status: 400, Message: "no such version", RequestID: "T7E2-01"}}, w),
		"unavailable_busy":     unavailableMessage(&intake.UnavailableError{What: "Zenlayer", Busy: true, Err: unknown}, w),
		"unavailable_journal":  unavailableMessage(&intake.UnavailableError{What: "journal", Err: unknown}, w),
		"unavailable_moved":    unavailableMessage(&intake.UnavailableError{What: "journal", Err: &operation.JournalMovedError{What: "the file was deleted"}}, w),
		"unavailable_setup":    unavailableMessage(&intake.UnavailableError{What: "Slack", Err: explained(&callError{Method: "users.info", Code: slackMissingScope, Needed: "users:read"})}, w),
		"uncertain":            uncertainMessage(&intake.UncertainError{Ref: op.Ref, Err: unknown}),
		"try_again":            tryAgainMessage(),
		"uncertain_click":      uncertainMessage(&intake.UncertainError{Err: unknown}),
		"still_checking":       stillMessage(stillChecking),
		"still_storing":        stillMessage(stillStoring),
		"fault":                faultMessage("9f3c-1a2b", w),
		"expired_trigger":      expiredTriggerMessage("k1"),
		"forgotten":            forgottenMessage(),
		"unknown_ref":          unknownRefMessage("LBR-AAAAAA"),
		"status":               statusMessage(cards["added"], steps(), link),
		"status_refused":       statusMessage(ends["refused"], nil, ""),
		"whoami":               whoamiMessage(standing(), lefts(), w),
		"whoami_guest":         whoamiMessage(standingBare, nil, w),
		"help":                 helpMessage(commands.HelpPage{Title: "Adding a server", Lines: []string{"I add servers to load balancers.", "", "/lb-register", "opens the form."}}),
		"moved":                movedMessage(op, w),
		"moved_added":          movedMessage(cards["added"], w),
		"owner_untold":         ownerMessage(cards["added"], wording{Untold: true}),
		"copy":                 copyMessage(op),
		"copy_none":            copyMessage(operation.Operation{Ref: op.Ref}),
		"why":                  whyMessage(op),
		"why_none":             whyMessage(operation.Operation{Ref: op.Ref}),
		"zeno":                 zenoMessage(op),
		"details":              detailsMessage(ends["refused"]),
		"owner_needs_person":   ownerMessage(cards["needs_person"], w),
		"owner_credentials":    ownerMessage(ends["credentials"], w),
		"owner_clock_skew":     ownerMessage(ends["clock_skew"], w),
		"owner_blocked":        ownerMessage(ends["blocked"], w),
		"owner_internal":       ownerMessage(ends["internal"], w),
		"owner_not_listed":     ownerMessage(cards["added_not_listed"], w),
		"owner_other":          ownerMessage(ends["refused"], wording{}),
	}
	for _, kind := range []unoffered{unofferedMention, unofferedShortcut, unofferedSuggestion, unofferedThread, unofferedOther} {
		all["not_yet_"+string(kind)] = notYetMessage(kind)
	}
	for _, reason := range []string{slackNotInChannel, slackChannelNotFound, slackIsArchived, "restricted_action"} {
		all["channel_"+reason] = channelMessage("C0INC1234", reason, w)
	}
	return all
}

func allViews() map[string]slack.ModalViewRequest {
	w := fixedWording()
	views := map[string]slack.ModalViewRequest{
		"form": formView(formState{ChannelID: "C0INC1234", DraftID: "k1"}),
		"form_filled": formView(formState{
			Values: commands.Values{commands.KeyListener: "api-lb:443", commands.KeyServer: "web-07", commands.KeyType: "vm",
				commands.KeyPorts: "8080", commands.KeyWeight: "50", commands.KeyName: "web-07", commands.KeyReason: "inc-1234",
				commands.KeyTo: "C0OPS", commands.KeyNoWatch: "true"},
			Alert:   "Zenlayer did not answer in time. You can type IDs; they will be checked before anything is sent.",
			Notices: []string{"Values of LBR-7F3KQ2."},
		}),
		"form_unfit": formView(formState{Values: commands.Values{commands.KeyWeight: "500", commands.KeyType: "x", commands.KeyTo: "#ops"}}),
		"loading":    formLoadingView(),
		"checking":   checkingView(),
		"failed":     failedView(formTitle, "The form could not be filled. Close this and type the command instead."),
	}
	maps.Copy(views, approvalViews())
	for name, op := range previews() {
		views[name] = previewView(op, w)
	}
	return views
}
