package bot_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

const bo = "U0BO"

// removing lets the people of the house take servers off, and each other approve.
const removing = rules + `
@id("sre-remove") @approvals("0")
permit (principal in Usergroup::"S01SRE", action == Action::"remove", resource is Listener);
@id("sre-approve")
permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource is Listener);
`

// openToRemove is open with the policies of removing.
func openToRemove(t *testing.T, edit func(*bot.Config)) *house {
	t.Helper()
	return open(t, func(c *bot.Config) {
		require.NoError(t, policy.Install(c.Policy, []byte(removing)))
		if edit != nil {
			edit(c)
		}
	})
}

// adds makes an addition of ana's and returns its card.
func (h *house) adds(text string) sandbox.Message {
	h.t.Helper()
	h.types(ana, incident, text)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	return h.sees(ana, incident, "Added", "Available")
}

// leaves are the entries that were to be taken off, by call.
func (h *house) leaves() (ids []string) {
	for _, c := range h.cloud.CallsOf("DeregisterBackend") {
		ids = append(ids, c.Request)
	}
	return ids
}

func TestUndoOnACardTakesTheServerOffAgain(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"button", "command", "command without an ID"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			h := openToRemove(t, nil)
			card := h.adds(good)
			added := h.ofServer(listener, "i-55a1")[0].BackendID
			switch way {
			case "button":
				h.clicks(ana, card, "undo_ask")
			case "command":
				h.types(ana, incident, "undo "+refOf(t, card))
			default:
				h.types(ana, incident, "undo")
			}
			preview := h.sees(ana, incident, "Preview", added, "req_send")
			require.True(t, preview.Ephemeral)
			require.Empty(t, h.leaves(), "a preview changes nothing")
			h.clicks(ana, preview, "req_send")
			h.sees(ana, incident, "Removed", "web-07")
			require.Empty(t, h.ofServer(listener, "i-55a1"))
			require.Len(t, h.leaves(), 1)
			require.Contains(t, h.leaves()[0], added)
			require.Len(t, h.cards(incident), 2, "a card for each request")
			h.types(ana, incident, "undo "+refOf(t, card))
			h.sees(ana, incident, "Nothing to do", added, "took it off with LBR-")
			h.calm()
		})
	}
}

func TestARemovalShowsItsPreviewAndEndsInACard(t *testing.T) {
	t.Parallel()
	h := openToRemove(t, func(c *bot.Config) { c.Confirm = intake.ConfirmNever })
	h.types(ana, incident, `remove web-03 from api-lb/https-443 reason="disk full"`)
	preview := h.sees(ana, incident, "Preview", "be-19c1", "disk full")
	h.clicks(ana, preview, "req_send")
	card := h.sees(ana, incident, "Removed", "web-03")
	require.Empty(t, h.ofServer(listener, "i-5593"))
	require.Len(t, h.leaves(), 1)
	h.types(ana, incident, "undo "+refOf(t, card))
	h.sees(ana, incident, "removed a server", "/lb-register again "+refOf(t, card))
	h.types(ana, incident, "again "+refOf(t, card))
	require.Contains(t, string(h.view(ana, "Add server").Blocks), "i-5593")
	h.calm()
}

func TestRemoveNeedsItsOwnRight(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an entry": "remove lst-8f2c web-03", "a part of a name": "remove lst-8f2c web-0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			h.types(ana, incident, text)
			require.False(t, has(h.sees(ana, incident, "Not sent"), "be-19c"))
			require.Empty(t, h.leaves())
			h.calm()
		})
	}
}

func TestTheLastAvailableServerIsRemovedWithASecondPersonOnly(t *testing.T) {
	t.Parallel()
	h := openToRemove(t, nil)
	for _, id := range []string{"be-19c2", "be-19c3", "be-19c5"} {
		require.True(t, h.cloud.SetBackendStatus(id, "Abnormal"))
	}
	h.types(ana, incident, "remove lst-8f2c web-03")
	preview := h.sees(ana, incident, "Preview", "be-19c1", "approval_ask")
	h.clicks(ana, preview, "approval_ask")
	card := h.sees(ana, incident, "ap_yes", "web-03")
	h.clicks(ana, card, "ap_yes")
	h.sees(ana, incident, "You asked for this yourself")
	require.Empty(t, h.leaves())
	h.clicks(bo, card, "ap_yes")
	h.sees(ana, incident, "Removed", "web-03")
	require.Len(t, h.leaves(), 1)
	h.calm()
}

func TestARemovalPressedOftenByTwoPeopleIsOneCall(t *testing.T) {
	t.Parallel()
	h := openToRemove(t, nil)
	card := h.adds(good)
	release := make(chan struct{})
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if c.Action == "DeregisterBackend" && p == zenlayertest.BeforeExecute {
			<-release
		}
	})
	previews := map[string]sandbox.Message{}
	for _, person := range []string{ana, bo} {
		h.clicks(person, card, "undo_ask")
		previews[person] = h.sees(person, incident, "Preview", "req_send")
	}
	var g sync.WaitGroup
	for person, m := range previews {
		for range 2 {
			g.Go(func() {
				in := h.slack.Click(t.Context(), person, incident, m.TS, "req_send", "")
				h.slack.Redeliver(t.Context(), in, true)
			})
		}
	}
	g.Wait()
	h.sees(ana, incident, "Removing")
	h.types(ana, incident, good)
	h.sees(ana, incident, "Nothing new is started") // it is there only for a moment
	close(release)
	h.sees(ana, incident, "Removed", "web-07")
	require.Len(t, h.leaves(), 1)
	require.Len(t, h.cards(incident), 2)
}

func TestARightThatIsGoneBeforeTheRemovalStopsIt(t *testing.T) {
	t.Parallel()
	h := openToRemove(t, nil)
	card := h.adds(good)
	h.clicks(ana, card, "undo_ask")
	preview := h.sees(ana, incident, "Preview", "req_send")
	h.slack.SetPerson(sandbox.Person{ID: ana, Name: "ana", RealName: "Ana", TeamID: "T0LOCAL", Guest: true})
	h.clicks(ana, preview, "req_send")
	h.sees(ana, incident, "Not sent", "Guests cannot use this command")
	require.Empty(t, h.leaves())
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
}
