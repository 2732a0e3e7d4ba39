package slackapp

import (
	"context"
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
	"lbbot/commands"
	"lbbot/zenlayer"
)

func TestEveryDenialHasItsOwnWords(t *testing.T) {
	t.Parallel()
	seen := map[string]operation.DenialCode{}
	for _, code := range []operation.DenialCode{operation.DeniedUnchecked, operation.DeniedWorkspace,
		operation.DeniedGuest, operation.DeniedBot,
		operation.DeniedDeactivated, operation.DeniedShared, operation.DeniedChannel, operation.DeniedOutdated,
		operation.DeniedNoPolicy, operation.DeniedNoRule,
		operation.DeniedForbidden, operation.DeniedApproval, operation.DeniedRate, operation.DeniedListenerRate,
		operation.DeniedNotRequester} {
		m := private.Denied(&intake.DeniedError{Decision: operation.Decision{Code: code},
			Operation: examples.Sample()},
			fixedWording())
		require.Equal(t, render.FirstNotSent, startsWith(t, m.Text))
		visible := shownText(t, m)
		require.NotContains(t, seen, visible, "%s reads like %s", code, seen[visible])
		require.NotContains(t, visible, private.DenyOther, code)
		seen[visible] = code
	}
}

func TestPrivateAnswersMentionNobodyInTheirText(t *testing.T) {
	t.Parallel()
	for name, d := range examples.Denials() {
		m := private.Denied(&intake.DeniedError{Decision: d, Operation: examples.Sample()}, fixedWording())
		require.NotContains(t, m.Text, "<!", name)
	}
}

func TestTypingMistakesAreListedWithAWayOn(t *testing.T) {
	t.Parallel()
	m := private.InputErrors(examples.TypingMistake(), "k1", "o1")
	require.True(t, strings.HasPrefix(m.Text, "Not sent: 3 things to fix in your command."), m.Text)
	visible := shownText(t, m)
	for _, p := range examples.TypingMistake().Problems {
		require.Contains(t, visible, p.Text)
	}
	require.Contains(t, visible, "```"+examples.TypingMistake().Corrected+"```")
	require.Contains(t, string(encodeMessage(t, m)), `"k1:0"`)
}

func TestManyMistakesAreCounted(t *testing.T) {
	t.Parallel()
	list := make([]commands.Problem, private.MaxProblems+3)
	for i := range list {
		list[i] = commands.Problem{Text: "Something."}
	}
	visible := shownText(t, private.InputErrors(&commands.InputError{Problems: list}, "k1", "o1"))
	require.Equal(t, private.MaxProblems, strings.Count(visible, "Something."))
	require.Contains(t, visible, "and 3 more")
}

func TestTheShellCommandCarriesTheTokenAndIsQuoted(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		"zeno bmc register-backend --listener-id lst-8f2c --backend-name web-07 --instance-id i-55a1 --instance-type "+
			"BM --port-list 8080 --weight 50 --client-token 5b1f0c1e-1111-4222-8333-444455556666",
		private.ZenoCommand(examples.Sample().Request))
	hostile := private.ZenoCommand(zenlayer.RegisterBackendRequest{ListenerID: "a; rm -rf 'x' $(y) `z`",
		BackendName: "",
		ClientToken: "t"})
	require.Contains(t, hostile, `--listener-id 'a; rm -rf '\''x'\'' $(y) '\''z'\'''`)
	require.Contains(t, hostile, "--backend-name ''")
	require.Contains(t, hostile, "--instance-type BM")
}

func TestDetailsForSupportHoldNoToken(t *testing.T) {
	t.Parallel()
	for _, op := range examples.Endings() {
		require.NotContains(t, string(encodeMessage(t, private.Details(op))), op.Request.ClientToken)
	}
}

