package examples

import (
	"maps"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/render/private"
)

// approvalMessages is every message of this part.
func approvalMessages(n Names) map[string]render.Message {
	const link = "https://example.slack.com/archives/C0APPROVE/p1"
	w, all, cards := ApprovalWording(), map[string]render.Message{}, named(n, ApprovalCards())
	for name, op := range cards {
		all["approval_"+name] = card.Of(op, w)
		if card.AsksElsewhere(op) {
			all["approvers_"+name] = card.Approval(op, w)
		}
	}
	for name, op := range named(n, ApprovalPreviews()) {
		all[name] = private.Preview(op, w)
	}
	all["preview_approval_plain"] = private.Preview(named(n, Draft(NeedsApproval(1))), Wording())
	who := named(n, operation.Actor{UserID: "U0BO", Name: "bo"})
	maps.Copy(all, decidedMessages(n, cards, link))
	maps.Copy(all, poolMessages(n, cards))
	maps.Copy(all, readingMessages(n, cards, ApprovalWording()))
	for name, m := range map[string]render.Message{
		"reminder":            card.Reminder(cards["waiting"]),
		"reminder_one_of_two": card.Reminder(cards["waiting_one_of_two"]),
		"reminder_picture":    card.Reminder(cards["waiting_picture"]),
		"question":            card.Question(cards["waiting"], who),
		"skipped":             card.SkippedNotice(cards["glass_waiting"]),
		"old_picture":         private.OldPicture(cards["waiting_picture"], link),
		"trigger_again":       private.NotSent(private.TriggerAgain),
		"not_on_list":         private.NotOnList(&intake.DeniedError{Operation: cards["waiting"]}),
		"not_on_list_contact": private.NotOnList(&intake.DeniedError{
			Decision: operation.Decision{Reason: "Leads decide.", Contact: "#ops"}}),
		"why_approval":     private.Why(cards["waiting"]),
		"why_approval_two": private.Why(cards["waiting_two"]),
	} {
		all[name] = m
	}
	return all
}

// decidedMessages are answers about requests that were decided, or wait for it.
func decidedMessages(n Names, cards map[string]operation.Operation, link string) map[string]render.Message {
	return map[string]render.Message{
		"decided_approved":      private.Decided(cards["added"], link),
		"decided_approved_two":  private.Decided(cards["added_by_two"], ""),
		"decided_denied":        private.Decided(cards["denied"], link),
		"decided_stopped":       private.Decided(cards["waiting_stopping"], ""),
		"decided_expired":       private.Decided(cards["unanswered"], ""),
		"decided_expired_soon":  private.Decided(cards["waiting"], ""),
		"decided_other":         private.Decided(cards["glass_added"], ""),
		"status_waiting":        private.Status(cards["waiting_one_of_two"], ApprovalSteps(), ""),
		"status_approved":       private.Status(cards["added"], ApprovalSteps(), ""),
		"status_approval_no":    private.Status(cards["denied"], nil, ""),
		"status_glass":          private.Status(cards["glass_added"], ApprovalSteps(), ""),
		"status_approval_draft": private.Status(named(n, Draft(NeedsApproval(1))), nil, ""),
	}
}

func approvalViews(n Names) map[string]slack.ModalViewRequest {
	m := form.Meta{Channel: "C0INC1234", About: render.ButtonValue(Draft())}
	views := map[string]slack.ModalViewRequest{
		"glass_opening": form.Glass(m, form.GlassWarning(form.GlassApprovers, 0, 0, 0)),
		"glass": form.Glass(m, form.GlassWarning(form.JoinNames([]string{"Bo", "Chen", "Dee"}), 0,
			2, 7*24*time.Hour)),
		"glass_day":    form.Glass(m, form.GlassWarning("Bo", 1, 3, 24*time.Hour)),
		"deny":         form.Deny(m, "Ana"),
		"deny_unnamed": form.Deny(m, ""),
		"pool":         private.PoolView(private.Pool(named(n, Draft()), Backends(4), Moment(19, 14, 30))),
		"home_over":    home.Over(private.Details(named(n, PublicCards())["added"])),
		"pool_reading": private.PoolReading(),
	}
	for name, op := range named(n, ApprovalPreviews()) {
		views[name] = private.PreviewView(op, ApprovalWording())
	}
	return views
}
