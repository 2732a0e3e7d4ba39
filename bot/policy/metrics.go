package policy

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/operation"
)

// The results of loading the file.
const (
	loadGood   = "good"
	loadBroken = "broken"
	loadAbsent = "absent"
)

type metrics struct {
	decisions *prometheus.CounterVec
	loads     *prometheus.CounterVec
	loadedAt  prometheus.Gauge
	problem   prometheus.Gauge
	outdated  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lbbot_policy_decisions_total", Help: "Decisions by result: allowed, or the code of the denial.",
		}, []string{"result"}),
		loads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lbbot_policy_loads_total",
			Help: "Changes of the policy file by result. A broken or absent file changes nothing.",
		}, []string{"result"}),
		loadedAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lbbot_policy_loaded_timestamp_seconds",
			Help: "When the policies in force were loaded; 0 while none are and everybody is denied.",
		}),
		problem: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lbbot_policy_file_problem", Help: "1 while the policy file is broken or absent, else 0.",
		}),
		outdated: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lbbot_policy_outdated", Help: "1 while another replica has newer policies and this one " +
				"denies everything, else 0.",
		}),
	}
	for _, result := range []string{loadGood, loadBroken, loadAbsent} {
		m.loads.WithLabelValues(result)
	}
	for _, result := range []operation.DenialCode{
		allowed, operation.DeniedUnchecked, operation.DeniedWorkspace, operation.DeniedGuest, operation.DeniedBot,
		operation.DeniedDeactivated, operation.DeniedShared, operation.DeniedChannel, operation.DeniedNoPolicy,
		operation.DeniedOutdated,
		operation.DeniedNoRule, operation.DeniedForbidden, operation.DeniedApproval,
	} {
		m.decisions.WithLabelValues(string(result))
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.decisions), r.Register(m.loads), r.Register(m.loadedAt), r.Register(m.problem),
		r.Register(m.outdated))
}

// allowed is the label of decisions without a denial code.
const allowed = operation.DenialCode("allowed")

func (m *metrics) decided(d operation.Decision) {
	result := d.Code
	if d.Allowed {
		result = allowed
	}
	m.decisions.WithLabelValues(string(result)).Inc()
}
