package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/trail"
)

// Status and the audit channel name the same person for an event.
func TestLinesNameWhoCausedTheEvent(t *testing.T) {
	t.Parallel()
	event := func(kind, actor, channel string, pairs ...string) operation.Event {
		e := operation.Event{At: examples.Moment(19, 14, 22), Kind: kind, OperationID: "op", ActorID: actor,
			ChannelID: channel,
			Data:      map[string]string{"ref": "LBR-7F3KQ2", "instance": "i-1", "listener": "lst-1", "state": "added"}}
		for n := 0; n < len(pairs); n += 2 {
			e.Data[pairs[n]] = pairs[n+1]
		}
		return e
	}
	asked := []string{"requester", "U0ANA", "requester_channel", "C0OPS1234"}
	tests := map[string]struct {
		event            operation.Event
		step, line       []string // in status, in the audit channel
		never, notInLine []string
	}{
		"an approval": {event(operation.EventApproved, "U0CHEN", "C0APPROVE", asked...),
			[]string{"Approved · <@U0CHEN>"}, []string{"<@U0CHEN> in <#C0APPROVE>",
				"asked by <@U0ANA> in <#C0OPS1234>"}, []string{"U0ANA"}, nil},
		"a denial by an approver": {event(operation.EventNotApproved, "U0DEE", "C0APPROVE", asked...),
			[]string{"Not approved · <@U0DEE>"}, []string{"<@U0DEE> in <#C0APPROVE>", "asked by <@U0ANA>"},
			[]string{"U0ANA"}, nil},
		"an end, which nobody caused": {event(operation.EventFinished, operation.SystemActor, "", asked...),
			[]string{"Finished"}, []string{"*Added*", "asked by <@U0ANA> in <#C0OPS1234>"}, []string{"U0ANA", "system"},
			[]string{"system"}},
		"an old approval, stored under the asker": {
			event(operation.EventApproved, "U0ANA", "C0OPS1234", "requester", "U0ANA"),
			[]string{"Approved · by whom was not recorded"},
			[]string{"*Approved*", "by whom was not recorded", "asked by <@U0ANA> in <#C0OPS1234>"},
			[]string{"U0ANA"}, []string{"*Approved* · i-1 to lst-1 · <@U0ANA>"}},
		"an old Stop, stored under the asker": {event(operation.EventStopped, "U0ANA", "C0OPS1234"),
			[]string{"Stop pressed · by whom was not recorded"}, nil, []string{"U0ANA"}, nil},
		"an old end, stored under the asker": {event(operation.EventFinished, "U0ANA", "C0OPS1234"),
			[]string{"Finished"}, []string{"asked by <@U0ANA> in <#C0OPS1234>"}, []string{"U0ANA"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step, line := private.StepLine(tt.event), trail.Line(tt.event)
			for _, part := range tt.step {
				require.Contains(t, step, part)
			}
			for _, part := range tt.line {
				require.Contains(t, line, part)
			}
			for _, part := range tt.never {
				require.NotContains(t, step, part)
			}
			for _, part := range tt.notInLine {
				require.NotContains(t, line, part)
			}
		})
	}
}

func TestHistoryNamesWhoApproved(t *testing.T) {
	t.Parallel()
	op := operation.Operation{Ref: "LBR-7F3KQ2", State: operation.Done,
		Actor: operation.Actor{UserID: "U0ANA", Name: "ana"},
		Approval: &operation.Approval{Needed: 1,
			Votes: []operation.Vote{{By: operation.Actor{UserID: "U0CHEN", Name: "chen"}}}}}
	e := history.Entry{At: examples.Moment(19, 14, 22), Operation: op}
	require.Contains(t, listed(t, e, 1), "approved by <@U0CHEN>")
	require.Contains(t, private.PastSentence(e, false), "Approved by <@U0CHEN>.")
	require.Contains(t, private.PastSentence(e, true), "Approved by chen.")

	op.State, op.Reason = operation.NotDone, operation.ReasonUnanswered
	op.Approval.Needed = 2
	e.Operation = op
	require.NotContains(t, listed(t, e, 1), "approved by", "one of two is not enough")
	require.NotContains(t, private.PastSentence(e, false), "Approved by")
}
