package socket

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestEnvelopeThatArrivesWhileAnAckIsWrittenIsNotLostToTheClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &conn{c: &Client{cfg: Config{AckGrace: lateAfter}},
			done: make(chan struct{}), writing: make(chan struct{}, 1)}
		k.writing <- struct{}{} // another ack is being written
		settled := make(chan bool, 1)
		go func() { settled <- k.settle() }()
		synctest.Wait()
		require.False(t, k.gone(), "an envelope is still accepted")
		k.mu.Lock()
		k.owed++ // one arrives
		k.mu.Unlock()
		<-k.writing // the other ack is written
		synctest.Wait()
		require.False(t, k.gone(), "the envelope can be acked")
		k.acked()
		require.True(t, <-settled)
		require.True(t, k.gone())
	})
}
