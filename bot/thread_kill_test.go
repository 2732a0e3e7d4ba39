package bot_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A card that may have been posted into a thread is looked for there.
func TestKilledWhilePostingIntoAThreadLeavesOneCardInIt(t *testing.T) {
	t.Parallel()
	d := adding()
	d.thread, d.settled = true, func(h *house) {
		h.settled()
		require.NotEmpty(h.t, h.cards(incident)[0].ThreadTS, "the card is in the thread")
	}
	killedAtBoundaries(t, d, nil, func(boundary string) bool { return strings.Contains(boundary, " the card is ") })
}
