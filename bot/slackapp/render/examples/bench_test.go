package examples_test

import (
	"testing"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
)

// BenchmarkPartRender builds a message; BenchmarkPartContent in web encodes one.
func BenchmarkPartRender(b *testing.B) {
	added, draft := examples.PublicCards()["added"], examples.Draft()
	if added.State != operation.Done || draft.State != operation.Draft {
		b.Fatal("the examples are of another state")
	}
	w := examples.Wording()
	for name, build := range map[string]func() render.Message{
		"added":   func() render.Message { return card.Of(added, w) },
		"preview": func() render.Message { return private.Preview(draft, w) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				build()
			}
		})
	}
}
