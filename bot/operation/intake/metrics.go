package intake

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what becomes of requests until they are accepted.
type Metrics struct {
	accepted prometheus.Counter
	refused  *prometheus.CounterVec
	busy     prometheus.Counter
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		accepted: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_operations_accepted_total",
			Help: "Operations committed as accepted."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_denials_total",
			Help: "Requests that were denied, by the gate that said no."}, []string{"code"}),
		busy: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_previews_busy_total",
			Help: "Previews that could not be made because too much was asked of Zenlayer."}),
	}
	reg.MustRegister(m.accepted, m.refused, m.busy)
	return m
}
