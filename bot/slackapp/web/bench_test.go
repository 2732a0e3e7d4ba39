package web

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render/examples"
)

// BenchmarkPartContent encodes a card as the body of a call.
func BenchmarkPartContent(b *testing.B) {
	m, ok := examples.Messages(examples.Everywhere("web-07"))["card_added"]
	require.True(b, ok)
	b.ReportAllocs()
	for b.Loop() {
		_, err := json.Marshal(saying{message: messageOf("C0INC1234", m), TS: "1.1"})
		require.NoError(b, err)
	}
}
