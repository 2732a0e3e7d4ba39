// Package rotation replaces secrets while the bot runs. A secret that came from a file is
// read again when the file changes. The old one is used until the new one worked once.
//
// It promises that no secret is logged, that a refused secret is reported once and tried
// again while the file has it, and that a secret that did not come from a file never
// changes. It does not know what a secret is for.
package rotation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/filewatch"
	"lbbot/zenlayer"
)

const (
	maxFile   = 64 << 10         // bytes of a secret
	tryWithin = 30 * time.Second // one try of a new secret
	tryEvery  = time.Minute      // a refused secret
)

// byteOrderMark begins files of some Windows editors. It is ignored.
const byteOrderMark = "\uFEFF"

// Text returns the secret in a file: the content without white space around it.
func Text(content []byte) zenlayer.Secret {
	return zenlayer.NewSecret(string(bytes.TrimSpace(bytes.TrimPrefix(content, []byte(byteOrderMark)))))
}

// Part is one file of a secret, and what was last read from it and worked.
type Part struct {
	File string
	Used zenlayer.Secret
}

// Secret is what changes at once: one file, or the two of a key pair.
type Secret struct {
	Name  string // of its setting, for the log and the metric
	Parts []Part

	// Use tries the new values, in the order of Parts, and replaces the old ones if they
	// work. Otherwise its error says why, without a secret, and the old ones stay in use.
	Use func(ctx context.Context, values []zenlayer.Secret) error
}

// Config is what a Watcher needs. All fields are required.
type Config struct {
	Secrets    []Secret
	Now        func() time.Time
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// Watcher watches the files of secrets.
type Watcher struct {
	secrets []*watched
	now     func() time.Time
	log     *zap.Logger
	reloads *prometheus.CounterVec
	poll    time.Duration
}

// watched is a secret and the state of its files.
type watched struct {
	Secret

	files   []*filewatch.File
	refused []string // the values that were refused last; nil: none
	fault   string   // why the files could not be read; empty if they could
	again   time.Time
}

// The results of a reload.
const (
	used    = "used"
	refused = "refused"
)

// New makes a Watcher. It reads nothing.
func New(c Config) *Watcher {
	w := &Watcher{now: c.Now, log: c.Log, poll: filewatch.PollEvery,
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_secret_reloads_total",
			Help: "New secrets in files, by setting and result; a refused one is tried again every minute."},
			[]string{"secret", "result"})}
	for _, s := range c.Secrets {
		one := &watched{Secret: s}
		for _, part := range s.Parts {
			one.files = append(one.files, &filewatch.File{Path: part.File, Limit: maxFile, Steady: filewatch.Steady,
				Now: c.Now})
		}
		w.secrets = append(w.secrets, one)
		w.reloads.WithLabelValues(s.Name, used)
		w.reloads.WithLabelValues(s.Name, refused)
	}
	c.Registerer.MustRegister(w.reloads)
	return w
}

// Run replaces secrets until ctx ends, and returns nil.
func (w *Watcher) Run(ctx context.Context) error {
	var paths []string
	for _, s := range w.secrets {
		for _, part := range s.Parts {
			paths = append(paths, part.File)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	filewatch.Watch(ctx, paths, w.poll, w.log, func() (again time.Duration) {
		for _, s := range w.secrets {
			if wait := w.look(ctx, s); wait > 0 && (again == 0 || wait < again) {
				again = wait
			}
		}
		return again
	})
	return nil
}

// look reads the files of a secret and uses what is new. It returns when to look again; 0:
// after the next change.
func (w *Watcher) look(ctx context.Context, s *watched) time.Duration {
	values, wait, err := s.read()
	switch {
	case wait > 0:
		return wait
	case err != nil:
		w.unreadable(s, err)
		return 0
	}
	s.fault = ""
	plain := revealed(values)
	if slices.Equal(plain, revealed(s.inUse())) {
		s.refused = nil
		return 0
	}
	known := s.refused != nil && slices.Equal(plain, s.refused)
	if left := s.again.Sub(w.now()); known && left > 0 {
		return left
	}
	within, cancel := context.WithTimeoutCause(ctx, tryWithin, fmt.Errorf("no answer within %s", tryWithin))
	defer cancel()
	if err := s.Use(within, values); err != nil {
		if ctx.Err() == nil {
			w.refuse(s, plain, known, err)
		}
		return tryEvery
	}
	for i, value := range values {
		s.Parts[i].Used = value
	}
	s.refused = nil
	w.reloads.WithLabelValues(s.Name, used).Inc()
	w.log.Info("a new secret is used; the old one can be revoked", zap.String("secret", s.Name))
	return 0
}

// refuse reports values once.
func (w *Watcher) refuse(s *watched, values []string, known bool, err error) {
	s.refused, s.again = values, w.now().Add(tryEvery)
	w.reloads.WithLabelValues(s.Name, refused).Inc()
	if !known {
		w.log.Warn("a new secret cannot be used; the old one stays in use", zap.String("secret", s.Name),
			zap.Duration("retry_every", tryEvery), zap.String("reason", hide(err.Error(), append(values,
				revealed(s.inUse())...))))
	}
}

// unreadable counts a fault of the files, and reports it once.
func (w *Watcher) unreadable(s *watched, err error) {
	w.reloads.WithLabelValues(s.Name, refused).Inc()
	if err.Error() != s.fault {
		s.fault = err.Error()
		w.log.Warn("the file of a secret cannot be read; the old secret stays in use", zap.String("secret", s.Name),
			zap.Error(err))
	}
}

// read returns the values in the files, or how long the files must still stay the same.
func (s *watched) read() (values []zenlayer.Secret, wait time.Duration, err error) {
	for _, file := range s.files {
		content, left, fault := file.Look("")
		value := Text(content)
		if fault == nil && value.IsZero() {
			fault = fmt.Errorf("%s is empty", file.Path)
		}
		values, wait, err = append(values, value), max(wait, left), errors.Join(err, fault)
	}
	first, last := s.files[0], s.files[len(s.files)-1]
	if filepath.Dir(first.Path) == filepath.Dir(last.Path) && first.Version() != last.Version() {
		wait = max(wait, time.Second) // the ..data link was switched between the two
	}
	return values, wait, err
}

func (s *watched) inUse() []zenlayer.Secret {
	values := make([]zenlayer.Secret, len(s.Parts))
	for i, part := range s.Parts {
		values[i] = part.Used
	}
	return values
}

func revealed(values []zenlayer.Secret) []string {
	plain := make([]string, len(values))
	for i, value := range values {
		plain[i] = value.Reveal()
	}
	return plain
}

// hide replaces secrets in a text, although no error should have them.
func hide(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}
