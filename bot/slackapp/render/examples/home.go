package examples

import (
	"slices"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render/home"
)

// Homes are Home tabs: of somebody with nothing, of an asker, of an approver who owns the bot, of a guest.
func Homes(n Names) map[string]slack.HomeTabViewRequest {
	w := Wording()
	w.At = Moment(19, 31, 0)
	page := func(change func(*home.Page)) slack.HomeTabViewRequest {
		p := home.Page{At: w.At, Words: w}
		change(&p)
		return home.View(p)
	}
	state := home.State{Connections: 2, ListsReadAt: Moment(19, 29, 0), Policy: "9f3c1a2b4d5e6f70"}
	cards, asked, last := named(n, PublicCards()), named(n, ApprovalCards()), lastRequests(n, w.At)
	return map[string]slack.HomeTabViewRequest{
		"empty": page(func(*home.Page) {}),
		"asker": page(func(p *home.Page) {
			p.Stuck, p.Last = []home.Request{linkedRequest(cards["needs_person"], 1)}, last
			p.Running = []home.Request{linkedRequest(cards["adding"], 30), homeRequest(cards["not_confirmed"], 25)}
		}),
		"owner": page(func(p *home.Page) {
			p.Asked, p.State = []home.Request{linkedRequest(asked["waiting_one_of_two"], 28)}, &state
		}),
		"owner_trouble": page(func(p *home.Page) {
			p.State = &home.State{Since: Moment(19, 20, 0), Policy: "9f3c1a2b4d5e6f70", Problem: true}
		}),
		"owner_no_policy": page(func(p *home.Page) { p.State = &home.State{Connections: 1} }),
		"full": page(func(p *home.Page) {
			p.More, p.State, last[4].Operation.FinishedAt = 12, &state, w.At
			p.InPart = true
			p.Asked = slices.Repeat([]home.Request{linkedRequest(asked["waiting_one_of_two"], 28)}, home.Shown)
			p.Stuck = slices.Repeat([]home.Request{linkedRequest(cards["needs_person"], 20)}, home.Shown)
			p.Running = slices.Repeat([]home.Request{linkedRequest(cards["adding"], 10)}, home.Shown)
			p.Last = slices.Repeat(last[4:], home.Last)
		}),
		"paused": page(func(p *home.Page) {
			p.Paused = &operation.Pause{By: operation.Actor{UserID: "U0BO", Name: "bo"}, At: Moment(19, 20, 0),
				Why: "Zenlayer maintenance"}
		}),
		"guest": page(func(p *home.Page) { p.Denied = &operation.Decision{Code: operation.DeniedGuest} }),
		"unread": page(func(p *home.Page) {
			p.Denied = &operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPerson}
		}),
	}
}

func homeRequest(op operation.Operation, minute int) home.Request {
	return home.Request{Past: history.Past{At: Moment(19, minute, 0), Operation: op}}
}

func linkedRequest(op operation.Operation, minute int) home.Request {
	r := homeRequest(op, minute)
	r.Link = "https://example.slack.com/archives/C0INC1234/p1"
	return r
}

// lastRequests are five that have ended: of the first and the last one, only the first can be taken back.
func lastRequests(n Names, now time.Time) []home.Request {
	cards, ends := named(n, PublicCards()), named(n, Endings())
	last := []home.Request{homeRequest(cards["added"], 14), homeRequest(ends["refused"], 8),
		homeRequest(cards["nothing_to_do"], 6), homeRequest(ends["too_late"], 5), homeRequest(cards["added"], 2)}
	last[0].Operation.ID, last[0].Operation.FinishedAt = "id-0", Moment(19, 14, 2)
	last[4].Operation.FinishedAt = now.Add(-operation.UndoButtonFor - time.Minute)
	return last
}
