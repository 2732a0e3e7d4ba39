package slackapp

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
)

// everyStates are everyState for each kind of change.
func everyStates() map[string]map[operation.State]operation.Operation {
	removals := map[operation.State]operation.Operation{}
	for state, op := range everyState() {
		removals[state] = examples.AsRemoval(op)
	}
	return map[string]map[operation.State]operation.Operation{"add": everyState(), "remove": removals}
}

// everyCard are the operations of all cards of a channel.
func everyCard() map[string]operation.Operation {
	all := examples.PublicCards()
	maps.Copy(all, examples.Endings())
	for name, op := range examples.ApprovalCards() {
		all["approval "+name] = op
	}
	for name, op := range examples.Removals() {
		all["removal "+name] = op
	}
	return all
}

// everyState has one operation for each state a card can be in.
func everyState() map[operation.State]operation.Operation {
	cards, ends := examples.PublicCards(), examples.Endings()
	return map[operation.State]operation.Operation{
		operation.Draft: examples.Draft(), operation.Accepted: cards["waiting"], operation.Sending: cards["adding"],
		operation.Unconfirmed: cards["not_confirmed"], operation.NeedsPerson: cards["needs_person"],
		operation.Done: cards["added"], operation.NotDone: ends["refused"],
		operation.NothingToDo: cards["nothing_to_do"],
	}
}

// firstWords are all of them; a card starts with exactly one.
func firstWords() []string {
	return []string{render.FirstPreview, render.FirstNotSent, render.FirstNotAnswered, render.FirstNothing,
		render.FirstAsked, render.FirstWaiting, render.FirstAdding, render.FirstAdded,
		render.FirstNotAdded, render.FirstNotConfirmed, render.FirstNeedsPerson,
		render.FirstRemoving, render.FirstRemoved, render.FirstNotRemoved}
}

func startsWith(t *testing.T, text string) string {
	t.Helper()
	text = strings.TrimLeft(text, "*")
	var found []string
	for _, w := range firstWords() {
		if rest, ok := strings.CutPrefix(text, w); ok && (rest == "" || !render.IsAlnum(rest[0])) {
			found = append(found, w)
		}
	}
	require.Len(t, found, 1, "starts with no first word or with two: %s", text)
	return found[0]
}

// shownText is everything a reader of the blocks sees, in order.
func shownText(t *testing.T, m render.Message) string {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(encode(t, m.Blocks), &tree))
	var out []string
	walk(tree, func(o map[string]any) {
		if s, ok := o["text"].(string); ok {
			out = append(out, s)
		}
	})
	return strings.Join(out, "\n")
}

// walk visits every JSON object, lists in their order.
func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	case map[string]any:
		visit(v)
		for _, key := range []string{"text", "title", "label", "hint", "fields", "elements", "element", "confirm",
			"deny", "options", "placeholder", "blocks", "initial_options"} {
			walk(v[key], visit)
		}
	}
}

func TestEachStateHasItsOwnFirstWord(t *testing.T) {
	t.Parallel()
	for kind, states := range everyStates() {
		requireOwnWords(t, kind, states)
	}
}

func requireOwnWords(t *testing.T, kind string, states map[operation.State]operation.Operation) {
	t.Helper()
	seen := map[string]operation.State{}
	for state, op := range states {
		m := card.Of(op, fixedWording())
		if state == operation.Draft { // it has no card, only a preview
			m = private.Preview(op, fixedWording())
		}
		word := startsWith(t, m.Text)
		require.Equal(t, render.FirstWord(op.Change, state), word, kind)
		require.Equal(t, word, startsWith(t, shownText(t, m)), "the blocks start with another word than the text")
		require.NotContains(t, seen, word, "also the word of %s", seen[word])
		seen[word] = state
	}
}

