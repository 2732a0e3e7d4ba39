package operation_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer/zenlayertest"
)

// kind is one way in which the stand-in answers wrong.
type kind struct {
	name string
	zenlayertest.Fault
}

// kinds are all fault kinds of the stand-in, those of which it is not known
// whether the call took effect both ways. A refusal and a rate limit with
// Zenlayer's code, and a network rule, say that it did not, and stop it before
// it does.
func kinds() []kind {
	f := func(k zenlayertest.FaultKind) zenlayertest.Fault { return zenlayertest.Fault{Kind: k} }
	with := func(k zenlayertest.FaultKind, edit func(*zenlayertest.Fault)) zenlayertest.Fault {
		fault := f(k)
		edit(&fault)
		return fault
	}
	refused := func(status int, code string) zenlayertest.Fault {
		return zenlayertest.Fault{Kind: zenlayertest.Refused, Status: status, Code: code}
	}
	answered := func(status int, body string) zenlayertest.Fault {
		return zenlayertest.Fault{Kind: zenlayertest.Refused, Status: status, Body: body}
	}
	all := []kind{
		{"answer lost", f(zenlayertest.AnswerLost)},
		{"answer cut", f(zenlayertest.AnswerCut)},
		{"body slow", with(zenlayertest.SlowBody, func(f *zenlayertest.Fault) { f.Delay = 4 * time.Second })},
		{"body too slow", with(zenlayertest.SlowBody, func(f *zenlayertest.Fault) { f.Delay = time.Hour })},
		{"internal error", f(zenlayertest.InternalError)},
		{"internal error as a page", with(zenlayertest.InternalError, func(f *zenlayertest.Fault) { f.Plain = true })},
		{"no backend id", f(zenlayertest.NoBackendID)},
		{"truncated", f(zenlayertest.TruncatedJSON)},
		{"huge", f(zenlayertest.HugeBody)},
		{"clock skew", f(zenlayertest.ClockSkew)},
		{"hidden for a while", with(zenlayertest.HiddenBackend,
			func(f *zenlayertest.Fault) { f.Delay = 3 * time.Minute })},
		{"hidden from readings", with(zenlayertest.HiddenBackend, func(f *zenlayertest.Fault) { f.Reads = 4 })},
		{"tokens forgotten", f(zenlayertest.TokensForgotten)},
		{"rate limited", f(zenlayertest.RateLimited)},
		{"rate limited for long", with(zenlayertest.RateLimited, func(f *zenlayertest.Fault) { f.RetryAfter = "50" })},
		{"challenge", f(zenlayertest.Challenge)},
		{"blocked", f(zenlayertest.Blocked)},
		{"refused", refused(http.StatusBadRequest, "INVALID_PARAMETER_VALUE")},
		{"refused as taken", refused(http.StatusConflict, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST")},
		{"refused as gone", refused(http.StatusNotFound, "INVALID_LB_LISTENER_NOT_FOUND")},
		{"key refused", refused(http.StatusUnauthorized, "AUTHFAILURE_SIGNATURE_FAILURE")},
	}
	for name, k := range map[string]zenlayertest.Fault{
		"dropped": f(zenlayertest.ConnectionDropped), "hang": f(zenlayertest.Hang),
		"bad gateway":  f(zenlayertest.BadGateway),
		"a 429 page":   with(zenlayertest.RateLimited, func(f *zenlayertest.Fault) { f.Plain = true }),
		"redirect 302": f(zenlayertest.Redirect302), "redirect 307": f(zenlayertest.Redirect307),
		"a 400 page": answered(http.StatusBadRequest,
			"<html>bad request</html>"), "a 404 page": answered(http.StatusNotFound, "404 page not found"),
		"a 401 page": answered(http.StatusUnauthorized,
			`{"error":"login"}`), "a 409 page": answered(http.StatusConflict, "conflict"),
		"unavailable": f(zenlayertest.Unavailable), "timed out": f(zenlayertest.TimedOut),
		"error in 200": f(zenlayertest.ErrorIn200),
	} {
		all = append(all, kind{name, k})
		k.Execute = true
		all = append(all, kind{name + " after it worked", k})
	}
	slices.SortFunc(all, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return all
}

// at is where a fault strikes.
type at struct {
	name   string
	action string
	times  int
}

func places() []at {
	return []at{{"the call", "RegisterBackend", 1}, {"the looks", "DescribeBackends", 1},
		{"every look", "DescribeBackends", -1}, {"the listener", "DescribeListeners", 1}}
}

func (k kind) strikes(where at) zenlayertest.Fault {
	f := k.Fault
	f.Action, f.Times = where.action, where.times
	return f
}

// judge requires that the end is true and that nothing was done twice or late.
func (w *wired) judge(op operation.Operation) {
	there := w.there()
	require.LessOrEqual(w.t, len(there), 1)
	for token, n := range w.api.EffectsByToken() {
		require.Equal(w.t, 1, n, token)
	}
	switch op.State {
	case operation.Done, operation.NothingToDo:
		require.Len(w.t, there, 1, "said to be there")
		require.Equal(w.t, there[0].BackendID, op.BackendID)
	case operation.NotDone:
		require.Empty(w.t, there, "said not to be there: %s", op.Reason)
	default:
		require.Fail(w.t, "not an end", "%s", op.State)
	}
	require.True(w.t, w.isClosed(op.ID))
	w.punctual(op)
}

// punctual requires that the calls kept to the rules for repeats.
func (w *wired) punctual(op operation.Operation) {
	calls := w.api.CallsOf("RegisterBackend")
	for n, c := range calls {
		require.Less(w.t, c.Time.Sub(op.ClickedAt), operation.StartWithin)
		require.Equal(w.t, calls[0].Request, c.Request, "call %d is the same request", n+1)
	}
	open := op.Unanswered()
	if len(open) == 0 {
		return
	}
	require.LessOrEqual(w.t, len(op.Attempts)-open[0].Number, operation.MaxRepeats)
	require.Less(w.t, op.LastSent().Sub(open[0].SentAt), operation.RepeatWithin)
}

// strike plays one operation through faults that begin after the preview, and
// reports how it ended. lag is how long the list hides a new entry.
func strike(t *testing.T, lag time.Duration, faults ...zenlayertest.Fault) (end string) {
	t.Helper()
	onWire(t, zenlayertest.Rules{VisibleAfter: lag}, func(t *testing.T, w *wired) {
		id := w.accepted(wiredRequest())
		for _, f := range faults {
			w.api.Inject(f)
		}
		op, asked := w.carryOut(id)
		w.judge(op)
		if f := faults[0]; f.Times == 1 {
			require.True(t, slices.ContainsFunc(w.api.CallsOf(f.Action),
				func(c zenlayertest.Call) bool { return c.Fault == f.Kind }), "the fault never struck")
		}
		end = strings.TrimSpace(fmt.Sprintf("%s %s%s", op.State, op.Reason, op.Evidence))
		if asked {
			end += ", by a person"
		}
	})
	return end
}

func TestEachFaultOfTheAPIAloneEndsInTheTruth(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		for _, where := range places() {
			for _, lag := range []time.Duration{0, 5 * time.Minute} {
				t.Run(fmt.Sprintf("%s at %s, entries show after %s", k.name, where.name, lag), func(t *testing.T) {
					t.Parallel()
					t.Log(strike(t, lag, k.strikes(where)))
				})
			}
		}
	}
}

// pair is a place for the second of two faults, and a lag with which it
// strikes: a repeat is made only as long as the list shows nothing.
type pair struct {
	second at
	lag    time.Duration
}

func TestEachPairOfFaultsOfTheAPIEndsInTheTruth(t *testing.T) {
	t.Parallel()
	call, looks, every := places()[0], places()[1], places()[2]
	pairs := []pair{{call, 5 * time.Minute}, {looks, 0}}
	if soaking() {
		pairs = append(pairs, pair{call, 0}, pair{looks, 5 * time.Minute}, pair{every, 0}, pair{every, 5 * time.Minute})
	}
	for p, where := range pairs {
		for i, first := range kinds() {
			t.Run(fmt.Sprintf("%s, then %s after %s", first.name, where.second.name, where.lag), func(t *testing.T) {
				t.Parallel()
				ends := map[string]int{}
				for j, second := range kinds() {
					if (p+i+j)%oneIn() != 0 {
						continue // each kind still meets some of the others, first and second
					}
					if second.name == "refused as gone" && where.second.times < 0 {
						continue // a listener that is said to be gone each time is gone
					}
					t.Run(second.name, func(t *testing.T) {
						f := second.strikes(where.second)
						if f.Action == "DescribeBackends" {
							f.Skip = 2 // the look right before the call, at bare metal and at virtual machines
						}
						ends[strike(t, where.lag, first.strikes(places()[0]), f)]++
					})
				}
				t.Log(ends)
			})
		}
	}
}

// oneIn is how many pairs there are for each that is tried: every ninth in
// `go test ./...`, every third in CI (CI=true), and all in a soak.
func oneIn() int {
	switch {
	case soaking():
		return 1
	case os.Getenv("CI") == "true":
		return 3
	}
	return 9
}

// soaking reports whether tests run at full size.
func soaking() bool { return os.Getenv("LBBOT_SOAK") == "true" }
