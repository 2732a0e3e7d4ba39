package slackapp

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
)

// passing are sentences that become untrue as the operation goes on.
func passing() []string {
	return []string{"Nothing is sent yet", "last checks", "*Adding*", "Adding…", "Not sent yet", "Looking",
		"not in the list yet", "eing told", "Stopping", "I am checking",
		"rying again", "Waiting", "One more.", "I could not find out"}
}

// Slack may refuse every edit after the post, so what is posted either stays
// true or says as of when it was true. Edits say as of when until it is over.
func TestWhatMayNeverBeEditedAgainStaysTrue(t *testing.T) {
	t.Parallel()
	all := examples.PublicCards()
	maps.Copy(all, examples.Endings())
	for name, op := range examples.ApprovalCards() {
		all["approval "+name] = op
	}
	for _, approvers := range []bool{false, true} {
		for _, posted := range []bool{false, true} {
			for name, op := range all {
				w := approvalWording()
				w.At, w.Posted, w.Approvers = examples.Moment(19, 15, 10), posted, approvers
				m := card.Of(op, w)
				shown := m.Text + "\n" + shownText(t, m)
				if !posted && op.State.Final() || strings.Contains(shown, "As of") {
					continue
				}
				require.True(t, posted, "%s: an edit does not say as of when: %s", name, shown)
				for _, s := range passing() {
					require.NotContains(t, shown, s, name)
				}
			}
		}
	}
}

// route is an operation as a run shows it, version by version.
type route struct {
	asks  bool                               // others must agree, on a card of their own
	steps []func(*operation.Operation)       // what each version changes
	acts  map[string]int                     // by channel: further messages because people are asked to act
	ends  string                             // on the last card
	edit  func(*stage, *operation.Operation) // before the first version
}

func becomes(s operation.State) func(*operation.Operation) {
	return func(op *operation.Operation) {
		op.State = s
		switch s {
		case operation.Sending:
			op.Attempts = []operation.Attempt{{Number: 1, SentAt: time.Now()}}
		case operation.Unconfirmed:
			op.Attempts[0].AnsweredAt, op.Attempts[0].Outcome = time.Now(), operation.OutcomeUnknown
		case operation.NeedsPerson:
			op.PersonSince = op.Version
		case operation.Done:
			op.BackendID, op.FinishedAt, op.Watch = "be-20d1", time.Now(), true
		case operation.NotDone:
			op.Reason, op.FinishedAt = operation.ReasonProven, time.Now()
		}
	}
}

func waits(op *operation.Operation) { op.WaitFor, op.InLine = operation.WaitLine, time.Now() }

// looks changes nothing that people must read.
func looks(op *operation.Operation) { op.Looks, op.LookFault = op.Looks+1, "no answer" }

func agrees(id string) func(*operation.Operation) {
	return func(op *operation.Operation) {
		op.Approval.Votes = append(op.Approval.Votes,
			operation.Vote{By: operation.Actor{UserID: id, Name: id}, At: time.Now()})
		if op.Approval.Missing() == 0 {
			op.State = operation.Accepted
		}
	}
}

func ended(r operation.Reason, f func(*operation.Operation)) func(*operation.Operation) {
	return func(op *operation.Operation) {
		f(op)
		op.State, op.Reason, op.FinishedAt = operation.NotDone, r, time.Now()
	}
}

