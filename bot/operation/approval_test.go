package operation_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

var (
	chen = operation.Actor{UserID: "U0CHEN", TeamID: "T1"}
	dee  = operation.Actor{UserID: "U0DEE", TeamID: "T1"}
	eli  = operation.Actor{UserID: "U0ELI", TeamID: "T1"}

	approvers = operation.Place{TeamID: "T1", ChannelID: "C0APP"}
)

// law is a policy that tests change while things are under way.
type law struct {
	mu        sync.Mutex
	approvals int                  // what a request needs
	no        operation.DenialCode // for requests
	may       map[string]bool      // who may approve
	unchecked map[string]bool      // whose right to approve cannot be read
	glass     bool                 // break-glass is allowed
	reason    bool                 // a request needs a reason
	channel   string               // @approvers_channel
}

func (l *law) decide(q operation.Question) operation.Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := operation.Decision{Person: true, Channel: true, Policies: []string{string(q.Action) + "-rule"}}
	switch {
	case q.Action == operation.ActionApprove && l.unchecked[q.Actor.UserID]:
		d.Code, d.What = operation.DeniedUnchecked, "person"
	case q.Action == operation.ActionApprove:
		d.Allowed = l.may[q.Actor.UserID]
	case q.Action == operation.ActionBreakGlass:
		d.Allowed = l.glass
	case l.no != "":
		d.Code = l.no
	case l.approvals > 0:
		d.Code, d.Approvals, d.ApproversChannel = operation.DeniedApproval, l.approvals, l.channel
		d.ReasonRequired = l.reason
	default:
		d.Allowed, d.ReasonRequired = true, l.reason
	}
	if !d.Allowed && d.Code == "" {
		d.Code = operation.DeniedNoRule
	}
	return d
}

func (l *law) change(edit func(*law)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	edit(l)
}

// court gives a house a law that wants approvals, and three who can approve.
func court(h *house, approvals int) *law {
	l := &law{approvals: approvals, may: map[string]bool{bo.UserID: true, chen.UserID: true, dee.UserID: true},
		unchecked: map[string]bool{}}
	h.gate.decide = l.decide
	h.gate.who = operation.People{IDs: []string{bo.UserID, chen.UserID, dee.UserID},
		Shown: []string{bo.UserID, chen.UserID, dee.UserID}}
	return l
}

// asked previews a request and asks for approval; nothing runs yet.
func (h *house) asked(reg commands.Registration) operation.Operation {
	draft, err := h.intake.Preview(context.Background(), h.ask(reg))
	require.NoError(h.t, err)
	require.NotNil(h.t, draft.Approval, "the preview says what it needs")
	op, err := h.intake.Send(context.Background(), h.click(draft.ID, ana))
	require.NoError(h.t, err)
	require.Equal(h.t, operation.Waiting, op.State)
	return op
}

// says has a person press a button on the approvers' card as it is now.
func (h *house) says(id string, who operation.Actor) intake.Click {
	c := h.click(id, who)
	c.Place, c.Version = approvers, h.journal.now(id).Version
	return c
}

func (h *house) approves(id string, who operation.Actor) error {
	_, err := h.intake.Approve(context.Background(), h.says(id, who))
	return err
}

func TestARequestThatNeedsApprovalWaitsAndThenGoesOn(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		done := h.process(op.ID)
		pass(10 * time.Minute)
		require.Empty(t, h.cloud.sent(), "nothing is sent while it waits")
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)

		at := time.Now()
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, <-done)
		op = h.journal.now(op.ID)
		require.Equal(t, operation.Done, op.State)
		require.WithinDuration(t, at, op.ClickedAt, 0, "the five minutes count from the approval")
		require.Len(t, op.Approval.Votes, 1)
		require.Equal(t, bo, op.Approval.Votes[0].By)
		require.Equal(t, []string{"approve-rule"}, op.Approval.Votes[0].Policies)
		require.Contains(t, h.journal.kinds(op.ID), operation.EventApproved)
		require.Equal(t, []operation.State{operation.Waiting, operation.Accepted, operation.Done}, h.reporter.states())
	})
}

