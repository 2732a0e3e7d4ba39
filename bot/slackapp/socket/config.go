package socket

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

const (
	maxConnections = 10              // Slack's limit per app
	maxRetryAfter  = 5 * time.Minute // a longer Retry-After is cut to this
	writeBuffer    = 32 << 10        // an ack must be one frame: Slack does not join fragments
	lateAfter      = 2 * time.Second // a slower ack is logged as a warning
	slackTimeout   = 3 * time.Second // a slower ack has no effect
)

// Config configures a Client. Open and Receive are required. A zero duration or
// number means the field's default.
type Config struct {
	// Open asks for a connection address; see HTTPOpener.
	Open Opener
	// Receive takes each envelope. It is called from the reader of a connection, for
	// several connections at the same time, and must not block: while it runs, that
	// connection answers no pings.
	Receive func(Envelope)
	// Connections is the number of simultaneous connections, 1 to 10. Default 2, so
	// that one is open while another is replaced.
	Connections int
	// Replicas returns how many processes with the same Connections serve this app now,
	// this one included. It is asked at each hello, must not block, and only decides
	// which connections count as ghosts. Nil: 1.
	Replicas func() int
	// Log gets events, never payloads, tokens or addresses. Nil: no log.
	Log *zap.Logger
	// Registerer registers the metrics; nil: they are not exported.
	Registerer prometheus.Registerer
	// Now is the clock for ReceivedAt and the ages of connections and acks.
	Now func() time.Time
	// Rand returns a number in [0,1) for jitter.
	Rand func() float64
	// Dialer provides the proxy, TLS and network functions. Compression is switched
	// off and the write buffer is at least 32 KiB.
	Dialer *websocket.Dialer

	// ReadLimit is the largest frame taken from Slack, in bytes. Default 4 MiB.
	ReadLimit int64
	// OpenTimeout, DialTimeout and HelloTimeout limit the three steps of connecting.
	// Default 10 s each.
	OpenTimeout, DialTimeout, HelloTimeout time.Duration
	// PingTimeout is the longest time without a ping from Slack, which sends one
	// about every 10 s. Default 30 s.
	PingTimeout time.Duration
	// AckTimeout limits the write of an ack. Default 2 s.
	AckTimeout time.Duration
	// AckGrace is how long a connection waits for open acks before it is closed.
	// Default 3 s, Slack's own timeout.
	AckGrace time.Duration
	// Linger is how long a replaced connection is read before we close it. Slack
	// closes it about 10 s after a warning, which loses nothing; our own close can
	// lose an envelope that is on its way. Default 12 s.
	Linger time.Duration
	// CloseWait is how long we wait for the answer to our close frame. Default 1 s.
	CloseWait time.Duration
	// Stagger is the delay between the starts of the connections. Default 3 s.
	Stagger time.Duration
	// StableAfter is the age from which a connection resets the back-off. Default
	// 30 s.
	StableAfter time.Duration
	// BackoffMin and BackoffMax limit the wait between attempts. Default 500 ms and
	// 15 s.
	BackoffMin, BackoffMax time.Duration
	// AlarmRetry is the wait after a refusal that needs a person, once running.
	// Default 1 min.
	AlarmRetry time.Duration
	// Recount is how often a connection is replaced to find out whether Slack still
	// counts ghosts, while it does. Default 5 min.
	Recount time.Duration
}

func (cfg *Config) validate() error {
	var errs []error
	if cfg.Open == nil {
		errs = append(errs, errors.New("Open is missing"))
	}
	if cfg.Receive == nil {
		errs = append(errs, errors.New("Receive is missing"))
	}
	if cfg.Connections < 0 || cfg.Connections > maxConnections {
		errs = append(errs, errors.New("Connections must be from 1 to 10"))
	}
	return errors.Join(errs...)
}

func (cfg *Config) setDefaults() {
	or(&cfg.Connections, 2)
	or(&cfg.ReadLimit, 4<<20)
	for field, fallback := range map[*time.Duration]time.Duration{
		&cfg.OpenTimeout: 10 * time.Second, &cfg.DialTimeout: 10 * time.Second, &cfg.HelloTimeout: 10 * time.Second,
		&cfg.PingTimeout: 30 * time.Second, &cfg.AckTimeout: 2 * time.Second, &cfg.AckGrace: 3 * time.Second,
		&cfg.Linger: 12 * time.Second, &cfg.CloseWait: time.Second, &cfg.Stagger: 3 * time.Second,
		&cfg.StableAfter: 30 * time.Second, &cfg.BackoffMin: 500 * time.Millisecond, &cfg.BackoffMax: 15 * time.Second,
		&cfg.AlarmRetry: time.Minute, &cfg.Recount: 5 * time.Minute,
	} {
		or(field, fallback)
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.Registerer == nil {
		cfg.Registerer = prometheus.NewRegistry()
	}
	if cfg.Replicas == nil {
		cfg.Replicas = func() int { return 1 }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Float64
	}
	if cfg.Dialer == nil {
		cfg.Dialer = websocket.DefaultDialer
	}
}

// or sets a field that is zero.
func or[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}
