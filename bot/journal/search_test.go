package journal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func searches(t *testing.T, s *Store) {
	ctx := t.Context()
	add := func(name, user, listener, called string, state operation.State, minute int) {
		op := draft(name, "server-"+name)
		op.Actor.UserID, op.Request.ListenerID, op.Listener.Name = user, listener, called
		a := accepted(op)
		a.Operation.ClickedAt, a.Operation.Version, a.Insert = clock().Add(time.Duration(minute)*time.Minute), 1, true
		require.NoError(t, s.Accept(ctx, a))
		if state != operation.Accepted {
			require.NoError(t, s.Save(ctx, moveTo(a.Operation, state), event(operation.EventFinished)))
		}
	}
	add("A", "U1", "l1", "web", operation.Done, 0)
	add("B", "U2", "l2", "web", operation.Done, 1)
	add("C", "U1", "l2", "web-old", operation.NotDone, 2)
	add("D", "U1", "l3", "l1", operation.Accepted, 3) // called like the id of another
	add("E", "U2", "l1", "web", operation.NeedsPerson, 4)
	saveDraft(t, s, draft("DRAFT2", "server-x"))
	for name, tt := range map[string]struct {
		filter Filter
		want   []string
	}{
		"everything":              {Filter{}, []string{"E", "D", "C", "B", "A"}},
		"since":                   {Filter{Since: clock().Add(2 * time.Minute)}, []string{"E", "D", "C"}},
		"a limit":                 {Filter{Limit: 2}, []string{"E", "D"}},
		"a person":                {Filter{ActorID: "U1"}, []string{"D", "C", "A"}},
		"a listener's name":       {Filter{Listener: "web"}, []string{"E", "B", "A"}},
		"a name, limited":         {Filter{Listener: "web", Limit: 2}, []string{"E", "B"}},
		"a name it no longer has": {Filter{Listener: "web-old"}, []string{"C"}},
		"an id that is a name":    {Filter{Listener: "l1"}, []string{"E", "D", "A"}},
		"no such listener":        {Filter{Listener: "l9"}, nil},
		"a final state":           {Filter{State: operation.Done}, []string{"B", "A"}},
		"an open state":           {Filter{State: operation.NeedsPerson}, []string{"E"}},
		"an open state, since":    {Filter{State: operation.Accepted, Since: clock().Add(4 * time.Minute)}, nil},
		"no such state":           {Filter{State: operation.NothingToDo}, nil},
		"everything at once": {Filter{ActorID: "U2", Listener: "web", State: operation.Done, Since: clock()},
			[]string{"B"}},
		"a person and a state": {Filter{ActorID: "U1", State: operation.NotDone}, []string{"C"}},
	} {
		if tt.filter.Limit == 0 {
			tt.filter.Limit = 9
		}
		ops, err := s.Search(ctx, tt.filter)
		require.NoError(t, err, name)
		var got []string
		for _, op := range ops {
			got = append(got, op.Ref[len("LBR-"):])
		}
		require.Equal(t, tt.want, got, name)
	}
}

// TestAProcessNamesAListenerOnce counts what names cost: a row when a name is new.
func TestAProcessNamesAListenerOnce(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	acceptAt(t, s, "FIRST2", "U1", clock())
	_, err := s.DB().ExecContext(t.Context(), "delete from listener_names")
	require.NoError(t, err)
	acceptAt(t, s, "SECOND", "U1", clock())
	var names int
	require.NoError(t, s.DB().QueryRowContext(t.Context(), "select count(*) from listener_names").Scan(&names))
	require.Zero(t, names)
}