func TestTwoApprovalsAreOfTwoPeople(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 2)
		op := h.asked(request())
		done := h.process(op.ID)
		for range 3 {
			require.NoError(t, h.approves(op.ID, bo), "agreeing twice is agreeing once")
		}
		pass(time.Second)
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		require.Equal(t, 1, h.journal.now(op.ID).Approval.Missing())
		require.NoError(t, h.approves(op.ID, chen))
		require.NoError(t, <-done)
		require.Equal(t, operation.Done, h.journal.now(op.ID).State)
		require.NoError(t, h.approves(op.ID, chen), "one's own click that counted")
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.approves(op.ID, dee), &late)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestWhoCannotApprove(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		who  operation.Actor
		code operation.DenialCode
	}{
		"the asker, even one who could approve others": {ana, operation.DeniedSelf},
		"somebody without the right":                   {eli, operation.DeniedNoRule},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				l := court(h, 1)
				l.may[ana.UserID] = true
				op := h.asked(request())
				done := h.process(op.ID)
				says := map[string]func() error{
					"approve": func() error { return h.approves(op.ID, tt.who) },
					"deny": func() error {
						_, err := h.intake.Deny(t.Context(), h.says(op.ID, tt.who), "no")
						return err
					},
					"question": func() error { return h.intake.Question(t.Context(), h.says(op.ID, tt.who)) },
				}
				for what, say := range says {
					denied := &intake.DeniedError{}
					require.ErrorAs(t, say(), &denied, what)
					require.Equal(t, tt.code, denied.Decision.Code, what)
				}
				require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
				require.Empty(t, h.journal.now(op.ID).Approval.Votes)
				n := 0
				for _, kind := range h.journal.kinds(op.ID) {
					if kind == operation.EventDenied {
						n++
					}
				}
				require.Equal(t, len(says), n, "each is in the audit trail")
				for _, e := range h.journal.events {
					if e.Kind == operation.EventDenied {
						require.Equal(t, "approve", e.Data["action"], "and does not read as a refused addition")
					}
				}
				require.NoError(t, h.approves(op.ID, bo))
				require.NoError(t, <-done)
			})
		})
	}
}

func TestANoEndsItAndSaysWhy(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 2)
		op := h.asked(request())
		done := h.process(op.ID)
		require.NoError(t, h.approves(op.ID, bo))
		_, err := h.intake.Deny(t.Context(), h.says(op.ID, chen), "")
		problem := &commands.InputError{}
		require.ErrorAs(t, err, &problem, "a no has a reason")
		_, err = h.intake.Deny(t.Context(), h.says(op.ID, chen), "wrong listener")
		require.NoError(t, err)
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.approves(op.ID, dee), &late)
		require.NoError(t, <-done)
		op = h.journal.now(op.ID)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonNotApproved, op.Reason)
		require.Equal(t, "wrong listener", op.Approval.Denied.Reason)
		require.Equal(t, chen, op.Approval.Denied.By)
		require.Empty(t, h.cloud.sent())
	})
}

func TestNobodyAnsweringIsRemindedTwiceAndThenEnds(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		began := time.Now()
		done := h.process(op.ID)
		pass(5*time.Minute + time.Second)
		require.Equal(t, []string{"Remind " + op.Ref}, h.reporter.heard())
		pass(10 * time.Minute)
		require.Len(t, h.reporter.heard(), 2)
		require.NoError(t, <-done)
		require.Equal(t, 30*time.Minute, time.Since(began))
		require.Len(t, h.reporter.heard(), 2)
		op = h.journal.now(op.ID)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonUnanswered, op.Reason)
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.approves(op.ID, bo), &late)
		require.Empty(t, h.cloud.sent())
	})
}

func TestAnApprovalAfterItsTimeDoesNotCountAlsoBeforeTheRunNotices(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		pass(31 * time.Minute) // no process runs
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.approves(op.ID, bo), &late)
		require.Equal(t, operation.ReasonUnanswered, h.carry(op.ID).Reason)
	})
}

func TestAClockThatJumpsWhileApprovalIsWaitedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		jump time.Duration
		ends time.Duration // of real time after asking, at most
	}{
		"an hour forward":     {time.Hour, 6 * time.Minute},
		"an hour back":        {-time.Hour, 91 * time.Minute},
		"ten years backwards": {-10 * 365 * 24 * time.Hour, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1)
				op := h.asked(request())
				done := h.process(op.ID)
				pass(time.Minute)
				h.skew.Store(int64(tt.jump))
				if tt.ends == 0 { // nothing is lost: it can still be decided
					require.NoError(t, h.approves(op.ID, bo))
					require.NoError(t, <-done)
					require.Equal(t, operation.Done, h.journal.now(op.ID).State)
					return
				}
				began := time.Now()
				require.NoError(t, <-done)
				require.LessOrEqual(t, time.Since(began), tt.ends)
				require.Equal(t, operation.ReasonUnanswered, h.journal.now(op.ID).Reason)
				require.Empty(t, h.cloud.sent())
			})
		})
	}
}

func TestStopEndsWhatWaitsForApproval(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		done := h.process(op.ID)
		_, err := h.intake.Stop(t.Context(), h.click(op.ID, ana))
		require.NoError(t, err)
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.approves(op.ID, bo), &late)
		require.NoError(t, <-done)
		require.Equal(t, operation.ReasonStopped, h.journal.now(op.ID).Reason)
	})
}

func TestAnApprovalThatNobodyCarriesOutInTimeIsTooLate(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		pass(6 * time.Minute) // no process runs
		require.Equal(t, operation.ReasonTooLate, h.carry(op.ID).Reason)
		require.Empty(t, h.cloud.sent())
	})
}

