package slackapp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/socket"
)

// shift is one sample with one value of another type.
type shift struct {
	path   string // of the value: user.teams[0]
	sample string
	same   bool // it is the same value in another type
}

// shifts returns a sample once for each of its values and each other type that
// the value could have.
func shifts(t testing.TB, sample string) []shift {
	t.Helper()
	var list []shift
	var root any
	require.NoError(t, json.Unmarshal([]byte(sample), &root))
	whole := func() string {
		b, err := json.Marshal(root)
		require.NoError(t, err)
		return string(b)
	}
	var walk func(v any, path string, set func(any))
	walk = func(v any, path string, set func(any)) {
		for _, x := range otherTypes(v) {
			set(x.value)
			list = append(list, shift{path: strings.TrimPrefix(path, "."), sample: whole(), same: x.same})
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], path+"."+key, func(x any) { v[key] = x })
			}
		case []any:
			for i := range v {
				walk(v[i], fmt.Sprintf("%s[%d]", path, i), func(x any) { v[i] = x })
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(root.(map[string]any))) {
		object := root.(map[string]any)
		walk(object[key], key, func(x any) { object[key] = x })
	}
	return list
}

type other struct {
	value any
	same  bool
}

// otherTypes returns values of other types, some of which are the same value.
func otherTypes(v any) []other {
	strange := []other{{value: []any{"x"}}, {value: map[string]any{"x": 1}}, {value: map[string]any{}}}
	switch v := v.(type) {
	case bool:
		n := 0
		if v {
			n = 1
		}
		return append(strange, other{strconv.FormatBool(v), true}, other{n, true}, other{strconv.Itoa(n), true},
			other{value: "maybe"}, other{value: 7}, other{value: nil})
	case float64:

		return append(strange, other{strconv.FormatFloat(v, 'f', -1, 64), true}, other{value: true}, other{value: "many"})
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && strconv.FormatInt(n, 10) == v {
			return append(strange, other{n, true}, other{value: true})
		}
		return append(strange, other{value: true}, other{value: false})
	case []any:
		return []other{{value: "x"}, {value: 7}, {value: map[string]any{"0": "x"}}, {value: true}}
	case map[string]any:
		return []other{{value: "x"}, {value: 7}, {value: []any{"x"}}, {value: true}}
	}
	return nil
}

