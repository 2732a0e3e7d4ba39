package operation_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// In an organization Slack names the workspace, the organization or nothing as
// a user's team; refusePerson lets all three pass.
func TestOnePersonUnderTwoTeamsIsOneApproval(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 2)
		op := h.asked(request())
		h.process(op.ID)
		defer h.ends()
		require.NoError(t, h.approves(op.ID, bo))
		org := bo
		org.TeamID = "E1"
		require.NoError(t, h.approves(op.ID, org))
		pass(time.Second)
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State, "one person is one approval")
		require.Empty(t, h.cloud.sent())
	})
}

func TestANoAfterTheEndIsNotTaken(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		form := h.says(op.ID, bo)
		done := h.process(op.ID)
		defer h.ends()
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, <-done)
		require.Equal(t, operation.Done, h.journal.now(op.ID).State)
		_, err := h.intake.Deny(t.Context(), form, "wrong listener")
		late := &intake.DecidedError{}
		require.ErrorAs(t, err, &late, "a no that changes nothing must not be taken for one")
		require.Nil(t, h.journal.now(op.ID).Approval.Denied)
		require.NotContains(t, h.journal.kinds(op.ID), operation.EventNotApproved)
	})
}

func TestANoAfterOnesOwnYesIsNotTakenSilently(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		form := h.says(op.ID, bo)
		require.NoError(t, h.approves(op.ID, bo))
		_, err := h.intake.Deny(t.Context(), form, "wrong listener")
		late := &intake.DecidedError{}
		require.ErrorAs(t, err, &late, "sent after a no that was taken")
		require.Nil(t, h.journal.now(op.ID).Approval.Denied)
	})
}

func TestASecondRoundBeginsAnew(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		h.cloud.goes(func(name string, n int) fault {
			if name == "DescribeListeners" && n == 2 {
				return fault{before: unsent()}
			}
			return fault{}
		})
		done := h.process(op.ID)
		defer h.ends()
		pass(100 * time.Millisecond)
		l.change(func(l *law) { l.may[bo.UserID] = false })
		pass(2 * time.Second)
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		pass(10 * time.Minute)
		n := 0
		h.cloud.goes(func(name string, _ int) fault {
			if name == "DescribeListeners" {
				if n++; n == 1 {
					return fault{before: unsent()}
				}
			}
			return fault{}
		})
		require.NoError(t, h.approves(op.ID, chen))
		require.NoError(t, <-done)
		op = h.journal.now(op.ID)
		require.Equal(t, operation.Done, op.State, "one lost packet must not end it: %s", op.Reason)
	})
}

func TestAnApprovalThatTheRunWasNotToldOfIsSwept(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		done := h.process(op.ID)
		defer h.ends()
		pass(time.Second)
		h.engine.mu.Lock()
		h.engine.err = errJournal
		h.engine.mu.Unlock()
		require.NoError(t, h.approves(op.ID, bo))
		h.engine.mu.Lock()
		h.engine.err = nil
		h.engine.mu.Unlock()
		sweeper := h.sweeper()
		ctx, stop := context.WithCancel(t.Context())
		swept := make(chan struct{})
		go func() { defer close(swept); _ = sweeper.Run(ctx) }()
		require.NoError(t, <-done)
		stop()
		<-swept
		op = h.journal.now(op.ID)
		require.Equal(t, operation.Done, op.State, "it was approved, nothing was wrong, and yet: %s", op.Reason)
	})
}

func TestThoseWhoWereSkippedAreToldHoweverLongSlackIsAway(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		n := 0
		h.reporter.fault = func(name string) fault {
			if name == "TellSkipped" {
				if n++; n < 3 {
					return fault{before: errJournal}
				}
			}
			return fault{}
		}
		op, err := h.broken(request())
		require.NoError(t, err)
		op = h.carry(op.ID)
		require.Len(t, h.reporter.said, 1, "those who were passed over are never told")
		require.False(t, op.Approval.ToldAt.IsZero())
	})
}

func TestTheFiveMinutesOfAnApprovalBeginWithTheClick(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 1)
		op := h.asked(request())
		h.gate.decide = func(q operation.Question) operation.Decision {
			if q.Action == operation.ActionApprove {
				<-time.After(4 * time.Second)
			}
			return l.decide(q)
		}
		at := time.Now()
		require.NoError(t, h.approves(op.ID, bo))
		require.WithinDuration(t, at, h.journal.now(op.ID).ClickedAt, time.Millisecond,
			"the promise counts from the click")
	})
}

