package slackapp

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
)

// hostileApproval has one value wherever a person or Zenlayer may put one in an
// operation with approval.
func hostileApproval(s string, state operation.State, reason operation.Reason, elsewhere bool) operation.Operation {
	op := hostileOperation(s, state, reason)
	actor := operation.Actor{UserID: s, Name: s}
	v := operation.Vote{By: actor, At: examples.Moment(19, 15, 2), Reason: s, Policies: []string{s}}
	op.Approval = &operation.Approval{Needed: 2, Channel: op.Place.ResultID, AskedAt: examples.Moment(19, 14, 10),
		ExpiresAt: examples.Moment(19, 44, 10),
		Who: operation.People{IDs: []string{s, s}, Shown: []string{s}, Groups: []string{s},
			Whole: []operation.GroupName{{ID: s, Handle: s}}, Rest: []string{s}},
		Votes: []operation.Vote{v}, Past: []operation.Vote{v},
		Picture: operation.Picture{Read: true, Servers: 3, Weights: 30}, Again: operation.AgainPicture,
		Changes: []string{s, s}}
	if elsewhere {
		op.Approval.Channel = "C0OPS"
	}
	op.Actor.UserID, op.StopBy, op.MayBreak = s, "", true
	return op
}

// hostileApprovalMessages are all messages of this part that show s.
func hostileApprovalMessages(s string) map[string]render.Message {
	w, all := approvalWording(), map[string]render.Message{}
	for _, elsewhere := range []bool{true, false} {
		name := map[bool]string{true: "elsewhere ", false: "here "}[elsewhere]
		for _, state := range []operation.State{operation.Draft, operation.Waiting, operation.Accepted,
			operation.Sending, operation.Unconfirmed,
			operation.NeedsPerson, operation.Done, operation.NothingToDo, operation.NotDone} {
			op := hostileApproval(s, state, operation.ReasonRefused, elsewhere)
			all[name+string(state)] = card.Of(op, w)
			both := op
			both.Approval = new(*op.Approval)
			both.Approval.Votes = slices.Repeat(op.Approval.Votes, 2)
			all[name+"agreed "+string(state)] = card.Of(both, w)
			op.Glass = &operation.BreakGlass{Why: s, Incident: s}
			all[name+"glass "+string(state)] = card.Of(op, w)
			if state != operation.Draft {
				all[name+"approvers "+string(state)] = card.Approval(both, w)
				all[name+"approvers glass "+string(state)] = card.Approval(op, w)
			}
		}
	}
	waiting := hostileApproval(s, operation.Waiting, "", true)
	denied := hostileApproval(s, operation.NotDone, operation.ReasonNotApproved, true)
	denied.Approval.Denied = &denied.Approval.Votes[0]
	glass := waiting
	glass.Glass = &operation.BreakGlass{Why: s, Incident: s}
	for name, m := range map[string]render.Message{
		"denied": card.Of(denied, w), "unanswered": card.Of(
			hostileApproval(s, operation.NotDone, operation.ReasonUnanswered, true), w),
		"changed": private.Changed(&intake.ChangedError{Operation: hostileApproval(s, operation.Draft, "", true)},
			w),
		"reminder": card.Reminder(waiting),
		"question": card.Question(waiting, waiting.Actor), "skipped": card.SkippedNotice(glass),
		"pool": private.Pool(waiting, []zenlayer.Backend{{BackendID: s, Name: s, Port: s, Status: s, Weight: 1}},
			waiting.AskedAt),
		"decided": private.Decided(denied, s), "old": private.OldPicture(waiting, s), "why": private.Why(waiting),
		"not on list": private.NotOnList(&intake.DeniedError{Decision: operation.Decision{Reason: s, Contact: s},
			Operation: waiting}),
		"status": private.Status(glass, nil, s), "status denied": private.Status(denied, nil, s),
	} {
		all[name] = m
	}
	return all
}