func routes() map[string]route {
	listed := func(op *operation.Operation) {
		op.StatusLooks, op.StatusAt, op.BackendStatus = op.StatusLooks+1, time.Now(), "Available"
	}
	needs := []func(*operation.Operation){becomes(operation.Sending), becomes(operation.Unconfirmed), looks,
		becomes(operation.NeedsPerson),
		func(op *operation.Operation) { op.OwnerTold = time.Now() }, looks}
	says := func(op *operation.Operation) {
		op.Answer, op.AnswerBy, op.Mismatch = operation.AnswerThere, "U0BO", false
	}
	contradicts := func(op *operation.Operation) { op.Mismatch, op.PersonSince = true, op.Version }
	asksAgain := func(op *operation.Operation) {
		a := op.Approval
		op.State, a.Past, a.Votes, a.Since = operation.Waiting, a.Votes, nil, op.Version
		a.Again, a.Changes = operation.AgainPicture, []string{"the name web-07 is taken by be-77"}
	}
	stop := func(op *operation.Operation) { op.StopBy = ana }
	glass := func(_ *stage, op *operation.Operation) {
		op.State, op.Approval.Skipped = operation.Accepted, true
		op.Glass = &operation.BreakGlass{Why: "customers cannot pay, nobody answered", Incident: "inc-2041"}
	}
	added := []func(*operation.Operation){becomes(operation.Sending), becomes(operation.Done), listed, listed}
	return map[string]route{
		"added":               {steps: added, ends: "Added"},
		"in line, then added": {steps: append([]func(*operation.Operation){waits}, added...), ends: "Added"},
		"not added": {steps: []func(*operation.Operation){becomes(operation.Sending),
			becomes(operation.NotDone)}, ends: "Not added"},
		"stopped": {steps: []func(*operation.Operation){waits, stop,
			ended(operation.ReasonStopped, func(*operation.Operation) {})}, ends: "Not added"},
		"not confirmed, then added": {steps: []func(*operation.Operation){becomes(operation.Sending),
			becomes(operation.Unconfirmed), looks, looks, becomes(operation.Done), listed}, ends: "Added"},
		"needs a person": {steps: needs, acts: map[string]int{incident: 1}, ends: "Needs a person"},
		"needs a person, then added": {steps: append(slices.Clone(needs), says, looks, becomes(operation.Done),
			listed),
			acts: map[string]int{incident: 1}, ends: "Added"},
		"needs a person, who is contradicted": {
			steps: append(slices.Clone(needs), says, contradicts, looks, becomes(operation.NotDone)),
			acts:  map[string]int{incident: 2}, ends: "Not added"},
		"approved, then added": {asks: true, steps: append([]func(*operation.Operation){agrees(bo)}, added...),
			ends: "Added"},
		"approved by two": {asks: true, edit: func(_ *stage, op *operation.Operation) { op.Approval.Needed = 2 },
			steps: append([]func(*operation.Operation){agrees(bo), agrees(chen)}, added...), ends: "Added"},
		"asked again after a change": {asks: true,
			steps: append([]func(*operation.Operation){agrees(bo), asksAgain, agrees(bo)}, added...),
			acts:  map[string]int{approvers: 1}, ends: "Added"},
		"denied": {asks: true, steps: []func(*operation.Operation){
			ended(operation.ReasonNotApproved, func(op *operation.Operation) {
				op.Approval.Denied = &operation.Vote{By: operation.Actor{UserID: bo}, Reason: "wrong one"}
			})}, ends: "Not added"},
		"nobody answers": {asks: true, steps: []func(*operation.Operation){
			ended(operation.ReasonUnanswered, func(*operation.Operation) {})}, ends: "Not added"},
		"stopped while asking": {asks: true, steps: []func(*operation.Operation){stop,
			ended(operation.ReasonStopped, func(*operation.Operation) {})}, ends: "Not added"},
		"break-glass": {asks: true, edit: glass,
			steps: append([]func(*operation.Operation){
				func(op *operation.Operation) { op.Approval.ToldAt = time.Now() }}, added...),
			ends: "Added"},
		"approved, needs a person, then added": {asks: true,
			steps: slices.Concat([]func(*operation.Operation){agrees(bo)}, needs,
				[]func(*operation.Operation){becomes(operation.Done)}),
			acts: map[string]int{incident: 1}, ends: "Added"},
	}
}

