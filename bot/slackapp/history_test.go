package slackapp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/trail"
	"lbbot/commands"
	"lbbot/zenlayer/zenlayertest"
)

func TestASharedHistoryHasNoDenialsAndNotifiesNobody(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shared", "shared_phrase"} {
		m := private.History(examples.HistoryPages()[name])
		raw := strings.ReplaceAll(string(encodeMessage(t, m)), private.HistorySharedBy[len("Shared by %s. "):], "")
		require.NotContains(t, raw, private.HistoryDenied)
		require.NotContains(t, raw, "was denied")
		require.NotContains(t, raw, "<@", "a mention would notify")
		require.NotContains(t, raw, render.ActHistOlder)
	}
}

func TestALongHistoryFitsAndIsWhole(t *testing.T) {
	t.Parallel()
	for _, timeline := range []bool{false, true} {
		v := private.HistoryPage{Asked: commands.History{Since: 7 * commands.SinceDefault, Timeline: timeline}}
		for i := range history.PerPage {
			e := examples.Pasts()[i%len(examples.Pasts())]
			e.Operation.Ref = fmt.Sprintf("LBR-%06d", i)
			if e.Denial != nil {
				e = examples.Pasts()[0]
				e.Operation.Ref = fmt.Sprintf("LBR-%06d", i)
			}
			e.Operation.Server.Name, e.Operation.Listener.Name = strings.Repeat("<", 200), strings.Repeat("界", 200)
			v.Entries = append(v.Entries, e)
		}
		m := private.History(v)
		requireMessage(t, m)
		for i := range history.PerPage {
			require.Contains(t, shownText(t, m), fmt.Sprintf("LBR-%06d", i), "timeline %t", timeline)
		}
	}
}

func TestHistoryGoesAllTheWay(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	start := time.Now().Add(-time.Hour)
	for i := range history.PerPage + 5 {
		op := examples.Sample(examples.InState(operation.Done))
		op.ID, op.Ref, op.Actor = fmt.Sprintf("id-%02d", i), fmt.Sprintf("LBR-%06d", i),
			operation.Actor{UserID: ana, TeamID: teamID, Name: "ana"}
		op.ClickedAt, op.Place.ChannelID = start.Add(time.Duration(i)*time.Minute), incident
		if i%5 == 0 {
			op.Actor.UserID, op.Actor.Name, op.Place.ChannelID = bo, "bo", ops
		}
		require.NoError(t, r.shelf.put(op, operation.Event{}))
	}
	r.types(ana, incident, "history")
	m := r.sees(ana, incident, "History of all listeners, last 24 h", "20 entries", "LBR-000024", "LBR-000005",
		render.ActHistOlder)
	require.True(t, m.Ephemeral)
	require.False(t, has(m, "LBR-000004"))
	r.clicks(ana, m, render.ActHistOlder, "")
	older := r.sees(ana, incident, "5 entries", "LBR-000004", "LBR-000000")
	require.True(t, older.Ephemeral)
	require.False(t, has(older, "LBR-000005"))
	require.False(t, has(older, render.ActHistOlder))

	r.types(ana, incident, "history by=@bo timeline")
	require.False(t, has(r.sees(ana, incident, "5 entries", "@U0BO", "added web-07"), "LBR-000001"))
	r.types(ana, incident, "history here")
	r.sees(ana, incident, "20 entries", "LBR-000001")
	r.types(bo, incident, "history by=me")
	r.sees(bo, incident, "5 entries", "LBR-000020")
	r.types(ana, incident, "history nosuch")
	r.sees(ana, incident, "Not done", "No listener called")
	r.calm()
}

func TestHistoryIsSharedByThoseWhoMaySeeAllOfIt(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for i, who := range []string{ana, bo} {
		op := examples.Sample(examples.InState(operation.Done))
		op.ID, op.Ref, op.Actor, op.ClickedAt = fmt.Sprintf("id-%02d", i), fmt.Sprintf("LBR-00000%d", i),
			operation.Actor{UserID: who, TeamID: teamID, Name: who}, time.Now().Add(-time.Minute)
		require.NoError(t, r.shelf.put(op, operation.Event{}))
	}
	r.gate.deny(operation.DeniedNoRule)
	r.types(ana, incident, "history share")
	m := r.sees(ana, incident, "LBR-000000", private.HistoryOnlyYou)
	require.True(t, m.Ephemeral)
	require.False(t, has(m, "LBR-000001"), "what others did is left out without the right")
	public, _ := r.said(bo, incident)
	require.Empty(t, public)

	r.gate.deny("")
	r.types(ana, incident, "history share")
	m = r.sees(bo, incident, "LBR-000000", "LBR-000001", "Shared by ana")
	require.False(t, m.Ephemeral)
	r.types(ana, "C0GENERAL", "history share")
	r.sees(ana, "C0GENERAL", "I am not in")
	r.types(ana, partner, "history")
	r.sees(ana, partner, "shared with another organization")
	r.calm()
}

