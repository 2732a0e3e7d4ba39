package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// doing is who caused an event, and where.
type doing struct{ actor, channel string }

// doings has, for every kind of event, who causes it in the plays of
// TestEveryEventNamesWhoCausedIt.
func doings() map[string][]doing {
	at := func(who operation.Actor, place operation.Place) doing { return doing{who.UserID, place.ChannelID} }
	system := doing{operation.SystemActor, ""}
	return map[string][]doing{
		operation.EventPreviewed:     {at(ana, here)},
		operation.EventDenied:        {at(eli, elsewhere), at(ana, approvers)},
		operation.EventAccepted:      {at(ana, here), at(ana, elsewhere)},
		operation.EventCancelled:     {at(ana, elsewhere)},
		operation.EventStopped:       {at(dee, elsewhere)},
		operation.EventAttempt:       {system},
		operation.EventAnswered:      {system},
		operation.EventWaiting:       {system},
		operation.EventLook:          {system},
		operation.EventPerson:        {at(chen, elsewhere)},
		operation.EventFinished:      {system},
		operation.EventStatus:        {system},
		operation.EventApprovalAsked: {system},
		operation.EventReminded:      {system},
		operation.EventQuestion:      {at(bo, approvers)},
		operation.EventApproved:      {at(chen, approvers), at(dee, approvers)},
		operation.EventNotApproved:   {at(dee, approvers)},
		operation.EventBreakGlass:    {at(ana, elsewhere), system},
	}
}

var elsewhere = operation.Place{TeamID: "T1", ChannelID: "C0ELSE"}

// in has a person press a button in a channel.
func (h *house) in(place operation.Place, id string, who operation.Actor) intake.Click {
	c := h.click(id, who)
	c.Place = place
	return c
}

