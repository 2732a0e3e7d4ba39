package slackapp

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// mention answers a message that mentions the bot, and no other event. One that begins
// with the mention is a command; any other gets to know how to ask. Unlike a command, a
// mention can come from another organization, so that is checked before anything is said.
// Without the bot's own ID nothing is taken for a command: it could be meant for another bot.
func (a *App) mention(ctx context.Context, d delivery.Delivery, answer *answer) {
	if !mentions(d) || a.delivered(ctx, d).Told {
		return
	}
	if err := a.outsider(ctx, d); err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	w, err := a.Directory.Workspace(ctx)
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, &intake.UnavailableError{What: "Slack", Err: fmt.Errorf(
			"the bot's own ID: %w", err)}))
		return
	}
	text, ok := afterMention(d.Event.Text, w.BotUserID)
	if !ok {
		a.tell(ctx, d, private.HowToMention(a.wording()))
		return
	}
	d.Text = trimName(text)
	a.command(ctx, d, answer)
}

// afterMention is what follows the mention at the beginning of a message, as in
// "<@U0BOT>, help". ok is false if the message begins with something else.
func afterMention(text, bot string) (rest string, ok bool) {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	mention, rest, ok := strings.Cut(text, ">")
	id, ours := strings.CutPrefix(mention, "<@")
	id, _, _ = strings.Cut(id, "|")
	if !ok || !ours || id != bot {
		return "", false
	}
	return strings.TrimLeft(rest, ":,\u00a0 "), true
}

// mentions reports whether d is a message by a person that mentions the bot.
func mentions(d delivery.Delivery) bool {
	return d.Kind == delivery.KindEvent && d.Event.Type == delivery.Mention && d.Event.BotID == "" && d.Event.User != ""
}

// offerForm answers with a button that opens the form, where there is nothing that
// could open it.
func (a *App) offerForm(ctx context.Context, d delivery.Delivery, v commands.Values, notices []string) {
	key := ""
	if len(v) > 0 || len(notices) > 0 {
		key = a.memory.Keep(memory.Item{Values: v, Problems: notices, Stranger: d.Stranger, Searches: d.Searches,
			Thread: d.Place.ThreadTS})
	}
	a.tell(ctx, d, private.OpenForm(key))
}
