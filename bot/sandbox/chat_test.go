package sandbox

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPostsAreRefusedAsSlackRefusesThem(t *testing.T) {
	t.Parallel()
	to := func(channel string) object { return object{"channel": channel, "text": "x"} }
	with := func(key string, v any) object { return object{"channel": "C0OPS", "text": "x", key: v} }
	eph := func(channel, user string) object { return object{"channel": channel, "user": user, "text": "x"} }
	cases := map[string]struct {
		method string
		args   object
		want   string
	}{
		"nowhere":                        {"chat.postMessage", object{"text": "x"}, "channel_not_found"},
		"an unknown channel":             {"chat.postMessage", to("C0NONE"), "channel_not_found"},
		"a private channel it is not in": {"chat.postMessage", to("C0SECRET"), "channel_not_found"},
		"an archived channel":            {"chat.postMessage", to("C0OLD"), "is_archived"},
		"a deactivated person":           {"chat.postMessage", to("U0EXA"), "channel_not_found"},
		"no text":                        {"chat.postMessage", object{"channel": "C0OPS"}, "no_text"},
		"blank text": {"chat.postMessage", object{"channel": "C0OPS", "text": "  "},
			"no_text"},
		"blocks that are not JSON": {"chat.postMessage", with("blocks", "[{"), "invalid_blocks_format"},
		"blocks that are not an array": {"chat.postMessage", with("blocks", object{"type": "divider"}),
			"invalid_blocks_format"},
		"invalid blocks": {"chat.postMessage", with("blocks", []any{object{"type": "x"}}),
			"invalid_blocks"},
		"too many blocks": {"chat.postMessage", with("blocks", repeat(51, `{"type":"divider"}`)),
			"invalid_blocks"},
		"101 attachments": {"chat.postMessage", with("attachments", repeat(101, `{"text":"a"}`)),
			"too_many_attachments"},
		"an attachment that is a text": {"chat.postMessage",
			with("attachments", `["a"]`), "invalid_attachments"},
		"attachments that are not an array": {"chat.postMessage", with("attachments", `{}`), "invalid_attachments"},
		"markdown_text, which it never sends": {"chat.postMessage", object{"channel": "C0OPS", "markdown_text": "m"},
			"invalid_arguments"},
		"metadata that is not JSON": {"chat.postMessage", with("metadata", "{"),
			"invalid_metadata_format"},
		"metadata without a payload": {"chat.postMessage", with("metadata", object{"event_type": "x"}),
			"invalid_metadata_schema"},
		"metadata that is too large": {"chat.postMessage",
			with("metadata", object{"event_type": "x", "event_payload": object{"a": strings.Repeat("a", 4000)}}),
			"metadata_too_large"},
		"a thread that does not exist": {"chat.postMessage", with("thread_ts", "1.000000"),
			"cannot_reply_to_message"},
		"an ephemeral in no thread": {"chat.postEphemeral", object{"channel": "C0OPS", "user": "U0ANA", "text": "x",
			"thread_ts": "1.000000"}, "cannot_reply_to_message"},
		"the replies to nothing": {"conversations.replies", object{"channel": "C0OPS", "ts": "1.000000"},
			"thread_not_found"},
		"the replies in a channel it is not in": {"conversations.replies", object{"channel": "C0GENERAL", "ts": "1.0"},
			"not_in_channel"},
		"the replies in an unknown channel": {"conversations.replies", object{"channel": "C0NONE", "ts": "1.0"},
			"channel_not_found"},
		"ephemeral to someone not in it":     {"chat.postEphemeral", eph("C0OPS", "U0OLGA"), "user_not_in_channel"},
		"ephemeral to someone deactivated":   {"chat.postEphemeral", eph("C0OPS", "U0EXA"), "user_not_in_channel"},
		"ephemeral where the bot is not":     {"chat.postEphemeral", eph("C0GENERAL", "U0ANA"), "not_in_channel"},
		"ephemeral in a foreign private one": {"chat.postEphemeral", eph("C0SECRET", "U0ANA"), "channel_not_found"},
		"ephemeral in an archived one":       {"chat.postEphemeral", eph("C0OLD", "U0ANA"), "is_archived"},
		"ephemeral over 4000 characters": {"chat.postEphemeral",
			object{"channel": "C0OPS", "user": "U0ANA", "text": strings.Repeat("x", 4001)}, "msg_too_long"},
		"an update of nothing":            {"chat.update", with("ts", "1.000000"), "message_not_found"},
		"an update in an unknown channel": {"chat.update", to("C0NONE"), "channel_not_found"},
		"a deletion of nothing":           {"chat.delete", with("ts", "1.000000"), "message_not_found"},
		"a link to nothing": {"chat.getPermalink", with("message_ts", "1.000000"),
			"message_not_found"},
		"a person nobody knows": {"users.info", object{"user": "U0NONE"}, "user_not_found"},
		"a channel nobody knows": {"conversations.info", object{"channel": "C0NONE"},
			"channel_not_found"},
		"a private channel's facts": {"conversations.info", object{"channel": "C0SECRET"},
			"channel_not_found"},
		"the history of a channel it is not in": {"conversations.history", object{"channel": "C0GENERAL"},
			"not_in_channel"},
		"a bad limit": {"conversations.history", object{"channel": "C0OPS", "limit": "-1"},
			"invalid_limit"},
		"a bad cursor": {"conversations.history", object{"channel": "C0OPS", "cursor": "zzz"},
			"invalid_cursor"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			answer := r.call(c.method, c.args)
			require.Equal(t, c.want, answer["error"], answer)
			require.Empty(t, r.texts("C0OPS", ""))
			if c.want == "invalid_blocks" {
				require.NotEmpty(t, answer["errors"])
				require.NotEmpty(t, answer["response_metadata"].(map[string]any)["messages"])
			}
		})
	}
}

