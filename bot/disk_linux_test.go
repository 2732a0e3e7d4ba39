package bot_test

import (
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
)

// grow limits how far the files of a running process may grow, as a full disk
// does; it can be lifted again. It works for everybody and in every container,
// which mounting a small disk does not.
func (p *process) grow(t *testing.T, limit uint64) {
	t.Helper()
	r := syscall.Rlimit{Cur: limit, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&r)), 0, 0, 0)
	require.Zero(t, errno, errno.Error())
}

func TestADiskWithoutRoomAcceptsNothingAndThenTheBotGoesOn(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.launch()
	ref := h.added(good)
	h.types(ana, incident, other)
	preview := h.sees(ana, incident, "Preview", "web-06")
	calls := len(h.registerBodies())

	p.grow(t, 1)
	h.clicks(ana, preview, "req_send")
	h.sees(ana, incident, "I cannot store requests right now")
	h.unready("journal: writing to journal " + h.file() + ": its disk reports an error: check the disk, its free space")
	h.types(ana, incident, "lst-80aa web-04")
	h.sees(ana, incident, "I cannot store requests right now")
	require.Len(t, h.registerBodies(), calls, "nothing was sent")
	require.Len(t, h.cards(incident), 1)

	p.grow(t, ^uint64(0))
	require.Eventually(t, func() bool { return h.readyz() == "ready\n" }, 30*time.Second, 20*time.Millisecond,
		"it goes on by itself")
	h.clicks(ana, preview, "req_send")
	require.Eventually(t, func() bool { return len(h.ofServer(listener, "i-55a0")) == 1 }, 30*time.Second,
		5*time.Millisecond)
	require.Eventually(t, func() bool { return len(h.cards(incident)) == 2 && has(h.cards(incident)[1], "Added") },
		30*time.Second, 5*time.Millisecond)
	h.still(ref)
	p.ends(t)
}

func TestADiskThatFillsUpWhileACallIsOnItsWayLosesNoAnswer(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.launch()
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	h.during(func() { p.grow(t, 1) })
	h.clicks(ana, preview, "req_send")
	require.Eventually(t, func() bool { return len(h.ofServer(listener, "i-55a1")) == 1 }, 30*time.Second,
		5*time.Millisecond)
	h.unready("its disk reports an error")
	p.kill() // what the answer was is known to nobody now
	h.launch()
	h.settled()
}

func TestFullDiskUnderLoadLeavesNoOperationStuck(t *testing.T) {
	t.Parallel()
	c := standChaos(t, chaosSeed(t), 600, func(c *bot.Config) { c.ZenlayerRate = bot.Rate{} })
	c.widen(16)
	p := c.launch()
	c.underLoad(func() { p.grow(t, 1) }, func() { p.grow(t, ^uint64(0)) })
}
