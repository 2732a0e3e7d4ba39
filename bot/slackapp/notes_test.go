package slackapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
)

// warned are the sentences of op's warnings.
func warned(t *testing.T, op operation.Operation) []string {
	t.Helper()
	all := append(render.RiskLines(op, "%s"), render.Notes(op)...)
	require.GreaterOrEqual(t, len(all), len(op.Warnings()))
	require.NotContains(t, all, "")
	return all[:len(op.Warnings())]
}

func TestEachWarningOfAPreviewHasItsWords(t *testing.T) {
	t.Parallel()
	equal := examples.Draft(func(op *operation.Operation) { op.Listener.Scheduler = operation.RoundRobin })
	for _, op := range []operation.Operation{examples.Draft(examples.Warned), equal,
		examples.Previews()["preview_other_ports"]} {
		require.NotEmpty(t, warned(t, op))
	}
}

func TestWarningsStandAboveTheButtonWithTheRisksFirst(t *testing.T) {
	t.Parallel()
	op := examples.Draft(examples.Warned)
	for name, raw := range map[string]string{
		"message": string(encode(t, private.Preview(op, fixedWording()).Blocks)),
		"view":    string(encode(t, private.PreviewView(op, fixedWording()).Blocks)),
	} {
		last := -1
		for _, w := range warned(t, op) {
			words, _, _ := strings.Cut(w, "<!date")
			at := strings.Index(raw, words)
			require.Greater(t, at, last, "%s: %s", name, words)
			last = at
		}
		if name == "message" {
			require.Less(t, last, strings.Index(raw, render.ActReqSend))
		}
	}
	examples.NeedsApproval(1)(&op)
	op.State = operation.Waiting
	card := shownText(t, card.Approval(op, approvalWording()))
	for _, w := range warned(t, op) {
		require.Contains(t, card, w)
	}
}

func TestPortThatTheListenerDecidesIsNamedWhereItIsKnown(t *testing.T) {
	t.Parallel()
	for port, want := range map[string]string{
		"443":                      "port 443 (the listener's)",
		"80, 443":                  "ports 80, 443 (the listener's)",
		"8000-8010":                "ports 8000-8010 (the listener's)",
		"":                         "the listener's port",
		"<!here>":                  "the listener's port",
		"all, any":                 "the listener's ports",
		strings.Repeat("443,", 20): "the listener's ports",
	} {
		op := examples.Draft(func(op *operation.Operation) {
			op.Request.PortList, op.Listener.Port = nil, port
		})
		require.Equal(t, want, render.PortPhrase(op), port)
	}
}

func TestNotesSayWhatWasFilledInOrNotRead(t *testing.T) {
	t.Parallel()
	f := operation.Fault{Code: "AUTHFAILURE_UNAUTHORIZED_OPERATION", Status: 401, RequestID: "T7E2-01"}
	entries := []operation.Entry{{BackendID: "be-50", Ports: "8443"}, {BackendID: "be-51"},
		{BackendID: "be-52", Ports: "9000"}, {BackendID: "be-53", Ports: "9001"}}
	for want, edit := range map[string]examples.Change{
		"Weight 50, as most servers on this listener.": func(op *operation.Operation) { op.UsualWeight = true },
		"Weight 50, as the other server on this listener.": func(op *operation.Operation) {
			op.UsualWeight = true
			examples.Shown(examples.Backends(1))(op)
		},
		"Weight 50, as its other entry on this listener.": func(op *operation.Operation) {
			op.UsualWeight = true
			pool := examples.Backends(1)
			pool[0].InstanceID = op.Request.InstanceID
			examples.Shown(pool)(op)
		},
		"This listener shares traffic equally (round robin): weight 50 has no effect now.": func(
			op *operation.Operation) {
			op.UsualWeight, op.Listener.Scheduler = true, operation.RoundRobin
		},
		"I could not read which servers are on this listener now; I look again before I add anything.": func(
			op *operation.Operation) {
			op.PoolFault = operation.Fault{Message: "no answer"}
		},
		"I could not read which servers are on this listener now: the bot's key may not make this call (HTTP 401, " +
			"AUTHFAILURE_UNAUTHORIZED_OPERATION, request T7E2-01); I look again before I add anything.": func(
			op *operation.Operation) {
			op.PoolFault = f
		},
		"I could not search virtual machines for the same name: the bot's key may not make this call (HTTP 401, " +
			"AUTHFAILURE_UNAUTHORIZED_OPERATION, request T7E2-01).": func(op *operation.Operation) {
			op.Unsearched = f
		},
		"web-07 is already on this listener as be-50 (port 8443), be-51 (ports not shown), be-52 (port 9000) and 1 " +
			"more. Zenlayer may refuse this. Choose another server.": func(op *operation.Operation) {
			op.There = entries
		},
		"Port 8080 was given twice.": func(op *operation.Operation) {
			op.Notes = []string{"Port 8080 was given twice."}
		},
	} {
		require.Equal(t, []string{render.Prose(want, render.NoteLimit)}, render.Notes(examples.Draft(edit)))
	}
	require.Empty(t, render.Notes(examples.Draft()))
}