// No sentence of an addition is on a card of a removal, in any state: not even in small print.
func TestACardOfARemovalNeverSpeaksOfAdding(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, op := range everyCard() {
		if op.Change != operation.ChangeRemove {
			continue
		}
		for _, w := range []render.Wording{fixedWording(), approvalWording(), {Posted: true}, {Approvers: true}} {
			for _, m := range []render.Message{card.Of(op, w), card.OwnerNotice(op, w), private.Details(op),
				private.Zeno(op), private.Status(op, nil, "")} {
				seen++
				// the purpose is the person's own, and the name of a state is a stored one
				text := strings.NewReplacer("state: "+string(op.State), "", op.Purpose, "").Replace(
					m.Text + string(encode(t, m.Blocks)))
				require.NotRegexp(t, `(?i)\b(add|adds|adding|added|client token|appeared)\b`, text, name)
			}
		}
	}
	require.Greater(t, seen, 1000)
}

// Line 4 of the script's tests. That *Not added* needs proof is tested in bot/operation, where the proof is.
func TestNoStateWordIsUsedForAnotherState(t *testing.T) {
	t.Parallel()
	// These words claim something about the call; a card of another state
	// must not have them at the start of any of its lines, nor of its text.
	for name, op := range everyCard() {
		for _, posted := range []bool{false, true} {
			w := approvalWording()
			w.Posted = posted
			requireOnlyOwnWord(t, name, op, card.Of(op, w))
			requireOnlyOwnWord(t, name, op, card.Approval(op, w))
		}
	}
}

func requireOnlyOwnWord(t *testing.T, name string, op operation.Operation, m render.Message) {
	t.Helper()
	own := render.FirstWord(op.Change, op.State)
	for line := range strings.Lines(m.Text + "\n" + shownText(t, m)) {
		line = strings.Trim(line, "*\n ")
		for _, w := range []string{render.FirstAdded, render.FirstNotAdded, render.FirstNotConfirmed,
			render.FirstNeedsPerson, render.FirstNothing, render.FirstAdding,
			render.FirstRemoving, render.FirstRemoved, render.FirstNotRemoved} {
			if strings.HasPrefix(line, w+" ") || strings.HasPrefix(line, w+":") || strings.HasPrefix(line, w+".") ||
				strings.HasPrefix(line, w+"*") {
				require.Equal(t, own, w, "card %s has the line %q", name, line)
			}
		}
	}
}

// Line 3 of the script's tests: a push notification and a screen reader have nothing but the text.
func TestEveryCardIsReadableFromItsTextAlone(t *testing.T) {
	t.Parallel()
	read := 0
	for name, m := range examples.Messages(examples.Names{}) {
		kind, _, _ := strings.Cut(name, "_")
		if !slices.Contains([]string{"card", "approval", "approvers", "posted", "edited", "preview", "owner"}, kind) ||
			name == "preview_bare" || name == "owner_other" || name == "owner_untold" {
			continue
		}
		read++
		if !strings.HasPrefix(name, "card_unknown_") && !strings.HasPrefix(m.Text, "Approved: ") {
			startsWith(t, m.Text)
		}
		for _, s := range []string{examples.Sample().Ref, "web-07", "api-lb"} {
			require.Contains(t, m.Text, s, name)
		}
		require.Regexp(t, whatToDo, m.Text, "%s does not say what to do", name)
		require.NotRegexp(t, `\*|\n`, m.Text, name)
	}
	require.Greater(t, read, 150)
	for name, op := range everyCard() {
		text := card.Of(op, fixedWording()).Text
		if !strings.HasPrefix(name, "approval ") {
			require.Equal(t, render.FirstWord(op.Change, op.State), startsWith(t, text), name)
		}
		if op.State == operation.Done || op.State == operation.NothingToDo {
			require.Contains(t, text, op.BackendID, name)
		}
		if op.Change == operation.ChangeRemove { // a reader of the text alone must know what it is about
			require.Regexp(t, "(?i)remov|not on api-lb|still|no longer exists|kept asking|cannot be reached|"+
				"could not read", text, name)
			require.NotRegexp(t, "(?i)add(ing|ed)? web-07", text, name)
		}
	}
}

// whatToDo is how a text says what to do, or that there is nothing.
var whatToDo = regexp.MustCompile(`What to do: |Wait for the result here\.|Dry run: nothing was sent\.|` +
	`There is nothing to do|there is nothing to do|^Nothing to do: |` +
	`Please do not repeat it|Please approve or deny: |Stopping, as |Denied by `)

