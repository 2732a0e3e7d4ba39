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
)

// hostileApproval has one value wherever a person or Zenlayer may put one in an
// operation with approval.
func hostileApproval(s string, state operation.State, reason operation.Reason, elsewhere bool) operation.Operation {
	op := hostileOperation(s, state, reason)
	actor := operation.Actor{UserID: s, Name: s}
	v := operation.Vote{By: actor, At: moment(19, 15, 2), Reason: s, Policies: []string{s}}
	op.Approval = &operation.Approval{Needed: 2, Channel: op.Place.ResultID, AskedAt: moment(19, 14, 10),
		ExpiresAt: moment(19, 44, 10),
		Who:       operation.People{IDs: []string{s, s}, Shown: []string{s}, Groups: []string{s}},
		Votes:     []operation.Vote{v}, Past: []operation.Vote{v},
		Picture: operation.Picture{Read: true, Servers: 3, Weights: 30}, Again: operation.AgainPicture,
		Changes: []string{s, s}}
	if elsewhere {
		op.Approval.Channel = "C0OPS"
	}
	op.Actor.UserID, op.StopBy, op.MayBreak = s, "", true
	return op
}

// hostileApprovalMessages are all messages of this part that show s.
func hostileApprovalMessages(s string) map[string]message {
	w, all := approvalWording(), map[string]message{}
	for _, elsewhere := range []bool{true, false} {
		name := map[bool]string{true: "elsewhere ", false: "here "}[elsewhere]
		for _, state := range []operation.State{operation.Draft, operation.Waiting, operation.Accepted,
			operation.Sending, operation.Unconfirmed,
			operation.NeedsPerson, operation.Added, operation.AlreadyThere, operation.NotAdded} {
			op := hostileApproval(s, state, operation.ReasonRefused, elsewhere)
			all[name+string(state)] = cardMessage(op, w)
			both := op
			both.Approval = new(*op.Approval)
			both.Approval.Votes = slices.Repeat(op.Approval.Votes, 2)
			all[name+"agreed "+string(state)] = cardMessage(both, w)
			op.Glass = &operation.BreakGlass{Why: s, Incident: s}
			all[name+"glass "+string(state)] = cardMessage(op, w)
			if state != operation.Draft {
				all[name+"approvers "+string(state)] = approvalMessage(both, w)
				all[name+"approvers glass "+string(state)] = approvalMessage(op, w)
			}
		}
	}
	waiting := hostileApproval(s, operation.Waiting, "", true)
	denied := hostileApproval(s, operation.NotAdded, operation.ReasonNotApproved, true)
	denied.Approval.Denied = &denied.Approval.Votes[0]
	glass := waiting
	glass.Glass = &operation.BreakGlass{Why: s, Incident: s}
	for name, m := range map[string]message{
		"denied": cardMessage(denied, w), "unanswered": cardMessage(
			hostileApproval(s, operation.NotAdded, operation.ReasonUnanswered, true), w),
		"changed": changedMessage(&intake.ChangedError{Operation: hostileApproval(s, operation.Draft, "", true)},
			w),
		"reminder": reminderMessage(waiting),
		"question": questionMessage(waiting, waiting.Actor), "skipped": skippedMessage(glass),
		"pool":    poolMessage(waiting),
		"decided": decidedMessage(denied, s), "old": oldPictureMessage(waiting, s), "why": whyMessage(waiting),
		"not on list": notOnListMessage(&intake.DeniedError{Decision: operation.Decision{Reason: s, Contact: s},
			Operation: waiting}),
		"status": statusMessage(glass, nil, s), "status denied": statusMessage(denied, nil, s),
	} {
		all[name] = m
	}
	return all
}

func TestNothingAPersonWroteBecomesMarkupInApprovals(t *testing.T) {
	t.Parallel()
	attacks := hostile()
	maps.Copy(attacks, map[string]string{
		"64 Chinese characters": strings.Repeat("负载均衡", 16), "64 to escape": strings.Repeat("&", 64),
		"64 letters":     strings.Repeat("w", 64),
		"300 characters": strings.Repeat("容量 ", 100), "300 to escape": strings.Repeat("<", 300),
		"300 formatting": strings.Repeat("*`", 150),
	})
	for attack, s := range attacks {
		t.Run(attack, func(t *testing.T) {
			t.Parallel()
			for name, m := range hostileApprovalMessages(s) {
				requireMessage(t, m)
				requireInert(t, name+" text", m.Text)
				requireInertBlocks(t, name, encode(t, m.Blocks))
			}
			meta := formMeta{Channel: "C0OPS", About: "id:1"}
			for name, v := range map[string]slack.ModalViewRequest{
				"deny": denyView(meta, s), "glass": glassView(meta,
					glassWarning(joinNames([]string{s, s, s}), 1, 2, s)),
				"preview": previewView(hostileApproval(s, operation.Draft, "", true), approvalWording()),
			} {
				requireView(t, v)
				requireInertBlocks(t, name, encode(t, v.Blocks))
			}
		})
	}
}

