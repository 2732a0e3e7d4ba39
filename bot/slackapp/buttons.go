package slackapp

import (
	"context"

	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
)

// button is what a click on one of our buttons does.
type button struct {
	opens  bool // opens or redraws a form: acked at once, because it stores nothing
	stores bool // stores something before the ack
	do     func(ctx context.Context, a *App, d delivery.Delivery, answer *answer, value string)
}

// buttonOf returns the button with an action id; ok is false if we have none.
func buttonOf(action string) (b button, ok bool) {
	if index, ok := private.PickIndex(action); ok {
		pick := func(a *App, ctx context.Context, d delivery.Delivery, value string) { a.pick(ctx, d, index, value) }
		return button{stores: true, do: withValue(pick)}, true
	}
	b, ok = buttons()[action]
	return b, ok
}

// buttons has every other button by its action id.
func buttons() map[string]button {
	send := func(ctx context.Context, a *App, d delivery.Delivery, answer *answer, value string) {
		a.send(ctx, d, answer, value)
	}
	return map[string]button{
		render.ActLinkOpen:     {},
		render.ActFixOpenForm:  {opens: true, do: withValue((*App).openRemembered)},
		render.ActFormOpen:     {opens: true, do: withValue((*App).openRemembered)},
		render.ActHomeAdd:      {opens: true, do: withValue((*App).homeAdd)},
		render.ActReqChange:    {opens: true, do: onOperation((*App).change)},
		render.ActReqAgainForm: {opens: true, do: onOperation((*App).change)},
		render.ActGlassOpen:    {opens: true, do: withValue((*App).openGlass)},
		render.ActApNo:         {opens: true, do: withValue((*App).openDeny)},
		render.ActFormTyped:    {opens: true, do: withValue((*App).typeIDs)},
		render.ActFormLists:    {opens: true, do: withValue((*App).pickFromLists)},
		render.ActPickListener: {opens: true, do: withValue((*App).chose)},
		render.ActPoolShow:     {opens: true, do: withValue((*App).showPool)},

		render.ActHelpOpen: {do: withValue(func(a *App, ctx context.Context, d delivery.Delivery, _ string) {
			a.tell(ctx, d, a.help(ctx, d, ""))
		})},
		render.ActWhoamiOpen: {do: withValue(func(a *App, ctx context.Context, d delivery.Delivery, _ string) {
			a.whoami(ctx, d)
		})},
		render.ActHistOlder: {do: withValue((*App).older)},
		render.ActReqMore:   {do: withValue((*App).more)},
		render.ActApMore:    {do: withValue((*App).more)},

		render.ActReqSend:     {stores: true, do: send},
		render.ActApprovalAsk: {stores: true, do: send},
		render.ActReqCancel:   {stores: true, do: onOperation((*App).cancelDraft)},
		render.ActUndoAsk:     {stores: true, do: onOperation((*App).undo)},
		render.ActReqAgain:    {stores: true, do: onOperation((*App).again)},
		render.ActOpStop:      {stores: true, do: onOperation((*App).stop)},
		render.ActSettleNow:   {stores: true, do: onOperation((*App).checkNow)},
		render.ActSettleYes:   {stores: true, do: onOperation((*App).confirmAdded)},
		render.ActSettleNo:    {stores: true, do: onOperation((*App).confirmNotAdded)},
		render.ActApYes:       {stores: true, do: onApproval((*App).approve)},
		render.ActApQuestion:  {stores: true, do: onApproval((*App).question)},
	}
}

type clicked = func(ctx context.Context, a *App, d delivery.Delivery, answer *answer, value string)

// withValue is for a button that needs its value only.
func withValue(do func(*App, context.Context, delivery.Delivery, string)) clicked {
	return func(ctx context.Context, a *App, d delivery.Delivery, _ *answer, value string) { do(a, ctx, d, value) }
}

// onOperation is for a button of an operation that needs no answer but a problem.
func onOperation(do func(*App, context.Context, delivery.Delivery, intake.Click) error) clicked {
	return func(ctx context.Context, a *App, d delivery.Delivery, _ *answer, value string) {
		a.press(ctx, d, value, func(ctx context.Context, d delivery.Delivery, c intake.Click) error {
			return do(a, ctx, d, c)
		})
	}
}

// onApproval is for a button of the card on which approval is asked for.
func onApproval(do func(*App, context.Context, intake.Click) error) clicked {
	return func(ctx context.Context, a *App, d delivery.Delivery, _ *answer, value string) {
		a.decide(ctx, d, value, func(ctx context.Context, c intake.Click) error { return do(a, ctx, c) })
	}
}

// changes reports whether d is a click that stores something.
func changes(d delivery.Delivery) bool {
	if d.Kind != delivery.KindClick || len(d.Actions) == 0 {
		return false
	}
	b, _ := buttonOf(d.Actions[0].ActionID)
	return b.stores
}
