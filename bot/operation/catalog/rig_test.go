package catalog_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation/catalog"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct calls a handler without a network, so that time need not be real.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if recover() != nil { // the handler drops the connection
			err = io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// source is the real client, with what a test puts before a reading of the load balancers.
type source struct {
	*zenlayer.Client
	before func(ctx context.Context) // nil: nothing
}

func (s *source) DescribeLoadBalancers(
	ctx context.Context, f zenlayer.LoadBalancerFilter,
) ([]zenlayer.LoadBalancer, error) {
	if s.before != nil {
		s.before(ctx)
	}
	return s.Client.DescribeLoadBalancers(ctx, f)
}

// rig is a catalogue that runs before the API's stand-in.
type rig struct {
	t       *testing.T
	api     *zenlayertest.Server
	source  *source
	catalog *catalog.Catalog
	metrics *prometheus.Registry
	log     *observer.ObservedLogs
	began   time.Time
	run     func() // begins Run, which ends with the test
	stop    context.CancelFunc
	ended   chan error // the answer of Run
}

// at plays in time of its own, on a day at noon. Run is not begun.
func at(t *testing.T, seed zenlayertest.Seed, play func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, api: zenlayertest.New(zenlayertest.Options{Seed: seed}), metrics: prometheus.NewRegistry(),
			ended: make(chan error, 1), began: time.Now()}
		client, err := zenlayer.New(zenlayer.Config{Endpoint: "http://127.0.0.1",
			Token: zenlayer.NewSecret(zenlayertest.SampleToken), HTTPClient: &http.Client{Transport: direct{r.api}}})
		require.NoError(t, err)
		r.source = &source{Client: client}
		core, log := observer.New(zap.InfoLevel)
		r.log = log
		r.catalog = catalog.New(catalog.Config{Source: r.source, Now: time.Now, Log: zap.New(core),
			Registerer: r.metrics})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		r.stop, r.run = stop, func() {
			running.Go(func() { r.ended <- r.catalog.Run(ctx) })
			synctest.Wait()
		}
		defer func() { stop(); running.Wait() }()
		play(t, r)
	})
}

// pass lets time pass.
func (r *rig) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// fails makes an action fail until ClearFaults.
func (r *rig) fails(action string) {
	r.api.Inject(zenlayertest.Fault{Kind: zenlayertest.InternalError, Action: action, Times: -1})
}

// calls are when an action was called, since the start of the test.
func (r *rig) calls(action string) (times []time.Duration) {
	for _, c := range r.api.CallsOf(action) {
		times = append(times, c.Time.Sub(r.began))
	}
	return times
}

// loaded reports which lists may be offered.
func (r *rig) loaded() (listeners, servers bool) {
	_, readAt := r.catalog.Snapshot()
	_, servers = r.catalog.ServersReadAt()
	return !readAt.IsZero(), servers
}

// lines are the messages of the log, each with the list that it is about.
func (r *rig) lines() (lines []string) {
	for _, e := range r.log.TakeAll() {
		name, _ := e.ContextMap()["list"].(string)
		lines = append(lines, strings.TrimSpace(e.Level.String()+": "+e.Message+" "+name))
	}
	return lines
}