func TestARehearsalSaysSoOnEveryCard(t *testing.T) {
	t.Parallel()
	for state, op := range everyState() {
		op.Rehearsal = true
		m := card.Of(op, fixedWording())
		require.Contains(t, m.Text, card.RehearsalText, state)
		require.Contains(t, shownText(t, m), card.RehearsalLine, state)
		op.Rehearsal = false
		m = card.Of(op, fixedWording())
		require.NotContains(t, m.Text+shownText(t, m), "ehearsal", state)
	}
}

func TestEveryReasonHasItsOwnWords(t *testing.T) {
	t.Parallel()
	reasons := []operation.Reason{operation.ReasonRefused, operation.ReasonDiffers, operation.ReasonTooLate,
		operation.ReasonStopped,
		operation.ReasonDenied, operation.ReasonRateLimited, operation.ReasonCredentials, operation.ReasonClockSkew,
		operation.ReasonUnreachable, operation.ReasonBlocked, operation.ReasonGone, operation.ReasonProven,
		operation.ReasonPerson, operation.ReasonRehearsal, operation.ReasonInternal,
		operation.ReasonNotApproved, operation.ReasonUnanswered}
	seen := map[string]operation.Reason{}
	for _, r := range reasons {
		text := card.Of(examples.Sample(examples.NotAdded(r)), fixedWording()).Text
		require.NotContains(t, seen, text, "%s reads like %s", r, seen[text])
		seen[text] = r
	}
}

func TestNothingWasSentIsNeverSaidAfterAnAttempt(t *testing.T) {
	t.Parallel()
	tried := examples.Attempted(examples.Moment(19, 14, 22), examples.Moment(19, 14, 23), operation.OutcomeRetry,
		operation.Fault{Status: 429})
	for _, r := range []operation.Reason{operation.ReasonStopped, operation.ReasonDenied, operation.ReasonUnreachable,
		operation.ReasonGone,
		operation.ReasonDiffers, operation.ReasonRefused, operation.ReasonRateLimited} {
		m := card.Of(examples.Sample(examples.NotAdded(r), tried), fixedWording())
		for _, words := range []string{"othing was sent", "before anything was sent", "not sent"} {
			require.NotContains(t, m.Text+shownText(t, m), words, r)
		}
	}
}

func TestCardsCarryWhatFindsThemAgain(t *testing.T) {
	t.Parallel()
	op := examples.Sample()
	m := card.Of(op, fixedWording())
	require.Equal(t, render.CardEvent, m.Metadata.EventType)
	require.Equal(t, map[string]any{"ref": op.Ref, "id": op.ID, "state": "accepted", "version": int64(3)},
		m.Metadata.EventPayload)
}

func TestButtonsAreKnownAndCarryOnlyIdAndVersion(t *testing.T) {
	t.Parallel()
	for name, m := range examples.Messages(examples.Names{}) {
		var tree any
		require.NoError(t, json.Unmarshal(encode(t, m.Blocks), &tree))
		walk(tree, func(o map[string]any) {
			action, ok := o["action_id"].(string)
			if !ok {
				return
			}
			require.True(t, slices.Contains(render.ActionIDs(), action), "%s: unlisted action %s", name, action)
			if o["style"] == "danger" { // says what is dangerous as well
				require.Contains(t, o["text"].(map[string]any)["text"], "Remove", name)
			}
			requireValues(t, name, action, o)
		})
	}
}

func requireValues(t *testing.T, name, action string, o map[string]any) {
	t.Helper()
	if action == render.ActReqMore || action == render.ActApMore {
		items := []any{o} // a button, or a menu with options
		if options, ok := o["options"].([]any); ok {
			items = options
		}
		for _, item := range items {
			_, id, version, err := render.ParseMoreValue(item.(map[string]any)["value"].(string))
			require.NoError(t, err, name)
			require.True(t, id == examples.Sample().ID && version == 3 || id == "", name)
		}
		return
	}
	value, _ := o["value"].(string)
	if value == "" {
		require.Contains(t, []string{render.ActHelpOpen, render.ActWhoamiOpen, render.ActLinkOpen}, action, name)
		return
	}
	_, _, err := render.ParseButtonValue(value)
	require.NoError(t, err, name)
}

