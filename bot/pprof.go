package bot

import (
	"net"
	"net/http"
	"net/http/pprof" //nolint:gosec // its handlers are served on a loopback address only
	"time"
)

// newProfiles opens the port of the Go profiles, below /debug/pprof/. It returns nil if
// addr is empty. Profiles show what is in memory, so they are never on the admin port,
// which may be open to a network.
func newProfiles(addr string) (*admin, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	a, err := listen("LBBOT_PPROF_ADDR", addr, onlyLoopback(mux))
	if a != nil {
		a.server.WriteTimeout = profileWithin
	}
	return a, err
}

// profileWithin limits an answer. A profile takes 30 seconds unless another time is asked
// for.
const profileWithin = 2 * time.Minute

// onlyLoopback refuses requests for another host: a web page whose name points to
// 127.0.0.1 must not read profiles through the browser of this machine.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !loopback(host) {
			http.Error(w, "ask for this machine by a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopback reports whether host is an address of this machine only.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
