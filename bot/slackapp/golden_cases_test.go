package slackapp

import (
	"errors"
	"maps"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/rendertest"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// allMessages has every message this package can build.
func allMessages() map[string]render.Message {
	w, op := fixedWording(), rendertest.Sample()
	all := map[string]render.Message{}
	for name, o := range rendertest.PublicCards() {
		all["card_"+name] = render.Card(o, w)
	}
	for name, o := range rendertest.Endings() {
		all["card_not_added_"+name] = render.Card(o, w)
	}
	for name, o := range rendertest.Previews() {
		all[name] = private.Preview(o, w)
	}
	for name, d := range rendertest.Denials() {
		all["denied_"+name] = private.Denied(&intake.DeniedError{Decision: d, Operation: op}, w)
	}
	for name, e := range usefulNos() {
		all["denied_"+name] = private.Denied(e, w)
	}
	for name, v := range historyViews() {
		all["history_"+name] = private.History(v)
	}
	for name, a := range accounts() {
		all["account_"+name] = private.Account(a, w)
	}
	maps.Copy(all, cardVariants())
	maps.Copy(all, postedCards())
	maps.Copy(all, approvalMessages())
	all["audit_lines"] = render.AuditLines(auditEvents(), 12)
	all["audit_head"] = render.AuditLines(auditEvents()[10:11], 0)
	maps.Copy(all, answers(op, w))
	return all
}

// postedCards are cards as they are posted, and edited some time later.
func postedCards() map[string]render.Message {
	w := approvalWording()
	w.At = rendertest.Moment(19, 15, 10)
	posted := w
	posted.Posted = true
	cards, approvals, all := rendertest.PublicCards(), rendertest.ApprovalCards(), map[string]render.Message{}
	for _, name := range []string{"waiting", "waiting_stopping", "waiting_rehearsal", "adding", "not_confirmed",
		"needs_person", "added", "added_status_unread"} {
		all["posted_"+name] = render.Card(cards[name], posted)
	}
	for _, name := range []string{"waiting", "waiting_here", "waiting_one_of_two", "waiting_picture", "waiting_denied",
		"approved", "glass_waiting", "glass_adding"} {
		all["posted_approval_"+name] = render.Card(approvals[name], posted)
		if render.AsksElsewhere(approvals[name]) {
			all["posted_approvers_"+name] = render.ApprovalCard(approvals[name], posted)
		}
	}
	all["edited_waiting"], all["edited_adding"] = render.Card(cards["waiting_in_line"], w),
		render.Card(cards["adding_rate_limited"], w)
	return all
}

// cardVariants are cards whose words depend on the settings and the time.
func cardVariants() map[string]render.Message {
	cards, ends := rendertest.PublicCards(), rendertest.Endings()
	slow := fixedWording()
	slow.At = rendertest.Moment(19, 14, 25)
	late := fixedWording()
	late.Late, late.Refused, late.Replaces = 40*time.Second, "C0INC1234", true
	over := fixedWording()
	over.At = rendertest.Moment(19, 40, 0)
	return map[string]render.Message{
		"card_adding_slow":                    render.Card(cards["adding"], slow),
		"card_added_late":                     render.Card(cards["added"], late),
		"card_added_watch_over":               render.Card(cards["added_not_listed"], over),
		"card_added_no_owner":                 render.Card(cards["added"], render.Wording{}),
		"card_unknown_state":                  render.Card(unknowns()["a state"], render.Wording{}),
		"card_unknown_reason":                 render.Card(unknowns()["a reason"], fixedWording()),
		"card_needs_person_no_owner":          render.Card(cards["needs_person"], render.Wording{}),
		"card_not_added_credentials_no_owner": render.Card(ends["credentials"], render.Wording{}),
		"card_not_added_internal_no_owner":    render.Card(ends["internal"], render.Wording{}),
		"denied_no_listener": private.Denied(
			&intake.DeniedError{Decision: operation.Decision{Code: operation.DeniedNoRule, Channel: true}},
			render.Wording{}),
	}
}

func answers(op operation.Operation, w render.Wording) map[string]render.Message {
	const link = "https://example.slack.com/archives/C0INC1234/p1"
	cards, ends, unknown := rendertest.PublicCards(), rendertest.Endings(), errors.New("cause for the log")
	there := zenlayer.Backend{BackendID: "be-19c4", Weight: 20, Port: "8080"}
	standingBare := operation.Standing{Person: operation.Person{ID: "U0ELI"},
		Workspace: operation.Workspace{TeamID: "T0HOME"},
		Channel:   operation.Channel{ID: "C0EXT", Shared: true, Private: true, Archived: true},
		Refusal:   operation.Decision{Code: operation.DeniedGuest}}
	all := map[string]render.Message{
		"input_errors":  private.InputErrors(rendertest.TypingMistake(), "k1", "o1"),
		"input_choices": private.InputErrors(misspelt(), "k1", "o1"),
		"busy":          private.Busy(&operation.BusyError{Operation: op}, link, operation.Actor{UserID: "U0BO"}),
		"busy_mine":     private.Busy(&operation.BusyError{Operation: op}, link, op.Actor),
		"busy_mine_waits": private.Busy(&operation.BusyError{
			Operation: rendertest.Sample(rendertest.InState(operation.Waiting))}, link,
			op.Actor),
		"busy_waits": private.Busy(&operation.BusyError{
			Operation: rendertest.Sample(rendertest.InState(operation.Waiting))}, link,
			operation.Actor{UserID: "U0BO"}),
		"busy_no_link":         private.Busy(&operation.BusyError{Operation: op}, "", operation.Actor{}),
		"present_same":         private.Present(&intake.PresentError{Operation: op, Backend: there, Same: true}),
		"present_other_weight": private.Present(&intake.PresentError{Operation: op, Backend: there}),
		"expired":              private.Expired(op),
		"stale":                private.Stale(cards["added"], link),
		"duplicate":            private.Duplicate(cards["adding"], link),
		"cancelled":            private.Cancelled(op),
		"unavailable":          private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Err: unknown}, w),
		"unavailable_key": private.Unavailable(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Code: "AUTHFAILURE_SIGNATURE_FAILURE", Status: 401,
					Message: "The signature does not match.", RequestID: "T7E2-01"}}, w),
		"unavailable_proxy": private.Unavailable(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Status: 404, Message: "<html>not found</html>"}}, w),
		"unavailable_unread": private.Unavailable(
			&intake.UnavailableError{What: "Zenlayer", Err: unknown,
				Fault: operation.Fault{Status: 200,
					Message: "the response in the answer cannot be read: dataSet[0].weight is an object, not a whole " +
						"number", RequestID: "T7E2-01"}}, w),
		"unavailable_new_code": private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Err: unknown,
			Fault: operation.Fault{Code: "INVALID_VERSION", Status: 400, Message: "no such version",
				RequestID: "T7E2-01"}}, w),
		"unavailable_busy": private.Unavailable(&intake.UnavailableError{What: "Zenlayer", Busy: true,
			Err: unknown}, w),
		"unavailable_journal": private.Unavailable(&intake.UnavailableError{What: "journal", Err: unknown}, w),
		"unavailable_moved": private.Unavailable(&intake.UnavailableError{What: "journal",
			Err: &operation.JournalMovedError{What: "the file was deleted"}}, w),
		"unavailable_setup": private.Unavailable(&intake.UnavailableError{What: "Slack",
			Err: &operation.SetupError{Remedy: "add the scope users:read to the app under OAuth & Permissions, " +
				"Bot Token Scopes, and reinstall the app to the workspace", Err: unknown}}, w),
		"uncertain":       private.Uncertain(&intake.UncertainError{Ref: op.Ref, Err: unknown}),
		"try_again":       private.TryAgain(),
		"uncertain_click": private.Uncertain(&intake.UncertainError{Err: unknown}),
		"still_checking":  private.Still(private.StillChecking),
		"still_storing":   private.Still(private.StillStoring),
		"fault":           private.Fault("9f3c-1a2b", w),
		"expired_trigger": private.ExpiredTrigger("k1"),
		"forgotten":       private.Forgotten(),
		"unknown_ref":     private.UnknownRef("LBR-AAAAAA"),
		"status":          private.Status(cards["added"], rendertest.Steps(), link),
		"status_refused":  private.Status(ends["refused"], nil, ""),
		"whoami":          private.Whoami(rendertest.Standing(), lefts(), w),
		"whoami_guest":    private.Whoami(standingBare, nil, w),
		"help": private.Help(commands.HelpPage{Title: "Adding a server",
			Lines: []string{"I add servers to load balancers.", "", "/lb-register", "opens the form."}}),
		"moved":              render.MovedNotice(op, w),
		"moved_added":        render.MovedNotice(cards["added"], w),
		"owner_untold":       render.OwnerNotice(cards["added"], render.Wording{Untold: true}),
		"copy":               private.Copy(op),
		"copy_none":          private.Copy(operation.Operation{Ref: op.Ref}),
		"why":                private.Why(op),
		"why_none":           private.Why(operation.Operation{Ref: op.Ref}),
		"zeno":               private.Zeno(op),
		"details":            private.Details(ends["refused"]),
		"owner_needs_person": render.OwnerNotice(cards["needs_person"], w),
		"owner_credentials":  render.OwnerNotice(ends["credentials"], w),
		"owner_clock_skew":   render.OwnerNotice(ends["clock_skew"], w),
		"owner_blocked":      render.OwnerNotice(ends["blocked"], w),
		"owner_internal":     render.OwnerNotice(ends["internal"], w),
		"owner_not_listed":   render.OwnerNotice(cards["added_not_listed"], w),
		"owner_other":        render.OwnerNotice(ends["refused"], render.Wording{}),
	}
	for _, kind := range []private.Unoffered{private.UnofferedMention, private.UnofferedShortcut,
		private.UnofferedSuggestion, private.UnofferedThread, private.UnofferedOther} {
		all["not_yet_"+string(kind)] = private.NotYet(kind)
	}
	for _, reason := range []string{"not_in_channel", "channel_not_found", "is_archived", "restricted_action"} {
		all["channel_"+reason] = private.ChannelRefused("C0INC1234", reason, w)
	}
	return all
}

