package render

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestEachWarningHasItsWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 19, 14, 0, 0, time.UTC)
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
		"No other server on this listener is available. Without this one, the listener may be out of " +
			"service.": {Code: "W12"},
		"Health checks are off: Zenlayer does not know whether the other servers work.": {Code: "W13"},
		"The bot has been paused since <!date^1795461240^{time_secs}|19:14:00 UTC> by leo. A request that " +
			"you send now waits until somebody resumes the bot. After 5 minutes it ends, and nothing is sent.": {
			Code: "W14", Pause: operation.Pause{By: operation.Actor{Name: "leo"}, At: at}},
		"The bot has been paused since <!date^1795461240^{time_secs}|19:14:00 UTC> by leo. A request that " +
			"you send now waits until somebody resumes the bot. 5 minutes after the last approval it ends, and " +
			"nothing is sent.": {
			Code: "W14", Pause: operation.Pause{By: operation.Actor{Name: "leo"}, At: at}, Asks: true},
	}
	soon := "The server expires on " + strings.TrimSuffix(date, ".")
	words[soon+" (in less than a day)."] = operation.Warning{Code: "W06", At: at}
	words[soon+" (in 1 day)."] = operation.Warning{Code: "W06", At: at, Days: 1}
	words["The server expires on <!date^1795461240^{date_short}|23 Nov> (in 7 days)."] = operation.Warning{Code: "W06",
		At: at, Days: 7}
	for want, w := range words {
		require.Equal(t, want, warningWords(w))
	}
}