// run goes along a route, and looks at what stands after each step.
func (p route) run(s *stage, before func(version int64), look func(op operation.Operation)) {
	for _, channel := range []string{incident, approvers, "U0ANA"} {
		s.board.Lane(channel).SetLimit(rate.Inf)
	}
	op := s.op(1, operation.Accepted)
	if p.asks {
		op = s.asks(1, operation.Waiting)
	}
	if p.edit != nil {
		p.edit(s, &op)
	}
	steps := append([]func(*operation.Operation){func(*operation.Operation) {}}, p.steps...)
	for i, step := range steps {
		op.Version = int64(i + 1)
		if op.Approval != nil { // each version is one of its own
			a := *op.Approval
			op.Approval = &a
		}
		op.Attempts = slices.Clone(op.Attempts)
		step(&op)
		before(op.Version)
		require.NoError(s.t, s.report(op))
		look(op)
	}
}

// Slack refuses to edit any card for good, from some version on; what is
// replaced it deletes or does not.
func TestACardThatCannotBeEditedIsFollowedByOneThatSaysTheEnd(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]struct {
		code    string
		from    int64
		deletes bool
	}{
		"never editable":                         {"cant_update_message", 1, true},
		"never editable nor deletable":           {"cant_update_message", 1, false},
		"too late to edit":                       {"edit_window_closed", 1, true},
		"too late to edit and to delete":         {"edit_window_closed", 1, false},
		"said not to exist":                      {"message_not_found", 1, true},
		"said not to exist, not deletable":       {"message_not_found", 1, false},
		"the channel is unseen":                  {"channel_not_found", 1, true},
		"the channel is unseen, not deletable":   {"channel_not_found", 1, false},
		"edited once, then too late":             {"edit_window_closed", 3, true},
		"edited once, then too late for all":     {"edit_window_closed", 3, false},
		"edited twice, then the channel is gone": {"channel_not_found", 4, false},
		"edited often, then too late for all":    {"edit_window_closed", 6, false},
	} {
		for along, p := range routes() {
			t.Run(name+"/"+along, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				if !refusal.deletes {
					s.slack.FailNext("chat.delete", sandbox.APIFault{Error: "cant_delete_message", Times: -1})
				}
				p.run(s, func(version int64) {
					if version == refusal.from {
						s.slack.FailNext("chat.update", sandbox.APIFault{Error: refusal.code, Times: -1})
					}
				}, func(op operation.Operation) { s.requireTrue(p, op, refusal.deletes, refusal.from == 1) })
				s.calm()
			})
		}
	}
}

// requireTrue requires the right number of messages for each card, and that
// every line of those which are replaced stays true.
func (s *stage) requireTrue(p route, op operation.Operation, deletes, always bool) {
	s.t.Helper()
	channels := []string{incident}
	if p.asks {
		channels = append(channels, approvers)
	}
	for _, channel := range channels {
		posted := 0
		for _, c := range s.slack.APICalls() {
			var to string
			_ = json.Unmarshal(c.Args["channel"], &to)
			if c.Method == "chat.postMessage" && to == channel {
				posted++
			}
		}
		most := 1 + p.acts[channel]
		if op.State.Final() {
			most++
			require.True(s.t, !always || posted == most, "messages of the card in %s: %d", channel, posted)
		}
		require.LessOrEqual(s.t, posted, most, "messages of the card in %s in state %s", channel, op.State)
		cards := s.cards(channel)
		if deletes {
			require.Len(s.t, cards, 1, "only the newest stands in %s", channel)
		} else {
			require.Len(s.t, cards, posted)
		}
		last := cards[len(cards)-1]
		require.Equal(s.t, posted > 1, has(last, "This replaces any earlier card of LBR-7F3KQ2."))
		if op.State.Final() {
			require.True(s.t, strings.HasPrefix(last.Text, p.ends), last.Text)
			cards = cards[:len(cards)-1]
			require.False(s.t, has(last, "Looking"))
		}
		for _, m := range cards {
			for _, line := range linesOf(s.t, m) {
				require.True(s.t, stays(line) || has(m, "As of"), "%s stands in %s and may become untrue: %q", m.Text,
					channel, line)
			}
		}
	}
	require.Empty(s.t, s.cards("D0ANA"))
	if !op.State.Final() && p.ends == "Needs a person" && op.State == operation.NeedsPerson {
		require.True(s.t, has(s.cards(incident)[len(s.cards(incident))-1], render.ActSettleYes, render.ActSettleNo),
			"who must act can")
	}
}

