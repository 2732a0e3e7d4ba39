package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// home opens a person's Home tab and waits until it has all the parts.
func (h *house) home(person string, parts ...string) (content string) {
	h.t.Helper()
	require.True(h.t, h.slack.OpenHome(h.t.Context(), person).Acked)
	return h.homeHas(person, parts...)
}

// homeHas waits until a person's Home tab has all the parts, for two looks at the journal.
func (h *house) homeHas(person string, parts ...string) (content string) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		v, there := h.slack.Home(person)
		content = string(v.Blocks)
		for _, part := range parts {
			there = there && strings.Contains(content, part)
		}
		return there
	}, 15*time.Second, 10*time.Millisecond, "%q", parts)
	return content
}

func TestTheHomeTabFollowsARequestAndTheJournalOfTheNextProcess(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	require.NotContains(t, h.home(ana, "Nothing yet."), "Policy:", "she does not own the bot")
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	ref := refOf(t, h.sees(ana, incident, "Added", "LBR-"))
	content := h.homeHas(ana, ref, "*Added*", "undo_ask", "Again: ")
	require.Contains(t, content, "Nothing of yours is running")
	require.NotContains(t, h.home("U0CHEN", "Nothing yet."), ref, "it is not theirs")

	require.NoError(t, h.stop())
	h.start()
	h.types(ana, incident, "list api-lb/https-443")
	h.sees(ana, incident, "Servers on", "web-07")
	h.types(ana, incident, "status")
	h.sees(ana, incident, "No request is open")
	h.home(ana, ref)
	h.calm()
}

func TestAGuestsHomeTabSaysOnlyThat(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	content := h.home(gil, "Guests cannot use this command")
	require.NotContains(t, content, "home_add")
}
