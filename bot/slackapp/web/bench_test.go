package web

import (
	"net/url"
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
		args, err := content(m, url.Values{"channel": {"C0INC1234"}})
		require.NoError(b, err)
		args.Encode()
	}
}