// stays reports whether a line of a card is one of those that no later state
// makes untrue.
func stays(line string) bool {
	for _, form := range []string{
		`Asked: ana asks to add web-07 to https-443 on api-lb\. LBR-7F3KQ2\. Wait for the result here\.` +
			`( With break-glass: .*)?`,
		`\*Asked:\* add web-07 to https-443 on api-lb   ·   LBR-7F3KQ2   ·   by <@U0ANA>`,
		`Wait for the result here\.`,
		`Approval by \d of \d people was asked for in <#C0APPROVE>, until T\.`,
		`Stop`, `LBR-7F3KQ2 · Asked T \(T UTC\)\.`,
		`Asked: ana asks to add web-07 to https-443 on api-lb, with approval by \d of \d people until T UTC\. ` +
			`LBR-7F3KQ2\. Please approve or deny: \d of <@U0BO>, <@U0CHEN>\. Not <@U0ANA>, who asks\.`,
		`Asked for approval · LBR-7F3KQ2`,
		`\*Please approve or deny:\* \d of <@U0BO>, <@U0CHEN>\. Not <@U0ANA>, who asks\.`,
		`<@U0ANA> asks to \*add\* web-07 \*to\* https-443 on api-lb, the listener's port, default weight ` +
			`\(the policy counts it as 100\)\.`,
		`\*Reason:\* none given   ·   asked in <#C0INC2041>`, `The result follows here\.`,
		`\*Note:\* Zenlayer did not say whether this listener has health checks\.`,
		`Approve`, `Approve\?`, `Approve adding .* It runs (at once|when 2 people agree)\.`, `Not yet`, `Deny`,
		`Ask a question`, `Show pool before and after`,
		"web-07 is `i-55a1` · https-443 on api-lb is `lst-8f2c` · Asked T \\(T UTC\\)\\. Ends T at the latest\\. " +
			"Reminder at T and T if it is not decided\\.",
		`\*Break-glass\* by <@U0ANA>: "customers cannot pay, nobody answered"\. Incident: inc-2041\.( This message ` +
			`tells <@U0BO>, <@U0CHEN>\.)?`,
	} {
		if compiled(`^(?:` + form + `)$`).MatchString(line) {
			return true
		}
	}
	return false
}

// expressions are those that compiled has compiled.
var expressions sync.Map

// compiled is regexp.MustCompile, once for each expression.
func compiled(expression string) *regexp.Regexp {
	if known, ok := expressions.Load(expression); ok {
		return known.(*regexp.Regexp) //nolint:forcetypeassert // nothing else is stored
	}
	fresh := regexp.MustCompile(expression)
	expressions.Store(expression, fresh)
	return fresh
}

var times = regexp.MustCompile(`<!date\^[^>]*>|\d\d:\d\d(:\d\d)?`)

// linesOf are the lines of everything that a message shows, times as T.
func linesOf(t testing.TB, m sandbox.Message) []string {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(m.Blocks, &tree))
	lines := []string{m.Text}
	walk(tree, func(o map[string]any) {
		if s, ok := o["text"].(string); ok {
			lines = append(lines, strings.Split(s, "\n")...)
		}
	})
	for i := range lines {
		lines[i] = times.ReplaceAllString(lines[i], "T")
	}
	return lines
}
