package catalog

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	refreshes *prometheus.CounterVec
	readAt    *prometheus.GaugeVec
	items     *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_list_refreshes_total",
			Help: "Readings of the lists that forms offer, by list and result: read, failed."},
			[]string{"list", "result"}),
		readAt: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "lbbot_list_read_timestamp_seconds",
			Help: "When the list that forms offer was last read; 0 while there is none."}, []string{"list"}),
		items: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "lbbot_list_items",
			Help: "Items in the lists that forms offer, by kind."}, []string{"kind"}),
	}
	for _, list := range []string{"listeners", "servers"} {
		m.readAt.WithLabelValues(list)
		m.refreshes.WithLabelValues(list, "read")
		m.refreshes.WithLabelValues(list, "failed")
	}
	reg.MustRegister(m.refreshes, m.readAt, m.items)
	return m
}

func (m *metrics) refreshed(list string, err error) {
	result := "read"
	if err != nil {
		result = "failed"
	}
	m.refreshes.WithLabelValues(list, result).Inc()
}

func (m *metrics) read(list string, at time.Time) {
	m.readAt.WithLabelValues(list).Set(float64(at.UnixMilli()) / 1000)
}

func (m *metrics) count(kind string, n int) { m.items.WithLabelValues(kind).Set(float64(n)) }