const (
	userSample = `{"ok":true,"user":{"id":"U0ANA","team_id":"T0LOCAL","name":"ana","deleted":false,"color":"9f69e7","real_name":"Ana","tz":"Asia/Singapore",
		"tz_offset":28800,"updated":1790000000,"profile":{"real_name":"Ana","team":"T0LOCAL","status_expiration":0,"fields":{"Xf1":{"value":"x"}}},
		"is_admin":false,"is_owner":false,"is_primary_owner":false,"is_restricted":false,"is_ultra_restricted":false,"is_bot":false,"is_app_user":false,
		"is_stranger":false,"is_workflow_bot":false,"is_connector_bot":false,"is_email_confirmed":true,"has_2fa":true,
		"enterprise_user":{"id":"W0ANA","enterprise_id":"E0ORG","is_admin":false,"is_owner":false,"teams":["T0LOCAL","T0OTHER"]}}}`
	channelSample = `{"ok":true,"channel":{"id":"C0OPS","name":"ops","name_normalized":"ops","creator":"U0BO","created":1780000000,"is_channel":true,"is_group":false,
		"is_im":false,"is_mpim":false,"is_private":false,"is_archived":false,"is_general":false,"is_shared":true,"is_ext_shared":false,"is_org_shared":true,
		"is_pending_ext_shared":false,"pending_shared":["T0X"],"pending_connected_team_ids":[],"shared_team_ids":["T0LOCAL"],"is_member":true,"num_members":12,
		"context_team_id":"T0LOCAL","unlinked":0,"topic":{"value":"","creator":"","last_set":0},"previous_names":["old"],"priority":0}}`
	groupsSample = `{"ok":true,"usergroups":[{"id":"S01SRE","team_id":"T0LOCAL","is_usergroup":true,"is_subteam":true,"name":"SRE","handle":"sre","is_external":false,
		"date_create":1780000000,"date_update":1780000000,"date_delete":0,"auto_type":"","auto_provision":false,"enterprise_subteam_id":"","created_by":"U0BO",
		"prefs":{"channels":["C0OPS"],"groups":[]},"users":["U0ANA","U0BO"],"user_count":2,"channel_count":1}]}`
	homeSample = `{"ok":true,"url":"https://x.slack.com/","team":"Local","user":"lbbot","team_id":"T0LOCAL","user_id":"U0LBBOT","bot_id":"B0LBBOT","app_id":"A0","expires_in":7,
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
		"users.info": {userSample, []string{"ok", "user", "user.id", "user.team_id", "user.deleted", "user.is_restricted", "user.is_ultra_restricted",
			"user.is_bot", "user.is_workflow_bot", "user.is_connector_bot", "user.is_stranger", "user.enterprise_user", "user.enterprise_user.enterprise_id", "user.enterprise_user.id",
			"user.enterprise_user.teams", "user.enterprise_user.teams[0]", "user.enterprise_user.teams[1]"},
			func(t *testing.T, d *Directory) (any, error) { return d.Person(t.Context(), ana) }},
		"conversations.info": {channelSample, []string{"ok", "channel", "channel.id", "channel.name", "channel.creator", "channel.is_im", "channel.is_mpim", "channel.is_private",
			"channel.is_archived", "channel.is_shared", "channel.is_ext_shared", "channel.is_org_shared", "channel.is_pending_ext_shared",
			"channel.pending_shared", "channel.pending_shared[0]", "channel.is_member"},
			func(t *testing.T, d *Directory) (any, error) { return d.Channel(t.Context(), ops) }},
		"usergroups.list": {groupsSample, []string{"ok", "usergroups", "usergroups[0]", "usergroups[0].id", "usergroups[0].is_external", "usergroups[0].date_delete",
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
			for _, s := range shifts(t, tt.sample) {
				got, err := tt.read(t, answering(t, map[string]string{method: s.sample}))
				delete(left, s.path)
				if s.same || !slices.Contains(tt.needed, s.path) {
					require.NoError(t, err, s.sample)
					require.Equal(t, named(want), named(got), s.sample)
					continue
				}
				require.Error(t, err, s.sample)
				if s.path != "ok" {
					require.Contains(t, err.Error(), s.path[strings.LastIndexByte(s.path, '.')+1:]+" (", s.sample)
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
	d := answering(t, map[string]string{"usergroups.list": `{"ok":true,"usergroups":[{"id":"S01SRE","users":["U0ANA","U0BO"],"user_count":"2"}]}`})
	groups, err := d.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, []operation.Group{{ID: "S01SRE", Members: []string{ana, bo}}}, groups)
}

func TestMembersThatSlackLeftOutAreNoticedWhateverTheTypeOfTheirCount(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`"users":[],"user_count":2`: "left out", `"users":[],"user_count":"2"`: "left out", `"users":null,"user_count":"2"`: "left out", `"name":"x"`: "left out",
		`"users":[],"user_count":[]`: "usergroups[0].user_count", `"users":[],"user_count":0`: "", `"users":[],"user_count":"0"`: "", `"user_count":0`: "", `"users":[]`: "",
	}
	for fields, want := range tests {
		d := answering(t, map[string]string{"usergroups.list": `{"ok":true,"usergroups":[{"id":"S01SRE",` + fields + `},{"id":"S02DEV","users":["U0ANA"]}]}`})
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

// envelopes are real samples of everything that Slack sends.
func envelopes() map[string]struct {
	kind, sample string
	needed       []string
} {
	type envelope = struct {
		kind, sample string
		needed       []string
	}
	return map[string]envelope{
		"a command": {"slash_commands", `{"token":"x","team_id":"T0LOCAL","team_domain":"local","channel_id":"C0INC1","channel_name":"inc-2041","user_id":"U0ANA","user_name":"ana",
			"command":"/lb-register","text":"80","api_app_id":"A0","enterprise_id":"E0ORG","enterprise_name":"Org","is_enterprise_install":"false",
			"response_url":"https://hooks.slack.com/commands/T/1/a","trigger_id":"1.2.abc"}`,
			[]string{"team_id", "channel_id", "user_id", "text", "api_app_id", "enterprise_id", "response_url", "trigger_id"}},
		"a click": {"interactive", `{"type":"block_actions","api_app_id":"A0","token":"x","trigger_id":"1.2.abc","response_url":"https://hooks.slack.com/actions/T/2/d",
			"team":{"id":"T0LOCAL","domain":"local"},"enterprise":{"id":"E0ORG","name":"Org"},"is_enterprise_install":false,
			"user":{"id":"U0ANA","username":"ana","name":"ana","team_id":"T0LOCAL"},"channel":{"id":"C0INC1","name":"inc"},
			"container":{"type":"message","message_ts":"1795430000.000100","channel_id":"C0INC1","is_ephemeral":false,"thread_ts":"1.2"},
			"message":{"type":"message","ts":"1795430000.000100","text":"x","blocks":[{"type":"section","fields":[1]}],"metadata":{"event_payload":{"n":1}}},
			"state":{"values":{"b":{"a":{"type":"x"}}}},
			"actions":[{"type":"button","block_id":"req-42","action_id":"op_stop","value":"abc:1","text":{"type":"plain_text","text":"Stop","emoji":true},"action_ts":"1795430005.123456"}]}`,
			[]string{"type", "api_app_id", "trigger_id", "response_url", "team", "team.id", "enterprise", "enterprise.id", "user", "user.id", "user.team_id", "channel", "channel.id",
				"container", "container.message_ts", "container.channel_id", "container.is_ephemeral", "actions", "actions[0]", "actions[0].action_id", "actions[0].value", "actions[0].action_ts"}},
		"a submission": {"interactive", `{"type":"view_submission","api_app_id":"A0","trigger_id":"1.2.aaa","team":{"id":"T0LOCAL","domain":"local"},"is_enterprise_install":false,
			"user":{"id":"U0ANA","username":"ana","name":"ana","team_id":"T0LOCAL"},
			"view":{"id":"V01","type":"modal","team_id":"T0LOCAL","app_id":"A0","bot_id":"B0","callback_id":"lb_register","external_id":"x","private_metadata":"{\"channel\":\"C0INC1\"}",
			"hash":"1795430010.abcd","clear_on_close":false,"root_view_id":"V01","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"new"}],
			"state":{"values":{"listener":{"listener":{"type":"plain_text_input","value":"lst-1"}}}}},"response_urls":[{"channel_id":"C0INC1"}]}`,
			[]string{"type", "api_app_id", "trigger_id", "team", "team.id", "user", "user.id", "user.team_id",
				"view", "view.id", "view.callback_id", "view.private_metadata", "view.hash"}},
		"an event": {"events_api", `{"type":"event_callback","token":"x","team_id":"T0LOCAL","context_team_id":"T0LOCAL","api_app_id":"A0","event_id":"Ev1","event_time":1790000000,
			"event_context":"x","is_ext_shared_channel":false,"authorizations":[{"enterprise_id":"E0ORG","team_id":"T0LOCAL","user_id":"U0BOT","is_bot":true}],
			"event":{"type":"app_mention","user":"U0ANA","text":"x","ts":"1.2","channel":"C0INC1","event_ts":"1.2"}}`,
			[]string{"type", "team_id", "api_app_id", "event_id"}},
	}
}

func TestAnEnvelopeWithAnotherTypeIsReadAlikeOrNamesTheField(t *testing.T) {
	t.Parallel()
	for name, tt := range envelopes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decoded := func(sample string) (delivery, error) {
				return decode(socket.Envelope{ID: "env", Type: tt.kind, Payload: json.RawMessage(sample)})
			}
			want, err := decoded(tt.sample)
			require.NoError(t, err)
			for _, s := range shifts(t, tt.sample) {
				got, err := decoded(s.sample)
				switch {
				case strings.HasPrefix(s.path, "view.state") || strings.HasPrefix(s.path, "event.") || s.path == "event":
					require.NoError(t, err, s.sample) // read apart, or for no decision
				case !s.same && slices.Contains(tt.needed, s.path):
					require.ErrorContains(t, err, s.path+" (", s.sample)
					require.NotEmpty(t, got.Key)
				default:
					require.NoError(t, err, s.sample)
					want.Actor.Name, got.Actor.Name, want.Place.ChannelName, got.Place.ChannelName = "", "", "", ""
					require.Equal(t, want.Actor, got.Actor, s.sample)
					require.Equal(t, want.Place, got.Place, s.sample)
					require.Equal(t, want.Key, got.Key, s.sample)
					require.Equal(t, want.Text, got.Text, s.sample)
				}
			}
		})
	}
}

func TestAFormWithAnotherTypeIsReadAlikeOrNamesTheField(t *testing.T) {
	t.Parallel()
	const sample = `{"values":{
		"port":{"port":{"type":"plain_text_input","value":"80"}},
		"kind":{"kind":{"type":"static_select","selected_option":{"text":{"type":"plain_text","text":"x","emoji":true},"value":"vm"}}},
		"to":{"to":{"type":"conversations_select","selected_conversation":"C0OPS"}},
		"box":{"box":{"type":"checkboxes","selected_options":[{"value":"on","text":{"type":"plain_text","text":"x"}}]}},
		"other":{"element":{"type":"new","value":{"a":1}}}}}`
	needed := []string{"values", "values.port.port", "values.port.port.value", "values.kind.kind", "values.kind.kind.selected_option", "values.kind.kind.selected_option.value",
		"values.to.to", "values.to.to.selected_conversation", "values.box.box", "values.box.box.selected_options", "values.box.box.selected_options[0]"}
	want, err := readState(json.RawMessage(sample))
	require.NoError(t, err)
	require.Equal(t, "80", want.Values["port"]["port"].Value)
	require.Equal(t, "vm", want.Values["kind"]["kind"].SelectedOption.Value)
	require.Equal(t, "C0OPS", want.Values["to"]["to"].SelectedConversation)
	require.Len(t, want.Values["box"]["box"].SelectedOptions, 1)
	for _, s := range shifts(t, sample) {
		got, err := readState(json.RawMessage(s.sample))
		switch {
		case !s.same && slices.Contains(needed, s.path):
			require.ErrorContains(t, err, s.path+" (", s.sample)
		case strings.Count(s.path, ".") == 1: // a block that is no object has no elements
			require.NoError(t, err, s.sample)
		default:
			require.NoError(t, err, s.sample)
			require.Equal(t, want, got, s.sample)
		}
	}
}

// FuzzSlackAnswers reads whatever Slack may answer: what is read without an
// error has an id, and no error repeats a value.
func FuzzSlackAnswers(f *testing.F) {
	for _, sample := range []string{userSample, channelSample, groupsSample, homeSample} {
		f.Add([]byte(sample))
		for _, s := range shifts(f, sample) {
			f.Add([]byte(s.sample))
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
			if x := readGroup(g.Apart()); x.Unread == "" && len(x.Members) == 0 && g.Number("user_count") > 0 && !x.Disabled && !x.External {
				t.Error("members were lost")
			}
		}
	})
}
