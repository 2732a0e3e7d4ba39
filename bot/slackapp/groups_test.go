package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/web"
)

// members asks the directory who is in a group.
func members(t *testing.T, d *web.Directory, group string) []string {
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
