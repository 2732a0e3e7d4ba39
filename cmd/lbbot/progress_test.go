package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
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
	require.Equal(t, "\r1000 events checked, position 1007, 1000 a second\x1b[K"+
		"\r600000 events checked, position 600007, 300000 a second\x1b[K\r\x1b[K", out.String())
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
