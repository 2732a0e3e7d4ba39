package slackapp

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// members asks the directory who is in a group.
func members(t *testing.T, d *Directory, group string) []string {
	t.Helper()
	groups, err := d.Groups(t.Context())
	require.NoError(t, err)
	for _, g := range groups {
		if g.ID == group {
			return g.Members
		}
	}
	return nil
}

func TestAChangeOfAGroupIsInForceOnceSlackWasAnswered(t *testing.T) {
	t.Parallel()
	for _, event := range []string{"subteam_created", "subteam_updated", "subteam_members_changed",
		"subteam_self_added", "subteam_self_removed"} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			require.Equal(t, []string{ana, bo}, members(t, r.app.Directory, "S01SRE"))
			r.slack.SetGroupMembers("S01SRE", bo)
			require.Equal(t, []string{ana, bo}, members(t, r.app.Directory, "S01SRE"), "nothing told us yet")
			r.acked(r.slack.Event(t.Context(), map[string]any{"type": event, "subteam_id": "S01SRE",
				"removed_users": []string{ana}}))
			require.Equal(t, []string{bo}, members(t, r.app.Directory, "S01SRE"))
			r.calm()
		})
	}
}

func TestOtherEventsLeaveTheGroupsAlone(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	members(t, r.app.Directory, "S01SRE")
	r.slack.SetGroupMembers("S01SRE", bo)
	for _, event := range []string{"user_change", "team_join", "channel_rename"} {
		r.acked(r.slack.Event(t.Context(), map[string]any{"type": event, "user": ana}))
	}
	require.Equal(t, []string{ana, bo}, members(t, r.app.Directory, "S01SRE"))
}

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
	d.Forget(ana, ops)
	require.Equal(t, []string{ana, bo}, members(t, d.Directory, "S01SRE"))
	d.clock.move(time.Millisecond)
	require.Equal(t, []string{ana, bo}, members(t, d.Directory, "S01SRE"), "reading on does not ask Slack again")
	d.Forget(ana, ops)
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
