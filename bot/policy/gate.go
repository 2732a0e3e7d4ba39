package policy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"lbbot/bot/filewatch"
	"lbbot/bot/operation"
	"lbbot/bot/policy/rules"
)

// Config is what a Gate needs.
type Config struct {
	Path             string              // of the policy file; required, need not exist
	Directory        operation.Directory // required; asked for each decision, so it should cache
	IncidentChannels []string            // patterns of path.Match on the channel's name
	IncidentCreators []string            // user or bot ids; empty: no channel is an incident channel
	Log              *zap.Logger         // nil: none
	Registerer       prometheus.Registerer
	Now              func() time.Time // nil: time.Now

	// AtOnce loads each change of the file at once, without waiting for filewatch.Steady.
	// The file may then be incomplete: use it to explain, not to decide.
	AtOnce bool

	Activations Activations // which policies are in force for all replicas; nil: those loaded here
	Alone       bool        // no other process decides by the same Activations

	// Changed is called after each change of the file, also after the first
	// load, and must not block. May be nil.
	Changed func(Status)
}

// Gate decides who may do what, where, by the policy file on disk. It is safe for
// concurrent use. It implements operation.Permission, operation.Explainer,
// operation.Reasons, operation.Roster and operation.Offers.
type Gate struct {
	path      string
	directory operation.Directory
	incidents []string
	creators  []string
	log       *zap.Logger
	metrics   *metrics
	now       func() time.Time
	changed   func(Status)
	poll      time.Duration // between looks at the file when nothing notifies

	reloading sync.Mutex // for file
	file      filewatch.File
	current   atomic.Pointer[loaded]
	agreement *agreement
	turns     chan struct{} // of MayChange
	seldom    *zap.Logger   // of each message, the first in a minute
}

var (
	_ operation.Permission = (*Gate)(nil)
	_ operation.Explainer  = (*Gate)(nil)
	_ operation.Reasons    = (*Gate)(nil)
	_ operation.Roster     = (*Gate)(nil)
	_ operation.Offers     = (*Gate)(nil)
)

// loaded is the policies in force and the state of the file. It is immutable.
type loaded struct {
	set     *policies // nil: deny everything
	at      time.Time
	problem error
	absent  bool
	seen    string // digest of the file that was last loaded, or the text of its problem

	settling bool // the file has changed and is not loaded yet
}

// Status says which policies are in force and whether the file is usable.
type Status struct {
	Digest   string          // of the policies in force; empty: there are none, and everybody is denied
	LoadedAt time.Time       // when they were loaded
	Problem  error           // why the current file is not in force; a *FileError if it is broken
	Absent   bool            // the file does not exist
	Warnings []rules.Problem // of the policies in force
}

// New makes a Gate and loads the file. A broken or absent file is no error:
// everybody is denied until the file is usable, and the log and Status say so.
func New(c Config) (*Gate, error) {
	var faults []error
	if c.Path == "" {
		faults = append(faults, errors.New("the path of the policy file is empty"))
	}
	if c.Directory == nil {
		faults = append(faults, errors.New("the directory of people and channels is missing"))
	}
	for _, glob := range c.IncidentChannels {
		if _, err := path.Match(glob, ""); err != nil {
			faults = append(faults, fmt.Errorf("the incident channel pattern %q: %w", glob, err))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("making the policy gate: %w", errors.Join(faults...))
	}
	m, err := newMetrics(c.Registerer)
	if err != nil {
		return nil, fmt.Errorf("registering the policy metrics: %w", err)
	}
	g := &Gate{
		path: filepath.Clean(c.Path), directory: c.Directory,
		incidents: slices.Clone(c.IncidentChannels), creators: slices.Clone(c.IncidentCreators),
		log: c.Log, metrics: m, now: c.Now, poll: filewatch.PollEvery, changed: c.Changed,
		agreement: newAgreement(c.Activations, c.Alone), turns: make(chan struct{}, mayAtOnce),
	}
	if g.log == nil {
		g.log = zap.NewNop()
	}
	if g.now == nil {
		g.now = time.Now
	}
	// One byte more than rules.MaxFile, so that rules.Parse refuses a larger file.
	g.file = filewatch.File{Path: g.path, Limit: rules.MaxFile + 1, Steady: filewatch.Steady, Now: g.now}
	if c.AtOnce {
		g.file.Steady = 0
	}
	g.seldom = g.log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(c, time.Minute, 1, 0)
	}))
	g.current.Store(&loaded{})
	_ = g.Reload() // logged and kept in Status
	return g, nil
}

// Admit only decides whether a policy could allow this person anything in this
// place. It never fails. It blocks for Slack, at most for LookupTimeout.
func (g *Gate) Admit(ctx context.Context, a operation.Actor, p operation.Place) operation.Decision {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	_, d, err := g.identify(ctx, a, p)
	unchecked(ctx, g.log, &d, err, a, p)
	d.Allowed = d.Code == ""
	if !d.Allowed {
		g.metrics.decided(d)
	}
	return d
}

