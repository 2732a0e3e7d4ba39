package journal

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// clock is the time of all tests.
func clock() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// draft is a stored-to-be draft about the given server.
func draft(name, server string) operation.Operation {
	return operation.Operation{
		ID: "id-" + name, Ref: "LBR-" + name, Version: 1, State: operation.Draft, Account: "main",
		Request: zenlayer.RegisterBackendRequest{ListenerID: "listener-1", InstanceID: server, ClientToken: "token-" +
			name},
		Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
		Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1", ResponseURL: "https://hooks.example/x"},
		Times: operation.Times{AskedAt: clock(), ExpiresAt: clock().Add(operation.DraftLife)},
	}
}

// accepted is the acceptance of what is stored as op, by its own delivery.
func accepted(op operation.Operation) operation.Acceptance {
	op = moveTo(op, operation.Accepted)
	op.ClickedAt, op.Run = clock(), 1
	return operation.Acceptance{Operation: op, Delivery: "click-" + op.ID, Event: event(operation.EventAccepted)}
}

func moveTo(op operation.Operation, s operation.State) operation.Operation {
	op.Version++
	op.State = s
	return op
}

func event(kind string) operation.Event {
	return operation.Event{At: clock(), Kind: kind, ActorID: "U1", ChannelID: "C1", Data: map[string]string{"a": "ü"}}
}

func saveDraft(t *testing.T, s *Store, op operation.Operation) operation.Operation {
	t.Helper()
	require.NoError(t, s.SaveDraft(t.Context(), op, event(operation.EventPreviewed)))
	return op
}

func accept(t *testing.T, s *Store, op operation.Operation) operation.Operation {
	t.Helper()
	a := accepted(op)
	require.NoError(t, s.Accept(t.Context(), a))
	return a.Operation
}

func kinds(t *testing.T, s *Store, id string) []string {
	t.Helper()
	events, err := s.Events(t.Context(), id)
	require.NoError(t, err)
	var k []string
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return k
}