func allViews() map[string]slack.ModalViewRequest {
	w := fixedWording()
	views := map[string]slack.ModalViewRequest{
		"form": form.Register(form.State{ChannelID: "C0INC1234", DraftID: "k1"}),
		"form_filled": form.Register(form.State{
			Values: commands.Values{commands.KeyListener: "api-lb:443", commands.KeyServer: "web-07",
				commands.KeyType:  "vm",
				commands.KeyPorts: "8080", commands.KeyWeight: "50", commands.KeyName: "web-07",
				commands.KeyReason: "inc-1234",
				commands.KeyTo:     "C0OPS", commands.KeyNoWatch: "true"},
			Alert:   "Zenlayer did not answer in time. You can type IDs; they will be checked before anything is sent.",
			Notices: []string{"Values of LBR-7F3KQ2."},
		}),
		"form_unfit": form.Register(form.State{Values: commands.Values{commands.KeyWeight: "500",
			commands.KeyType: "x", commands.KeyTo: "#ops"}}),
		"checking": form.CheckingView(),
		"failed": form.FailedView(form.Title,
			"The form could not be filled. Close this and type the command instead."),
	}
	maps.Copy(views, approvalViews())
	for name, op := range rendertest.Previews() {
		views[name] = private.PreviewView(op, w)
	}
	return views
}
