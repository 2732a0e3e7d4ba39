package intake

import (
	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/operation"
)

// Metrics counts what becomes of requests until they are accepted.
type Metrics struct {
	accepted prometheus.Counter
	glass    prometheus.Counter
	refused  *prometheus.CounterVec
	busy     prometheus.Counter
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		accepted: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_operations_accepted_total",
			Help: "Operations committed as accepted."}),
		glass: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_break_glass_total",
			Help: "Operations accepted by break-glass, without the approvals they needed."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_denials_total",
			Help: "Requests that were denied, by the gate that said no."}, []string{"code"}),
		busy: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_previews_busy_total",
			Help: "Previews that could not be made because too much was asked of Zenlayer."}),
	}
	reg.MustRegister(m.accepted, m.glass, m.refused, m.busy)
	return m
}

func (m *Metrics) took(op operation.Operation) {
	m.accepted.Inc()
	if op.Glass != nil {
		m.glass.Inc()
	}
}
