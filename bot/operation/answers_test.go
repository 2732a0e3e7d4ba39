package operation_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// readAnswer is one way in which a reading fails, and the end of a request whose
// last look fails that way.
type readAnswer struct {
	fault  zenlayertest.Fault
	want   operation.Fault // status and code; zero: nothing answered
	silent bool            // a server error is no answer either, though it has a status
	end    operation.Reason
}

func readAnswers() map[string]readAnswer {
	refused := func(status int, code string, end operation.Reason) readAnswer {
		return readAnswer{fault: zenlayertest.Fault{Kind: zenlayertest.Refused, Status: status, Code: code},
			want: operation.Fault{Status: status, Code: code}, end: end}
	}
	page := func(status int) readAnswer {
		return readAnswer{fault: zenlayertest.Fault{Kind: zenlayertest.Refused, Status: status,
			Body: "<html>no</html>"}, want: operation.Fault{Status: status}, end: operation.ReasonUnreachable}
	}
	silent := func(k zenlayertest.FaultKind, status int, code string) readAnswer {
		return readAnswer{fault: zenlayertest.Fault{Kind: k}, want: operation.Fault{Status: status, Code: code},
			silent: true, end: operation.ReasonUnreachable}
	}
	return map[string]readAnswer{
		"an unknown version":   refused(400, "INVALID_VERSION", operation.ReasonRefused),
		"a wrong key":          refused(401, "AUTHFAILURE_SIGNATURE_FAILURE", operation.ReasonCredentials),
		"an expired signature": refused(401, zenlayer.CodeSignatureExpired, operation.ReasonClockSkew),
		"a missing right":      refused(401, "AUTHFAILURE_UNAUTHORIZED_OPERATION", operation.ReasonCredentials),
		"forbidden":            refused(403, "OPERATION_DENIED", operation.ReasonRefused),
		"a new status":         refused(418, "SOMETHING_NEW", operation.ReasonUnreachable),
		"a page with 400":      page(400),
		"a page with 401":      page(401),
		"a page with 403":      page(403),
		"a page with 404":      page(404),
		"a redirect": {fault: zenlayertest.Fault{Kind: zenlayertest.Redirect302},
			want: operation.Fault{Status: 302}, end: operation.ReasonUnreachable},
		"a network rule": {fault: zenlayertest.Fault{Kind: zenlayertest.Blocked},
			want: operation.Fault{Status: 451}, end: operation.ReasonBlocked},
		"a 200 with an error": {fault: zenlayertest.Fault{Kind: zenlayertest.ErrorIn200},
			want: operation.Fault{Status: 200, Code: "INTERNAL_SERVER_ERROR"}, end: operation.ReasonUnreachable},
		"a 200 without JSON":    page(http.StatusOK),
		"a server error":        silent(zenlayertest.InternalError, 500, "INTERNAL_SERVER_ERROR"),
		"a bad gateway":         silent(zenlayertest.BadGateway, 502, ""),
		"not available":         silent(zenlayertest.Unavailable, 503, "SERVICE_TEMPORARY_UNAVAILABLE"),
		"a dropped connection":  silent(zenlayertest.ConnectionDropped, 0, ""),
		"no answer in the time": silent(zenlayertest.Hang, 0, ""),
	}
}

// asItIs requires that f says what was answered.
func (a readAnswer) asItIs(t *testing.T, f operation.Fault) {
	t.Helper()
	require.Equal(t, !a.silent, f.Answered())
	require.Equal(t, a.want, operation.Fault{Status: f.Status, Code: f.Code})
	require.Equal(t, a.want.Code != "", f.RequestID != "", "what has a code has a request id")
	if f.Answered() {
		require.Contains(t, f.Words(), a.want.Code)
		require.Regexp(t, `\(HTTP \d\d\d`, f.Words())
	}
}

