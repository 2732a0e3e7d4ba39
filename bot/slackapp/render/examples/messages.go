package examples

import (
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/trail"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Messages has every message that the bot can build, with these names, by its own name. lbbot blocks
// writes them.
func Messages(n Names) map[string]render.Message {
	w, op := Wording(), named(n, Sample())
	all := map[string]render.Message{}
	for name, o := range named(n, PublicCards()) {
		all["card_"+name] = card.Of(o, w)
	}
	for name, o := range named(n, Endings()) {
		all["card_not_added_"+name] = card.Of(o, w)
	}
	for name, o := range named(n, Previews()) {
		all[name] = private.Preview(o, w)
	}
	for name, d := range named(n, Denials()) {
		all["denied_"+name] = private.Denied(&intake.DeniedError{Decision: d, Operation: op}, w)
	}
	for name, e := range named(n, UsefulDenials()) {
		all["denied_"+name] = private.Denied(e, w)
	}
	for name, v := range named(n, HistoryPages()) {
		all["history_"+name] = private.History(v)
	}
	for name, a := range named(n, Accounts()) {
		all["account_"+name] = private.Account(a, w)
	}
	removals := named(n, Removals())
	for _, name := range removalCards() {
		all["card_removal_"+strings.TrimPrefix(name, "removal_")] = card.Of(removals[name], w)
	}
	maps.Copy(all, cardVariants(n))
	maps.Copy(all, postedCards(n))
	maps.Copy(all, ownersAnswers(n))
	maps.Copy(all, approvalMessages(n))
	all["audit_lines"] = trail.Lines(named(n, AuditEvents()), 12)
	all["audit_head"] = trail.Lines(named(n, AuditEvents())[10:11], 0)
	maps.Copy(all, answers(n, op, w))
	return all
}

// postedCards are cards as they are posted, and edited some time later.
func postedCards(n Names) map[string]render.Message {
	w := ApprovalWording()
	w.At = Moment(19, 15, 10)
	posted := w
	posted.Posted = true
	cards, approvals, all := named(n, PublicCards()), named(n, ApprovalCards()), map[string]render.Message{}
	for _, name := range []string{"waiting", "waiting_stopping", "waiting_rehearsal", "adding", "not_confirmed",
		"needs_person", "added", "added_status_unread"} {
		all["posted_"+name] = card.Of(cards[name], posted)
	}
	for _, name := range []string{"waiting", "waiting_here", "waiting_one_of_two", "waiting_picture", "waiting_denied",
		"approved", "glass_waiting", "glass_adding"} {
		all["posted_approval_"+name] = card.Of(approvals[name], posted)
		if card.AsksElsewhere(approvals[name]) {
			all["posted_approvers_"+name] = card.Approval(approvals[name], posted)
		}
	}
	all["edited_waiting"], all["edited_adding"] = card.Of(cards["waiting_in_line"], w),
		card.Of(cards["adding_rate_limited"], w)
	return all
}

// cardVariants are cards whose words depend on the settings and the time.
func cardVariants(n Names) map[string]render.Message {
	cards, ends := named(n, PublicCards()), named(n, Endings())
	slow := Wording()
	slow.At = Moment(19, 14, 25)
	late := Wording()
	late.Late, late.Refused, late.Replaces = 40*time.Second, "C0INC1234", true
	over := Wording()
	over.At = Moment(19, 40, 0)
	return map[string]render.Message{
		"card_adding_slow":                    card.Of(cards["adding"], slow),
		"card_added_late":                     card.Of(cards["added"], late),
		"card_added_watch_over":               card.Of(cards["added_not_listed"], over),
		"card_added_no_owner":                 card.Of(cards["added"], render.Wording{}),
		"card_unknown_state":                  card.Of(named(n, Unknowns())["a state"], render.Wording{}),
		"card_unknown_reason":                 card.Of(named(n, Unknowns())["a reason"], Wording()),
		"card_needs_person_no_owner":          card.Of(cards["needs_person"], render.Wording{}),
		"card_not_added_credentials_no_owner": card.Of(ends["credentials"], render.Wording{}),
		"card_not_added_internal_no_owner":    card.Of(ends["internal"], render.Wording{}),
		"denied_no_listener": private.Denied(
			&intake.DeniedError{Decision: operation.Decision{Code: operation.DeniedNoRule, Channel: true}},
			render.Wording{}),
	}
}

func answers(n Names, op operation.Operation, w render.Wording) map[string]render.Message {
	const link = "https://example.slack.com/archives/C0INC1234/p1"
	cards, ends := named(n, PublicCards()), named(n, Endings())
	standingBare := operation.Standing{Person: operation.Person{ID: "U0ELI"},
		Workspace: operation.Workspace{TeamID: "T0HOME"},
		Channel:   operation.Channel{ID: "C0EXT", Shared: true, Private: true, Archived: true},
		Refusal:   operation.Decision{Code: operation.DeniedGuest}}
	all := map[string]render.Message{
		"input_errors":    private.InputErrors(named(n, TypingMistake()), "k1", "o1"),
		"input_choices":   private.InputErrors(named(n, Misspelt()), "k1", "o1"),
		"expired":         private.Expired(op),
		"stale":           private.Stale(cards["added"], link),
		"duplicate":       private.Duplicate(cards["adding"], link),
		"cancelled":       private.Cancelled(op),
		"try_again":       private.TryAgain(),
		"still_checking":  private.Still(private.StillChecking),
		"still_storing":   private.Still(private.StillStoring),
		"fault":           private.Fault("9f3c-1a2b", w, false),
		"expired_trigger": private.ExpiredTrigger("k1"),
		"forgotten":       private.Forgotten(),
		"unknown_ref":     private.UnknownRef("LBR-AAAAAA"),
		"status":          private.Status(cards["added"], named(n, Steps()), link),
		"status_adding":   private.Status(cards["adding"], nil, link),
		"status_refused":  private.Status(ends["refused"], nil, ""),
		"whoami":          private.Whoami(named(n, Standing()), named(n, LimitsLeft()), w),
		"whoami_guest":    private.Whoami(standingBare, nil, w),
		"help":            private.Help(commands.Help("", commands.RightsRead)),
		"help_all_reader": private.Help(commands.Help("all", commands.RightsRead)),
		"help_unchecked":  private.Help(commands.Help("", commands.RightsUnknown)),
		"help_all":        private.Help(commands.Help("all", commands.RightsUnknown)),
		"help_errors":     private.Help(commands.Help("errors", commands.RightsUnknown)),
		"copy":            private.Copy(op),
		"open_form":       private.OpenForm(""),
		"how_to_mention":  private.HowToMention(w),
		"copy_none":       private.Copy(operation.Operation{Ref: op.Ref}),
		"why":             private.Why(op),
		"why_none":        private.Why(operation.Operation{Ref: op.Ref}),
		"zeno":            private.Zeno(op),
		"details":         private.Details(ends["refused"]),
	}
	for _, part := range []map[string]render.Message{unavailable(w, op), busyAnswers(n, op, link), notices(n, op, w),
		removalAnswers(n, link, w)} {
		maps.Copy(all, part)
	}
	for _, kind := range []private.Unoffered{private.UnofferedShortcut, private.UnofferedOther} {
		all["not_yet_"+string(kind)] = private.NotYet(kind)
	}
	for _, reason := range []string{"not_in_channel", "channel_not_found", "is_archived", "restricted_action"} {
		all["channel_"+reason] = private.ChannelRefused("C0INC1234", reason, w)
	}
	return all
}

// unavailable are answers when Zenlayer, Slack or the journal did not answer.
func unavailable(w render.Wording, op operation.Operation) map[string]render.Message {
	unknown := errors.New("cause for the log")
	return map[string]render.Message{
		"unavailable": private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Err: unknown}, w, false),
		"unavailable_key": private.Unavailable(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Code: "AUTHFAILURE_SIGNATURE_FAILURE", Status: 401,
					Message: "The signature does not match.", RequestID: "T7E2-01"}}, w, false),
		"unavailable_proxy": private.Unavailable(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Status: 404, Message: "<html>not found</html>"}}, w, false),
		"unavailable_unread": private.Unavailable(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Status: 200,
					Message: "the response in the answer cannot be read: dataSet[0].weight is an object, not a whole " +
						"number", RequestID: "T7E2-01"}}, w, false),
		"unavailable_new_code": private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Err: unknown,
			Fault: operation.Fault{Code: "INVALID_VERSION", Status: 400, Message: "no such version",
				RequestID: "T7E2-01"}}, w, false),
		"unavailable_busy": private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Busy: true,
			Err: unknown}, w, false),
		"unavailable_journal": private.Unavailable(&intake.UnavailableError{What: "journal", Err: unknown}, w, false),
		"unavailable_moved": private.Unavailable(&intake.UnavailableError{What: "journal",
			Err: &operation.JournalMovedError{What: "the file was deleted"}}, w, false),
		"unavailable_setup": private.Unavailable(&intake.UnavailableError{What: "Slack",
			Err: &operation.SetupError{Remedy: "add the scope users:read to the app under OAuth & Permissions, " +
				"Bot Token Scopes, and reinstall the app to the workspace", Err: unknown}}, w, false),
		"unanswered_journal": private.Unavailable(&intake.UnavailableError{What: "journal", Err: unknown}, w, true),
		"unanswered_moved": private.Unavailable(&intake.UnavailableError{What: "journal",
			Err: &operation.JournalMovedError{What: "the file was deleted"}}, w, true),
		"unanswered_key": private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Err: unknown,
			Fault: operation.Fault{Code: "AUTHFAILURE_SIGNATURE_FAILURE", Status: 401, Message: "The signature does " +
				"not match.", RequestID: "T7E2-01"}}, w, true),
		"unanswered":      private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Err: unknown}, w, true),
		"uncertain":       private.Uncertain(&intake.UncertainError{Ref: op.Ref, Err: unknown}),
		"uncertain_click": private.Uncertain(&intake.UncertainError{Err: unknown}),
	}
}