func TestDetailsSayNoAnswerWhereNothingAnswered(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	op := examples.Sample()
	op.Attempts = []operation.Attempt{{Number: 1, SentAt: at, AnsweredAt: at.Add(2 * time.Second),
		Outcome: operation.OutcomeUnknown, Fault: operation.Fault{Message: "connection reset"}}}
	m := string(encodeMessage(t, private.Details(op)))
	require.Contains(t, m, "sent 2026-11-20T12:00:00.000Z, no answer until 12:00:02.000Z")
	op.Attempts[0].Fault.Status = 503
	require.Contains(t, string(encodeMessage(t, private.Details(op))), "answered 12:00:02.000Z, unknown")
}

// Of a settled operation the token is of no use but to add the server again, and the call of a removal takes none.
func TestTheTokenIsShownOnlyWhileAPersonHasToSettle(t *testing.T) {
	t.Parallel()
	for name, m := range examples.Messages(examples.Names{}) {
		shows := strings.Contains(string(encodeMessage(t, m)), examples.Sample().Request.ClientToken)
		settles := strings.Contains(name, "needs_person") && !strings.Contains(name, "removal")
		require.Equal(t, name == "zeno" || settles, shows, name)
	}
}

func TestTheResponseAddressIsNeverShown(t *testing.T) {
	t.Parallel()
	const secret = "https://hooks.slack.com/commands/T0/1/secret"
	for _, list := range []map[string]operation.Operation{examples.PublicCards(), examples.Endings(),
		examples.Previews()} {
		for name, op := range list {
			op.Place.ResponseURL = secret
			for _, m := range []render.Message{card.Of(op, fixedWording()), private.Status(op, nil, ""),
				private.Details(op),
				card.OwnerNotice(op, fixedWording())} {
				require.NotContains(t, string(encodeMessage(t, m)), "secret", name)
			}
		}
	}
}

func TestAStatusShowsTheLatestSteps(t *testing.T) {
	t.Parallel()
	events := make([]operation.Event, 200)
	for i := range events {
		events[i] = operation.Event{At: examples.Moment(19, 0, 0), Kind: operation.EventLook, ActorID: "U0ANA"}
	}
	events[len(events)-1].Kind = operation.EventFinished
	m := private.Status(examples.Sample(), events, "")
	requireMessage(t, m)
	require.Contains(t, shownText(t, m), "(180 earlier steps are left out.)")
	require.Contains(t, shownText(t, m), "Finished")
}

func TestHelpPagesFit(t *testing.T) {
	t.Parallel()
	topics := []string{"", "all", "errors", "weight", "no such topic"}
	for _, v := range commands.Verbs() {
		topics = append(topics, string(v.Verb))
	}
	for _, topic := range topics {
		m := private.Help(commands.Help(topic, commands.RightsUnknown))
		requireMessage(t, m)
		requireInert(t, topic, m.Text)
		require.NotContains(t, shownText(t, m), "…", "help is cut off")
	}
}

func TestLinksAreOfferedOnlyToRealAddresses(t *testing.T) {
	t.Parallel()
	for address, offered := range map[string]bool{
		"https://example.slack.com/archives/C1/p1": true, "http://127.0.0.1:8080/x": true,
		"": false, "javascript:alert(1)": false, "https://a b": false, "https://a|b": false, "https://a\n": false,
		"ftp://a": false,
	} {
		require.Equal(t, offered, render.LinkButton(render.ButtonOpen, "", address) != nil, address)
	}
}

func TestTheOwnerIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range []string{"credentials", "clock_skew", "blocked", "internal"} {
		need := card.OwnerNeed(examples.Endings()[name])
		require.NotEqual(t, card.OwnerOther, need, name)
		require.False(t, seen[need], name)
		seen[need] = true
	}
}

func TestEveryFactOfThePolicyHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, what := range operation.AllFacts() {
		words := render.FactWords(what, render.FactAskers)
		require.NotEqual(t, string(what), words, "a word of the policy is no sentence for people")
		require.False(t, seen[words], string(what))
		seen[words] = true
	}
	require.Equal(t, "the moon", render.FactWords("the moon", private.FactYours))
	require.Equal(t, render.DeniedUnnamed, render.FactWords("", private.FactYours))
}

