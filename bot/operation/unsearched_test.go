package operation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// vmRefused answers every call to the vm service in one way.
func vmRefused(f zenlayertest.Fault) zenlayertest.Fault {
	f.Service, f.Times = "vm", -1
	return f
}

func TestABareMetalServerIsUsedAlthoughVirtualMachinesCannotBeSearched(t *testing.T) {
	t.Parallel()
	refusals := map[string]zenlayertest.Fault{
		"403 with a code": {Kind: zenlayertest.Refused, Status: 403, Code: "OPERATION_DENIED"},
		"401, no right":   {Kind: zenlayertest.Refused, Status: 401, Code: "AUTHFAILURE_UNAUTHORIZED_OPERATION"},
		"400, no version": {Kind: zenlayertest.Refused, Status: 400, Code: "INVALID_VERSION"},
		"a 404 page":      {Kind: zenlayertest.Refused, Status: 404, Body: "no route"},
	}
	for name, f := range refusals {
		for _, server := range []string{"web-07", "i-55a1", "10.0.3.17", "WEB-07."} {
			t.Run(name+", "+server, func(t *testing.T) {
				t.Parallel()
				onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
					w.api.Inject(vmRefused(f))
					reg := wiredRequest()
					reg.Server = server
					w.intake.Settings.Confirm = intake.ConfirmNever
					op, accepted, err := w.intake.Submit(t.Context(), w.ask(reg))
					require.NoError(t, err)
					require.False(t, accepted, "the note is shown before anything is sent")
					require.Equal(t, wiredServer, op.Server.ID)
					require.Equal(t, f.Code, op.Unsearched.Code)
				})
			})
		}
		for what, reg := range map[string]commands.Registration{
			"the name of a virtual machine": {Server: "edge-vm-01"}, "its ID": {Server: "vm-a001"},
			"a name of nothing": {Server: "nothing-here"},
			"type=vm": {Server: "edge-vm-01",
				Type: zenlayer.InstanceVM}, "type=vm for a bare metal server": {Server: "web-07",
				Type: zenlayer.InstanceVM},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
					w.api.Inject(vmRefused(f))
					reg.Listener = named(wiredListener)
					_, err := w.intake.Preview(t.Context(), w.ask(reg))
					away := &intake.UnavailableError{}
					require.ErrorAs(t, err, &away)
					require.Equal(t, f.Code, away.Fault.Code)
					require.Equal(t, f.Status, away.Fault.Status)
				})
			})
		}
	}
}

func TestVirtualMachinesThatDoNotAnswerStopAPreview(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]zenlayertest.Fault{
		"a server error": {Kind: zenlayertest.InternalError}, "no answer": {Kind: zenlayertest.ConnectionDropped},
		"asked to wait": {Kind: zenlayertest.RateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
				w.api.Inject(vmRefused(f))
				_, err := w.intake.Preview(t.Context(), w.ask(wiredRequest()))
				away := &intake.UnavailableError{}
				require.ErrorAs(t, err, &away, "the name could be a virtual machine's as well")
			})
		})
	}
}

func TestAServerOfTheOtherTypeIsSaidToBeThatType(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server string
		kind   zenlayer.InstanceType
		fault  zenlayertest.Fault
		says   string
		field  string
	}{
		"a virtual machine as bm": {"edge-vm-01", zenlayer.InstanceBM, zenlayertest.Fault{},
			"edge-vm-01 is a virtual machine, not a bare metal server. Leave the type out, or use type=vm.",
			commands.KeyType},
		"its ID as bm": {"vm-a001", zenlayer.InstanceBM, zenlayertest.Fault{},
			"vm-a001 is a virtual machine, not a bare metal server.", commands.KeyType},
		"a bare metal server as vm": {"web-07", zenlayer.InstanceVM, zenlayertest.Fault{},
			"web-07 is a bare metal server, not a virtual machine. Leave the type out, or use type=bm.",
			commands.KeyType},
		"nothing as bm": {"web-0x7", zenlayer.InstanceBM, zenlayertest.Fault{},
			`No bare metal server called "web-0x7". Closest: web-07 (i-55a1)`, commands.KeyServer},
		"nothing as vm": {"zzz", zenlayer.InstanceVM, zenlayertest.Fault{},
			`No virtual machine called "zzz".`, commands.KeyServer},
		"as bm, and vm refuses to be asked": {"edge-vm-01", zenlayer.InstanceBM,
			vmRefused(zenlayertest.Fault{Kind: zenlayertest.Refused, Status: 403,
				Code: "OPERATION_DENIED"}), `No bare metal server called "edge-vm-01".`, commands.KeyServer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onWire(t, zenlayertest.Rules{}, func(t *testing.T, w *wired) {
				if tt.fault.Kind != "" {
					w.api.Inject(tt.fault)
				}
				_, err := w.intake.Preview(t.Context(),
					w.ask(commands.Registration{Listener: named(wiredListener), Server: tt.server, Type: tt.kind}))
				wrong := &commands.InputError{}
				require.ErrorAs(t, err, &wrong)
				require.Len(t, wrong.Problems, 1)
				require.Contains(t, wrong.Problems[0].Text, tt.says)
				require.Equal(t, tt.field, wrong.Problems[0].Field)
			})
		})
	}
}
