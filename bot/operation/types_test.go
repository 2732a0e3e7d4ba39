package operation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer/zenlayertest"
)

func TestShiftedTypesInEveryAnswerChangeNothing(t *testing.T) {
	t.Parallel()
	play := func(rules zenlayertest.Rules, reg commands.Registration,
		faults ...zenlayertest.Fault) (op operation.Operation) {
		onWire(t, rules, func(t *testing.T, w *wired) {
			id := w.accepted(reg)
			for _, f := range faults {
				w.api.Inject(f)
			}
			op, _ = w.carryOut(id)
			w.judge(op)
			op.Request.ClientToken, op.RequestID, op.Attempts = "", "", nil
		})
		return op
	}
	own := wiredRequest()
	own.Ports, own.Weight = nil, 0
	for name, reg := range map[string]commands.Registration{"ports and weight given": wiredRequest(),
		"the listener's own": own} {
		for fault, faults := range map[string][]zenlayertest.Fault{"no fault": nil,
			"the answer lost": {{Kind: zenlayertest.AnswerLost, Action: "RegisterBackend"}}} {
			t.Run(name+", "+fault, func(t *testing.T) {
				t.Parallel()
				want := play(zenlayertest.Rules{}, reg, faults...)
				require.Equal(t, operation.Done, want.State)
				require.Equal(t, want, play(zenlayertest.Rules{ShiftedTypes: true}, reg, faults...))
			})
		}
	}
}
