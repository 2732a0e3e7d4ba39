package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestWhoami(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		person, channel string
		change          func(*directory)
		refusal         operation.DenialCode
		what            operation.Fact
		groups, rules   []string
		incident        bool
		failed          bool
	}{
		"sre in an incident": {person: sre, channel: incident, groups: []string{"S01SRE"},
			rules: []string{"sre-in-incidents"}, incident: true},
		"sre elsewhere": {person: sre, channel: ops, groups: []string{"S01SRE"}},
		"dev": {person: dev, channel: ops, groups: []string{"S02DEV"},
			rules: []string{"others-ask", "dev-lab"}},
		"both in a private incident": {person: both, channel: secret, groups: []string{"S01SRE", "S02DEV"},
			rules: []string{"sre-in-incidents", "others-ask", "dev-lab", "quiet-canary"}, incident: true},
		"nobody by direct message": {person: nobody, channel: direct, rules: []string{"quiet-canary"}},
		"guest": {person: guest, channel: ops, refusal: operation.DeniedGuest,
			groups: []string{"S01SRE"}},
		"shared channel": {person: sre, channel: shared, refusal: operation.DeniedShared,
			groups: []string{"S01SRE"}, incident: true},
		"channel cannot be read": {person: sre, channel: ops, change: func(d *directory) { d.channelErr = errSlack },
			refusal: operation.DeniedUnchecked, what: operation.FactChannel, groups: []string{"S01SRE"}},
		"a named group is missing": {person: sre, channel: ops, change: func(d *directory) { d.without("S03LEAD") },
			refusal: operation.DeniedUnchecked, what: operation.FactGroups, groups: []string{"S01SRE"}},
		"groups cannot be read": {person: sre, channel: ops, change: func(d *directory) { d.groupsErr = errSlack },
			failed: true},
		"person cannot be read": {person: sre, channel: ops,
			change: func(d *directory) { d.personErr = errSlack }, failed: true,
			refusal: operation.DeniedUnchecked, what: operation.FactPerson},
		"workspace cannot be read": {person: sre, channel: ops,
			change: func(d *directory) { d.workspaceErr = errSlack }, failed: true,
			refusal: operation.DeniedUnchecked, what: operation.FactWorkspace},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			if tt.change != nil {
				tt.change(d)
			}
			g := gate(t, d, house)
			s, err := g.Whoami(t.Context(), operation.Actor{UserID: tt.person, TeamID: team},
				operation.Place{TeamID: team, ChannelID: tt.channel})
			if tt.failed {
				require.ErrorIs(t, err, errSlack)
			} else {
				require.NoError(t, err)
				require.Equal(t, tt.person, s.Person.ID)
				require.Equal(t, tt.channel, s.Channel.ID)
				require.Equal(t, team, s.Workspace.TeamID)
			}
			require.Equal(t, tt.refusal, s.Refusal.Code)
			require.Equal(t, tt.what, s.Refusal.What)
			var groups []string
			for _, x := range s.Groups {
				groups = append(groups, x.ID)
			}
			require.Equal(t, tt.groups, groups)
			require.Equal(t, tt.rules, s.Rules)
			require.Equal(t, tt.incident, s.Incident)
			require.Equal(t, g.Status().Digest[:12]+", loaded 2026-03-18 12:00 UTC", s.Policy)
		})
	}
}

func TestWhoamiWithoutAPolicySaysSo(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), broken)
	s, err := g.Whoami(t.Context(), operation.Actor{UserID: sre}, operation.Place{ChannelID: ops})
	require.NoError(t, err)
	require.Equal(t, "none", s.Policy)
	require.Empty(t, s.Rules)
}
