package page

import (
	"net"
	"net/http"
)

// contentPolicy lets the page use its own files and nothing else: no inline
// script or style, no other host.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody is the longest request body, in bytes. Slack's largest view is 250 kB.
const maxBody = 1 << 20

// limited bounds the bodies of requests.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// Guard refuses requests that other sites' pages send from this machine. Another
// host than this machine, unless anyHost allows it, means that a foreign DNS name
// points here; another origin means that another site's form was sent. Programs
// send no origin.
func Guard(next http.Handler, anyHost bool) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !anyHost && !loopback(r.Host) {
			http.Error(w, "the sandbox answers only on a loopback address, such as 127.0.0.1 or localhost",
				http.StatusForbidden)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

// loopback says whether a Host header names this machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
