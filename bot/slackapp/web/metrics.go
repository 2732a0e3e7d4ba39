package web

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/slackapp/socket"
)

// maxCodes limits how many of Slack's error codes become labels; further ones count as
// "other".
const maxCodes = 64

// calls measures the calls of the Web API. The methods are those that the code names.
type calls struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec

	mu    sync.Mutex
	codes map[string]bool
}

// newCalls registers the metrics; reg may be nil.
func newCalls(reg prometheus.Registerer) *calls {
	c := &calls{codes: map[string]bool{},
		total: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_slack_calls_total",
			Help: "Calls of Slack's Web API by method and error: Slack's code, http_ and the status, " +
				"no_answer; empty: none."}, []string{"method", "error"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lbbot_slack_call_seconds",
			Help:    "Seconds of a call of Slack's Web API.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 15}}, []string{"method"})}
	if reg != nil {
		reg.MustRegister(c.total, c.seconds)
	}
	return c
}

// made counts one call that began at start.
func (c *calls) made(method string, start time.Time, err error) {
	c.seconds.WithLabelValues(method).Observe(time.Since(start).Seconds())
	c.total.WithLabelValues(method, c.label(err)).Inc()
}

// label is the label of an error.
func (c *calls) label(err error) string {
	var code string
	status := 0
	if e, ok := errors.AsType[*callError](err); ok {
		code, status = e.Code, e.Status
	} else if e, ok := errors.AsType[*socket.OpenError](err); ok {
		code, status = e.Code, e.Status
	}
	switch {
	case err == nil:
		return ""
	case code == "" && status == 0:
		return "no_answer"
	case code == "":
		code = "http_" + strconv.Itoa(status)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.codes[code] && len(c.codes) >= maxCodes {
		return "other"
	}
	c.codes[code] = true
	return code
}
