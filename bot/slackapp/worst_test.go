package slackapp

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
)

// Cards are read on a phone at 3 a.m.: the first line is tested by
// TestEachStateHasItsOwnFirstWord.
func TestTheSecondLineOfACardSaysWhatToDo(t *testing.T) {
	t.Parallel()
	all := examples.PublicCards()
	maps.Copy(all, examples.Endings())
	for name, op := range examples.ApprovalCards() {
		all["approval "+name] = op
	}
	for name, op := range all {
		for _, approvers := range []bool{false, true} {
			for _, posted := range []bool{false, true} {
				w := approvalWording()
				w.Posted, w.Approvers = posted, approvers
				requireSecondLine(t, name, card.Of(op, w))
			}
		}
	}
	for name, op := range examples.Previews() {
		requireSecondLine(t, name, private.Preview(op, fixedWording()))
	}
	for name, op := range examples.ApprovalPreviews() {
		requireSecondLine(t, name, private.Preview(op, fixedWording()))
	}
	for name, m := range examples.Messages(examples.Names{}) {
		if strings.HasPrefix(name, "owner_") && name != "owner_untold" {
			requireSecondLine(t, name, m)
		}
	}
}

func requireSecondLine(t *testing.T, name string, m render.Message) {
	t.Helper()
	lines := strings.Split(shownText(t, m), "\n")
	if strings.HasPrefix(lines[0], render.FirstNothing) {
		return // it says so itself
	}
	for _, s := range []string{"*What to do:* ", card.Follows, "Dry run: nothing was sent.", "here is nothing to do",
		card.DoNotRepeat,
		"*Please approve or deny:* ", "Please have a look.", "Stopping, as ", "Denied by "} {
		if strings.Contains(lines[1], s) {
			return
		}
	}
	require.Fail(t, "the second line does not say what to do", "%s: %q", name, lines[:2])
}

// Somebody may have to go on in the console, or on the shell.
func TestWhatSomebodyNeedsWhoGoesOnElsewhereStandsOnTheCard(t *testing.T) {
	t.Parallel()
	w := fixedWording()
	w.Link = "https://example.slack.com/archives/C0INC1234/p1"
	needed := []string{"<@U0ANA>", "`lst-8f2c`", "https-443", "api-lb", "`i-55a1`", "web-07", "10.0.3.17", "8080", "50",
		"bare metal", "`web-07`", w.Link, "LBR-7F3KQ2"}
	token := "`" + examples.Sample().Request.ClientToken + "`"
	for name, op := range examples.PublicCards() {
		if op.State != operation.Unconfirmed && op.State != operation.NeedsPerson {
			continue
		}
		needs := op.State == operation.NeedsPerson
		for _, m := range []render.Message{card.Of(op, w), card.Approval(op, w), card.OwnerNotice(op, w)} {
			raw := shownText(t, m) + string(encode(t, m.Blocks))
			for _, s := range needed {
				require.Contains(t, raw, s, name)
			}
			require.Equal(t, needs, strings.Contains(raw, token), name)
		}
	}
	for name, op := range examples.Endings() {
		raw := string(encodeMessage(t, card.OwnerNotice(op, w)))
		for _, s := range needed {
			require.Contains(t, raw, s, name)
		}
		require.NotContains(t, raw, examples.Sample().Request.ClientToken, name)
	}
}

func TestTheOwnersNoticeAndTheEditedCardLinkToTheCard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.report(s.op(1, operation.Accepted)))
	op := s.op(2, operation.Unconfirmed)
	op.Attempts = []operation.Attempt{{Number: 1, SentAt: time.Now()}}
	require.NoError(t, s.report(op))
	card := s.cards(incident)[0]
	link := "/archives/" + incident + "/p" + strings.ReplaceAll(card.TS, ".", "")
	require.True(t, has(card, link, "|LBR-7F3KQ2"))
	op.Version, op.State = 3, operation.NeedsPerson
	require.NoError(t, s.report(op))
	require.NoError(t, s.board.TellOwner(t.Context(), op))
	require.True(t, has(s.cards(incident)[0], link))
	require.True(t, has(s.cards(ops)[0], link, "As of"))
	s.calm()
}

