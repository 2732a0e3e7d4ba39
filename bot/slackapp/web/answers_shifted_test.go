package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/socket"
)

const (
	userSample = `{"ok":true,"user":{"id":"U0ANA","team_id":"T0LOCAL","name":"ana","deleted":false,"color":"9f69e7",
	"real_name":"Ana","tz":"Asia/Singapore",
		"tz_offset":28800,"updated":1790000000,"profile":{"real_name":"Ana","team":"T0LOCAL","status_expiration":0,
		"fields":{"Xf1":{"value":"x"}}},
		"is_admin":false,"is_owner":false,"is_primary_owner":false,"is_restricted":false,"is_ultra_restricted":false,
		"is_bot":false,"is_app_user":false,
		"is_stranger":false,"is_workflow_bot":false,"is_connector_bot":false,"is_email_confirmed":true,"has_2fa":true,
		"enterprise_user":{"id":"W0ANA","enterprise_id":"E0ORG","is_admin":false,"is_owner":false,"teams":["T0LOCAL",
		"T0OTHER"]}}}`
	channelSample = `{"ok":true,"channel":{"id":"C0OPS","name":"ops","name_normalized":"ops","creator":"U0BO",
	"created":1780000000,"is_channel":true,"is_group":false,
		"is_im":false,"is_mpim":false,"is_private":false,"is_archived":false,"is_general":false,"is_shared":true,
		"is_ext_shared":false,"is_org_shared":true,
		"is_pending_ext_shared":false,"pending_shared":["T0X"],"pending_connected_team_ids":[],
		"shared_team_ids":["T0LOCAL"],"is_member":true,"num_members":12,
		"context_team_id":"T0LOCAL","unlinked":0,"topic":{"value":"","creator":"","last_set":0},
		"previous_names":["old"],"priority":0}}`
	groupsSample = `{"ok":true,"usergroups":[{"id":"S01SRE","team_id":"T0LOCAL","is_usergroup":true,"is_subteam":true,
	"name":"SRE","handle":"sre","is_external":false,
		"date_create":1780000000,"date_update":1780000000,"date_delete":0,"auto_type":"","auto_provision":false,
		"enterprise_subteam_id":"","created_by":"U0BO",
		"prefs":{"channels":["C0OPS"],"groups":[]},"users":["U0ANA","U0BO"],"user_count":2,"channel_count":1}]}`
	homeSample = `{"ok":true,"url":"https://x.slack.com/","team":"Local","user":"lbbot","team_id":"T0LOCAL",
	"user_id":"U0LBBOT","bot_id":"B0LBBOT","app_id":"A0","expires_in":7,
		"enterprise_id":"E0ORG","is_enterprise_install":false}`
)

// TestAValueOfAnotherTypeIsTheSameOrRefused holds for every answer of Slack
// that a decision depends on.
func TestAValueOfAnotherTypeIsTheSameOrRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sample string
		needed []string
		read   func(t *testing.T, d *Directory) (any, error)
	}{
		"users.info": {userSample, []string{"ok", "user", "user.id", "user.team_id", "user.deleted",
			"user.is_restricted", "user.is_ultra_restricted",
			"user.is_bot", "user.is_workflow_bot", "user.is_connector_bot", "user.is_stranger", "user.enterprise_user",
			"user.enterprise_user.enterprise_id", "user.enterprise_user.id",
			"user.enterprise_user.teams", "user.enterprise_user.teams[0]", "user.enterprise_user.teams[1]"},
			func(t *testing.T, d *Directory) (any, error) { return d.Person(t.Context(), ana) }},
		"conversations.info": {channelSample, []string{"ok", "channel", "channel.id", "channel.name", "channel.creator",
			"channel.is_im", "channel.is_mpim", "channel.is_private",
			"channel.is_archived", "channel.is_shared", "channel.is_ext_shared", "channel.is_org_shared",
			"channel.is_pending_ext_shared",
			"channel.pending_shared", "channel.pending_shared[0]", "channel.is_member"},
			func(t *testing.T, d *Directory) (any, error) { return d.Channel(t.Context(), ops) }},
		"usergroups.list": {groupsSample, []string{"ok", "usergroups", "usergroups[0]", "usergroups[0].id",
			"usergroups[0].is_external", "usergroups[0].date_delete",
			"usergroups[0].users", "usergroups[0].users[0]", "usergroups[0].users[1]"},
			func(t *testing.T, d *Directory) (any, error) {
				groups, err := d.Groups(t.Context())
				if err == nil && groups[0].Unread != "" {
					return nil, fmt.Errorf("%s", groups[0].Unread)
				}
				return groups, err
			}},
		"auth.test": {homeSample, []string{"ok", "team_id", "user_id", "enterprise_id", "is_enterprise_install"},
			func(t *testing.T, d *Directory) (any, error) { return d.Workspace(t.Context()) }},
	}
	for method, tt := range tests {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			want, err := tt.read(t, answering(t, map[string]string{method: tt.sample}))
			require.NoError(t, err)
			left := map[string]bool{}
			for _, path := range tt.needed {
				left[path] = true
			}
			for _, s := range examples.Shifts(tt.sample) {
				got, err := tt.read(t, answering(t, map[string]string{method: s.Sample}))
				delete(left, s.Path)
				if s.Same || !slices.Contains(tt.needed, s.Path) {
					require.NoError(t, err, s.Sample)
					require.Equal(t, named(want), named(got), s.Sample)
					continue
				}
				require.Error(t, err, s.Sample)
				if s.Path != "ok" {
					require.Contains(t, err.Error(), s.Path[strings.LastIndexByte(s.Path, '.')+1:]+" (", s.Sample)
				}
			}
			require.Empty(t, left, "fields that the sample does not have")
		})
	}
}

