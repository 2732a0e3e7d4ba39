package commands

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxPauseWhy is the length of the reason of a pause, in characters.
const maxPauseWhy = 300

// verbsOfOwners stop the bot from sending, let it go on, and examine it.
func verbsOfOwners() []VerbInfo {
	return []VerbInfo{
		{
			Verb: VerbPause, Words: []string{"pause"}, Usage: "pause [reason]", Needs: RightsPause,
			Summary: "stops the sending of new requests until somebody resumes; what is being sent goes on",
			SeenBy:  "you, and the owners' channel", Examples: []string{Name + " pause",
				Name + " pause Zenlayer maintenance until 04:00"},
		},
		{
			Verb: VerbResume, Words: []string{"resume", "unpause"}, Usage: "resume", Needs: RightsPause,
			Summary: "lets requests be sent again", SeenBy: "you, and the owners' channel",
			Examples: []string{Name + " resume"},
		},
		{
			Verb: VerbDoctor, Words: []string{"doctor", "check"}, Usage: "doctor", Needs: RightsPause,
			Summary: "checks what the bot needs, and says what to do about faults", SeenBy: "you",
			Examples: []string{Name + " doctor"},
		},
	}
}

// parsePause takes all that follows as the reason.
func parsePause(rest string) (Command, error) {
	why := strings.TrimSpace(rest)
	if v, ok := strings.CutPrefix(why, KeyReason+"="); ok {
		why = v
	}
	why = strings.TrimSpace(unescapeValue(KeyReason, strings.Trim(why, `"`)))
	if n := utf8.RuneCountInString(why); n > maxPauseWhy {
		return Command{}, refuse(Problem{Given: shown("pause " + why),
			Text: fmt.Sprintf("The reason has %d characters; it may have %d.", n, maxPauseWhy)})
	}
	if why == "" {
		return Command{Verb: VerbPause}, nil
	}
	return Command{Verb: VerbPause, Args: []string{why}}, nil
}

// parseAlone accepts nothing after the verb.
func (v Verb) parseAlone(rest string) (Command, error) {
	if strings.TrimSpace(rest) != "" {
		return Command{}, refuseWith(Name+" "+string(v), Problem{Given: shown(string(v) + " " + rest),
			Text: string(v) + " stands alone."})
	}
	return Command{Verb: v}, nil
}
