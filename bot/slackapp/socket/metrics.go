package socket

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics exports every label value from the start.
type metrics struct {
	live, reported, ghosts prometheus.Gauge
	connects               *prometheus.CounterVec
	disconnects            *prometheus.CounterVec
	fatal                  *prometheus.CounterVec
	envelopes              *prometheus.CounterVec
	acks                   *prometheus.CounterVec
	ackSeconds             prometheus.Histogram
	badFrames, lost        prometheus.Counter
	wrongApp               prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_slack_" + name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_slack_" + name, Help: help})
	}
	counters := func(name, help, label string, values []string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_slack_" + name, Help: help}, []string{label})
		for _, value := range values {
			v.WithLabelValues(value)
		}
		return v
	}
	m := &metrics{
		live:     gauge("connections", "Socket Mode connections that have had a hello and are not being closed."),
		reported: gauge("connections_reported", "Connections of this app by Slack's count, from the last hello."),
		ghosts:   gauge("ghost_connections", "Connections by Slack's count beyond ours; they swallow commands."),
		connects: counters("connects_total", "Attempts to connect, by result.", "result", connectResults()),
		disconnects: counters("disconnects_total", "Disconnect frames and ends of connections, by reason.",
			"reason", disconnectReasons()),
		fatal: counters("fatal_errors_total", "Refusals that need a person, by Slack's code.", "code",
			FatalCodes()),
		envelopes: counters("envelopes_total", "Envelopes received, by type.", "type", envelopeTypes()),
		acks: counters("acks_total", "Acks by result; only written and late reached Slack.", "result",
			ackResults()),
		ackSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lbbot_slack_ack_seconds",
			Help:    "Seconds from reading an envelope to writing its ack.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5}}),
		badFrames: counter("bad_frames_total", "Frames that break the Socket Mode protocol."),
		lost: counter("lost_envelopes_total",
			"Envelopes that arrived after our close frame and could not be acked."),
		wrongApp: counter("wrong_app_total", "Connections that belong to another app."),
	}
	reg.MustRegister(m.live, m.reported, m.ghosts, m.connects, m.disconnects, m.fatal, m.envelopes, m.acks,
		m.ackSeconds, m.badFrames, m.lost, m.wrongApp)
	return m
}

// Results of connecting, and reasons of disconnects.
const (
	connected     = "connected"
	openFailed    = "open_failed"
	rateLimited   = "rate_limited"
	dialFailed    = "dial_failed"
	noHello       = "no_hello"
	refused       = "refused" // fatal
	tooMany       = "too_many_websockets"
	otherReason   = "other"
	pingTimeout   = "ping_timeout"
	peerClosed    = "closed_by_slack"
	connectionCut = "connection_lost"
	frameTooLarge = "frame_too_large"
	leftByUs      = "closed_by_us"
	wrongApp      = "wrong_app" // of a conn only
)

func connectResults() []string {
	return []string{connected, openFailed, rateLimited, dialFailed, noHello, refused, tooMany}
}

func disconnectReasons() []string {
	return []string{warning, refreshRequest, linkDisabled, tooManyWebsocks, otherReason,
		pingTimeout, peerClosed, connectionCut, frameTooLarge, leftByUs}
}

func envelopeTypes() []string {
	return []string{"slash_commands", "interactive", "events_api", otherReason}
}

func ackResults() []string {
	return []string{ackWritten, ackLate, ackTooLarge, ackGone, ackTwice, ackFailed}
}

// known returns value if it is in the list of labels, else otherReason.
func known(value string, list []string) string {
	if slices.Contains(list, value) {
		return value
	}
	return otherReason
}
