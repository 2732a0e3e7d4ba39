package render

import (
	"fmt"
	"strings"
	"time"

	"lbbot/bot/operation"
)

// pauseWhyLimit is how much is shown of why somebody paused the bot.
const pauseWhyLimit = 150

// PausedBy says who paused the bot, since when and why, as markup: "paused since … by
// …: …".
func PausedBy(p operation.Pause) string { return pausedBy(p, Mention(p.By.UserID), Clock(p.At)) }

// PausedByText is PausedBy for plain text.
func PausedByText(p operation.Pause) string { return pausedBy(p, ActorName(p.By), UTC(p.At)) }

func pausedBy(p operation.Pause, who, since string) string {
	s := fmt.Sprintf("paused since %s by %s", since, who)
	if why := Prose(p.Why, pauseWhyLimit); why != "" {
		s += ": " + why
	}
	return s
}

// WithStop ends a sentence whose last words may be a person's.
func WithStop(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// pausedWarning is what a preview says while the bot is paused. It has a name and no
// mention: the notice of a form shows none.
func pausedWarning(w operation.Warning) string {
	p, end := w.Pause, "After %d minutes it ends, and nothing is sent."
	if w.Asks {
		end = "%d minutes after the last approval it ends, and nothing is sent."
	}
	return WithStop("The bot has been "+pausedBy(p, ActorName(p.By), Clock(p.At))) +
		" A request that you send now waits until somebody resumes the bot. " +
		fmt.Sprintf(end, int(operation.StartWithin/time.Minute))
}