// Earlier versions stored these sentences.
func TestSentencesThatEarlierVersionsStoredAreShownOnce(t *testing.T) {
	t.Parallel()
	op := examples.Draft(func(op *operation.Operation) {
		op.Unsearched = operation.Fault{Status: 403, Code: "NO"}
		op.Server.Status, op.UsualWeight = "STOPPED", true
	})
	notes := render.Notes(op)
	require.Len(t, notes, 2)
	op.Notes = append([]string{"The server is stopped.", "Port 8080 was given twice."}, notes...)
	require.Equal(t, append(notes, "Port 8080 was given twice."), render.Notes(op))

	asked := examples.ApprovalCards()["waiting_picture"]
	now := shownText(t, card.Approval(asked, approvalWording()))
	asked.Approval.Moved = nil
	asked.Approval.Changes = []string{"the name web-07 is taken by be-77",
		"it would take about 40 % of new connections instead of 20 %"}
	require.Equal(t, now, shownText(t, card.Approval(asked, approvalWording())))
}

func TestShareIsSaidOnlyWhereItIsKnown(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]examples.Change{
		"It would take about *20 %* of new connections: 4 servers now, 5 after.": examples.Shown(
			examples.Backends(4)),
		"It would take about *50 %* of new connections: 1 server now, 2 after.": examples.Shown(
			examples.Backends(1)),
		"The new entry would take about *20 %* of new connections: 4 entries now, 5 after.": func(
			op *operation.Operation) {
			pool := examples.Backends(4)
			pool[0].InstanceID, pool[0].Port = op.Request.InstanceID, "9090"
			examples.Shown(pool)(op)
		},
		"It would take *100 %* of new connections: no servers now, 1 after.": examples.Shown(nil),
		"It would take less than *1 %* of new connections: 300 servers now, 301 after.": examples.Shown(
			examples.Backends(300)),
		"": examples.Shown(append(examples.Backends(3), zenlayer.Backend{BackendID: "be-0"})),
	} {
		op := examples.Draft(change)
		op.Listener.Protected = true
		text := shownText(t, private.Preview(op, fixedWording()))
		if want == "" {
			require.NotContains(t, text, "would take")
			require.Contains(t, text, "4 servers on it", "that much is known")
			require.Contains(t, text, "web-07 will take new connections on api-lb port 443.")
			continue
		}
		require.Contains(t, text, want)
		view := private.PreviewView(op, fixedWording()).Blocks.BlockSet
		require.Contains(t, shownText(t, render.Message{Blocks: view}), want)
		require.NotContains(t, text, "on it.", "the number is said once")
	}
}

func TestOnlySettingsThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	const before = "TCP 443,444, wrr, FNAT, health check true"
	for to, want := range map[string]string{
		"TCP 443,444, rr, FNAT, health check unknown": "scheduling changed from weighted round robin to round robin",
		"TCP 443,444, wrr, DR, health check false": "routing changed from full NAT to direct routing; " +
			"the health check changed from on to off",
		"UDP 443,444, , FNAT, health check true": "the port changed from TCP 443,444 to UDP 443,444",
	} {
		require.Equal(t, want, render.Differences([]operation.Difference{{Code: operation.DiffSettings, From: before,
			To: to}}))
	}
}

func TestFreshPreviewSaysWhatWasReadOfTheShare(t *testing.T) {
	t.Parallel()
	for want, before := range map[string]int{"instead of 20 %": 20, "instead of less than 1 %": 0,
		"which was not known before": operation.ShareNotKnown} {
		words := render.Differences([]operation.Difference{{Code: operation.DiffShare, Before: before, After: 60}})
		require.Contains(t, words, "it would take about 60 % of new connections")
		require.Contains(t, words, want)
	}
}
