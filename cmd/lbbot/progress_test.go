package main

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
	"lbbot/bot/journal"
)

func TestProgressIsOneLineThatIsCleared(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	begin := time.Unix(0, 0)
	p := &progress{out: &out, begin: begin}
	p.end()
	require.Empty(t, out.String(), "nothing to clear")
	at := func(events int64, after time.Duration) {
		p.page(audit.Trail{Events: events, Head: audit.Head{Position: events + 7}}, begin.Add(after))
	}
	at(1000, time.Second)
	at(2000, time.Second+progressEvery/2) // too soon
	at(600_000, 2*time.Second)
	p.end()
	require.Equal(t, "\r1000 events read, position 1007, 1000 a second\x1b[K"+
		"\r600000 events read, position 600007, 300000 a second\x1b[K\r\x1b[K", out.String())
}

func TestVerifyShowsNoProgressWithoutATerminal(t *testing.T) {
	t.Parallel()
	page, end := session{err: &bytes.Buffer{}}.progressOn()
	require.Nil(t, page)
	end()
}

func TestVerifyThatIsStoppedSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := session{}.reportTrail(ctx, audit.Trail{Events: 5000, Head: audit.Head{Position: 5007}}, context.Canceled)
	require.EqualError(t, err, "stopped at position 5007: the 5000 events up to there are unbroken, "+
		"the others were not read")
}

func TestExportCountsWhatItReads(t *testing.T) {
	url, _ := trailFile(t)
	j, err := journal.Open(t.Context(), journal.Config{URL: url, ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, j.Close()) }()
	var seen []audit.Trail
	n, err := export(t.Context(), io.Discard, watched{j, func(a audit.Trail) { seen = append(seen, a) }},
		audit.FormatJSONL, "U0BO")
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Equal(t, []audit.Trail{{Events: 4, Head: audit.Head{Position: 4}}}, seen, "all are read for one person")
}