func TestPublicChannelsTakePostsWithoutJoiningOnlyWithTheScope(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	say := object{"channel": "C0GENERAL", "text": "x"}
	r.ok("chat.postMessage", say)
	r.SetMissingScopes("chat:write.public")
	require.Equal(t, "not_in_channel", r.call("chat.postMessage", say)["error"])
}

func TestHistoryNeedsTheScopeOfTheKindOfChannel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.SetMissingScopes("channels:history")
	answer := r.call("conversations.history", object{"channel": "C0OPS"})
	require.Equal(t, "missing_scope", answer["error"])
	require.Equal(t, "channels:history", answer["needed"])
	r.ok("conversations.history", object{"channel": "D0ANA"})
}

func TestAPostedMessageCanBeChangedAndDeletedByTheBotOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	posted := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "one", "blocks": buttons,
		"metadata": object{"event_type": "op", "event_payload": object{"id": "1"}}})
	ts := posted["ts"].(string)
	require.Regexp(t, `^\d{10}\.\d{6}$`, ts)
	require.NotEmpty(t, posted["message"].(map[string]any)["blocks"].([]any)[0].(map[string]any)["block_id"],
		"Slack names blocks")

	r.ok("chat.update", object{"channel": "C0OPS", "ts": ts, "text": "two"})
	m := r.Messages("C0OPS", "U0ANA")[0]
	require.Equal(t, "two", m.Text)
	require.Nil(t, m.Blocks, "text without blocks removes the blocks")
	require.JSONEq(t, `{"event_type":"op","event_payload":{"id":"1"}}`, string(m.Metadata), "metadata left out stays")
	require.Equal(t, 1, m.Edited)
	require.Len(t, m.History, 1)
	require.Contains(t, string(m.History[0]), "req_send")

	r.ok("chat.update", object{"channel": "C0OPS", "ts": ts, "text": "three", "metadata": object{}})
	require.Nil(t, r.Messages("C0OPS", "U0ANA")[0].Metadata, "{} removes")
	require.Equal(t, "msg_too_long",
		r.call("chat.update", object{"channel": "C0OPS", "ts": ts, "text": strings.Repeat("x", 4001)})["error"])

	written, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "mine")
	require.Equal(t, "cant_update_message",
		r.call("chat.update", object{"channel": "C0OPS", "ts": written.TS, "text": "x"})["error"])
	require.Equal(t, "cant_delete_message",
		r.call("chat.delete", object{"channel": "C0OPS", "ts": written.TS})["error"])

	link := r.ok("chat.getPermalink", object{"channel": "C0OPS", "message_ts": ts})["permalink"]
	require.Equal(t, "https://sandbox.slack.com/archives/C0OPS/p"+strings.ReplaceAll(ts, ".", ""), link)

	require.NoError(t, r.DeleteMessage("C0OPS", ts))
	require.ErrorIs(t, r.DeleteMessage("C0OPS", ts), errNoMessage)
	require.Equal(t, "message_not_found",
		r.call("chat.update", object{"channel": "C0OPS", "ts": ts, "text": "x"})["error"])
	require.Equal(t, []string{"mine"}, r.texts("C0OPS", "U0ANA"))
	require.True(t, r.Messages("C0OPS", "")[0].Deleted, "the all-seeing viewer sees it")
	require.Empty(t, r.Findings())
}

func TestAnArchivedChannelTakesNoUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ts := r.ok("chat.postMessage", object{"channel": "C0INC2041", "text": "one"})["ts"]
	r.SetChannel(Channel{ID: "C0INC2041", Name: "inc-2041", BotMember: true, Archived: true})
	require.Equal(t, "is_inactive",
		r.call("chat.update", object{"channel": "C0INC2041", "ts": ts, "text": "x"})["error"])
}

func TestMessageIDsNeverRepeat(t *testing.T) {
	t.Parallel()
	r := newRig(t) // its clock stands still
	seen := map[any]bool{}
	for range 50 {
		ts := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "x"})["ts"]
		require.False(t, seen[ts])
		seen[ts] = true
	}
}

func TestEphemeralMessagesAreSeenByOneAndTouchedByNoMethod(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ts := r.ok("chat.postEphemeral", object{"channel": "C0OPS", "user": "U0ANA", "text": "psst"})["message_ts"]
	require.Equal(t, []string{"psst"}, r.texts("C0OPS", "U0ANA"))
	require.Empty(t, r.texts("C0OPS", "U0BO"))
	require.Equal(t, "message_not_found",
		r.call("chat.update", object{"channel": "C0OPS", "ts": ts, "text": "x"})["error"])
	require.Empty(t, r.ok("conversations.history", object{"channel": "C0OPS"})["messages"])
}

func TestADirectMessageGoesToThePersonOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	channel := r.ok("chat.postMessage", object{"channel": "U0GIL", "text": "hello"})["channel"].(string)
	require.Equal(t, "D0GIL", channel)
	require.Equal(t, []string{"hello"}, r.texts(channel, "U0GIL"))
	require.Empty(t, r.texts(channel, "U0ANA"))
	first := r.ok("chat.postMessage", object{"channel": "U0OLGA", "text": "1"})["channel"]
	require.Equal(t, first, r.ok("chat.postMessage", object{"channel": "U0OLGA", "text": "2"})["channel"],
		"it is made once")
}

func TestHistoryIsPagedNewestFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var ids []string
	for _, text := range []string{"a", "b", "c", "d"} {
		ids = append(ids, r.ok("chat.postMessage", object{"channel": "C0OPS", "text": text,
			"metadata": object{"event_type": "op", "event_payload": object{"id": text}}})["ts"].(string))
	}
	r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "reply", "thread_ts": ids[0]})
	read := func(args object) (texts []string, cursor string) {
		args["channel"] = "C0OPS"
		answer := r.ok("conversations.history", args)
		for _, m := range answer["messages"].([]any) {
			texts = append(texts, m.(map[string]any)["text"].(string))
		}
		return texts, answer["response_metadata"].(map[string]any)["next_cursor"].(string)
	}
	texts, cursor := read(object{"limit": 3})
	require.Equal(t, []string{"d", "c", "b"}, texts, "replies are not in it")
	texts, cursor = read(object{"limit": 3, "cursor": cursor})
	require.Equal(t, []string{"a"}, texts)
	require.Empty(t, cursor)
	texts, _ = read(object{"oldest": ids[1], "latest": ids[3]})
	require.Equal(t, []string{"c"}, texts)
	texts, _ = read(object{"oldest": ids[1], "latest": ids[3], "inclusive": true})
	require.Equal(t, []string{"d", "c", "b"}, texts)
	message := func(args object) map[string]any {
		args["channel"], args["limit"] = "C0OPS", 1
		return r.ok("conversations.history", args)["messages"].([]any)[0].(map[string]any)
	}
	require.NotContains(t, message(object{}), "metadata")
	require.Contains(t, message(object{"include_all_metadata": true}), "metadata")
}

func TestCarelessPostsBecomeFindings(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	parent := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "p"})["ts"]
	reply := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "r", "thread_ts": parent})["ts"]
	require.Empty(t, r.Findings())
	r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "rr", "thread_ts": reply})
	r.ok("chat.postMessage", object{"channel": "C0OPS", "blocks": buttons})
	r.ok("chat.postMessage", object{"channel": "C0OPS", "text": strings.Repeat("x", messageTextMax+1)})
	require.Len(t, r.Findings(), 3)
	require.Len(t, r.Messages("C0OPS", "")[4].Text, messageTextMax)
}