func TestApprovalCardsStartWithTheWordOfTheirStateAndTellTheStoryInOneLine(t *testing.T) {
	t.Parallel()
	for name, op := range approvalCards() {
		for _, m := range []message{cardMessage(op, approvalWording()), approversOr(op)} {
			own := firstWord(op.State)
			if wasApproved(op) && op.State == operation.Accepted && m.Metadata.EventType == approvalEvent {
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
func approversOr(op operation.Operation) message {
	if asksElsewhere(op) {
		return approvalMessage(op, approvalWording())
	}
	return cardMessage(op, approvalWording())
}

func TestTheCardsAreFoundAgainApart(t *testing.T) {
	t.Parallel()
	op := approvalCards()["waiting"]
	own, theirs := cardMessage(op, wording{}), approvalMessage(op, wording{})
	require.Equal(t, metadataEvent, own.Metadata.EventType)
	require.Equal(t, approvalEvent, theirs.Metadata.EventType)
	require.NotEqual(t, metadataEvent, approvalEvent)
	require.Equal(t, own.Metadata.EventPayload, theirs.Metadata.EventPayload)
}

func TestApprovalIsGivenOnOneCardOnly(t *testing.T) {
	t.Parallel()
	cards := approvalCards()
	has := func(m message, action string) bool {
		return strings.Contains(string(encodeMessage(t, m)), `"`+action+`"`)
	}
	for name, op := range cards {
		own, theirs := cardMessage(op, wording{}), approversOr(op)
		open := op.State == operation.Waiting && op.StopBy == "" && op.Approval.Denied == nil
		for _, action := range []string{actApYes, actApNo, actApQuestion} {
			require.Equal(t, open, has(theirs, action), "%s: %s", name, action)
			require.Equal(t, open && !asksElsewhere(op), has(own, action), "%s: %s", name, action)
		}
		require.Equal(t, open, op.State == operation.Waiting && has(own, actOpStop),
			"%s can be stopped where it was asked", name)
		require.False(t, open && asksElsewhere(op) && has(theirs, actOpStop), name)
	}
	require.False(t, has(approvalMessage(cards["waiting_notes"], wording{}), actApMore),
		"a pool that was not read cannot be shown")
}

func TestTheConfirmDialogSaysWhatHappens(t *testing.T) {
	t.Parallel()
	cards := approvalCards()
	require.Contains(t, shownText(t, approvalMessage(cards["waiting"], wording{})),
		"Approve adding web-07 to api-lb port 443? It runs at once.")
	require.NotContains(t, shownText(t, approvalMessage(cards["waiting_two"], wording{})), "runs at once", "one of two")
	require.Contains(t, shownText(t, approvalMessage(cards["waiting_one_of_two"], wording{})), "runs at once",
		"the last of two")
	require.Contains(t, shownText(t, approvalMessage(cards["waiting_picture"], wording{})), "Approve new picture")
}

func TestThePreviewOffersWhatWouldBeTaken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"preview_approval": {actApprovalAsk}, "preview_approval_glass": {actApprovalAsk, actGlassOpen},
		"preview_approval_nobody": {actGlassOpen}, "preview_approval_dry_run": nil,
	} {
		op := approvalPreviews()[name]
		raw := string(encodeMessage(t, previewMessage(op, approvalWording())))
		for _, action := range []string{actApprovalAsk, actGlassOpen, actReqSend} {
			require.Equal(t, slices.Contains(want, action), strings.Contains(raw, `"`+action+`"`), "%s: %s", name,
				action)
		}
		require.Equal(t, slices.Contains(want, actApprovalAsk), previewView(op, approvalWording()).Submit != nil, name)
	}
}

func TestEveryKindOfStepHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, e := range append(steps(), approvalSteps()...) {
		words := stepWords(e.Kind)
		require.NotEqual(t, name(e.Kind), words, "%s has no words", e.Kind)
		require.True(t, seen[words] == "" || seen[words] == e.Kind, words)
		seen[words] = e.Kind
	}
}

func TestTheFirstPostOfAnOwnCardCallsNobodyWhoIsToldElsewhere(t *testing.T) {
	t.Parallel()
	op := approvalCards()["glass_waiting"]
	for _, m := range []message{cardMessage(op, wording{}), cardMessage(approvalCards()["waiting"], wording{})} {
		for _, id := range op.Approval.Who.IDs {
			require.NotContains(t, string(encodeMessage(t, m)), id)
		}
	}
	for _, id := range op.Approval.Who.IDs {
		require.Contains(t, shownText(t, approvalMessage(op, wording{})), id, "their own card does")
	}
}

func TestSmallFormsGiveBackWhatWasFilledIn(t *testing.T) {
	t.Parallel()
	state := filledState(t, map[string]any{"why": "customers cannot pay", "incident": "inc-1",
		"responsible": []string{"true"}})
	got, err := said(state, glassFields())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"why": "customers cannot pay", "incident": "inc-1", "responsible": "true"}, got)
	got, err = said(nil, glassFields())
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
		blocks[fieldBlockID(key)] = map[string]any{fieldBlockID(key): in}
	}
	raw, err := json.Marshal(map[string]any{"values": blocks})
	require.NoError(t, err)
	return raw
}

func TestAPoolWithoutAGivenWeightIsNotSummedUp(t *testing.T) {
	t.Parallel()
	for servers, want := range map[int]string{0: "1 server, with Zenlayer's default weight",
		2: "3 servers, the new one with Zenlayer's default weight"} {
		op := operation.Operation{Ref: "LBR-7F3KQ2",
			Approval: &operation.Approval{Picture: operation.Picture{Servers: servers, Weights: servers * 100}}}
		require.Contains(t, poolMessage(op).Text, want)
	}
}

func TestWhatIsOverDoesNotSayThatPeopleMayStillAgree(t *testing.T) {
	t.Parallel()
	asked := &operation.Approval{Needed: 1, ExpiresAt: time.Date(2026, 3, 18, 10, 30, 0, 0, time.UTC)}
	require.Contains(t, statusApproval(operation.Operation{State: operation.Waiting, Approval: asked}),
		"0 of 1 agreed, until")
	require.Contains(t, statusApproval(operation.Operation{State: operation.NotAdded, Approval: asked}),
		"0 of 1 agreed.")
}