// Decide answers a question. It never fails: what could not be checked is a
// denial that says so. It blocks for Slack, at most for LookupTimeout.
func (g *Gate) Decide(ctx context.Context, q operation.Question) operation.Decision {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	d, err := g.decide(ctx, q)
	unchecked(ctx, g.log, &d, err, q.Actor, q.Place)
	g.metrics.decided(d)
	return d
}

func (g *Gate) decide(ctx context.Context, q operation.Question) (operation.Decision, error) {
	set, known, d, err := g.weigh(ctx, q)
	if known == nil {
		return d, err
	}
	decided, err := set.decide(known)
	decided.PersonID = d.PersonID
	return decided, err
}

// weigh reads everything that a question depends on. If it returns no facts,
// the decision is final, and the error says what could not be checked.
func (g *Gate) weigh(ctx context.Context, q operation.Question) (*policies, *facts, operation.Decision, error) {
	if age, limited := q.MaxAge(); limited {
		g.directory.Forget(q.Actor.UserID, q.Place.ChannelID, age)
	}
	now, f, in, d, err := g.stand(ctx, q.Actor, q.Place)
	if d.Code != "" {
		return nil, nil, d, err
	}
	if q.At.IsZero() {
		q.At = g.now()
	}
	known, missing := newFacts(q, f, in)
	if missing != "" {
		d.Code, d.What, d.In, d.Digest = operation.DeniedUnchecked, missing, in, now.set.Digest
		return nil, nil, d, nil
	}
	if err := g.checkNewest(ctx, now, &d); err != nil {
		return nil, nil, d, err
	}
	return now.set, known, d, nil
}

// stand reads what every question of a person in a place depends on: the
// policies, who and where, and the named groups that the person is in. If the
// decision has a Code, it is final, and the error says what could not be checked.
func (g *Gate) stand(ctx context.Context, a operation.Actor, p operation.Place) (now *loaded, f identity, in []string,
	d operation.Decision, err error) {
	if f, d, err = g.identify(ctx, a, p); d.Code != "" {
		return nil, f, nil, d, err
	}
	now = g.current.Load()
	switch {
	case now.set == nil && now.settling:
		d.Code, d.What, err = operation.DeniedUnchecked, operation.FactPolicyFile, errSettling
	case now.set == nil:
		d.Code = operation.DeniedNoPolicy
		err = g.checkNewest(ctx, now, &d) // may change d
	default:
		if in, err = g.groups(ctx, now.set.Groups, f.person); err != nil {
			d.Code, d.What = operation.DeniedUnchecked, operation.FactGroups
		}
	}
	return now, f, in, d, err
}

// ReadsWeight reports whether a decision may depend on the weight.
func (g *Gate) ReadsWeight() bool {
	now := g.current.Load()
	return now.set != nil && now.set.Weight
}

// NamesGroups reports whether the policies in force name user groups.
func (g *Gate) NamesGroups() bool {
	now := g.current.Load()
	return now.set != nil && len(now.set.Groups) > 0
}

// Whoami returns what the bot knows about a person. The error means that Slack
// could not be read; it comes with what was read. A channel that could not be
// read is not an error but a denial. It blocks for Slack, at most for LookupTimeout.
func (g *Gate) Whoami(ctx context.Context, a operation.Actor, p operation.Place) (operation.Standing, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	f, refusal, err := g.identify(ctx, a, p)
	now := g.current.Load()
	s := operation.Standing{
		Person: f.person, Workspace: f.workspace, Channel: f.channel, Incident: f.incident,
		Refusal: refusal, Policy: now.version(),
	}
	if refusal.Code == operation.DeniedUnchecked && refusal.What != operation.FactChannel {
		return s, fmt.Errorf("asking Slack who %s is: %w", a.UserID, err)
	}
	var named []string
	if now.set != nil {
		named = now.set.Groups
	}
	if s.Groups, err = g.memberships(ctx, f.person); err != nil && len(named) > 0 {
		return s, err
	}
	switch {
	case refusal.Code == "" && now.set == nil && now.settling:
		s.Refusal.Code, s.Refusal.What = operation.DeniedUnchecked, operation.FactPolicyFile
	case refusal.Code == "":
		err = g.checkNewest(ctx, now, &s.Refusal)
		unchecked(ctx, g.log, &s.Refusal, err, a, p)
	}
	if s.Refusal.Code != "" || now.set == nil {
		return s, nil
	}
	in, err := g.groups(ctx, named, f.person)
	if err != nil {
		s.Refusal.Code, s.Refusal.What = operation.DeniedUnchecked, operation.FactGroups
		unchecked(ctx, g.log, &s.Refusal, err, a, p)
		return s, nil
	}
	s.Rules = now.set.standing(f, in)
	return s, nil
}

// memberships returns the usable groups that the person is in.
func (g *Gate) memberships(ctx context.Context, p operation.Person) ([]operation.Group, error) {
	all, err := g.directory.Groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading user groups: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(x operation.Group) bool {
		return x.Disabled || x.External || x.Unread != "" || !has(x, p)
	}), nil
}

// version names the policies in force for people.
func (l *loaded) version() string {
	if l.set == nil {
		return "none"
	}
	return fmt.Sprintf("%.12s, loaded %s UTC", l.set.Digest, l.at.UTC().Format("2006-01-02 15:04"))
}