func TestNothingAPersonWroteBecomesMarkupInApprovals(t *testing.T) {
	t.Parallel()
	attacks := hostile()
	maps.Copy(attacks, longest())
	for attack, s := range attacks {
		t.Run(attack, func(t *testing.T) {
			t.Parallel()
			for name, m := range hostileApprovalMessages(s) {
				requireMessage(t, m)
				requireInert(t, name+" text", m.Text)
				requireInertBlocks(t, name, encode(t, m.Blocks))
			}
			meta := form.Meta{Channel: "C0OPS", About: "id:1"}
			for name, v := range map[string]slack.ModalViewRequest{
				"deny": form.Deny(meta, s), "glass": form.Glass(meta,
					form.GlassWarning(form.JoinNames([]string{s, s, s}), 1, 2, time.Hour)),
				"preview": private.PreviewView(hostileApproval(s, operation.Draft, "", true), approvalWording()),
			} {
				requireView(t, v)
				requireInertBlocks(t, name, encode(t, v.Blocks))
			}
		})
	}
}

func TestApprovalCardsStartWithTheWordOfTheirStateAndTellTheStoryInOneLine(t *testing.T) {
	t.Parallel()
	for name, op := range examples.ApprovalCards() {
		for _, m := range []render.Message{card.Of(op, approvalWording()), approversOr(op)} {
			own := render.FirstWord(op.Change, op.State)
			if card.WasApproved(op) && op.State == operation.Accepted &&
				m.Metadata.EventType == card.ApprovalEvent {
				own = "Approved" // decided, and not yet the card of the call
			}
			require.True(t, strings.HasPrefix(m.Text, own+":") || strings.HasPrefix(m.Text, own+" "), "%s: %s", name,
				m.Text)
			require.True(t, strings.HasPrefix(strings.TrimLeft(shownText(t, m), "*"), own) ||
				strings.HasPrefix(op.Approval.Again, "picture"), "%s: %s", name, shownText(t, m))
			require.Contains(t, m.Text, op.Ref, name)
			require.Contains(t, m.Text, "web-07", name)
			require.Contains(t, m.Text, "api-lb", name)
			require.Equal(t, 1, strings.Count(shownText(t, m), " UTC)"), "%s: UTC stands once", name)
			if op.Glass != nil {
				require.Contains(t, m.Text, "break-glass", name)
				require.Contains(t, strings.ToLower(shownText(t, m)), "break-glass", name)
			}
		}
	}
}

// approversOr is the approvers' card, or the only one.
func approversOr(op operation.Operation) render.Message {
	if card.AsksElsewhere(op) {
		return card.Approval(op, approvalWording())
	}
	return card.Of(op, approvalWording())
}

func TestTheCardsAreFoundAgainApart(t *testing.T) {
	t.Parallel()
	op := examples.ApprovalCards()["waiting"]
	own, theirs := card.Of(op, render.Wording{}), card.Approval(op, render.Wording{})
	require.Equal(t, render.CardEvent, own.Metadata.EventType)
	require.Equal(t, card.ApprovalEvent, theirs.Metadata.EventType)
	require.NotEqual(t, render.CardEvent, card.ApprovalEvent)
	require.Equal(t, own.Metadata.EventPayload, theirs.Metadata.EventPayload)
}

func TestApprovalIsGivenOnOneCardOnly(t *testing.T) {
	t.Parallel()
	cards := examples.ApprovalCards()
	has := func(m render.Message, action string) bool {
		return strings.Contains(string(encodeMessage(t, m)), `"`+action+`"`)
	}
	for name, op := range cards {
		own, theirs := card.Of(op, render.Wording{}), approversOr(op)
		open := op.State == operation.Waiting && op.StopBy == "" && op.Approval.Denied == nil
		for _, action := range []string{render.ActApYes, render.ActApNo, render.ActApQuestion} {
			require.Equal(t, open, has(theirs, action), "%s: %s", name, action)
			require.Equal(t, open && !card.AsksElsewhere(op), has(own, action), "%s: %s", name, action)
		}
		require.Equal(t, open, op.State == operation.Waiting && has(own, render.ActOpStop),
			"%s can be stopped where it was asked", name)
		require.False(t, open && card.AsksElsewhere(op) && has(theirs, render.ActOpStop), name)
	}
	require.True(t, has(card.Approval(cards["waiting_notes"], render.Wording{}), render.ActApMore),
		"a pool that was not read before is read when somebody asks")
}

