package operation_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// wire is a network without sockets, so that HTTP works where time is not
// real: waiting for a pipe lets time pass, waiting for a socket does not.
type wire struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newWire() *wire { return &wire{calls: make(chan net.Conn), closed: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.calls:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case w.calls <- theirs:
		return ours, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// wired is a house whose cloud is the API's stand-in, asked by the real client.
type wired struct {
	*house
	api *zenlayertest.Server
}

const (
	wiredListener = "lst-8f2c"
	wiredServer   = "i-55a1"
)

// onWire plays with the real client before the API's stand-in, in time of its
// own.
func onWire(t *testing.T, rules zenlayertest.Rules, play func(t *testing.T, w *wired)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		api := zenlayertest.New(zenlayertest.Options{Seed: zenlayertest.SampleData(), Rules: rules})
		network := newWire()
		server := &http.Server{Handler: api, ReadHeaderTimeout: time.Minute}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(network) }()
		transport := &http.Transport{DialContext: network.dial, MaxIdleConnsPerHost: 8}
		client, err := zenlayer.New(zenlayer.Config{Endpoint: "http://127.0.0.1",
			AccessKeyID: zenlayertest.SampleAccessKeyID,
			AccessKeySecret: zenlayer.NewSecret(
				zenlayertest.SampleAccessKeySecret), HTTPClient: &http.Client{Transport: transport},
			Limiter: rate.NewLimiter(rate.Inf, 1)})
		require.NoError(t, err)
		h := newHouse(t)
		h.intake.Pools, h.intake.Catalog = client, client
		h.history.Pools, h.history.Catalog = client, client
		h.runner.Pools, h.runner.Catalog = client, client
		h.runner.Changes[operation.ChangeAdd] = operation.Add{Registrar: client}
		defer func() { // also when a requirement fails
			api.ClearFaults()
			api.Close()
			transport.CloseIdleConnections()
			_ = server.Close()
			<-ended
			if h.stop != nil {
				h.stop(errKilled)
			}
		}()
		play(t, &wired{house: h, api: api})
	})
}

func wiredRequest() commands.Registration {
	return commands.Registration{Listener: named(wiredListener), Server: wiredServer, Ports: []int{8443}, Weight: 20}
}

// there are the entries of the server on the listener.
func (w *wired) there() []zenlayer.Backend {
	var out []zenlayer.Backend
	for _, b := range w.api.Backends() {
		if b.ListenerID == wiredListener && b.InstanceID == wiredServer {
			out = append(out, b)
		}
	}
	return out
}

// carryOut runs an operation to its end. When a person is asked, the faults end
// and the person says what is so.
func (w *wired) carryOut(id string) (op operation.Operation, asked bool) {
	done := w.process(id)
	for {
		select {
		case err := <-done:
			require.NoError(w.t, err)
			return w.journal.now(id), asked
		case <-time.After(20 * time.Minute):
		}
		if w.journal.now(id).State != operation.NeedsPerson {
			continue
		}
		asked = true
		w.api.ClearFaults()
		w.api.ReleaseHangs()
		answer := operation.AnswerNotThere
		if len(w.there()) > 0 {
			answer = operation.AnswerThere
		}
		_, err := w.intake.Answer(context.Background(), w.click(id, ana), answer)
		require.NoError(w.t, err)
	}
}
