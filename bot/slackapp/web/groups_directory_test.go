package web

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

func TestGroupsThatCannotBeReadAfterAChangeAreAnErrorAndNotTheOldOnes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	members(t, d.Directory, "S01SRE")
	d.ForgetGroups()
	d.slack.FailNext("usergroups.list", sandbox.APIFault{Error: "missing_scope"})
	_, err := d.Groups(t.Context())
	require.Error(t, err)
}

func TestAtAStepTheGroupsAreAtMostHalfAMinuteOld(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	members(t, d.Directory, "S01SRE")
	d.slack.SetGroupMembers("S01SRE", bo)
	d.clock.move(groupsAtSteps - time.Millisecond)
	d.Forget(ana, ops, time.Hour)
	require.Equal(t, []string{ana, bo}, members(t, d.Directory, "S01SRE"))
	d.clock.move(time.Millisecond)
	require.Equal(t, []string{ana, bo}, members(t, d.Directory, "S01SRE"), "reading on does not ask Slack again")
	d.Forget(ana, ops, time.Hour)
	require.Equal(t, []string{bo}, members(t, d.Directory, "S01SRE"), "a step does")
}

// What was being read when the change came may be from before it.
func TestALookUpUnderWayIsNotKeptAfterAChange(t *testing.T) {
	t.Parallel()
	var reads atomic.Int32
	entered, release := make(chan struct{}), make(chan struct{})
	r := newRecent(time.Now, time.Hour, func(context.Context, string) (int, error) {
		n := int(reads.Add(1))
		if n == 1 {
			close(entered)
			<-release
		}
		return n, nil
	})
	first := make(chan int, 1)
	go func() { n, _ := r.get(t.Context(), ""); first <- n }()
	<-entered
	r.drop("")
	second, err := r.get(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, 2, second, "who asks after the change does not get what was asked before")
	close(release)
	require.Equal(t, 1, <-first)
	third, err := r.get(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, 2, third, "nor does the late answer replace the newer one")
}
