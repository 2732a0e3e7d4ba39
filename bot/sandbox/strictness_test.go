package sandbox

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
)

// at is the value at a path such as "message.ts"; nil if there is none.
func at(v any, path string) any {
	for _, key := range strings.Split(path, ".") {
		o, _ := v.(map[string]any)
		v = o[key]
	}
	return v
}

func TestAnswersHaveTheFieldsThatClientsRead(t *testing.T) {
	t.Parallel()
	view := "view.id view.team_id view.type view.title view.blocks view.hash view.state.values view.private_metadata " +
		"view.callback_id view.external_id view.root_view_id view.app_id view.bot_id view.app_installed_team_id"
	message := "ok channel ts message.text message.blocks message.bot_id message.user message.ts message.metadata"
	r := newRig(t, func(o *Options) { o.Scopes = append(botScopes(), "im:write") })
	post := object{"channel": "C0OPS", "text": "hello", "blocks": object{}, "metadata": object{"event_type": "x",
		"event_payload": object{}}}
	post["blocks"] = []object{{"type": "divider"}}
	first := r.ok("chat.postMessage", post)
	changed := object{"channel": "C0OPS", "ts": first["ts"], "text": "changed"}
	open := object{"trigger_id": r.command("x").TriggerID, "view": form}
	opened := r.ok("views.open", open)
	push := object{"trigger_id": r.ClickInView(t.Context(), "U0ANA", at(opened, "view.id").(string), "type_ids", "",
		nil).TriggerID, "view": strings.ReplaceAll(form, `"x1"`, `"x2"`)}
	home := `{"type":"home","blocks":[{"type":"divider"}]}`
	later := r.clock.now().Add(time.Hour).Unix()
	for name, c := range map[string]struct {
		method, fields string
		args           object
		answer         map[string]any // instead of the call
	}{
		"auth.test":        {method: "auth.test", fields: "url team user team_id user_id bot_id app_id"},
		"chat.postMessage": {fields: message, answer: first},
		"chat.update":      {method: "chat.update", args: changed, fields: "channel ts text message.text"},
		"chat.postEphemeral": {method: "chat.postEphemeral",
			args:   object{"channel": "C0OPS", "user": "U0ANA", "text": "x"},
			fields: "message_ts"},
		"chat.scheduleMessage": {method: "chat.scheduleMessage",
			args:   object{"channel": "C0OPS", "text": "x", "post_at": later},
			fields: "channel scheduled_message_id post_at message.text"},
		"chat.getPermalink": {method: "chat.getPermalink", args: object{"channel": "C0OPS", "message_ts": first["ts"]},
			fields: "channel permalink"},
		"views.open": {answer: opened, fields: view},
		"views.push": {method: "views.push", args: push, fields: view + " view.previous_view_id"},
		"views.publish": {method: "views.publish", args: object{"user_id": "U0ANA", "view": home},
			fields: "view.id view.hash"},
		"users.info": {method: "users.info", args: object{"user": "U0ANA"},
			fields: "user.id user.team_id user.is_bot user.tz"},
		"users.list":      {method: "users.list", fields: "members response_metadata"},
		"usergroups.list": {method: "usergroups.list", fields: "usergroups"},
		"conversations.info": {method: "conversations.info", args: object{"channel": "C0OPS"},
			fields: "channel.id channel.is_member"},
		"conversations.members": {method: "conversations.members", args: object{"channel": "C0OPS", "limit": 2},
			fields: "members response_metadata.next_cursor"},
		"conversations.open": {method: "conversations.open", args: object{"users": "U0ANA"},
			fields: "channel.id"},
	} {
		answer := c.answer
		if answer == nil {
			answer = r.ok(c.method, maps.Collect(maps.All(c.args)))
		}
		for _, field := range strings.Fields(c.fields) {
			require.NotNil(t, at(answer, field), "%s: %s in %v", name, field, answer)
		}
	}
	opening := r.callAs("apps.connections.open", object{}, r.AppToken())
	require.Contains(t, opening["url"], "ws://127.0.0.1:")
	some := r.ok("conversations.members", object{"channel": "C0OPS", "limit": 2})
	require.Equal(t, []any{"U0ANA", "U0BO"}, some["members"])
	require.Len(t, r.ok("users.list", object{})["members"], len(r.People())+1)
}

