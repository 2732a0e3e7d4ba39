package slackapp

import (
	"strings"
	"testing"

	"lbbot/commands"
)

func TestEveryVerbIsAnswered(t *testing.T) {
	t.Parallel()
	for _, v := range commands.Verbs() {
		t.Run(string(v.Verb), func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.types(ana, incident, strings.TrimPrefix(v.Examples[0], commands.Name))
			r.until("an answer or a form", func() bool {
				_, answers := r.said(ana, incident)
				return len(answers)+len(r.slack.Views(ana)) == 1
			})
		})
	}
}