// named is an answer without the names that are only shown.
func named(v any) any {
	switch v := v.(type) {
	case operation.Person:
		v.Name = ""
		return v
	case []operation.Group:
		v = slices.Clone(v)
		for i := range v {
			v[i].Name, v[i].Handle = "", ""
		}
		return v
	}
	return v
}

func TestACountOfMembersThatIsATextHidesNoMember(t *testing.T) {
	t.Parallel()
	d := answering(t,
		map[string]string{"usergroups.list": `{"ok":true,"usergroups":[{"id":"S01SRE","users":["U0ANA","U0BO"],
		"user_count":"2"}]}`})
	groups, err := d.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, []operation.Group{{ID: "S01SRE", Members: []string{ana, bo}}}, groups)
}

func TestMembersThatSlackLeftOutAreNoticedWhateverTheTypeOfTheirCount(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`"users":[],"user_count":2`: "left out", `"users":[],"user_count":"2"`: "left out",
		`"users":null,"user_count":"2"`: "left out", `"name":"x"`: "left out",
		`"users":[],"user_count":[]`: "usergroups[0].user_count", `"users":[],"user_count":0`: "",
		`"users":[],"user_count":"0"`: "", `"user_count":0`: "", `"users":[]`: "",
	}
	for fields, want := range tests {
		d := answering(t, map[string]string{"usergroups.list": `{"ok":true,"usergroups":[{"id":"S01SRE",` + fields +
			`},{"id":"S02DEV","users":["U0ANA"]}]}`})
		groups, err := d.Groups(t.Context())
		require.NoError(t, err, fields)
		require.Len(t, groups, 2)
		require.Empty(t, groups[1].Unread, "one group that cannot be read is not in the way of another")
		if want == "" {
			require.Empty(t, groups[0].Unread, fields)
		} else {
			require.Contains(t, groups[0].Unread, want, fields)
		}
	}
}

// FuzzSlackAnswers reads whatever Slack may answer: what is read without an
// error has an id, and no error repeats a value.
func FuzzSlackAnswers(f *testing.F) {
	for _, sample := range []string{userSample, channelSample, groupsSample, homeSample} {
		f.Add([]byte(sample))
		for _, s := range examples.Shifts(sample) {
			f.Add([]byte(s.Sample))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := socket.ReadFields(body)
		if err != nil {
			return
		}
		if p, err := personOf(answer); err == nil && p.ID == "" {
			t.Error("nobody was read without an error")
		}
		if c, err := channelOf(answer.Apart()); err == nil && c.ID == "" {
			t.Error("no channel was read without an error")
		}
		if w, err := workspaceOf(answer.Apart()); err == nil && w.TeamID == "" {
			t.Error("no workspace was read without an error")
		}
		for _, g := range answer.Apart().Objects("usergroups") {
			if x := readGroup(g.Apart()); x.Unread == "" && len(x.Members) == 0 && g.Number("user_count") > 0 &&
				!x.Disabled && !x.External {
				t.Error("members were lost")
			}
		}
	})
}