// busyAnswers are answers about a server that is being added, or was.
func busyAnswers(n Names, op operation.Operation, link string) map[string]render.Message {
	there := named(n, zenlayer.Backend{BackendID: "be-19c4", Weight: 20, Port: "8080"})
	waits, bo := named(n, Sample(InState(operation.Waiting))), operation.Actor{UserID: "U0BO"}
	return map[string]render.Message{
		"busy":                 private.Busy(&operation.BusyError{Operation: op}, link, bo),
		"busy_mine":            private.Busy(&operation.BusyError{Operation: op}, link, op.Actor),
		"busy_mine_waits":      private.Busy(&operation.BusyError{Operation: waits}, link, op.Actor),
		"busy_waits":           private.Busy(&operation.BusyError{Operation: waits}, link, bo),
		"busy_no_link":         private.Busy(&operation.BusyError{Operation: op}, "", operation.Actor{}),
		"present_same":         private.Present(&intake.PresentError{Operation: op, Backend: there, Same: true}),
		"present_other_weight": private.Present(&intake.PresentError{Operation: op, Backend: there}),
	}
}

// notices are messages to the owner, and to a person whose channel refused the card.
func notices(n Names, op operation.Operation, w render.Wording) map[string]render.Message {
	cards, ends := named(n, PublicCards()), named(n, Endings())
	return map[string]render.Message{
		"moved":              card.MovedNotice(op, w),
		"moved_added":        card.MovedNotice(cards["added"], w),
		"owner_untold":       card.OwnerNotice(cards["added"], render.Wording{Untold: true}),
		"owner_needs_person": card.OwnerNotice(cards["needs_person"], w),
		"owner_credentials":  card.OwnerNotice(ends["credentials"], w),
		"owner_clock_skew":   card.OwnerNotice(ends["clock_skew"], w),
		"owner_blocked":      card.OwnerNotice(ends["blocked"], w),
		"owner_internal":     card.OwnerNotice(ends["internal"], w),
		"owner_not_listed":   card.OwnerNotice(cards["added_not_listed"], w),
		"owner_other":        card.OwnerNotice(ends["refused"], render.Wording{}),
	}
}

// Views has every view that the bot can build, as Messages.
func Views(n Names) map[string]slack.ModalViewRequest {
	w := Wording()
	views := map[string]slack.ModalViewRequest{
		"checking": form.CheckingView(),
		"reading":  form.ReadingView(),
		"failed": form.FailedView(form.Title,
			"The form could not be filled. Close this and type the command instead."),
	}
	maps.Copy(views, approvalViews(n))
	maps.Copy(views, formViews(n))
	for name, op := range named(n, Previews()) {
		views[name] = private.PreviewView(op, w)
	}
	return views
}

// ApprovalWording is the wording of a bot whose requests need approval.
func ApprovalWording() render.Wording {
	w := Wording()
	w.Within, w.Reminders = 30*time.Minute, []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour}
	return w
}

// Wording is the wording of the examples.
func Wording() render.Wording {
	return render.Wording{Bot: "@lbbot", Owner: "C0OWNERS", ConsoleURL: "https://console.example.com/lb"}
}
