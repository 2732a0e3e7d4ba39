package operation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// rosterFunc is a Roster of one function.
type rosterFunc func(context.Context, operation.Question, operation.Action) (operation.People, error)

func (f rosterFunc) Who(ctx context.Context, q operation.Question, a operation.Action) (operation.People, error) {
	return f(ctx, q, a)
}

func TestANoSaysWhoCouldIfThatIsKnownInTime(t *testing.T) {
	t.Parallel()
	can := operation.People{IDs: []string{"U0BO", "U0CHEN"}, Shown: []string{"U0BO"}, Groups: []string{"S1"}}
	tests := map[string]struct {
		code  operation.DenialCode
		who   rosterFunc
		want  *operation.People
		asked bool
		takes time.Duration
	}{
		"no permit holds": {operation.DeniedNoRule,
			func(context.Context, operation.Question, operation.Action) (operation.People, error) {
				return can, nil
			}, &can, true, 0},
		"a forbid holds, and nobody can": {operation.DeniedForbidden,
			func(context.Context, operation.Question, operation.Action) (operation.People, error) {
				return operation.People{}, nil
			}, &operation.People{}, true, 0},
		"Slack fails": {operation.DeniedNoRule,
			func(context.Context, operation.Question, operation.Action) (operation.People, error) {
				return can, errors.New("planted")
			}, nil, true, 0},
		"Slack is slow": {operation.DeniedNoRule,
			func(ctx context.Context, _ operation.Question, _ operation.Action) (operation.People, error) {
				<-ctx.Done()
				return operation.People{}, context.Cause(ctx)
			}, nil, true, 2 * time.Second},
		"a guest learns nothing": {operation.DeniedGuest,
			func(context.Context, operation.Question, operation.Action) (operation.People, error) {
				return can, nil
			}, nil, false, 0},
		"nor somebody in a shared channel": {operation.DeniedShared,
			func(context.Context, operation.Question, operation.Action) (operation.People, error) {
				return can, nil
			}, nil, false, 0},
	}
	for name, tt := range tests {
		for _, at := range []string{"preview", "click"} {
			t.Run(name+", at the "+at, func(t *testing.T) {
				t.Parallel()
				scene(t, func(t *testing.T, h *house) {
					asked := false
					h.intake.Roster = rosterFunc(func(ctx context.Context, q operation.Question,
						a operation.Action) (operation.People, error) {
						asked = true
						require.Equal(t, operation.ActionRegister, a)
						require.Equal(t, "lst-1", q.Listener.ID)
						require.Equal(t, operation.EventDenied, h.journal.events[len(h.journal.events)-1].Kind,
							"the no is noted first")
						return tt.who(ctx, q, a)
					})
					no := func(operation.Question) operation.Decision { return operation.Decision{Code: tt.code} }
					var err error
					start := time.Now()
					if at == "preview" {
						h.gate.decide = no
						_, err = h.intake.Preview(t.Context(), h.ask(request()))
					} else {
						op, previewErr := h.intake.Preview(t.Context(), h.ask(request()))
						require.NoError(t, previewErr)
						h.gate.decide = no
						_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
					}
					var denied *intake.DeniedError
					require.ErrorAs(t, err, &denied)
					require.Equal(t, tt.want, denied.Can)
					require.Equal(t, tt.asked, asked)
					require.Equal(t, tt.takes, time.Since(start), "the no waits no longer")
				})
			})
		}
	}
}