// risky are drafts of which something may go wrong.
func risky() map[string]operation.Operation {
	off := false
	stopped := func(word string) examples.Change { return func(op *operation.Operation) { op.Server.Status = word } }
	return map[string]operation.Operation{
		"Health checks are off": examples.Draft(func(op *operation.Operation) {
			op.Listener.HealthCheck = &off
		}),
		"The server is stopped.":           examples.Draft(stopped("STOPPED")),
		"The server is in the recycle bin": examples.Draft(stopped("RECYCLE")),
		"The server is being installed.":   examples.Draft(stopped("INSTALLING")),
		"The server is not running":        examples.Draft(stopped("ODD")),
	}
}

func TestRisksStandAboveAButtonThatIsNotPrimaryAndOnTheAddedCard(t *testing.T) {
	t.Parallel()
	for risk, op := range risky() {
		for _, m := range []render.Message{private.Preview(op, fixedWording()),
			private.Changed(&intake.ChangedError{Operation: op}, fixedWording())} {
			raw := string(encode(t, m.Blocks))
			require.Contains(t, raw, "*Risk:* "+risk)
			require.Less(t, strings.Index(raw, risk), strings.Index(raw, render.ActReqSend), risk)
			require.Empty(t, styleOf(t, m, render.ActReqSend), risk)
		}
		view := string(encode(t, private.PreviewView(op, fixedWording())))
		require.Contains(t, view, "Risk: "+risk)

		examples.NeedsApproval(1)(&op)
		op.State = operation.Waiting
		m := card.Approval(op, approvalWording())
		raw := string(encode(t, m.Blocks))
		require.Less(t, strings.Index(raw, risk), strings.Index(raw, render.ActApYes), risk)
		require.Empty(t, styleOf(t, m, render.ActApYes), risk)

		op.Approval = nil
		examples.Added(operation.EvidenceAnswered)(&op)
		added := shownText(t, card.Of(op, fixedWording()))
		require.Contains(t, added, "*Risk when it was added:* "+risk)
		require.Contains(t, added, card.AddedDoRisk)
	}
	for _, m := range []render.Message{private.Preview(examples.Draft(), fixedWording()),
		card.Approval(examples.ApprovalCards()["waiting"], approvalWording())} {
		require.NotContains(t, string(encodeMessage(t, m)), "Risk")
		require.True(t, styleOf(t, m, render.ActReqSend) == "primary" || styleOf(t, m, render.ActApYes) == "primary")
	}
	old := risky()["The server is stopped."]
	old.Notes = []string{"The server is stopped.", "Weight 20, as most servers on this listener."}
	text := shownText(t, private.Preview(old, fixedWording()))
	require.Equal(t, 1, strings.Count(text, "The server is stopped."), "an earlier version stored it as a note")
	require.Contains(t, text, "Weight 20")
}

// styleOf is the style of a button.
func styleOf(t *testing.T, m render.Message, action string) string {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(encode(t, m.Blocks), &tree))
	style := ""
	walk(tree, func(o map[string]any) {
		if o["action_id"] == action {
			style, _ = o["style"].(string)
		}
	})
	return style
}

func TestRisksAreShownWorstFirst(t *testing.T) {
	t.Parallel()
	off := false
	op := examples.Draft(func(op *operation.Operation) {
		op.Listener.HealthCheck, op.Server.Status, op.Listener.LoadBalancerStatus = &off, "RECYCLE", "CREATING"
	})
	lines := render.RiskLines(op, "%s")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], "load balancer")
	require.Equal(t, "The server is in the recycle bin.", lines[1])
	op.Listener.HealthCheck = nil
	require.Len(t, render.RiskLines(op, "%s"), 2, "not known is not off")
}