func TestWhatSlackRefusesIsRefusedWithItsError(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Scopes = append(botScopes(), "im:write") })
	text := func(extra ...any) object {
		o := object{"channel": "C0OPS", "text": "x"}
		for i := 0; i+1 < len(extra); i += 2 {
			o[extra[i].(string)] = extra[i+1]
		}
		return o
	}
	now := r.clock.now()
	for name, c := range map[string]struct {
		method string
		args   object
		want   string
	}{
		"no content": {"chat.postMessage", text("text", ""), "no_text"},
		"51 blocks": {"chat.postMessage",
			text("blocks", repeat(51, `{"type":"divider"}`)), "invalid_blocks"},
		"an unknown block": {"chat.postMessage",
			text("blocks", `[{"type":"fireworks"}]`), "invalid_blocks"},
		"an unknown property": {"chat.postMessage",
			text("blocks", `[{"type":"divider","x":1}]`), "invalid_blocks"},
		"blocks that are no JSON": {"chat.postMessage", text("blocks", `[{`), "invalid_blocks_format"},
		"too many attachments": {"chat.postMessage",
			text("attachments", repeat(101, `{"text":"x"}`)), "too_many_attachments"},
		"markdown and text": {"chat.postMessage",
			text("markdown_text", "*x*"), "markdown_text_conflict"},
		"metadata over 4 kB": {"chat.postMessage",
			text("metadata", object{"event_type": "x",
				"event_payload": object{"x": strings.Repeat("x", 4000)}}), "metadata_too_large"},
		"a long edit": {"chat.update",
			text("ts", "1.000000", "text", strings.Repeat("x", 4001)), "message_not_found"},
		"a long private message": {"chat.postEphemeral",
			text("user", "U0ANA", "text", strings.Repeat("x", 4001)), "msg_too_long"},
		"an unknown channel":   {"chat.postMessage", text("channel", "C404"), "channel_not_found"},
		"an invisible channel": {"chat.postMessage", text("channel", "C0SECRET"), "channel_not_found"},
		"an archived channel":  {"chat.postMessage", text("channel", "C0OLD"), "is_archived"},
		"not a member, privately": {"chat.postEphemeral",
			text("channel", "C0GENERAL", "user", "U0ANA"), "not_in_channel"},
		"a reader who is not there": {"chat.postEphemeral", text("user", "U0OLGA"), "user_not_in_channel"},
		"a trigger never given": {"views.open",
			object{"trigger_id": "1.2.x", "view": form}, "invalid_trigger_id"},
		"a view that is gone": {"views.update", object{"view_id": "V404", "view": form}, "not_found"},
		"inputs without a submit": {"views.publish",
			object{"user_id": "U0ANA", "view": form}, "invalid_arguments"},
		"a time that has passed": {"chat.scheduleMessage",
			text("post_at", now.Add(-time.Second).Unix()), "time_in_past"},
		"a time too far": {"chat.scheduleMessage",
			text("post_at", now.AddDate(0, 0, 121).Unix()), "time_too_far"},
		"no time":                   {"chat.scheduleMessage", text(), "invalid_time"},
		"a robot's direct messages": {"conversations.open", object{"users": "U0INCBOT"}, "cannot_dm_bot"},
		"nobody's direct messages":  {"conversations.open", object{"users": "U404"}, "user_not_found"},
		"no one's direct messages":  {"conversations.open", object{}, "invalid_arguments"},
		"a wrong cursor":            {"users.list", object{"cursor": "x"}, "invalid_cursor"},
		"members of a secret": {"conversations.members",
			object{"channel": "C0SECRET"}, "channel_not_found"},
	} {
		answer := r.call(c.method, c.args)
		require.Equal(t, c.want, answer["error"], "%s: %v", name, answer)
	}
	for i := range 31 {
		postAt := now.Add(time.Hour).Truncate(time.Hour).Unix() + int64(i)
		answer := r.call("chat.scheduleMessage", text("post_at", postAt))
		require.Equal(t, i < 30, answer["ok"], "%d: %v", i, answer)
	}
	without := newRig(t)
	require.Equal(t, "im:write", without.call("conversations.open", object{"users": "U0ANA"})["needed"])
}

func TestScheduledMessagesArePostedAtTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		schedule := func(text string, metadata any) {
			s.mu.Lock()
			defer s.mu.Unlock()
			_, fail := s.scheduleMessage(argumentsOf(object{"channel": "C0OPS", "text": text, "metadata": metadata,
				"post_at": fmt.Sprint(time.Now().Add(time.Minute).Unix())}))
			require.Nil(t, fail)
		}
		schedule("later", nil)
		schedule("never", object{"event_type": "x", "event_payload": object{}})
		require.Empty(t, s.Messages("C0OPS", "U0ANA"))
		<-time.After(61 * time.Second)
		synctest.Wait()
		posted := s.Messages("C0OPS", "U0ANA")
		require.Len(t, posted, 1)
		require.Equal(t, "later", posted[0].Text)
		require.Len(t, s.Findings(), 1)
		schedule("too late", nil)
		s.Reset()
		schedule("ended by Close", nil)
		require.NoError(t, s.Close())
	})
}

func TestBlocksAreValidatedWithoutAToken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		args           object
		error, pointer string
	}{
		"good blocks":    {object{"blocks": `[{"type":"divider"}]`}, "", ""},
		"a good message": {object{"message": object{"blocks": []object{{"type": "divider"}}}}, "", ""},
		"a good view":    {object{"view": form}, "", ""},
		"a bad block":    {object{"blocks": `[{"type":"divider","x":1}]`}, "invalid_blocks", "/blocks/0/x"},
		"a bad view":     {object{"view": `{"type":"modal","blocks":[]}`}, "invalid_blocks", "/view"},
		"text":           {object{"message": object{"text": "x"}}, "invalid_blocks", "/message/text"},
		"nothing":        {object{}, "invalid_arguments", ""},
		"two things":     {object{"blocks": `[]`, "view": form}, "invalid_arguments", ""},
		"no JSON":        {object{"blocks": `[`}, "invalid_blocks_format", ""},
	} {
		answer := r.callAs("blocks.validate", c.args, "")
		require.Equal(t, c.error == "", answer["ok"], "%s: %v", name, answer)
		if c.error != "" {
			require.Equal(t, c.error, answer["error"], name)
		}
		if c.pointer != "" {
			first := answer["errors"].([]any)[0].(map[string]any)
			require.Equal(t, c.pointer, first["pointer"], "%s: %v", name, answer)
			require.Equal(t, "failed_constraint", first["code"])
			require.NotEmpty(t, at(first, "constraint.type"))
		}
	}
}

func TestWhatIsSentTwiceComesTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Duplicate(2, true)
	r.command("one")
	r.Duplicate(1, false)
	r.command("two")
	require.Eventually(t, func() bool { return r.link.count() == 4 }, time.Minute, time.Millisecond)
	ids := map[string]int{}
	r.link.mu.Lock()
	defer r.link.mu.Unlock()
	for _, e := range r.link.got {
		ids[e.ID]++
	}
	require.Len(t, ids, 3, "a new envelope for the first, the same for the second")
	require.Zero(t, r.Duplicates())
	require.Equal(t, socket.SlashCommand, r.link.got[3].Kind)
}
