package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

func TestNothingIsFirstSentFiveMinutesAfterTheClick(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		down time.Duration
		skew time.Duration
		sent bool
	}{
		"a moment":                           {down: time.Second, sent: true},
		"four and a half minutes":            {down: 270 * time.Second, sent: true},
		"so late that it could end too late": {down: 290 * time.Second},
		"five minutes":                       {down: 5 * time.Minute},
		"six hours":                          {down: 6 * time.Hour},
		"a clock set back an hour":           {down: 10 * time.Minute, skew: -time.Hour},
		"a clock corrected by a second":      {down: 0, skew: -time.Second, sent: true},
		"a clock set forward an hour":        {down: time.Second, skew: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				pass(tt.down)
				h.skew.Store(int64(tt.skew))
				op := h.carry(id)
				if tt.sent {
					require.Equal(t, operation.Done, op.State)
					return
				}
				require.Equal(t, operation.ReasonTooLate, op.Reason)
				require.Empty(t, h.cloud.sent())
				require.True(t, h.isClosed(id))
			})
		})
	}
}

func TestTheLastChecksDoNotMakeACallLate(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]string{"reading the listener": "DescribeListeners",
		"reading the pool": "DescribeBackends"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				pass(270 * time.Second)
				h.cloud.goes(on(slow, 0, fault{hold: 25 * time.Second}))
				op := h.carry(id)
				require.Equal(t, operation.ReasonTooLate, op.Reason)
				require.Empty(t, h.cloud.sent())
			})
		})
	}
}

func TestASlowJournalDoesNotMakeACallLate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hold time.Duration
		sent bool
	}{"a little": {time.Second, true}, "until the five minutes are over": {4 * time.Minute,
		false}, "hours": {6 * time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				pass(2 * time.Minute)
				clicked := h.journal.now(id).ClickedAt
				saves := 0
				h.journal.fault = func(call string) fault {
					if call == "Save" {
						if saves++; saves == 1 {
							return fault{hold: tt.hold}
						}
					}
					return fault{}
				}
				op := h.carry(id)
				if tt.sent {
					require.Less(t, h.cloud.sent()[0].at.Sub(clicked), operation.StartWithin)
					return
				}
				require.Equal(t, operation.ReasonTooLate, op.Reason)
				require.Empty(t, h.cloud.sent())
			})
		})
	}
}

func TestATryThatChangedNothingIsNotMadeAgainLate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		reason operation.Reason
	}{
		"asked to wait":               {apiError(429, zenlayer.CodeRequestLimitExceeded), operation.ReasonRateLimited},
		"a 429 of something in front": {apiError(429, ""), operation.ReasonProven},
		"no network":                  {unsent(), operation.ReasonUnreachable},
		"not available":               {apiError(503, "SERVICE_TEMPORARY_UNAVAILABLE"), operation.ReasonProven},
		"clock is off":                {apiError(401, zenlayer.CodeSignatureExpired), operation.ReasonClockSkew},
		"asked too late": {&zenlayer.APIError{Status: 429, Code: zenlayer.CodeRequestLimitExceeded,
			RetryAfter: 110 * time.Second}, operation.ReasonRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 1, fault{before: tt.err}))
				id := h.accepted(request())
				pass(3*time.Minute + 30*time.Second)
				done := h.process(id)
				pass(100 * time.Millisecond)
				h.stop(errKilled)
				require.ErrorIs(t, <-done, errKilled)
				require.Len(t, h.cloud.sent(), 1)
				pass(6 * time.Hour)
				op := h.carry(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Len(t, h.cloud.sent(), 1, "six hours later nothing is sent")
			})
		})
	}
}

func TestNoTryEverGoesOutFiveMinutesAfterTheClick(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 0, fault{before: apiError(429, zenlayer.CodeRequestLimitExceeded)}))
		id := h.accepted(request())
		clicked := h.journal.now(id).ClickedAt
		pass(4*time.Minute + 30*time.Second)
		op := h.carry(id)
		require.Equal(t, operation.ReasonRateLimited, op.Reason)
		for _, c := range h.cloud.sent() {
			require.Less(t, c.at.Sub(clicked), operation.StartWithin)
		}
	})
}

// repeats checks the rule for repeats on what was called.
func repeats(t require.TestingT, calls []call) {
	looked := false
	var first time.Time
	n := 0
	token := ""
	for _, c := range calls {
		switch c.name {
		case "DescribeBackends":
			looked = true
		case "RegisterBackend":
			if n++; n == 1 {
				first, token = c.at, c.token
			}
			require.True(t, looked, "each call looks first")
			require.Equal(t, token, c.token, "never a second token")
			require.Less(t, c.at.Sub(first), operation.RepeatWithin)
			looked = false
		}
	}
	require.LessOrEqual(t, n, 1+operation.MaxRepeats)
}

func TestAtMostTwoRepeatsWithinTwoMinutesEachAfterALook(t *testing.T) {
	t.Parallel()
	for name, f := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.lag = 5 * time.Minute
				h.cloud.goes(on("RegisterBackend", 0, f))
				id := h.accepted(request())
				h.carry(id)
				repeats(t, h.cloud.calls[1:]) // without the preview's look
				require.Len(t, h.cloud.sent(), 3)
			})
		})
	}
}

func TestADowntimeDoesNotExtendTheTimeForRepeats(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		down time.Duration
		skew time.Duration
		end  operation.Reason
	}{
		"three minutes":            {3 * time.Minute, 0, operation.ReasonProven},
		"six hours":                {6 * time.Hour, 0, operation.ReasonProven},
		"a clock set back an hour": {3 * time.Minute, -time.Hour, operation.ReasonProven},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
				id := h.accepted(request())
				done := h.process(id)
				pass(time.Second)
				h.stop(errKilled)
				require.ErrorIs(t, <-done, errKilled)
				require.Len(t, h.cloud.sent(), 1)
				pass(tt.down)
				h.skew.Store(int64(tt.skew))
				op := h.carry(id)
				require.Equal(t, tt.end, op.Reason)
				require.Len(t, h.cloud.sent(), 1)
			})
		})
	}
}

func TestAProcessThatDiedWhileSendingLooksFirst(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]time.Duration{"and came back at once": 0,
		"and came back after six hours": 6 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.at.arm(func(_ int, name string) bool { return name == "after RegisterBackend" })
				require.ErrorIs(t, <-h.process(id), errKilled)
				h.at.arm(nil)
				pass(down)
				op := h.carry(id)
				require.Equal(t, operation.Done, op.State)
				require.Equal(t, operation.EvidenceSeen, op.Evidence)
				require.Len(t, h.cloud.sent(), 1)
				require.False(t, op.ResumedAt.IsZero())
			})
		})
	}
}

func TestAShutdownInTheMiddleOfACallIsUnconfirmed(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 1, fault{hold: 10 * time.Second}))
		id := h.accepted(request())
		done := h.process(id)
		pass(time.Second)
		h.stop(errKilled)
		<-done
		op := h.journal.now(id)
		require.Equal(t, operation.Unconfirmed, op.State,
			"what is known is written down, although the process is stopping")
		require.Equal(t, operation.OutcomeUnknown, op.Attempts[0].Outcome)
		require.Equal(t, operation.Done, h.carry(id).State)
	})
}
