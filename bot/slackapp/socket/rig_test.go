package socket_test

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/sandbox"
	standin "lbbot/bot/sandbox/socket"
	"lbbot/bot/slackapp/socket"
)

// patience is for what must happen; no test waits for it when it does.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a client at a stand-in.
type rig struct {
	*testing.T
	slack    *sandbox.Slack
	client   *socket.Client
	registry *prometheus.Registry
	logs     *observer.ObservedLogs
	got      chan socket.Envelope
	stop     context.CancelFunc
	ended    chan error
}

// quick is a configuration whose waits are short.
func quick() socket.Config {
	return socket.Config{
		Stagger: time.Nanosecond, BackoffMin: 2 * time.Millisecond, BackoffMax: 10 * time.Millisecond,
		AlarmRetry: 10 * time.Millisecond, StableAfter: time.Nanosecond, CloseWait: 5 * time.Second,
	}
}

// serve starts a stand-in with quick intervals.
func serve(t *testing.T, o sandbox.Options) *sandbox.Slack {
	t.Helper()
	s := sandbox.New(o)
	s.SetTiming(standin.Timing{Ping: 20 * time.Millisecond, RefreshGrace: 300 * time.Millisecond})
	_, err := s.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// connect runs a client; a Config without Open gets the stand-in's, one without
// Receive acks everything empty.
func connect(t *testing.T, s *sandbox.Slack, cfg socket.Config) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	r := &rig{T: t, slack: s, registry: prometheus.NewRegistry(), logs: logs, got: make(chan socket.Envelope, 1000),
		ended: make(chan error, 1)}
	cfg.Log, cfg.Registerer = zap.New(core), r.registry
	if cfg.Open == nil {
		transport := &http.Transport{DisableKeepAlives: true}
		cfg.Open = socket.HTTPOpener(&http.Client{Transport: transport, Timeout: patience}, s.APIURL(), s.AppToken())
	}
	if cfg.Receive == nil {
		cfg.Receive = func(e socket.Envelope) { r.got <- e }
	}
	var err error
	r.client, err = socket.New(cfg)
	require.NoError(t, err)
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- r.client.Run(ctx) }()
	t.Cleanup(func() {
		r.stop()
		select {
		case <-r.ended:
		case <-time.After(patience):
			t.Error("Run did not return")
		}
	})
	return r
}

// up waits for n live connections.
func (r *rig) up(n int) {
	r.Helper()
	r.until(func() bool { return r.client.Status().Live == n }, "live connections")
}

func (r *rig) until(ok func() bool, what string) {
	r.Helper()
	require.Eventually(r, ok, patience, time.Millisecond, what)
}

// end waits for Run's result; the cleanup gets it, too.
func (r *rig) end() error {
	r.Helper()
	select {
	case err := <-r.ended:
		r.ended <- err
		return err
	case <-time.After(patience):
		require.Fail(r, "Run did not return")
		return nil
	}
}

func (r *rig) next() socket.Envelope {
	r.Helper()
	select {
	case e := <-r.got:
		return e
	case <-time.After(patience):
		require.Fail(r, "no envelope came")
		return socket.Envelope{}
	}
}

type answer struct {
	payload json.RawMessage
	acked   bool
}

// deliver sends one envelope in the background.
func (r *rig) deliver(kind string, accepts bool) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		payload, acked := r.slack.Deliver(r.Context(), kind, map[string]any{"text": "x"}, accepts)
		done <- answer{payload, acked}
	}()
	return done
}

// metric is the value of a counter or gauge with the given label value, or the
// number of observations of a histogram.
func (r *rig) metric(name, label string) float64 {
	r.Helper()
	families, err := r.registry.Gather()
	require.NoError(r, err)
	for _, family := range families {
		if family.GetName() != "lbbot_slack_"+name {
			continue
		}
		for _, m := range family.GetMetric() {
			if label != "" && m.GetLabel()[0].GetValue() != label {
				continue
			}
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	require.Fail(r, "no such metric", "%s %s", name, label)
	return 0
}

func (r *rig) counts(name, label string, atLeast float64) {
	r.Helper()
	r.until(func() bool { return r.metric(name, label) >= atLeast }, name+" "+label)
}

// lowest watches the number of live connections until it is asked.
func (r *rig) lowest() func() int {
	stop, result := make(chan struct{}), make(chan int)
	go func() {
		low := r.client.Status().Live
		for {
			select {
			case <-stop:
				result <- low
				return
			default:
				runtime.Gosched()
				low = min(low, r.client.Status().Live)
			}
		}
	}()
	return sync.OnceValue(func() int { close(stop); return <-result })
}
