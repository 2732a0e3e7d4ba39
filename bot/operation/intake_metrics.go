package operation

import "github.com/prometheus/client_golang/prometheus"

// IntakeMetrics counts what becomes of requests until they are accepted.
type IntakeMetrics struct {
	accepted prometheus.Counter
	refused  *prometheus.CounterVec
	busy     prometheus.Counter
}

// NewIntakeMetrics registers the metrics of this package.
func NewIntakeMetrics(reg prometheus.Registerer) *IntakeMetrics {
	m := &IntakeMetrics{
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
