package slackapp

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/slackapp/delivery"
	"lbbot/commands"
)

type metrics struct {
	envelopes *prometheus.CounterVec
	ackTime   prometheus.Histogram
	acks      *prometheus.CounterVec
	faults    *prometheus.CounterVec
	lists     *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		envelopes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_envelopes_total",
			Help: "Envelopes from Slack by kind."}, []string{"kind"}),
		ackTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lbbot_ack_seconds",
			Help:    "Seconds from receipt of an envelope to its written ack.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}}),
		acks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_acks_total",
			Help: "Acks by what came of writing them."}, []string{"result"}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_envelope_faults_total",
			Help: "Envelopes that could not be handled as meant."}, []string{"fault"}),
		lists: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_form_lists_total",
			Help: "Questions of the form for what to offer, by field and result."}, []string{"field", "result"}),
	}
	for _, k := range append(delivery.Kinds(), "other") {
		m.envelopes.WithLabelValues(k)
	}
	for _, r := range []string{"written", "failed"} {
		m.acks.WithLabelValues(r)
	}
	for _, f := range []string{"undecodable", "unknown", "foreign", "busy", "panic", "unanswered", "untold"} {
		m.faults.WithLabelValues(f)
	}
	for _, f := range []string{commands.KeyListener, commands.KeyServer} {
		for _, r := range []string{listOffered, listDenied, listUnavailable, listLate} {
			m.lists.WithLabelValues(f, r)
		}
	}
	reg.MustRegister(m.envelopes, m.ackTime, m.acks, m.faults, m.lists)
	return m
}

func (a *App) count(kind string) {
	if !slices.Contains(delivery.Kinds(), kind) {
		kind = "other"
	}
	a.metrics.envelopes.WithLabelValues(kind).Inc()
}