func TestEveryEventNamesWhoCausedIt(t *testing.T) {
	t.Parallel()
	plays := map[string]func(t *testing.T, h *house){
		"a question, a reminder, an approval that stops counting, and another": func(t *testing.T, h *house) {
			l := court(h, 1)
			op := h.asked(request())
			done := h.process(op.ID)
			require.NoError(t, h.intake.Question(t.Context(), h.says(op.ID, bo)))
			pass(6 * time.Minute)
			denied := &intake.DeniedError{}
			require.ErrorAs(t, h.approves(op.ID, ana), &denied)
			h.engine.mu.Lock()
			h.engine.err = errJournal // the run does not hear of the approval before the right is gone
			h.engine.mu.Unlock()
			require.NoError(t, h.approves(op.ID, chen))
			l.change(func(l *law) { l.may[chen.UserID] = false })
			h.engine.mu.Lock()
			h.engine.err = nil
			h.engine.mu.Unlock()
			require.NoError(t, h.engine.Poke(t.Context(), op.ID))
			pass(time.Second)
			require.NoError(t, h.approves(op.ID, dee))
			require.NoError(t, <-done)
			require.Equal(t, operation.Done, h.journal.now(op.ID).State)
		},
		"a denial by an approver": func(t *testing.T, h *house) {
			court(h, 1)
			op := h.asked(request())
			_, err := h.intake.Deny(t.Context(), h.says(op.ID, dee), "wrong listener")
			require.NoError(t, err)
			h.carry(op.ID)
		},
		"somebody else stops it": func(t *testing.T, h *house) {
			id := h.accepted(request())
			_, err := h.intake.Stop(t.Context(), h.in(elsewhere, id, dee))
			require.NoError(t, err)
			h.carry(id)
		},
		"somebody else answers what needs a person": func(t *testing.T, h *house) {
			id, done := stuck(t, h)
			_, err := h.intake.Answer(t.Context(), h.in(elsewhere, id, chen), operation.AnswerThere)
			require.NoError(t, err)
			h.cloud.goes(nil)
			h.cloud.add(ours("be-by-hand"))
			require.NoError(t, <-done)
		},
		"sent from another channel than it was asked in": func(t *testing.T, h *house) {
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			_, err = h.intake.Send(t.Context(), h.in(elsewhere, draft.ID, ana))
			require.NoError(t, err)
			h.cloud.goes(on("RegisterBackend", 1, fault{before: apiError(429, "")}))
			h.carry(draft.ID)
		},
		"refused as being there already": func(t *testing.T, h *house) {
			h.cloud.goes(on("RegisterBackend", 0,
				fault{before: apiError(409, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST")}))
			h.carry(h.accepted(request()))
		},
		"cancelled": func(t *testing.T, h *house) {
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			_, err = h.intake.Cancel(t.Context(), h.in(elsewhere, draft.ID, ana))
			require.NoError(t, err)
		},
		"break-glass": func(t *testing.T, h *house) {
			court(h, 1).glass = true
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			op, err := h.intake.Break(t.Context(), h.in(elsewhere, draft.ID, ana), breaking())
			require.NoError(t, err)
			h.carry(op.ID)
		},
		"denied": func(t *testing.T, h *house) {
			h.gate.decide = func(operation.Question) operation.Decision {
				return operation.Decision{Code: operation.DeniedNoRule, Person: true, Channel: true}
			}
			ask := h.ask(request())
			ask.Actor, ask.Place = eli, elsewhere
			_, err := h.intake.Preview(t.Context(), ask)
			require.Error(t, err)
		},
	}
	seen := make(chan operation.Event, 1000)
	t.Run("plays", func(t *testing.T) {
		for name, play := range plays {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				scene(t, func(t *testing.T, h *house) {
					play(t, h)
					want := doings()
					for _, e := range h.journal.events {
						seen <- e
						require.Contains(t, want[e.Kind], doing{e.ActorID, e.ChannelID}, "%s %v", e.Kind, e.Data)
						require.NotEmpty(t, e.ActorID, e.Kind)
						if e.Kind != operation.EventDenied {
							require.Equal(t, ana.UserID, e.Data["requester"], e.Kind)
							require.Equal(t, here.ChannelID, e.Data["requester_channel"], e.Kind)
						}
						who, known := e.Who()
						require.True(t, known, e.Kind)
						if who == "" {
							require.Equal(t, operation.SystemActor, e.ActorID, e.Kind)
							require.Empty(t, e.Data["team"], e.Kind)
						} else {
							require.Equal(t, e.ActorID, who, e.Kind)
							require.Equal(t, "T1", e.Data["team"], e.Kind)
						}
					}
				})
			})
		}
	})
	close(seen)
	happened := map[string]map[doing]bool{}
	for e := range seen {
		if happened[e.Kind] == nil {
			happened[e.Kind] = map[doing]bool{}
		}
		happened[e.Kind][doing{e.ActorID, e.ChannelID}] = true
	}
	for _, kind := range operation.AllEventKinds() {
		switch kind {
		case operation.EventResumed: // no version stores it any more
		// stored by the journal, for the person: see Tally
		case operation.EventPreviewedMore, operation.EventDeniedMore:
		case operation.EventStarted, operation.EventEnded, operation.EventPolicy, operation.EventHead: // the bot's own
		case operation.EventPaused, operation.EventPauseOver: // of no request
		case operation.EventTakenBack: // a step of the undo's run: TestAnAdditionSaysThatItWasTakenBack
		default:
			require.NotEmpty(t, doings()[kind], "who causes it: %s", kind)
		}
	}
	for kind, list := range doings() {
		require.Len(t, happened[kind], len(list), "each is in a play: %s", kind)
	}
}

// Versions before wrote the asker into every event of a request.
func TestAnOldEventDoesNotNameSomebodyWhoCannotHaveCausedIt(t *testing.T) {
	t.Parallel()
	old := func(kind string, pairs ...string) operation.Event {
		e := operation.Event{Kind: kind, OperationID: "op", ActorID: "U0ANA", ChannelID: "C1",
			Data: map[string]string{"ref": "LBR-1"}}
		for n := 0; n < len(pairs); n += 2 {
			e.Data[pairs[n]] = pairs[n+1]
		}
		return e
	}
	tests := map[string]struct {
		NewEvent operation.Event
		who      string
		known    bool
	}{
		"an approval by the asker, which is impossible": {old(operation.EventApproved, "requester", "U0ANA"), "",
			false},
		"a denial by the asker, which is impossible": {old(operation.EventNotApproved, "requester", "U0ANA"), "",
			false},
		"a question by the one who asked it": {old(operation.EventQuestion, "requester", "U0DEE"), "U0ANA",
			true},
		"Stop, by whomever":               {old(operation.EventStopped), "", false},
		"an answer, by whomever":          {old(operation.EventPerson), "", false},
		"an acceptance":                   {old(operation.EventAccepted), "U0ANA", true},
		"a preview":                       {old(operation.EventPreviewed), "U0ANA", true},
		"a cancelled preview":             {old(operation.EventCancelled), "U0ANA", true},
		"a denial of a request":           {old(operation.EventDenied), "U0ANA", true},
		"break-glass":                     {old(operation.EventBreakGlass, "why", "fire"), "U0ANA", true},
		"people told of break-glass":      {old(operation.EventBreakGlass, "told", "3"), "", true},
		"a call":                          {old(operation.EventAttempt), "", true},
		"an end":                          {old(operation.EventFinished), "", true},
		"the bot's own":                   {operation.Event{Kind: operation.EventStarted}, "", true},
		"of a later version, by a person": {old("later"), "U0ANA", true},
	}
	for name, tt := range tests {
		who, known := tt.NewEvent.Who()
		require.Equal(t, tt.who, who, name)
		require.Equal(t, tt.known, known, name)
	}
	requester, channel := old(operation.EventFinished).Requester()
	require.Equal(t, "U0ANA", requester)
	require.Equal(t, "C1", channel)
	requester, _ = old(operation.EventStopped).Requester()
	require.Equal(t, "U0ANA", requester)
	question := old(operation.EventQuestion, "requester", "U0DEE")
	requester, channel = question.Requester()
	require.Equal(t, "U0DEE", requester)
	require.Empty(t, channel, "the event has the channel of the question")
	requester, _ = old(operation.EventDenied).Requester()
	require.Empty(t, requester)
}