// exercise holds a Store on any database to the contract of
// operation.Journal. open returns an empty one, closed when the test ends.
func exercise(t *testing.T, open func(t *testing.T) *Store) {
	for name, test := range map[string]func(t *testing.T, s *Store){
		"a stored operation comes back whole, by id or ref in any case":      comesBackWhole,
		"what is not there is ErrNotFound":                                   notFound,
		"a taken ref is ErrRefTaken, and the same draft again is stale":      refTaken,
		"accepting moves the draft and records the event and the delivery":   acceptsDraft,
		"accepting without a draft inserts":                                  acceptsInsert,
		"a delivery accepts once":                                            acceptsDeliveryOnce,
		"a delivery that was only claimed can still accept":                  acceptsSeenDelivery,
		"accepting without a delivery key is refused":                        refusesNoDelivery,
		"a draft is accepted once, whoever clicks":                           acceptsDraftOnce,
		"of twenty clicks at once on one draft one wins":                     acceptsOneOfTwenty,
		"of two drafts about one server at once one is busy":                 acceptsOneSubject,
		"a subject is free again when its operation is final":                freesSubject,
		"accepting is undone wholly when the event cannot be written":        acceptsWholly,
		"of twenty acceptances at once by one person no more than allowed":   acceptsWithinLimit,
		"a listener and break-glass have limits of their own":                acceptsWithinOtherLimits,
		"saving compares and sets":                                           savesByVersion,
		"saving compares the run":                                            savesByRun,
		"an accepted operation is leased to the process that accepts":        leasesWhatIsAccepted,
		"of twenty processes that take a lease over one wins":                leasesToOne,
		"of twenty saves of one version one wins":                            savesOneOfTwenty,
		"an operation keeps its client token":                                keepsToken,
		"a delivery is answered once, and known for 24 hours at least":       answersOnce,
		"a delivery stores one draft or event, with the claim to answer":     storesOnceForADelivery,
		"of twenty drafts of one delivery at once one is stored":             storesOneOfTwenty,
		"events without an operation are recorded":                           recordsEvents,
		"events can neither be changed nor deleted":                          guardsEvents,
		"choices are kept for an hour, and of one person the last twenty":    keepsChoices,
		"a person's acceptances are counted from a time on":                  countsAcceptances,
		"what no closed card shows is unreported, page by page":              listsUnreported,
		"a search is newest first, without drafts":                           pagesHistory,
		"the past is read by listener, channel or person, page by page":      readsThePast,
		"a search has every filter, alone and together":                      searches,
		"removals that are under way, or were done lately, are leaving":      listsLeaving,
		"a removal before an addition of the same entry is over":             forgetsRemovalsBeforeAnAddition,
		"denials are read page by page":                                      readsDenials,
		"a flood of denials becomes ten events and a count":                  countsAFlood,
		"a tally that cannot be read holds up nothing":                       skipsAnUnreadableTally,
		"a flood of previews is counted and its old drafts are forgotten":    forgetsDraftsOfAFlood,
		"drafts that nobody sent are deleted in time":                        prunesDrafts,
		"channels of what was stored before are filled in":                   namesOldChannels,
		"a card remembers the earliest post that was begun":                  remembersPost,
		"a card never goes back":                                             cardNeverGoesBack,
		"the first place of a card counts":                                   theFirstPlaceCounts,
		"a card of an unknown operation is ErrNotFound":                      cardOfNothing,
		"an approval card is apart from the operation's own":                 cardsAreApart,
		"cards of the version before are found after the update":             keepsOldCards,
		"a journal that can commit answers a ping, a closed one fails it":    pings,
		"an error says what was done where, and does not end as a named one": closedStoreFails,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func comesBackWhole(t *testing.T, s *Store) {
	op := draft("ABC234", "server-1")
	op.Notes = []string{"weight filled in"}
	op.Denial = &operation.Decision{Code: operation.DeniedRate, Until: clock()}
	saveDraft(t, s, op)
	for _, key := range []string{op.ID, "LBR-ABC234", "lbr-abc234", " Lbr-Abc234 "} {
		got, err := s.Operation(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, op, got)
	}
	events, err := s.Events(t.Context(), op.ID)
	require.NoError(t, err)
	want := event(operation.EventPreviewed)
	want.OperationID = op.ID
	require.Equal(t, []operation.Event{want}, events)
}

func notFound(t *testing.T, s *Store) {
	ctx := t.Context()
	_, err := s.Operation(ctx, "LBR-NONE22")
	require.Equal(t, operation.ErrNotFound, err)
	op := draft("NONE22", "server-1")
	require.Equal(t, operation.ErrNotFound, s.Save(ctx, moveTo(op, operation.NotDone),
		event(operation.EventCancelled)))
	require.Equal(t, operation.ErrNotFound, s.Accept(ctx, accepted(op)))
	events, err := s.Events(ctx, op.ID)
	require.NoError(t, err)
	require.Empty(t, events, "no event of what was not stored")
}

func refTaken(t *testing.T, s *Store) {
	first := saveDraft(t, s, draft("ABC234", "server-1"))
	second := draft("ABC234", "server-2")
	second.ID, second.Ref = "id-other", "lbr-abc234"
	require.Equal(t, operation.ErrRefTaken, s.SaveDraft(t.Context(), second, event(operation.EventPreviewed)))
	require.Empty(t, kinds(t, s, second.ID))

	err := s.SaveDraft(t.Context(), first, event(operation.EventPreviewed))
	var stale *operation.StaleError
	require.ErrorAs(t, err, &stale)
	require.Equal(t, first, stale.Operation)

	insert := accepted(draft("ABC234", "server-3"))
	insert.Operation.ID, insert.Operation.Version, insert.Insert = "id-third", 1, true
	require.Equal(t, operation.ErrRefTaken, s.Accept(t.Context(), insert))
}

func savesByVersion(t *testing.T, s *Store) {
	op := accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	sending := moveTo(op, operation.Sending)
	require.NoError(t, s.Save(t.Context(), sending, event(operation.EventAttempt)))
	for _, version := range []int64{1, 2, 3, 5} {
		late := moveTo(op, operation.NotDone)
		late.Version = version
		err := s.Save(t.Context(), late, event(operation.EventFinished))
		stale, ok := err.(*operation.StaleError) //nolint:errorlint // it must be exactly this one
		require.True(t, ok, "version %d: %v", version, err)
		require.Equal(t, sending, stale.Operation)
	}
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted, operation.EventAttempt},
		kinds(t, s, op.ID))
}

func savesOneOfTwenty(t *testing.T, s *Store) {
	op := accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	wins := atOnce(20, func(i int) error {
		next := moveTo(op, operation.Sending)
		next.Purpose = fmt.Sprint(i)
		return s.Save(t.Context(), next, event(operation.EventAttempt))
	}, func(err error) { require.IsType(t, &operation.StaleError{}, err) })
	require.Equal(t, 1, wins)
	require.Len(t, kinds(t, s, op.ID), 3)
}

func keepsToken(t *testing.T, s *Store) {
	op := saveDraft(t, s, draft("ABC234", "server-1"))
	other := accepted(op)
	other.Operation.Request.ClientToken = "token-new"
	require.ErrorContains(t, s.Accept(t.Context(), other), "keeps its client token")
	op = accept(t, s, op)
	next := moveTo(op, operation.Sending)
	next.Request.ClientToken = "token-new"
	require.ErrorContains(t, s.Save(t.Context(), next, event(operation.EventAttempt)), "keeps its client token")
	got, err := s.Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, op, got)
}

// atOnce runs do n times at the same moment and returns how many succeeded.
// Errors are passed to lost, one after the other.
func atOnce(n int, do func(i int) error, lost func(error)) int {
	start, results := make(chan struct{}), make(chan error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			results <- do(i)
		})
	}
	close(start)
	all.Wait()
	close(results)
	wins := 0
	for err := range results {
		if err == nil {
			wins++
		} else {
			lost(err)
		}
	}
	return wins
}
