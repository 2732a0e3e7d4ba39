package slackapp

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/web"
	"lbbot/zenlayer"
)

// takesCards is a Slack that takes every message and does nothing with it.
func takesCards(b *testing.B) *web.Client {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var to struct{ Channel string }
		_ = json.NewDecoder(r.Body).Decode(&to)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true,"channel":"`+to.Channel+`","ts":"`+strconv.FormatInt(n.Add(1), 10)+`.1"}`)
	}))
	b.Cleanup(server.Close)
	client, err := web.New(web.Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: server.URL + "/",
		Log: zap.NewNop()})
	require.NoError(b, err)
	b.Cleanup(client.Close)
	return client
}

// BenchmarkDeliveryOfACard posts the card of a request and edits it to its end, each request in a channel of its own.
// The server in the same process is part of it.
func BenchmarkDeliveryOfACard(b *testing.B) {
	cards := newShelf()
	boards := board.New(board.Config{Web: takesCards(b), Cards: cards, Approvals: askedCards{cards},
		Stored: cards.Operation, Bot: "@lbbot", Now: time.Now, Log: zap.NewNop(), Registerer: prometheus.NewRegistry()})
	b.Cleanup(func() { boards.Close(context.Background()) })
	first, last := examples.PublicCards()["waiting"], examples.PublicCards()["added"]
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		first.ID, last.ID = strconv.Itoa(n), strconv.Itoa(n)
		first.Place.ResultID, last.Place.ResultID = "C"+first.ID, "C"+first.ID
		first.Version, last.Version = 1, 2
		require.NoError(b, boards.Report(b.Context(), first))
		require.NoError(b, boards.Report(b.Context(), last))
	}
}
