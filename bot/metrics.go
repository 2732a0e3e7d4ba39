package bot

import (
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"lbbot/bot/operation"
	"lbbot/bot/operation/runner"
	"lbbot/zenlayer"
)

// newMetrics makes the registry with what is true for the whole process.
func (b *Bot) newMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "lbbot_build_info",
		Help: "1; the labels say which program this is and which kind of database it has."},
		[]string{"version", "commit", "goversion", "database"})
	build.WithLabelValues(Version, commit(), runtime.Version(), b.config.databaseKind()).Set(1)
	r.MustRegister(build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func (c Config) databaseKind() string {
	kind, _, _ := strings.Cut(c.DatabaseURL, ":")
	return strings.TrimSuffix(kind, "ql") // postgres and postgresql are one
}

// zenlayerCalls measures the calls of Zenlayer's API.
type zenlayerCalls struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newZenlayerCalls(r prometheus.Registerer) *zenlayerCalls {
	z := &zenlayerCalls{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_zenlayer_calls_total",
			Help: "Calls of Zenlayer's API by action and result: ok, refused (4xx), limited (429), failed (5xx), " +
				"no_answer."}, []string{"action", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lbbot_zenlayer_call_seconds",
			Help:    "Seconds of a call of Zenlayer's API, without its wait for the rate limit.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 15}}, []string{"action"})}
	r.MustRegister(z.total, z.seconds)
	return z
}

// observe is zenlayer.Config.Observe.
func (z *zenlayerCalls) observe(action string, status int, took time.Duration) {
	result := "ok"
	switch {
	case status == 0:
		result = "no_answer"
	case status == 429:
		result = "limited"
	case status >= 500:
		result = "failed"
	case status >= 300:
		result = "refused"
	}
	z.total.WithLabelValues(action, result).Inc()
	z.seconds.WithLabelValues(action).Observe(took.Seconds())
}

// registerQueues exports how much waits for Zenlayer.
func registerQueues(r prometheus.Registerer, limiter *zenlayer.RankedLimiter, line *runner.Line) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lbbot_zenlayer_calls_waiting",
			Help: "Calls that wait for the rate limit of Zenlayer's API."},
			func() float64 { return float64(limiter.Waiting(operation.RankRefresh)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lbbot_operations_in_line",
			Help: "Accepted operations that wait for their turn to call Zenlayer."},
			func() float64 { return float64(line.Waiting()) }))
}