func TestTheConfirmDialogSaysWhatHappens(t *testing.T) {
	t.Parallel()
	cards := examples.ApprovalCards()
	require.Contains(t, shownText(t, card.Approval(cards["waiting"], render.Wording{})),
		"Approve adding web-07 to api-lb port 443? It runs at once.")
	require.NotContains(t, shownText(t, card.Approval(cards["waiting_two"], render.Wording{})), "runs at once",
		"one of two")
	require.Contains(t, shownText(t, card.Approval(cards["waiting_one_of_two"], render.Wording{})),
		"runs at once",
		"the last of two")
	require.Contains(t, shownText(t, card.Approval(cards["waiting_picture"], render.Wording{})),
		"Approve as it is now")
}

func TestThePreviewOffersWhatWouldBeTaken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"preview_approval":        {render.ActApprovalAsk},
		"preview_approval_glass":  {render.ActApprovalAsk, render.ActGlassOpen},
		"preview_approval_nobody": {render.ActGlassOpen}, "preview_approval_dry_run": nil,
	} {
		op := examples.ApprovalPreviews()[name]
		raw := string(encodeMessage(t, private.Preview(op, approvalWording())))
		for _, action := range []string{render.ActApprovalAsk, render.ActGlassOpen, render.ActReqSend} {
			require.Equal(t, slices.Contains(want, action), strings.Contains(raw, `"`+action+`"`), "%s: %s", name,
				action)
		}
		require.Equal(t, slices.Contains(want, render.ActApprovalAsk),
			private.PreviewView(op, approvalWording()).Submit != nil, name)
	}
}

func TestEveryKindOfStepHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, e := range append(examples.Steps(), examples.ApprovalSteps()...) {
		words := render.StepWords(e.Kind)
		require.NotEqual(t, render.Name(e.Kind), words, "%s has no words", e.Kind)
		require.True(t, seen[words] == "" || seen[words] == e.Kind, words)
		seen[words] = e.Kind
	}
}

func TestTheFirstPostOfAnOwnCardCallsNobodyWhoIsToldElsewhere(t *testing.T) {
	t.Parallel()
	op := examples.ApprovalCards()["glass_waiting"]
	for _, m := range []render.Message{card.Of(op, render.Wording{}),
		card.Of(examples.ApprovalCards()["waiting"], render.Wording{})} {
		for _, id := range op.Approval.Who.IDs {
			require.NotContains(t, string(encodeMessage(t, m)), id)
		}
	}
	for _, id := range op.Approval.Who.IDs {
		require.Contains(t, shownText(t, card.Approval(op, render.Wording{})), id, "their own card does")
	}
}

func TestSmallFormsGiveBackWhatWasFilledIn(t *testing.T) {
	t.Parallel()
	state := filledState(t, map[string]any{"why": "customers cannot pay", "incident": "inc-1",
		"responsible": []string{"true"}})
	got, err := said(state, form.GlassFields())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"why": "customers cannot pay", "incident": "inc-1", "responsible": "true"}, got)
	got, err = said(nil, form.GlassFields())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"why": "", "incident": "", "responsible": ""}, got)
}

// filledState is the state of a view as Slack sends it.
func filledState(t *testing.T, values map[string]any) json.RawMessage {
	t.Helper()
	blocks := map[string]any{}
	for key, v := range values {
		in := map[string]any{"type": "plain_text_input", "value": v}
		if list, ok := v.([]string); ok {
			var options []any
			for _, value := range list {
				options = append(options, map[string]any{"value": value,
					"text": map[string]any{"type": "plain_text", "text": value}})
			}
			in = map[string]any{"type": "checkboxes", "selected_options": options}
		}
		blocks[render.FieldBlockID(key)] = map[string]any{render.FieldBlockID(key): in}
	}
	raw, err := json.Marshal(map[string]any{"values": blocks})
	require.NoError(t, err)
	return raw
}

func TestWhatIsOverDoesNotSayThatPeopleMayStillAgree(t *testing.T) {
	t.Parallel()
	asked := &operation.Approval{Needed: 1, ExpiresAt: time.Date(2026, 3, 18, 10, 30, 0, 0, time.UTC)}
	require.Contains(t, private.StatusApproval(operation.Operation{State: operation.Waiting, Approval: asked}),
		"0 of 1 approved, until")
	require.Contains(t, private.StatusApproval(operation.Operation{State: operation.NotDone, Approval: asked}),
		"0 of 1 approved.")
}
