package private

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// MaxProblems is how many problems are listed; the rest is counted.
const MaxProblems = 12

// InputErrors answers a command that cannot be taken: every problem, a
// corrected command, and the form unless e.Values are nil. key is what the
// caller keeps e.Values under, and offer that of its choices, empty if they are
// not kept; they come back as the buttons' values.
func InputErrors(e *commands.InputError, key, offer string) render.Message {
	outcome := "Not sent"
	changes := []commands.Verb{commands.VerbRemove, commands.VerbUndo, commands.VerbAgain}
	if e.Values == nil && !slices.Contains(changes, e.Verb) { // it was not to change anything
		outcome = "Not done"
	}
	lines := []string{fmt.Sprintf("*%s.* %s to fix:", outcome, e.Count())}
	first := ""
	for i, p := range e.Problems {
		text := ProblemWords(p.Text)
		if i == 0 {
			first = problemText(p.Text)
		}
		switch {
		case i == MaxProblems:
			lines = append(lines, fmt.Sprintf(inputMore, len(e.Problems)-MaxProblems))
		case i > MaxProblems:
		case render.Clean(p.Given) != "":
			lines = append(lines, fmt.Sprintf("• %s: %s", render.Code(p.Given), text))
		default:
			lines = append(lines, fmt.Sprintf("• %s", text))
		}
	}
	var corrected slack.Block
	if e.Corrected != "" {
		corrected = render.Section(instead(e), render.CodeBlock(e.Corrected))
	}
	var form slack.BlockElement
	if e.Values != nil {
		form = render.Primary(render.Button(render.ActFixOpenForm, ButtonFixForm,
			"Open form with these values, as far as they were understood",
			render.KeyValue(key, 0)))
	}
	list := append([]slack.Block{render.Section(lines...), corrected}, pickBlocks(e, offer)...)
	return render.Ephemeral(fmt.Sprintf("%s: %s to fix in your command. %s", outcome, e.Count(), first),
		append(list, render.Actions(form, helpButton()))...)
}

// instead leads to the corrected command. The parser has corrected it, and looks nothing up.
func instead(e *commands.InputError) string {
	words := "Type this instead"
	if strings.Contains(e.Corrected, "=?") {
		words += ", with a value for each `?`"
	}
	if e.Values != nil {
		words += ". I have not looked up its names yet"
	}
	return words + ":"
}

// unknownWord is how commands begins the sentence about a word that it does
// not know; the word ends with the same mark and a full stop.
const unknownWord = "I do not know *"

// ProblemWords shows a sentence of commands, which marks the word that was not
// known and the keys to use instead. Those marks are ours; what a person typed
// stays inert in them as outside.
func ProblemWords(text string) string {
	text = render.Clamp(render.Clean(text), render.ReasonLimit)
	said := ""
	if word, rest, ok := unknownIn(text); ok {
		said = unknownWord[:len(unknownWord)-1] + bold(word)
		text = rest
	}
	for {
		before, rest, opened := strings.Cut(text, "`")
		marked, after, closed := strings.Cut(rest, "`")
		if !opened || !closed || render.Clean(marked) == "" {
			return said + quoting(text)
		}
		said, text = said+quoting(before)+render.Code(marked), after
	}
}

// quoting is spaced, with what the sentence quotes in code style where Slack could read formatting in it: the
// look-alikes of formatting characters could not be copied.
func quoting(s string) string {
	said := ""
	for {
		before, rest, opened := strings.Cut(s, `"`)
		quoted, after, closed := strings.Cut(rest, `"`)
		if !opened || !closed {
			return said + spaced(s)
		}
		if render.Prose(quoted, render.ReasonLimit) == render.Escape(quoted) {
			said += spaced(before+`"`+quoted) + `"`
		} else {
			said += spaced(before) + render.Code(quoted)
		}
		s = after
	}
}

// spaced is prose for a piece of a sentence, which keeps its spaces at the ends.
func spaced(s string) string {
	said := render.Prose(s, render.ReasonLimit)
	if strings.HasPrefix(s, " ") && said != "" {
		said = " " + said
	}
	if strings.HasSuffix(s, " ") {
		said += " "
	}
	return said
}

// problemText is the same without marks.
func problemText(text string) string {
	if word, rest, ok := unknownIn(text); ok {
		text = unknownWord[:len(unknownWord)-1] + word + rest
	}
	return render.Prose(strings.ReplaceAll(text, "`", ""), render.ReasonLimit)
}

func unknownIn(text string) (word, rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, unknownWord)
	if !ok {
		return "", "", false
	}
	word, rest, ok = strings.Cut(rest, "*.")
	return word, "." + rest, ok && render.Clean(word) != ""
}
