package slackapp

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/trail"
)

// definite are words that say how a request ended or stands. Nothing that this
// version does not know may be told in them.
func definite() []string {
	return []string{render.FirstAdded + " ", render.FirstAdded + ":", render.FirstNotAdded, render.FirstNothing,
		render.FirstWaiting, render.FirstAdding,
		render.FirstNotConfirmed, render.FirstNeedsPerson,
		render.NothingChanged, render.NothingWasSent, "stopped", "removed", render.FirstRemoving + " ",
		render.FirstRemoved + " ", render.FirstRemoved + ":", render.FirstNotRemoved}
}

func TestWhatThisVersionDoesNotKnowIsNotToldInDefiniteWords(t *testing.T) {
	t.Parallel()
	for name, op := range examples.Unknowns() {
		op.FinishedAt = examples.Moment(19, 14, 22)
		shows := map[string]render.Message{
			"card":            card.Of(op, fixedWording()),
			"approvers' card": card.Approval(op, fixedWording()),
			"status":          private.Status(op, nil, ""),
			"owner's notice":  card.OwnerNotice(op, fixedWording()),
			"stale click":     private.Stale(op, ""),
			"second delivery": private.Duplicate(op, ""),
			"busy":            private.Busy(&operation.BusyError{Operation: op}, "", operation.Actor{UserID: "U0BO"}),
			"moved":           card.MovedNotice(op, fixedWording()),
		}
		for what, m := range shows {
			requireMessage(t, m)
			text := m.Text + "\n" + shownText(t, m)
			require.Contains(t, text, render.FirstUnknown, "%s: %s", name, what)
			for _, word := range definite() {
				if what == "second delivery" && word == render.FirstNothing { // nothing to do for the click
					continue
				}
				require.NotContains(t, text, word, "%s: %s", name, what)
			}
			for _, stored := range []string{string(op.State), string(op.Reason), string(op.Change)} {
				if stored == "paused" || stored == "eaten" || stored == "drain" {
					require.Contains(t, text, stored, "%s: %s", name, what)
				}
			}
		}
		for _, what := range []string{"card", "approvers' card"} {
			text := shownText(t, shows[what])
			require.Contains(t, text, "/lb-register status "+op.Ref, "how to look it up")
			require.Contains(t, text, "lbbot operations show "+op.Ref)
		}
		e := history.Entry{At: examples.Moment(19, 14, 22), Operation: op}
		lines := strings.Join([]string{listed(t, e, 1), private.PastSentence(e, false), private.PastSentence(e, true)},
			"\n")
		require.Contains(t, lines, render.FirstUnknown, name)
		for _, word := range append(definite(), "not added") {
			require.NotContains(t, lines, word, name)
		}
	}
}

func TestAnUnknownEventIsShownAsStored(t *testing.T) {
	t.Parallel()
	e := operation.Event{At: examples.Moment(19, 14, 22), Kind: "teleported", OperationID: "op", ActorID: "U0ANA",
		ChannelID: "C0OPS1234", Data: map[string]string{"ref": "LBR-7F3KQ2"}}
	require.Contains(t, private.StepLine(e), "Event `teleported`, which this version does not know · <@U0ANA>")
	require.True(t, trail.HasLine(e), "what is not known is not passed over")
	require.Contains(t, trail.Line(e),
		"*Cannot tell* what this event is: `teleported`. Look with `lbbot operations show LBR-7F3KQ2`.")

	ended := operation.Event{At: examples.Moment(19, 14, 22), Kind: operation.EventFinished, OperationID: "op",
		Data: map[string]string{"state": "paused", "reason": "eaten"}}
	require.Contains(t, trail.Line(ended), "*Cannot tell: paused*")
	require.Contains(t, private.StepLine(ended), "reason eaten, which this version does not know")
	rules := operation.Event{At: examples.Moment(19, 14, 22), Kind: operation.EventPolicy,
		Data: map[string]string{"result": "half", "digest": "9f86"}}
	require.NotContains(t, trail.Line(rules), "is the current one")
	denied := operation.Event{At: examples.Moment(19, 14, 22), Kind: operation.EventDenied,
		Data: map[string]string{"code": "moon"}}
	require.Contains(t, private.StepLine(denied), "code moon, which this version does not know")
}

// One list of what is stored, in bot/operation: whatever is added there needs
// its words here.
func TestWhateverIsStoredHasWords(t *testing.T) {
	t.Parallel()
	for _, k := range []operation.ChangeKind{operation.ChangeAdd, operation.ChangeRemove} {
		requireWordsOfKind(t, k)
	}
	for _, c := range operation.AllDenialCodes() {
		require.NotContains(t, render.DenialWords(c), "does not know", c)
		words, _ := private.Denial(operation.Decision{Code: c}, examples.Sample(), fixedWording())
		require.NotEqual(t, private.DenyOther, words, c)
	}
	for _, c := range operation.AllDifferenceCodes() {
		require.NotContains(t, render.Differences([]operation.Difference{{Code: c, To: "FTP"}}), "does not know", c)
	}
	for _, e := range operation.AllEvidence() {
		op := examples.Sample(func(op *operation.Operation) { op.Evidence = e })
		require.NotContains(t, card.EvidenceLine(op)+card.EvidenceLine(examples.AsRemoval(op)), "does not know", e)
	}
	require.Contains(t, card.EvidenceLine(examples.Sample(func(op *operation.Operation) {
		op.Evidence = "dreamt"
	})),
		"`dreamt`, which this version does not know")
	for _, kind := range operation.AllEventKinds() {
		require.NotContains(t, trail.Line(operation.Event{Kind: kind,
			Data: map[string]string{"result": "good", "digest": "9f"}}), render.FirstUnknown+"*", kind)
		// of no request
		if !slices.Contains([]string{operation.EventStarted, operation.EventEnded, operation.EventPolicy,
			operation.EventPaused, operation.EventPauseOver,
			operation.EventHead}, kind) {
			require.NotContains(t, render.StepWords(kind), "does not know", kind)
		}
	}
}