func TestAPictureThatChangedAfterATryThatDidNothingIsShownAgain(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		h.cloud.goes(on("RegisterBackend", 1, fault{before: apiError(429, "REQUEST_LIMIT_EXCEEDED")}))
		h.process(op.ID)
		defer h.ends()
		pass(500 * time.Millisecond)
		require.Len(t, h.cloud.sent(), 1)
		h.cloud.mu.Lock()
		h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
		h.cloud.mu.Unlock()
		pass(time.Minute)
		require.Len(t, h.cloud.sent(), 1, "what Bo agreed to had health checks")
	})
}

func TestADraftThatIsShownAgainHasAPicture(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 0)
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.Nil(t, draft.Approval)
		l.change(func(l *law) { l.approvals = 1 })
		_, err = h.intake.Send(t.Context(), h.click(draft.ID, ana))
		changed := &intake.ChangedError{}
		require.ErrorAs(t, err, &changed)
		op, err := h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.NoError(t, err)
		require.NoError(t, h.approves(op.ID, bo))
		h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
		h.cloud.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-2", Name: "web-01", Port: "9", Weight: 20,
			InstanceID: "i-98"})
		h.cloud.balancers[0].Listeners[0].Scheduler = "rr"
		h.process(op.ID)
		defer h.ends()
		pass(time.Second)
		require.True(t, op.Approval.Picture.Read, "those who are asked see a picture")
	})
}

func TestSettingsThatChangedAreNoticedAlsoAfterADraftWasShownAgain(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 0)
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		l.change(func(l *law) { l.approvals = 1 })
		_, err = h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.Error(t, err)
		op, err := h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.NoError(t, err)
		require.NoError(t, h.approves(op.ID, bo))
		h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
		h.process(op.ID)
		defer h.ends()
		pass(time.Second)
		require.Empty(t, h.cloud.sent(), "health checks were on when Bo agreed")
	})
}

func TestAReadingThatLeavesTheHealthCheckOutChangesNoPicture(t *testing.T) {
	t.Parallel()
	for name, health := range map[string][2]*bool{
		"when it was agreed to": {nil, new(true)}, "at the last look": {new(false), nil}, "always": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1)
				h.cloud.balancers[0].Listeners[0].HealthCheck = health[0]
				op := h.asked(request())
				require.NoError(t, h.approves(op.ID, bo))
				h.cloud.balancers[0].Listeners[0].HealthCheck = health[1]
				require.Equal(t, operation.Done, h.carry(op.ID).State)
			})
		})
	}
}

func TestTheDigestOfTheRulesIsInTheTrail(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		d := yes
		d.Digest = "abc"
		h.gate.decide = func(operation.Question) operation.Decision { return d }
		h.carry(h.accepted(request()))
		for _, e := range h.journal.events {
			if e.Kind == operation.EventAccepted || e.Kind == operation.EventFinished {
				require.Equal(t, "abc", e.Data["policy_digest"], e.Kind)
			}
		}
	})
}

func TestTheRuleThatDecidedLastIsInTheTrail(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		d := yes
		d.Policies = []string{"newer"}
		h.gate.decide = func(operation.Question) operation.Decision { return d }
		h.carry(id)
		found := false
		for _, e := range h.journal.events {
			for _, v := range e.Data {
				found = found || v == "newer"
			}
		}
		require.True(t, found, "the call went out by a rule that the trail does not name")
	})
}

func TestADeniedBreakGlassIsToldFromADeniedRequest(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		_, err = h.intake.Break(t.Context(), h.click(draft.ID, ana), breaking())
		require.Error(t, err)
		e := h.journal.events[len(h.journal.events)-1]
		require.Equal(t, string(operation.ActionBreakGlass), e.Data["action"])
	})
}

func TestANoNeedsWords(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		_, err := h.intake.Deny(t.Context(), h.says(op.ID, bo), " \n\t ")
		require.Error(t, err)
	})
}

// ends ends the process that runs, also when a test has failed.
func (h *house) ends() { h.stop(errKilled); pass(time.Millisecond) }

// A thousand requests that wait for people hide what was accepted after them.
func TestWhatWaitsForPeopleDoesNotHideWhatWasAcceptedAfterIt(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request()) // and the process died before Start
		op := h.journal.now(id)
		h.journal.mu.Lock()
		h.journal.order = nil
		for n := range 1000 {
			old := op
			old.ID, old.Ref, old.State = "old-"+strconv.Itoa(n), "LBR-OLD"+strconv.Itoa(n), operation.Waiting
			old.Request.InstanceID = old.ID
			h.journal.accepted[old.ID] = time.Now().Add(-time.Minute)
			h.journal.put(old, operation.Event{})
		}
		h.journal.order = append(h.journal.order, id)
		h.journal.mu.Unlock()
		sweeper := h.sweeper()
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { _ = sweeper.Run(ctx) })
		pass(time.Minute)
		stop()
		work.Wait()
		require.True(t, slices.Contains(h.engine.begun(), id), "it is never started")
	})
}

