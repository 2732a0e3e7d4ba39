package audit

import (
	"context"
	"crypto/ed25519"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// halfRead is a trail whose second page cannot be read.
type halfRead struct {
	*memory
	pages int
}

func (h *halfRead) ReadTrail(_ context.Context, fn func(Reading) error) error { return fn(h) }
func (h *halfRead) CutTrail(_ context.Context, fn func(Cutting) error) error  { return fn(h) }

func (h *halfRead) Entries(ctx context.Context, after int64, limit int) ([]Entry, error) {
	h.pages++
	if h.pages == 2 {
		return nil, io.ErrUnexpectedEOF
	}
	return h.memory.Entries(ctx, after, limit)
}

func TestATrailThatCannotBeReadToItsEndIsAnError(t *testing.T) {
	t.Parallel()
	trail := func() *halfRead {
		m := newMemory(time.Now)
		m.chain = chainOf(2 * pageRows)
		for i := range m.chain {
			m.chain[i].OperationID = ""
		}
		m.head = Extend(beginning(), time.UnixMilli(1772334840500), m.chain)
		return &halfRead{memory: m}
	}
	verified, err := Verify(t.Context(), trail(), Expected{})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Nil(t, verified.Break)
	require.EqualValues(t, pageRows, verified.Events, "what was read is verified")

	exported, err := Export(t.Context(), io.Discard, trail(), "jsonl")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualValues(t, pageRows, exported)

	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	now := time.Now()
	deleted, err := Cut(t.Context(), trail(), now, now, key)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualValues(t, cutRows, deleted.Events)
}
