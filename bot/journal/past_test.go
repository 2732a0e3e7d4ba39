package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

func pastRefs(list []history.Past) (out []string) {
	for _, p := range list {
		out = append(out, p.Operation.Ref)
	}
	return out
}

// paged reads page by page and returns the references in order.
func paged(t *testing.T, s *Store, p history.Page) []string {
	t.Helper()
	var out []string
	for range 20 {
		list, err := s.Past(t.Context(), p)
		require.NoError(t, err)
		if len(list) == 0 {
			return out
		}
		for _, x := range list {
			out = append(out, x.Operation.Ref)
		}
		last := list[len(list)-1]
		p.Before = history.Mark{At: last.At, ID: last.Operation.ID}
	}
	require.Fail(t, "the past has no end")
	return nil
}

func readsThePast(t *testing.T, s *Store) {
	at := func(name, user, listener, channel string, minute int) {
		op := draft(name, "server-"+name)
		op.Actor.UserID, op.Request.ListenerID, op.Place.ChannelID = user, listener, channel
		a := accepted(op)
		a.Operation.ClickedAt, a.Operation.Version, a.Insert = clock().Add(time.Duration(minute)*time.Minute), 1, true
		require.NoError(t, s.Accept(t.Context(), a))
	}
	at("A", "U1", "l1", "C1", 0)
	at("B", "U2", "l1", "C2", 1)
	at("C", "U1", "l2", "C2", 2)
	at("D", "U1", "l1", "C1", 2) // in the same millisecond
	saveDraft(t, s, draft("DRAFT2", "server-x"))
	fromDraft := saveDraft(t, s, draft("E", "server-e"))
	accept(t, s, fromDraft) // at the hour, like A, on listener-1 in C1

	long := clock().Add(-time.Hour)
	for name, tt := range map[string]struct {
		page history.Page
		want []string
	}{
		"all": {history.Page{Since: long, Limit: 2}, []string{"LBR-D", "LBR-C", "LBR-B", "LBR-E",
			"LBR-A"}},
		"one by one": {history.Page{Since: long, Limit: 1}, []string{"LBR-D", "LBR-C", "LBR-B", "LBR-E",
			"LBR-A"}},
		"since": {history.Page{Since: clock().Add(time.Minute), Limit: 9},
			[]string{"LBR-D", "LBR-C", "LBR-B"}},
		"of a listener": {history.Page{Listener: "l1", Since: long, Limit: 2},
			[]string{"LBR-D", "LBR-B", "LBR-A"}},
		"of a channel": {history.Page{Channel: "C1", Since: long, Limit: 2},
			[]string{"LBR-D", "LBR-E", "LBR-A"}},
		"of a person": {history.Page{Actor: "U1", Since: long, Limit: 2},
			[]string{"LBR-D", "LBR-C", "LBR-E", "LBR-A"}},
		"of nobody": {history.Page{Actor: "U9", Since: long, Limit: 2}, nil},
		"the listener comes first": {history.Page{Listener: "l2", Channel: "C1", Actor: "U9", Since: long, Limit: 2},
			[]string{"LBR-C"}},
	} {
		require.Equal(t, tt.want, paged(t, s, tt.page), name)
	}
	open, err := s.Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-D", "LBR-C", "LBR-B", "LBR-E", "LBR-A"}, pastRefs(open), "the newest first")
	ended, err := s.Operation(t.Context(), open[0].Operation.ID) // with its run, which the past does not show
	require.NoError(t, err)
	ended.State, ended.Reason = operation.NotDone, operation.ReasonStopped
	ended.Version++
	require.NoError(t, s.Save(t.Context(), ended, event(operation.EventStopped)))
	open, err = s.Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-C", "LBR-B", "LBR-E", "LBR-A"}, pastRefs(open), "neither what ended nor a draft")
	used, err := s.UsedIn(t.Context(), "C2", 9)
	require.NoError(t, err)
	require.Equal(t, []string{"l2", "l1"}, used, "newest first")
	used, err = s.UsedIn(t.Context(), "C1", 1)
	require.NoError(t, err)
	require.Equal(t, []string{"l1"}, used)
	times, err := s.ListenerSince(t.Context(), "l1", clock().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, []time.Time{clock().Add(time.Minute), clock().Add(2 * time.Minute)}, times)
}

func readsDenials(t *testing.T, s *Store) {
	for i := range 5 {
		e := event(operation.EventDenied)
		e.At, e.Data = clock().Add(time.Duration(i/2)*time.Minute), map[string]string{"n": fmt.Sprint(i)}
		require.NoError(t, s.Record(t.Context(), e))
		require.NoError(t, s.Record(t.Context(), event(operation.EventStatus)))
	}
	var got []string
	p := history.Page{Since: clock().Add(-time.Hour), Limit: 2}
	for range 5 {
		list, err := s.Denials(t.Context(), p)
		require.NoError(t, err)
		if len(list) == 0 {
			break
		}
		for _, d := range list {
			require.Equal(t, operation.EventDenied, d.Event.Kind)
			require.Equal(t, "U1", d.Event.ActorID)
			got = append(got, d.Event.Data["n"])
		}
		p.Before = list[len(list)-1].Mark
	}
	require.Equal(t, []string{"4", "3", "2", "1", "0"}, got)
	list, err := s.Denials(t.Context(), history.Page{Since: clock().Add(2 * time.Minute), Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = s.Denials(t.Context(), history.Page{Before: history.Mark{At: clock(), ID: "x"}, Limit: 9})
	require.ErrorContains(t, err, "is not the number of a denial")
}

func namesOldChannels(t *testing.T, s *Store) {
	storedAsText(t, s)
	p, err := s.provider()
	require.NoError(t, err)
	_, err = p.DownTo(t.Context(), 44)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(t.Context(), "update operations set channel_id = ''")
	require.NoError(t, err)
	tx, err := s.DB().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, s.nameChannels(t.Context(), tx))
	require.NoError(t, tx.Commit())
	_, err = p.Up(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-ABC234"}, paged(t, s, history.Page{Channel: "C1", Since: clock(), Limit: 9}))
}