func TestAPersonLearnsWhatAReadingWasAnsweredWith(t *testing.T) {
	t.Parallel()
	reading := commands.Registration{Listener: named(wiredListener), Server: wiredServer}
	surfaces := map[string]func(context.Context, *wired) error{
		"preview": func(ctx context.Context, w *wired) error {
			_, err := w.intake.Preview(ctx, w.ask(wiredRequest()))
			return err
		},
		"whoami why": func(ctx context.Context, w *wired) error {
			_, err := w.intake.Why(ctx, reading, ana, here)
			return err
		},
		"history": func(ctx context.Context, w *wired) error {
			w.history.Archive = &shelves{}
			_, err := w.history.History(ctx, ana, here, history.Query{Listener: named(wiredListener)})
			return err
		},
	}
	for name, a := range readAnswers() {
		for surface, ask := range surfaces {
			for _, action := range []string{"DescribeLoadBalancers", "DescribeInstances"} {
				if surface == "history" && action == "DescribeInstances" {
					continue
				}
				t.Run(name+" to "+action+" of "+surface, func(t *testing.T) {
					t.Parallel()
					onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
						f := a.fault
						f.Action, f.Times = action, -1
						w.api.Inject(f)
						err := ask(t.Context(), w)
						away := &intake.UnavailableError{}
						require.ErrorAs(t, err, &away)
						require.Equal(t, "Zenlayer", away.What)
						a.asItIs(t, away.Fault)
					})
				})
			}
		}
	}
}

func TestAPreviewNotesWhyThePoolCouldNotBeRead(t *testing.T) {
	t.Parallel()
	for name, a := range readAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
				f := a.fault
				f.Action, f.Times = "DescribeBackends", -1
				w.api.Inject(f)
				op, err := w.intake.Preview(t.Context(), w.ask(wiredRequest()))
				require.NoError(t, err)
				require.NotEmpty(t, op.PoolFault)
				require.Equal(t, !a.silent, op.PoolFault.Answered())
				if !a.silent {
					require.Equal(t, a.want.Code, op.PoolFault.Code)
				}
			})
		})
	}
}

func TestTheLastLookEndsWithWhatItWasAnsweredWith(t *testing.T) {
	t.Parallel()
	for name, a := range readAnswers() {
		for _, action := range []string{"DescribeListeners", "DescribeLoadBalancers", "DescribeBackends"} {
			t.Run(name+" to "+action, func(t *testing.T) {
				t.Parallel()
				onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
					id := w.accepted(wiredRequest())
					f := a.fault
					f.Action, f.Times = action, -1
					w.api.Inject(f)
					op, _ := w.carryOut(id)
					require.Equal(t, []any{operation.NotDone, a.end}, []any{op.State, op.Reason})
					require.Empty(t, w.api.CallsOf("RegisterBackend"))
					a.asItIs(t, op.Fault)
				})
			})
		}
	}
}

func TestSettlingAndWatchingSayWhatTheirReadingsWereAnsweredWith(t *testing.T) {
	t.Parallel()
	for name, a := range readAnswers() {
		for _, lose := range []bool{true, false} {
			t.Run(name+map[bool]string{true: " while settling", false: " while watching"}[lose], func(t *testing.T) {
				t.Parallel()
				onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
					id := w.accepted(wiredRequest())
					if lose {
						w.api.LoseNextAnswer()
					}
					f := a.fault
					f.Action, f.Times, f.Skip = "DescribeBackends", -1, 2 // the last look, at both products
					w.api.Inject(f)
					done := w.process(id)
					<-time.After(9 * time.Minute)
					op := w.journal.now(id)
					if lose {
						require.Equal(t, operation.Unconfirmed, op.State)
					} else {
						require.Equal(t, operation.Done, op.State)
					}
					require.NotEmpty(t, op.LookFault)
					if !a.silent {
						a.asItIs(t, op.Unread)
					} else {
						require.Zero(t, op.Unread)
					}
					w.api.ClearFaults()
					w.api.ReleaseHangs()
					if lose {
						require.NoError(t, <-done)
						op = w.journal.now(id)
						require.Equal(t, operation.Done, op.State)
						require.Zero(t, op.Unread)
						require.Empty(t, op.LookFault)
					}
				})
			})
		}
	}
}

func TestAnAnswerThatWasStoredAlthoughTheJournalSaidNoGoesOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err error
		end operation.State
	}{
		"a conflict":    {apiError(409, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST"), operation.NotDone},
		"asked to wait": {apiError(429, ""), operation.Done},
		"no answer":     {lost(), operation.Done},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.cloud.goes(on("RegisterBackend", 1, fault{before: tt.err}))
				calls, saves := 0, 0
				h.journal.goes(func(call string) fault {
					if call == "Save" {
						saves++
					}
					if saves < 2 {
						return fault{}
					}
					// Stored, then an error; and the look at what is stored
					// takes until the pause is over.
					switch calls++; calls {
					case 1:
						return fault{after: errJournal}
					case 2:
						return fault{hold: 4 * time.Second}
					}
					return fault{}
				})
				require.Equal(t, tt.end, h.carry(id).State)
				require.True(t, h.isClosed(id))
			})
		})
	}
}