// The marks of the bot's own sentences are markup; what was typed is not.
func TestAMistakeIsShownWithOurMarksAndNoneOfTheirs(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"api-lb:443 web-07 wieght=50":        "• `wieght=50`: I do not know *wieght*. Did you mean `weight`?",
		"hlep":                               "I do not know *hlep*. Did you mean /lb-register help?",
		"api-lb:443 web-07 wie_ght_=50":      "• `wie_ght_=50`: I do not know `wie_ght_`. The keys are",
		"api-lb:443 web-07 ~wieght~=50":      "`~wieght~=50` is left over",
		"api-lb:443 web-07 name=\"*x* _y_\"": "`*x* _y_` has `*`.",
	} {
		_, err := commands.Parse(typed)
		var e *commands.InputError
		require.ErrorAs(t, err, &e)
		m := private.InputErrors(e, "k1", "o1")
		requireMessage(t, m)
		require.Contains(t, shownText(t, m), want, typed)
		require.NotContains(t, m.Text, "`")
	}
	require.Equal(t, "I do not know *x*. `*Added*`∗y∗ `a`.",
		private.ProblemWords("I do not know *x*. `*Added*`*y* `a`."))
	require.Equal(t, "I do not know ∗x", private.ProblemWords("I do not know *x"))
}

func TestOnlyAMistakeInARequestOffersTheForm(t *testing.T) {
	t.Parallel()
	for typed, form := range map[string]bool{
		"api-lb:443 web-07 wieght=50": true, "status nonsense": false, "history since=never": false, "hlep": false,
		"whoami nonsense": false, "whoami why": false,
	} {
		c, err := commands.Parse(typed)
		if err == nil {
			_, err = commands.BuildHistory(c.Values)
		}
		var e *commands.InputError
		require.ErrorAs(t, err, &e, typed)
		visible := shownText(t, private.InputErrors(e, "k1", "o1"))
		require.Equal(t, form, strings.Contains(visible, private.ButtonFixForm), typed)
		require.Contains(t, visible, private.ButtonHelp)
	}
}

func TestStepsAreSaidInWords(t *testing.T) {
	t.Parallel()
	step := func(kind string, data map[string]string) string {
		line := private.StepLine(operation.Event{At: examples.Moment(19, 14, 0), Kind: kind, ActorID: "U0BO",
			Data: data})
		_, words, _ := strings.Cut(line, ">  ")
		return strings.Replace(words, " · <@U0BO>", "", 1)
	}
	require.Equal(t, "Denied: no rule allows it", step(operation.EventDenied, map[string]string{"code": "no_rule"}))
	require.Equal(t, "Denied: not allowed to decide: own request",
		step(operation.EventDenied, map[string]string{"code": "self", "action": "approve"}))
	require.Equal(t, "Approved", step(operation.EventApproved, map[string]string{"missing": "0"}))
	require.Equal(t, "Approved · missing `1`", step(operation.EventApproved, map[string]string{"missing": "1"}))
	require.Equal(t, "Finished · refused by Zenlayer",
		step(operation.EventFinished, map[string]string{"reason": string(operation.ReasonRefused)}))
	require.Equal(t, "Zenlayer answered · code `INVALID_X`",
		step(operation.EventAnswered, map[string]string{"code": "INVALID_X"}))
	require.Equal(t, "Not approved · reason `self`",
		step(operation.EventNotApproved, map[string]string{"reason": "self"}), "what a person wrote stays theirs")
}

func TestAQuestionThatTheJournalCannotAnswerIsNotCalledUnsent(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.hook(func(context.Context, string) error { return errPlanted })
	for _, question := range []string{"status LBR-7F3KQ2", "status", "history here"} {
		r.types(ana, incident, question)
	}
	r.idle()
	_, answers := r.said(ana, incident)
	require.Len(t, answers, 3)
	for _, m := range answers {
		require.Contains(t, m.Text, render.FirstNotAnswered+": I cannot read requests right now.")
		require.NotContains(t, m.Text, "Nothing was changed")
	}
}
