// Package doctor finds out what is wrong with an installation of lbbot and says what to do
// about it. It changes nothing, and opens no connection of Socket Mode unless it is asked to.
//
// The checks are data: a name, whether the bot needs it, which checks must have passed
// before, and a function. Run plays them one after the other.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lbbot/bot/health"
	"lbbot/bot/journal"
	"lbbot/zenlayer"
)

// Verdict is the result of a check.
type Verdict string

// The verdicts. A check that is not needed never fails: it warns.
const (
	OK         Verdict = "ok"
	Warning    Verdict = "warning"
	Failed     Verdict = "failed"
	NotChecked Verdict = "not checked"
)

// Result is one line of a report.
type Result struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Needed  bool    `json:"needed"` // the bot does not work without it
	Found   string  `json:"found"`
	Next    string  `json:"next,omitempty"` // what to do, as an instruction
	TookMS  float64 `json:"took_ms"`
}

// Report has the results in the order of the checks.
type Report struct {
	Verdict Verdict  `json:"verdict"` // the worst, without those that were not checked
	Version string   `json:"version"`
	Checks  []Result `json:"checks"`
}

// Settings are what is checked, and how.
type Settings struct {
	BotToken, AppToken zenlayer.Secret
	SlackAPIURL        string
	Zenlayer           zenlayer.Config
	DatabaseURL        string
	Policy             string   // path
	TimeZone           string   // the variable TZ
	Unknown            []string // what is known about variables that are no settings
	Version            string

	OwnerChannel, ApprovalChannel, AuditChannel string
	IncidentChannels, IncidentCreators          []string

	// Local asks the running bot and checks files that it only reads. The verdict is then about
	// the bot: all other checks warn.
	Local bool
	// Connect opens one Socket Mode connection. A second process of the app would lose
	// commands to it.
	Connect bool
	// Inside is the running bot itself, if that asks; else nil.
	Inside *journal.Store
	// Running asks the running bot how it is; ErrNoBot if there is none.
	Running func(context.Context) (health.Report, error)
	Now     func() time.Time
	// Limit limits one check; zero means CheckLimit.
	Limit time.Duration
}

// CheckLimit limits one check.
const CheckLimit = 10 * time.Second

// check is one check.
type check struct {
	name   string
	needed bool
	local  bool     // with Local: needs no network, and does not touch what the bot uses
	after  []string // checks that must not have failed
	run    func(*exam, context.Context) finding
}

// finding is what a check has found.
type finding struct {
	verdict     Verdict
	found, next string
}

func passed(format string, args ...any) finding { return finding{OK, fmt.Sprintf(format, args...), ""} }

func skipped(format string, args ...any) finding {
	return finding{NotChecked, fmt.Sprintf(format, args...), ""}
}

func warns(next, format string, args ...any) finding {
	return finding{Warning, fmt.Sprintf(format, args...), next}
}

func fails(next, format string, args ...any) finding {
	return finding{Failed, fmt.Sprintf(format, args...), next}
}

// Run plays the checks. It blocks for at most CheckLimit for each, and until ctx ends.
func Run(ctx context.Context, s Settings) Report {
	x, err := newExam(s)
	if err != nil {
		return Unreadable(s.Version, err)
	}
	defer x.close()
	var results []Result
	blocked := map[string]bool{}
	for _, c := range checks() {
		if s.Local && !c.local {
			continue
		}
		if s.Local && c.name != checkRunning {
			c.needed = false
		}
		began := time.Now()
		var found finding
		if found, blocked[c.name] = x.play(ctx, c, blocked); found.verdict == Failed {
			blocked[c.name] = true
		}
		if found.verdict == Failed && !c.needed {
			found.verdict = Warning
		}
		results = append(results, Result{Check: c.name, Verdict: found.verdict, Needed: c.needed,
			Found: x.redact(found.found), Next: x.redact(found.next),
			TookMS: float64(time.Since(began).Microseconds()) / 1000})
	}
	return newReport(s.Version, results)
}

// play plays one check, unless one that it depends on has failed or was held.
func (x *exam) play(ctx context.Context, c check, blocked map[string]bool) (f finding, held bool) {
	for _, name := range c.after {
		if blocked[name] {
			return skipped("it needs %s", name), true
		}
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(x.Limit, CheckLimit))
	defer cancel()
	f = c.run(x, ctx)
	f.found = strings.ReplaceAll(f.found, context.DeadlineExceeded.Error(), "no answer in time")
	return f, false
}

// Unreadable is the report on a configuration with which no check can be played. err has
// a problem on each line, and no secret.
func Unreadable(version string, problems ...error) Report {
	var results []Result
	for _, err := range problems {
		results = append(results, Result{Check: checkConfiguration, Verdict: Failed, Needed: true,
			Found: err.Error(), Next: "correct the setting; lbbot config print shows where each value comes from"})
	}
	return newReport(version, append(results, Result{Check: "everything else", Verdict: NotChecked, Needed: true,
		Found: "it needs configuration"}))
}

func newReport(version string, results []Result) Report {
	r := Report{Verdict: OK, Version: version, Checks: results}
	for _, worse := range []Verdict{Warning, Failed} {
		if slices.ContainsFunc(results, func(c Result) bool { return c.Verdict == worse }) {
			r.Verdict = worse
		}
	}
	return r
}