// A process that died may have been about to post the card of what waits.
func TestWhatWaitsForPeopleIsShownByWhoeverTakesItUp(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		done := h.process(op.ID)
		pass(time.Minute)
		h.stop(errKilled)
		require.ErrorIs(t, <-done, errKilled)
		h.reporter.mu.Lock()
		h.reporter.shown = nil
		h.reporter.mu.Unlock()
		done = h.process(op.ID)
		pass(time.Second)
		require.Equal(t, []operation.State{operation.Waiting}, h.reporter.states(), "without anybody doing anything")
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, <-done)
	})
}

// survives presses a button, again if the process died over it.
func (h *house) survives(press func() error) error {
	for {
		done := make(chan error, 1)
		go func() {
			err := errKilled
			defer func() { done <- err }()
			err = press()
		}()
		if err := <-done; !errors.Is(err, errKilled) {
			return err
		}
	}
}

func TestKilledAnywhereWhileApprovalIsWaitedFor(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		died := false
		scene(t, func(t *testing.T, h *house) {
			court(h, 2)
			op := h.asked(request())
			h.at.arm(func(at int, _ string) bool { died = died || at == n; return at == n })
			done := h.process(op.ID)
			pass(6 * time.Minute) // a reminder
			revive := func() {
				select {
				case err := <-done:
					require.ErrorIs(t, err, errKilled)
					done = h.process(op.ID)
					pass(time.Second)
				default:
				}
			}
			revive()
			require.NoError(t, h.survives(func() error { return h.approves(op.ID, bo) }))
			pass(time.Second)
			revive()
			require.NoError(t, h.survives(func() error { return h.approves(op.ID, chen) }))
			pass(time.Second)
			select {
			case err := <-done:
				if err != nil {
					require.ErrorIs(t, err, errKilled)
					h.carry(op.ID)
				}
			default:
				require.NoError(t, <-done)
			}
			op = h.journal.now(op.ID)
			require.Equal(t, operation.Done, op.State, "killed at %d", n)
			require.Len(t, op.Approval.Votes, 2)
			require.Equal(t, 1, h.oursOn())
			require.LessOrEqual(t, len(h.reporter.heard()), 1, "a reminder comes once at most")
		})
		if !died {
			require.Greater(t, n, 10)
			return
		}
	}
}

func TestAPreviewThatNobodyCouldApproveIsANo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		who  operation.People
		err  error
		code operation.DenialCode
	}{
		"nobody may":             {code: operation.DeniedNobody},
		"one, and two are asked": {who: operation.People{IDs: []string{bo.UserID}}, code: operation.DeniedNobody},
		"Slack does not say":     {err: errors.New("no answer")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 2)
				h.gate.who, h.gate.whoErr = tt.who, tt.err
				_, err := h.intake.Preview(t.Context(), h.ask(request()))
				if tt.err != nil {
					away := &intake.UnavailableError{}
					require.ErrorAs(t, err, &away)
					return
				}
				denied := &intake.DeniedError{}
				require.ErrorAs(t, err, &denied)
				require.Equal(t, tt.code, denied.Decision.Code)
			})
		})
	}
}

func TestWhereApprovalIsAskedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule, setting string
		unseen        string // a channel that the bot does not see
		want          string
	}{
		"where the result goes":           {"", "", "", "C1"},
		"in the channel of the settings":  {"", "C0APP", "", "C0APP"},
		"in the channel of the rule":      {"C0PAY", "C0APP", "", "C0PAY"},
		"one that cannot be seen is none": {"C0PAY", "C0APP", "C0PAY", "C0APP"},
		"none of them can be seen":        {"", "C0APP", "C0APP", "C1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				l := court(h, 1)
				l.channel, h.intake.Settings.Approval.Channel = tt.rule, tt.setting
				h.gate.place = func(p operation.Place) bool { return p.ChannelID != tt.unseen }
				op := h.asked(request())
				require.Equal(t, tt.want, op.Approval.Channel)
				require.Equal(t, tt.want, h.gate.counted[0].Place.ChannelID, "who may is asked for that channel")
			})
		})
	}
}

func TestADraftIsNobodysToDecideAbout(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		for _, who := range []operation.Actor{bo, ana, eli} {
			require.ErrorIs(t, h.approves(draft.ID, who), operation.ErrNotFound)
			_, err = h.intake.Deny(t.Context(), h.says(draft.ID, who), "no")
			require.ErrorIs(t, err, operation.ErrNotFound)
			require.ErrorIs(t, h.intake.Question(t.Context(), h.says(draft.ID, who)), operation.ErrNotFound)
		}
		require.Empty(t, h.reporter.shown, "what only its asker may see is shown to nobody")
		require.Equal(t, operation.Draft, h.journal.now(draft.ID).State)
	})
}

func TestAQuestionIsNotedAndPosted(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.intake.Question(t.Context(), h.says(op.ID, bo)))
		require.Equal(t, []string{"Question " + op.Ref}, h.reporter.heard())
		require.Contains(t, h.journal.kinds(op.ID), operation.EventQuestion)
	})
}
