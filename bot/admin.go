package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lbbot/bot/health"
)

// admin serves /healthz, which answers while the process runs, /readyz, which answers
// 200 only while the bot can accept requests, and /metrics. With ?format=json the first
// two answer JSON.
type admin struct {
	listener net.Listener
	server   *http.Server
}

// newAdmin opens the admin port. It returns nil if addr is empty.
func newAdmin(addr string, build func() health.Build, report func(context.Context) health.Report,
	metrics *prometheus.Registry) (*admin, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if asJSON(r) {
			writeJSON(w, http.StatusOK, build())
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		now, status := report(r.Context()), http.StatusOK
		if !now.Ready {
			status = http.StatusServiceUnavailable
		}
		switch {
		case asJSON(r):
			writeJSON(w, status, now)
		case now.Ready:
			_, _ = io.WriteString(w, now.Text())
		default:
			http.Error(w, strings.TrimSuffix(now.Text(), "\n"), status)
		}
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return listen("LBBOT_ADMIN_ADDR", addr, mux)
}

// listen opens the port of a setting. It returns nil if addr is empty.
func listen(setting, addr string, handler http.Handler) (*admin, error) {
	if addr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("admin HTTP (%s): %w", setting, err)
	}
	open := connections{active: map[net.Conn]bool{}}
	return &admin{listener: l, server: &http.Server{Handler: handler, ConnState: open.changed,
		MaxHeaderBytes: 16 << 10, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 30 * time.Second}}, nil
}

func asJSON(r *http.Request) bool { return r.URL.Query().Get("format") == "json" }

func writeJSON(w http.ResponseWriter, status int, answer any) {
	text, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}

// maxConnections limits the connections to the admin port. Each is an open file, and
// the database and Slack need some.
const maxConnections = 32

// connections are the open connections of the admin port. A connection above the limit
// closes the one that has been idle longest, so that idle clients cannot block a probe.
type connections struct {
	mu     sync.Mutex
	order  []net.Conn
	active map[net.Conn]bool
}

// changed is the ConnState of an http.Server.
func (o *connections) changed(c net.Conn, state http.ConnState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if state != http.StateActive {
		o.order = slices.DeleteFunc(o.order, func(x net.Conn) bool { return x == c })
		delete(o.active, c)
	}
	switch state {
	case http.StateActive:
		o.active[c] = true
	case http.StateNew, http.StateIdle:
		o.order = append(o.order, c)
	}
	if state != http.StateNew || len(o.order) <= maxConnections {
		return
	}
	i := max(0, slices.IndexFunc(o.order, func(x net.Conn) bool { return !o.active[x] }))
	_ = o.order[i].Close()
	o.order = slices.Delete(o.order, i, i+1)
}

// run serves until ctx ends.
func (a *admin) run(ctx context.Context) error {
	if a == nil {
		<-ctx.Done()
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = a.server.Close() })
	defer stop()
	if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("admin HTTP: %w", err)
	}
	return nil
}

// address returns host and port, also if port 0 was asked for; "" without an admin port.
func (a *admin) address() string {
	if a == nil {
		return ""
	}
	return a.listener.Addr().String()
}

// close closes the port if run was not called.
func (a *admin) close() {
	if a != nil {
		_ = a.listener.Close()
	}
}
