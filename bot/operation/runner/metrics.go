package runner

import (
	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/operation"
)

// Metrics counts what becomes of operations.
type Metrics struct {
	finishedTotal *prometheus.CounterVec
	attempts      *prometheus.CounterVec
	took          prometheus.Histogram
	stepErrors    prometheus.Counter
	reportErrors  prometheus.Counter
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		finishedTotal: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_operations_finished_total",
			Help: "Requests by change (add, remove, undo), final state and, for not_added, the reason."},
			[]string{"change", "state", "reason"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_register_attempts_total",
			Help: "Calls that add or remove a server, by outcome."}, []string{"outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lbbot_operation_seconds",
			Help: "Seconds from the last click to the final state.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5,
				10, 30, 60, 120, 300, 600, 1800}}),
		stepErrors: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_operation_step_errors_total",
			Help: "Steps that were tried again, mostly because the journal did not answer."}),
		reportErrors: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_report_errors_total",
			Help: "Failed tries to show a final state in Slack."}),
	}
	for _, o := range []string{operation.OutcomeAccepted, operation.OutcomeRefused, operation.OutcomeRetry,
		operation.OutcomeUnknown} {
		m.attempts.WithLabelValues(o)
	}
	for _, change := range []string{"add", "remove", "undo"} {
		m.finishedTotal.WithLabelValues(change, string(operation.Done), "")
		m.finishedTotal.WithLabelValues(change, string(operation.NothingToDo), "")
		for _, why := range operation.AllReasons() {
			m.finishedTotal.WithLabelValues(change, string(operation.NotDone), string(why))
		}
	}
	reg.MustRegister(m.finishedTotal, m.attempts, m.took, m.stepErrors, m.reportErrors)
	return m
}

func (m *Metrics) finished(op operation.Operation) {
	m.finishedTotal.WithLabelValues(changeOf(op), string(op.State), string(op.Reason)).Inc()
	m.took.Observe(op.FinishedAt.Sub(op.ClickedAt).Seconds())
}

// changeOf is the label of a change. An undo is a removal, and counts as undo only.
func changeOf(op operation.Operation) string {
	switch {
	case op.Change == operation.ChangeAdd:
		return "add"
	case op.Undoes != "":
		return "undo"
	}
	return "remove"
}
