package private

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// Paused answers a pause.
func Paused(a intake.PauseAnswer) render.Message {
	switch {
	case a.Pause == nil: // paused by this command, which Slack delivered again, and resumed since
		return Answer("The bot is not paused any more: somebody resumed it after you paused it.")
	case !a.Changed:
		return Answer(render.WithStop("The bot has been "+render.PausedBy(*a.Pause)) + " Nothing changed.")
	}
	return bolded("*Paused.* No new request is sent to Zenlayer until somebody resumes it: `" + commands.Name +
		" resume`. A request that is accepted meanwhile waits, and ends after 5 minutes." + sending(a))
}

// EditedPause answers a message that was edited into a pause, or into its end.
func EditedPause() render.Message {
	return Answer("An edited message neither pauses nor resumes the bot. Write a new one. Nothing changed.")
}

// bolded is Answer for words with a first word in bold, which the text has plain.
func bolded(words string) render.Message {
	return render.Ephemeral(strings.ReplaceAll(words, "*", ""), render.Section(words))
}

// sending says what was being sent when the bot was paused.
func sending(a intake.PauseAnswer) string {
	ops := a.Sending
	if a.Again {
		return " What was being sent goes on and is settled."
	}
	if len(ops) == 0 {
		return " Nothing was being sent."
	}
	refs := make([]string, len(ops))
	for i, op := range ops {
		refs[i] = op.Ref
	}
	list := strings.Join(refs, ", ")
	switch {
	case len(ops) == 1:
		return fmt.Sprintf(" 1 request was being sent: %s. It goes on and is settled.", list)
	case len(ops) == operation.MaxSendingShown:
		return fmt.Sprintf(" %d requests or more were being sent: %s. They go on and are settled.", len(ops), list)
	}
	return fmt.Sprintf(" %d requests were being sent: %s. They go on and are settled.", len(ops), list)
}

// Resumed answers the end of a pause.
func Resumed(a intake.PauseAnswer) render.Message {
	switch {
	case a.Pause == nil && a.Changed: // delivered again
		return bolded("*Resumed.* Requests are sent again.")
	case a.Pause == nil:
		return Answer("The bot is not paused. Nothing changed.")
	case !a.Changed: // delivered again, and paused since
		return Answer(render.WithStop("The bot has been " + render.PausedBy(*a.Pause)))
	}
	return bolded(render.WithStop("*Resumed.* Requests are sent again. The bot had been " + render.PausedBy(*a.Pause)))
}

// PauseNotice tells the owners' channel that by paused the bot, or resumed.
func PauseNotice(a intake.PauseAnswer, by operation.Actor, over bool) render.Message {
	markup, text := render.Mention(by.UserID)+" paused the bot: no new request is sent until somebody resumes it.",
		render.ActorName(by)+" paused the bot: no new request is sent until somebody resumes it."
	if over {
		markup, text = render.Mention(by.UserID)+" resumed the bot: requests are sent again.",
			render.ActorName(by)+" resumed the bot: requests are sent again."
	}
	if a.Pause != nil {
		if why := render.Prose(a.Pause.Why, render.ReasonLimit); why != "" && !over {
			markup, text = markup+" *Reason:* "+render.WithStop(why), text+" Reason: "+render.WithStop(why)
		}
		if over {
			markup, text = markup+" It had been "+render.WithStop(render.PausedBy(*a.Pause)),
				text+" It had been "+render.WithStop(render.PausedByText(*a.Pause))
		}
	}
	return render.Message{Text: text, Blocks: render.Blocks(render.Section(markup))}
}