// The trail counts those who could have approved, not those who were told.
func TestTheTrailCountsThoseWhoWereTold(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		h.gate.who.IDs = nil
		for n := range 30 {
			h.gate.who.IDs = append(h.gate.who.IDs, "U0"+strconv.Itoa(n))
		}
		op, err := h.broken(request())
		require.NoError(t, err)
		h.carry(op.ID)
		told := 0
		for _, e := range h.journal.events {
			if n := e.Data["told"]; n != "" {
				told++
				require.NotEqual(t, "30", n, "slackapp tells 20 at most")
				require.Equal(t, []string{ana.UserID, here.ChannelID, op.Ref},
					[]string{e.Data["requester"], e.Data["requester_channel"],
						e.Data["ref"]}, "it reads without the operation")
			}
		}
		require.Equal(t, 1, told)
	})
}

// A second approver whose agreement does not count any more is named as one
// who approved.
func TestOnlyAgreementsThatCountAreKept(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 2)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, h.approves(op.ID, chen))
		l.change(func(l *law) { l.approvals, l.may[bo.UserID] = 1, false })
		op = h.carry(op.ID)
		require.Equal(t, operation.Done, op.State)
		require.Len(t, op.Approval.Votes, 1, "added by the approval of Chen alone: %+v", op.Approval.Votes)
	})
}

func TestApprovalThatIsNeededByNowIsAskedForWhereTheRuleSays(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 0)
		id := h.accepted(request())
		l.change(func(l *law) { l.approvals, l.channel = 1, "C0PAY" })
		h.process(id)
		defer h.ends()
		pass(time.Second)
		op := h.journal.now(id)
		require.Equal(t, operation.Waiting, op.State)
		require.Equal(t, "C0PAY", op.Approval.Channel, "where the rule has it asked")
	})
}

func TestNobodyBeingLeftToApproveEndsIt(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		l.change(func(l *law) { l.may = map[string]bool{} })
		h.gate.who = operation.People{}
		op = h.carry(op.ID)
		require.Equal(t, operation.ReasonDenied, op.Reason)
		require.Equal(t, operation.DeniedNobody, op.Denial.Code)
		require.Equal(t, []operation.Lost{{By: bo, Code: operation.DeniedNoRule}}, op.Approval.Lost,
			"who approved and may not any more")
		last := h.journal.events[len(h.journal.events)-1]
		require.Equal(t, []string{operation.EventFinished, bo.UserID, "nobody"},
			[]string{last.Kind, last.Data["no_longer"], last.Data["denial"]})
		require.Empty(t, h.cloud.sent())
	})
}

// Whoever agreed already is among those who can: they must not count twice.
func TestTheOneWhoAgreedIsNotTheSecondWhoIsMissing(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 2)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, h.approves(op.ID, chen))
		l.change(func(l *law) { l.may = map[string]bool{bo.UserID: true} })
		h.gate.who = operation.People{IDs: []string{bo.UserID}}
		op = h.carry(op.ID)
		require.Equal(t, operation.NotDone, op.State, "nobody else could agree")
		require.Equal(t, operation.DeniedNobody, op.Denial.Code)
		require.Empty(t, h.cloud.sent())
	})
}

func TestAQuestionAfterTheEndIsNotPosted(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		h.carry(op.ID)
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.intake.Question(t.Context(), h.says(op.ID, chen)), &late)
		require.Empty(t, h.reporter.said)
	})
}

// The last instant of the time that people have is not one of it.
func TestAnApprovalAtTheVeryEndIsTooLate(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		<-time.After(time.Until(op.Approval.ExpiresAt))
		late := &intake.DecidedError{}
		require.ErrorAs(t, h.approves(op.ID, bo), &late)
	})
}

func TestTheLimitOfAListenerHasItsOwnTime(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Rate, h.intake.Settings.RateIn = 10, time.Hour
		h.intake.Settings.ListenerRate, h.intake.Settings.ListenerRateIn = 1, time.Minute
		h.carry(h.accepted(request()))
		pass(2 * time.Minute)
		reg := request()
		reg.Server = "edge"
		h.accepted(reg)
	})
}

func TestAClickCountsFromTheCardThatAskedOn(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		c := h.says(op.ID, bo)
		c.Version = op.Approval.Since - 1
		_, err := h.intake.Approve(t.Context(), c)
		stale := &operation.StaleError{}
		require.ErrorAs(t, err, &stale, "the card before")
		c.Version++
		_, err = h.intake.Approve(t.Context(), c)
		require.NoError(t, err)
	})
}