func TestAHistoryThatCouldNotBeReadWholeIsNotShared(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op := examples.Sample(examples.InState(operation.Done))
	op.ID, op.Ref, op.Actor, op.ClickedAt = "id-00", "LBR-000000",
		operation.Actor{UserID: ana, TeamID: teamID, Name: "ana"}, time.Now().Add(-time.Minute)
	require.NoError(t, r.shelf.put(op, operation.Event{At: time.Now().Add(-time.Minute), Kind: operation.EventDenied,
		ActorID: bo, ChannelID: incident,
		Data: map[string]string{"code": "no_rule", "listener": "lst-other"}}))
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Times: -1})
	r.types(ana, incident, "history share")
	require.True(t, r.sees(ana, incident, "LBR-000000", private.HistoryUnread).Ephemeral,
		"nobody knows whether she may see all of it")
	r.idle()
	public, _ := r.said(bo, incident)
	require.Empty(t, public)

	r.cloud.ClearFaults()
	r.types(ana, incident, "history share")
	require.False(t, r.sees(bo, incident, "LBR-000000", "Shared by ana").Ephemeral)
	r.calm()
}

func TestOlderThatIsForgottenSaysSo(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, acked := r.slack.Deliver(t.Context(), "interactive", clickPayload(ana, incident, render.ActHistOlder, "gone:0"),
		false)
	require.True(t, acked)
	r.sees(ana, incident, "This has expired")
}

func TestHistoryWithoutAJournalSaysSo(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.shelf.hook(failing("Past"))
	r.types(ana, incident, "history")
	r.sees(ana, incident, "Not answered")
}

func TestAPlaceInThePastComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, m := range []history.Mark{{At: time.UnixMilli(1), ID: "a b"}, {At: time.UnixMilli(99)}} {
		got, err := markOf(markText(m))
		require.NoError(t, err)
		require.Equal(t, m, got)
	}
	for _, s := range []string{"", "x", "x y", "1"} {
		_, err := markOf(s)
		require.True(t, errors.Is(err, errMark), s)
	}
}

func TestAHistoryOfThisChannelIsCalledThat(t *testing.T) {
	t.Parallel()
	v := examples.HistoryPages()["day"]
	v.Asked.Here = true
	require.Contains(t, shownText(t, private.History(v)),
		"Changes to https-443 on api-lb, asked for in this channel, last 24 h")
	v.Listener = operation.Listener{}
	m := private.History(v)
	require.Contains(t, shownText(t, m), "Changes asked for in this channel, last 24 h")
	require.Contains(t, m.Text, "History of this channel, last 24 h")
}

func TestAHistoryNamesWholeValuesAndTheReadersTime(t *testing.T) {
	t.Parallel()
	e := examples.Pasts()[1]
	e.Operation.Server.Name, e.Operation.Listener.Name = "frontend-web-server-singapore-07",
		"https-443-with-a-long-name"
	e.Operation.FinishedAt = e.Operation.FirstSent().Add(95 * time.Minute)
	require.Contains(t, listed(t, e, commands.SinceDefault), "• <!date^1795461240^{time}|19:14 UTC> *Added* "+
		"frontend-web-server-singapore-07 to api-lb/https-443-with-a-long-name · weight 50 · by <@U0ANA> · "+
		"took 95 min · LBR-7F3KQ2")
	require.Contains(t, listed(t, e, 2*commands.SinceDefault),
		"<!date^1795461240^{date_short_pretty} {time}|2026-11-23 19:14 UTC>")
}

// listed is what a history that has one entry shows.
func listed(t *testing.T, e history.Entry, since int) string {
	t.Helper()
	return shownText(t, private.History(private.HistoryPage{History: history.History{Entries: []history.Entry{e}},
		Asked: commands.History{Since: since}}))
}

func TestARefusedDecisionDoesNotReadAsARefusedAddition(t *testing.T) {
	t.Parallel()
	op := examples.Sample()
	e := history.Entry{At: examples.Moment(19, 14, 0), Operation: op,
		Denial: &operation.Event{Kind: operation.EventDenied,
			Data: map[string]string{"code": "self", "action": "approve"}}}
	require.Contains(t, listed(t, e, commands.SinceDefault), "not allowed to decide: own request")
	require.Contains(t, private.PastSentence(e, false),
		"tried to decide on adding web-07 to https-443 on api-lb and was denied: own request.")
	e.Denial.Data["action"] = ""
	require.Contains(t, private.PastSentence(e, false),
		"asked to add web-07 to https-443 on api-lb and was denied: own request.")
}

func TestASummaryOfDenialsCountsThem(t *testing.T) {
	t.Parallel()
	e := operation.Event{At: examples.Moment(19, 14, 22), Kind: operation.EventDeniedMore, ActorID: "U0ELI",
		Data: map[string]string{"count": "37", "codes": "no_rule forbidden", "listeners": "lst-1 lst-2"}}
	entry := history.Entry{At: e.At, Operation: operation.Operation{
		Actor: operation.Actor{UserID: "U0ELI", Name: "eli"}}, Denial: &e}
	require.Contains(t, listed(t, entry, commands.SinceDefault), "*Denied* · by <@U0ELI> · 37 more times")
	require.Equal(t, "37 denied", private.CountWords([]history.Entry{entry}))
	require.Contains(t, private.PastSentence(entry, false),
		"<@U0ELI> was denied 37 more times, about lst-1, lst-2: no rule allows it, forbidden.")
	require.Contains(t, trail.Line(e),
		"*Denied 37 more times* · no rule allows it, forbidden · <@U0ELI> · about lst-1, lst-2")
}