func TestWhatIsNotKnownIsLoggedAsAnError(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zapcore.ErrorLevel)
	for _, op := range examples.Unknowns() {
		board.LogUnknown(zap.New(core), op)
	}
	board.LogUnknown(zap.New(core), examples.Sample())
	board.LogUnknownEvents(zap.New(core), []operation.Event{{Kind: "teleported"}, {Kind: operation.EventLook}})
	require.Equal(t, len(examples.Unknowns())+1, logged.Len())

	s := newStage(t)
	require.NoError(t, s.report(s.op(1, "paused")))
	require.Contains(t, s.log.String(), "operation has an unknown state or reason")
}

// Whoever was denied is named; nobody else is said to have lost a right.
func TestTheLastCheckSaysWhatHappenedToWhom(t *testing.T) {
	t.Parallel()
	for _, c := range append(operation.AllDenialCodes(), "moon", "") {
		op := examples.Sample(examples.NotAdded(operation.ReasonDenied), func(op *operation.Operation) {
			op.Denial = &operation.Decision{Code: c, What: "groups"}
		})
		m := card.Of(op, fixedWording())
		text := m.Text + shownText(t, m)
		asker := slices.Contains([]operation.DenialCode{operation.DeniedNoRule, operation.DeniedForbidden,
			operation.DeniedGuest, operation.DeniedWorkspace,
			operation.DeniedBot, operation.DeniedDeactivated, operation.DeniedNoPolicy}, c)
		if asker {
			require.Contains(t, text, "<@U0ANA> was no longer allowed", c)
			require.Contains(t, text, render.DenialWords(c), c)
		}
		if slices.Contains([]operation.DenialCode{operation.DeniedUnchecked, operation.DeniedOutdated,
			operation.DeniedApproval, operation.DeniedNobody,
			operation.DeniedReason, operation.DeniedShared, operation.DeniedChannel, "moon", ""}, c) {
			require.NotContains(t, text, "no longer allowed", c)
		}
		require.NotContains(t, text, "right", c)
	}
	cards := examples.ApprovalCards()
	for _, name := range []string{"approver_left", "approver_left_after_a_call", "waiting_lost"} {
		for _, m := range []render.Message{card.Of(cards[name], fixedWording()),
			card.Approval(cards[name], fixedWording())} {
			require.Contains(t, shownText(t, m), "The approval of <@U0BO> no longer counts (account deactivated).",
				name)
			require.Contains(t, m.Text, "The approval of bo no longer counts", name)
			require.NotContains(t, shownText(t, m), "<@U0ANA> was no longer", name)
			require.NotContains(t, strings.ToLower(shownText(t, m)), "policy changed", name)
		}
	}
	e := operation.Event{At: examples.Moment(19, 14, 22), Kind: operation.EventFinished, OperationID: "op",
		ActorID: operation.SystemActor,
		Data:    map[string]string{"state": "not_added", "reason": "denied", "denial": "nobody", "no_longer": "U0BO"}}
	for _, line := range []string{private.StepLine(e), trail.Line(e)} {
		require.Contains(t, line, "nobody can approve it")
		require.Contains(t, line, "no longer counts: the approval of <@U0BO>")
	}
}

// requireWordsOfKind wants words for every state and reason of a kind of change.
func requireWordsOfKind(t *testing.T, k operation.ChangeKind) {
	t.Helper()
	of := func(change examples.Change) operation.Operation {
		op := examples.Sample(change)
		if k == operation.ChangeRemove {
			op = examples.AsRemoval(op)
		}
		require.Equal(t, k, op.Change)
		return op
	}
	for _, s := range operation.AllStates() {
		require.NotEqual(t, render.FirstUnknown, render.FirstWord(k, s), s)
		if s == operation.Draft {
			continue // a draft has no card
		}
		op := of(func(op *operation.Operation) { op.State, op.Reason = s, operation.ReasonRefused })
		require.NotContains(t, shownText(t, card.Of(op, fixedWording())), render.FirstUnknown, s)
	}
	for _, r := range operation.AllReasons() {
		m := card.Of(of(examples.NotAdded(r)), fixedWording())
		require.NotContains(t, m.Text+shownText(t, m), "does not know", r)
		require.NotContains(t, render.ReasonWords(k, r), "does not know", r)
	}
}