func TestStopIsOfferedOnlyWhileItChangesSomething(t *testing.T) {
	t.Parallel()
	cards := examples.PublicCards()
	for name, offered := range map[string]bool{"waiting": true, "adding": true, "not_confirmed": true,
		"waiting_stopping": false, "adding_stopping": false, "not_confirmed_stopped": false,
		"not_confirmed_readings": false,
		"added":                  false, "needs_person": false, "nothing_to_do": false} {
		raw := string(encodeMessage(t, card.Of(cards[name], fixedWording())))
		require.Equal(t, offered, strings.Contains(raw, `"`+render.ActOpStop+`"`), name)
	}
}

func TestAddServerIsOfferedOnlyWhenItSends(t *testing.T) {
	t.Parallel()
	require.Contains(t, string(encodeMessage(t, private.Preview(examples.Draft(), fixedWording()))),
		`"`+render.ActReqSend+`"`)
	dry := examples.Draft(func(op *operation.Operation) { op.DryRun = true })
	require.NotContains(t, string(encodeMessage(t, private.Preview(dry, fixedWording()))), `"`+render.ActReqSend+`"`)
	require.Nil(t, private.PreviewView(dry, fixedWording()).Submit)
}

func TestTheConfirmDialogIsAskedForOnProtectedListenersOnly(t *testing.T) {
	t.Parallel()
	const title = "Add to a protected listener?"
	require.NotContains(t, string(encodeMessage(t, private.Preview(examples.Draft(), fixedWording()))), title)
	guarded := examples.Draft(func(op *operation.Operation) { op.Listener.Protected = true })
	require.Contains(t, string(encodeMessage(t, private.Preview(guarded, fixedWording()))), title)
}

func TestUTCStandsOnceInACard(t *testing.T) {
	t.Parallel()
	for _, list := range []map[string]operation.Operation{examples.PublicCards(), examples.Endings()} {
		for name, op := range list {
			visible := shownText(t, card.Of(op, fixedWording()))
			require.Equal(t, 1, strings.Count(visible, " UTC)"), name)
		}
	}
}

func TestAReportedStatusIsZenlayersOwnWord(t *testing.T) {
	t.Parallel()
	op := examples.PublicCards()["added"]
	op.BackendStatus = "Creating"
	visible := shownText(t, card.Of(op, fixedWording()))
	require.Contains(t, visible, `*Status at Zenlayer:* "Creating"`)
	for _, claim := range []string{"healthy", "is up", "is down", "unhealthy"} {
		require.NotContains(t, visible, claim)
	}
}

// An *Added* card shows what the call returned and nothing that Details can say instead.
func TestAnAddedCardFitsAPhoneScreen(t *testing.T) {
	t.Parallel()
	const width, screen = 42, 20 // characters of a line and lines, at a width of 390 pixels
	for name, op := range examples.PublicCards() {
		if op.State != operation.Done {
			continue
		}
		m, lines := card.Of(op, fixedWording()), 0
		shown := shownText(t, m)
		require.Contains(t, shown, "*Backend ID:* `be-20d1`", name)
		id := "not known"
		if op.RequestID != "" {
			id = render.Code(op.RequestID)
		}
		require.Contains(t, shown, "Request ID "+id, name)
		for line := range strings.Lines(times.ReplaceAllString(shown, "00:00:00")) {
			lines += 1 + len([]rune(line))/width
		}
		require.LessOrEqual(t, lines, screen, "%s: %s", name, shown)
		details := string(encodeMessage(t, private.Details(op)))
		for _, s := range []string{"`i-55a1`", "10.0.3.17", "`lst-8f2c`", "`web-07`", "*Took*", "<@U0ANA>"} {
			require.Contains(t, details, s, name)
		}
	}
}
