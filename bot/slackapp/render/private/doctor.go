package private

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// Doctor answers an owner with what an examination has found: faults first, each with the
// next step, and then the names of what is fine.
func Doctor(checks []render.Check) render.Message {
	var faults, list []string
	var blocks []slack.Block
	byVerdict := map[string][]string{}
	for _, c := range checks {
		byVerdict[c.Verdict] = append(byVerdict[c.Verdict], c.Name)
		if c.Next == "" {
			continue
		}
		faults = append(faults, c.Name)
		blocks = append(blocks, render.Section(fmt.Sprintf("*%s: %s.* %s", render.Capital(c.Verdict), c.Name,
			render.Capital(render.Prose(c.Found, render.SaidLimit))), "→ "+render.Prose(c.Next, render.SaidLimit)))
	}
	for _, v := range []string{"ok", "not checked"} {
		if names := byVerdict[v]; len(names) > 0 {
			list = append(list, render.Capital(v)+": "+strings.Join(names, ", ")+".")
		}
	}
	words := fmt.Sprintf("%d checks, and nothing is wrong.", len(checks))
	if len(faults) > 0 {
		words = fmt.Sprintf("%d checks. To do: %s.", len(checks), strings.Join(faults, ", "))
	}
	blocks = slices.Concat([]slack.Block{render.Section("*Doctor.* " + words)}, blocks,
		[]slack.Block{render.Section(strings.Join(list, " "))})
	return render.Ephemeral("Doctor. "+words, blocks...)
}

// OwnersOnly says that doctor is for others, with the denial that says why.
func OwnersOnly(denied render.Message) render.Message {
	const words = "Only people who may pause the bot may use " + commands.Name + " doctor."
	return render.Ephemeral(words+" "+denied.Text, append([]slack.Block{render.Section(words)}, denied.Blocks...)...)
}
