package slackapp

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/rendertest"
	"lbbot/zenlayer"
)

func TestEachWarningHasItsWords(t *testing.T) {
	t.Parallel()
	at := rendertest.Moment(19, 14, 0)
	const date = "<!date^1795461240^{date_short} {time}|2026-11-23 19:14 UTC>."
	words := map[string]operation.Warning{
		"Health checks are off: the server gets traffic at once, even if it is not ready.": {Code: "W01"},
		"This listener shares traffic equally (round robin): weight 50 has no effect now.": {Code: "W02", Weight: 50},
		"Direct routing: ports follow the listener, and the server itself must be set up for the virtual IP.": {
			Code: "W03"},
		"The server is in FRA1, the load balancer in SIN1.": {Code: "W04", ServerZone: "FRA1", BalancerZone: "SIN1"},
		"The server is stopped.":                            {Code: "W05", Status: "STOPPED"},
		"The server is being installed.":                    {Code: "W05", Status: "Installing"},
		"The server is in the recycle bin.":                 {Code: "W05", Status: "RECYCLE"},
		"The server is not running (state: BOOTING).":       {Code: "W05", Status: "BOOTING"},
		"The server expires on " + date:                     {Code: "W06", At: at},
		"The server expired on " + date:                     {Code: "W06", At: at, Past: true},
		"This server is already on 1 other listener.":       {Code: "W07", Listeners: 1},
		"This server is already on 2 other listeners.":      {Code: "W07", Listeners: 2},
		"Weight 50 is 5 times the usual 10: the new server would take about 56 % of traffic.": {Code: "W09", Weight: 50,
			Usual: 10, Percent: 56},
		"Weight 25 is 2.5 times the usual 10: the new server would take about 56 % of traffic.": {Code: "W09",
			Weight: 25, Usual: 10, Percent: 56},
		"The 4 other servers on this listener use port 8080, not 443.": {Code: "W11", Ports: []int{443},
			Others: operation.OtherPorts{Servers: 4, Differ: 4, Usual: "8080", Have: 4}},
		"The other server on this listener uses ports 80, 81, not 443, 444, 445 and 1 more.": {Code: "W11",
			Ports:  []int{443, 444, 445, 446},
			Others: operation.OtherPorts{Servers: 1, Differ: 1, Usual: "80, 81", Have: 1}},
		"3 of the 4 other servers on this listener use port 8080, not 443.": {Code: "W11", Ports: []int{443},
			Others: operation.OtherPorts{Servers: 4, Differ: 3, Usual: "8080", Have: 3}},
		"3 of the 4 other servers on this listener use other ports than 443, for example &lt;!here&gt;.": {Code: "W11",
			Ports: []int{443}, Others: operation.OtherPorts{Servers: 4, Differ: 3, Usual: "<!here>", Have: 2}},
		"Weight 52: the new server would take about 50 % of traffic.": {Code: "W09", Weight: 52, Percent: 50},
		"This load balancer is not running (state: CREATING). Zenlayer may refuse to add servers until it is.": {
			Code: "W10", Status: "CREATING"},
	}
	for want, w := range words {
		require.Equal(t, want, render.WarningWords(w))
	}
	others := rendertest.Previews()["preview_other_ports"]
	equal := rendertest.Draft(func(op *operation.Operation) { op.Listener.Scheduler = operation.RoundRobin })
	for _, w := range slices.Concat(rendertest.Draft(rendertest.Warned).Warnings(), equal.Warnings(),
		others.Warnings()) {
		require.NotEmpty(t, render.WarningWords(w), w.Code)
	}
}

func TestWarningsStandAboveTheButtonWithTheRisksFirst(t *testing.T) {
	t.Parallel()
	op := rendertest.Draft(rendertest.Warned)
	for name, raw := range map[string]string{
		"message": string(encode(t, private.Preview(op, fixedWording()).Blocks)),
		"view":    string(encode(t, private.PreviewView(op, fixedWording()).Blocks)),
	} {
		last := -1
		for _, w := range op.Warnings() {
			words, _, _ := strings.Cut(render.WarningWords(w), "<!date")
			at := strings.Index(raw, words)
			require.Greater(t, at, last, "%s: %s", name, words)
			last = at
		}
		if name == "message" {
			require.Less(t, last, strings.Index(raw, render.ActReqSend))
		}
	}
	rendertest.NeedsApproval(1)(&op)
	op.State = operation.Waiting
	card := shownText(t, render.ApprovalCard(op, approvalWording()))
	for _, w := range op.Warnings() {
		require.Contains(t, card, render.WarningWords(w))
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
		op := rendertest.Draft(func(op *operation.Operation) {
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
	for want, edit := range map[string]rendertest.Change{
		"Weight 50, as most servers on this listener.": func(op *operation.Operation) { op.UsualWeight = true },
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
			"more. Zenlayer may refuse the same server twice on one listener, whatever the ports. Another server is " +
			"the safe choice.": func(op *operation.Operation) { op.There = entries },
		"Port 8080 was given twice.": func(op *operation.Operation) {
			op.Notes = []string{"Port 8080 was given twice."}
		},
	} {
		require.Equal(t, []string{render.Prose(want, render.NoteLimit)}, render.Notes(rendertest.Draft(edit)))
	}
	require.Empty(t, render.Notes(rendertest.Draft()))
}

// Earlier versions stored these sentences.
func TestSentencesThatEarlierVersionsStoredAreShownOnce(t *testing.T) {
	t.Parallel()
	op := rendertest.Draft(func(op *operation.Operation) {
		op.Unsearched = operation.Fault{Status: 403, Code: "NO"}
		op.Server.Status, op.UsualWeight = "STOPPED", true
	})
	notes := render.Notes(op)
	require.Len(t, notes, 2)
	op.Notes = append([]string{"The server is stopped.", "Port 8080 was given twice."}, notes...)
	require.Equal(t, append(notes, "Port 8080 was given twice."), render.Notes(op))

	asked := rendertest.ApprovalCards()["waiting_picture"]
	now := shownText(t, render.ApprovalCard(asked, approvalWording()))
	asked.Approval.Moved = nil
	asked.Approval.Changes = []string{"the name web-07 is taken by be-77",
		"it would take about 40 % of new connections instead of 20 %"}
	require.Equal(t, now, shownText(t, render.ApprovalCard(asked, approvalWording())))
}

func TestShareIsSaidOnlyWhereItIsKnown(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]rendertest.Change{
		"It would take about *20 %* of new connections: 4 servers now, 5 after.": rendertest.Shown(
			rendertest.Backends(4)),
		"It would take about *50 %* of new connections: 1 server now, 2 after.": rendertest.Shown(
			rendertest.Backends(1)),
		"It would take *100 %* of new connections: no servers now, 1 after.": rendertest.Shown(nil),
		"It would take less than *1 %* of new connections: 300 servers now, 301 after.": rendertest.Shown(
			rendertest.Backends(300)),
		"": rendertest.Shown(append(rendertest.Backends(3), zenlayer.Backend{BackendID: "be-0"})),
	} {
		op := rendertest.Draft(change)
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
