package sweep

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/operation"
)

// Metrics show what the last sweep found.
type Metrics struct {
	undelivered  prometheus.Gauge
	oldestResult prometheus.Gauge
	overdue      prometheus.Gauge
	oldestOpen   prometheus.Gauge
	stuck        prometheus.Gauge
	needPerson   prometheus.Gauge
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		undelivered: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_results_undelivered",
			Help: "Operations that are over and whose card does not say so yet, up to 1000."}),
		oldestResult: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_oldest_undelivered_result_seconds",
			Help: "Seconds since the end of the oldest of those; 0: there is none."}),
		overdue: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_results_overdue",
			Help: "Of those, the ones that have been over for more than a day."}),
		oldestOpen: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_oldest_open_operation_seconds",
			Help: "Seconds since the click of the oldest open operation that does not wait for people; 0: there is " +
				"none."}),
		stuck: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_operations_stuck",
			Help: "Open operations that have been in their state for longer than it can last."}),
		needPerson: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_operations_need_person",
			Help: "Open operations that wait until a person says what happened."}),
	}
	reg.MustRegister(m.undelivered, m.oldestResult, m.overdue, m.oldestOpen, m.stuck, m.needPerson)
	return m
}

// unreported counts the results that nobody has been told yet.
func (m *Metrics) unreported(ops []operation.Operation, now time.Time) {
	undelivered, overdue, oldest := 0, 0, time.Duration(0)
	for _, op := range ops {
		if op.State.Final() {
			undelivered++
			oldest = max(oldest, now.Sub(op.FinishedAt))
			if now.Sub(op.FinishedAt) > operation.OverdueAfter {
				overdue++
			}
		}
	}
	m.undelivered.Set(float64(undelivered))
	m.oldestResult.Set(oldest.Seconds())
	m.overdue.Set(float64(overdue))
}

// open shows how the open operations go on.
func (m *Metrics) open(p progress) {
	m.oldestOpen.Set(p.oldest.Seconds())
	m.stuck.Set(float64(len(p.stuck)))
	m.needPerson.Set(float64(p.needPerson))
}
