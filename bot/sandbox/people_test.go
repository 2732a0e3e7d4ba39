package sandbox

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
)

func TestACommandCarriesWhatSlackWouldSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	act := r.command("api-lb web-7")
	require.True(t, act.Acked)
	sent := r.link.last()
	require.Equal(t, socket.SlashCommand, sent.Kind)
	require.True(t, sent.Accepts)
	require.Equal(t,
		map[string]any{"token": "deprecated", "team_id": "T0LOCAL", "team_domain": "sandbox", "channel_id": "C0OPS",
			"channel_name": "ops", "user_id": "U0ANA", "user_name": "ana", "command": "/lb-register",
			"text":       "api-lb web-7",
			"api_app_id": "A0LOCAL001", "is_enterprise_install": "false", "response_url": act.ResponseURL,
			"trigger_id": act.TriggerID}, sent.Payload)
	require.True(t, strings.HasPrefix(act.ResponseURL, r.BaseURL()+"/commands/T0LOCAL/"))
	r.TypeCommand(t.Context(), "U0ANA", "D0ANA", "/lb-register", "")
	require.Equal(t, "directmessage", r.link.last().Payload["channel_name"])
}

func TestCommandsSlacksClientDoesNotSend(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ user, channel, command, why string }{
		"by nobody":                  {"U0NONE", "C0OPS", "/lb-register", "no person"},
		"by someone deactivated":     {"U0EXA", "C0OPS", "/lb-register", "deactivated"},
		"by the app":                 {"U0LBBOT", "C0OPS", "/lb-register", "app"},
		"by an outsider":             {"U0OLGA", "C0PARTNER", "/lb-register", "another workspace"},
		"outside the channel":        {"U0DEV", "C0SECRET", "/lb-register", "not in channel"},
		"in someone's conversation":  {"U0DEV", "D0ANA", "/lb-register", "not in channel"},
		"in an archived channel":     {"U0ANA", "C0OLD", "/lb-register", "archived"},
		"that the app does not have": {"U0ANA", "C0OPS", "/deploy", "not a valid command"},
		"that is none":               {"U0ANA", "C0OPS", "lb-register", "not a valid command"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(o *Options) { o.Command = "/lb-register" })
			act := r.TypeCommand(t.Context(), c.user, c.channel, c.command, "")
			require.Contains(t, act.Failure, "refused: ")
			require.Contains(t, act.Failure, c.why)
			require.Zero(t, r.link.count())
		})
	}
}

func TestWhatPeopleTypeIsEscaped(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"to=#ops":                          "to=<#C0OPS|ops>",
		"#secret":                          "<#C0SECRET|>",
		"#none":                            "#none",
		"by=@ana.":                         "by=<@U0ANA|ana>.",
		"@lb-leads help":                   "<!subteam^S03LEAD|@lb-leads> help",
		"@nobody":                          "@nobody",
		"mail ana@dev":                     "mail ana@dev",
		"<!channel> & co":                  "&lt;!channel&gt; &amp; co",
		"see http://web-7.example/a?b=1&c": "see <http://web-7.example/a?b=1&amp;c>",
		"“web-7” 世":                        "“web-7” 世",
		"":                                 "",
	}
	r := newRig(t)
	for typed, want := range cases {
		r.command(typed)
		require.Equal(t, want, r.link.last().Payload["text"])
	}
}

func TestAnAckCanAnswerACommand(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		payload, failure string
		caller, others   []string
		findings         int
	}{
		"with nothing": {``, "", []string{}, []string{}, 0},
		"privately":    {`{"text":"only you"}`, "", []string{"only you"}, []string{}, 0},
		"to the channel": {`{"text":"all","response_type":"in_channel"}`, "",
			[]string{"/lb-register x", "all"}, []string{"/lb-register x", "all"}, 0},
		"with an invalid block": {`{"text":"x","blocks":[{"type":"alert"}]}`, "invalid_command_response", nil,
			[]string{}, 1},
		"with something else": {`"x"`, "invalid_command_response", nil, []string{}, 1},
		"with a made-up visibility": {`{"text":"x","response_type":"secret"}`, "invalid_command_response", nil,
			[]string{}, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.link.answer(c.payload)
			act := r.command("x")
			require.Equal(t, c.failure, act.Failure)
			require.Len(t, r.Findings(), c.findings)
			require.Equal(t, c.others, r.texts("C0OPS", "U0BO"))
			if c.caller != nil {
				require.Equal(t, c.caller, r.texts("C0OPS", "U0ANA"))
			}
		})
	}
}

func TestACommandWithoutAckEndsInSlacksOwnWords(t *testing.T) {
	t.Parallel()
	for want, result := range map[string]socket.Ack{"operation_timeout": {TimedOut: true},
		"dispatch_failed": {NoConnection: true}} {
		r := newRig(t)
		r.link.fail(result)
		act := r.command("x")
		require.False(t, act.Acked)
		require.Equal(t, want, act.Failure)
		seen := r.Messages("C0OPS", "U0ANA")
		require.Len(t, seen, 1)
		require.Equal(t, want, seen[0].Notice)
		require.Contains(t, seen[0].Text, want)
		require.True(t, seen[0].Ephemeral)
		require.Empty(t, r.texts("C0OPS", "U0BO"))
	}
}

func TestAClickCarriesWhatSlackWouldSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ts := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "card", "blocks": buttons})["ts"].(string)
	act := r.Click(t.Context(), "U0BO", "C0OPS", ts, "req_send", "")
	require.True(t, act.Acked)
	sent := r.link.last()
	require.False(t, sent.Accepts)
	p := sent.Payload
	require.Equal(t, "block_actions", p["type"])
	require.Equal(t, "U0BO", p["user"].(map[string]any)["id"])
	require.Equal(t, map[string]any{"type": "message", "message_ts": ts, "channel_id": "C0OPS", "is_ephemeral": false},
		p["container"])
	require.Equal(t, map[string]any{"id": "C0OPS", "name": "ops"}, p["channel"])
	require.Equal(t, "U0LBBOT", p["message"].(map[string]any)["user"])
	require.Equal(t, map[string]any{"values": map[string]any{}}, p["state"])
	action := p["actions"].([]any)[0].(map[string]any)
	require.Equal(t, "button", action["type"])
	require.Equal(t, "acts", action["block_id"])
	require.Equal(t, "r1", action["value"])
	require.NotEmpty(t, action["action_ts"])
	require.Contains(t, act.ResponseURL, "/actions/")

	r.Click(t.Context(), "U0BO", "C0OPS", ts, "acts/req_more", "why")
	action = r.link.last().Payload["actions"].([]any)[0].(map[string]any)
	require.Equal(t, "why", action["selected_option"].(map[string]any)["value"])
}

func TestClicksThatArePossibleAndThoseThatAreNot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := func(channel string) string {
		return r.ok("chat.postMessage", object{"channel": channel, "text": "card", "blocks": buttons})["ts"].(string)
	}
	ops, shared, theirs := post("C0OPS"), post("C0PARTNER"), post("D0ANA")
	private := r.ok("chat.postEphemeral",
		object{"channel": "C0OPS", "user": "U0ANA", "text": "x", "blocks": buttons})["message_ts"].(string)
	cases := map[string]struct{ user, channel, ts, action, option, why string }{
		"a guest in the channel":          {"U0GIL", "C0OPS", ops, "req_send", "", ""},
		"an outsider in a shared channel": {"U0OLGA", "C0PARTNER", shared, "req_send", "", ""},
		"an outsider elsewhere":           {"U0OLGA", "C0OPS", ops, "req_send", "", "not in channel"},
		"someone deactivated":             {"U0EXA", "C0OPS", ops, "req_send", "", "deactivated"},
		"another person's conversation":   {"U0BO", "D0ANA", theirs, "req_send", "", "not in channel"},
		"one's own ephemeral message":     {"U0ANA", "C0OPS", private, "req_send", "", ""},
		"another person's ephemeral":      {"U0BO", "C0OPS", private, "req_send", "", "no such message"},
		"a button that is not there":      {"U0ANA", "C0OPS", ops, "req_none", "", "no component"},
		"an option that is not there":     {"U0ANA", "C0OPS", ops, "req_more", "none", "not offered"},
		"a message that is not there":     {"U0ANA", "C0OPS", "1.000000", "req_send", "", "no such message"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := r.link.count()
			act := r.Click(t.Context(), c.user, c.channel, c.ts, c.action, c.option)
			if c.why == "" {
				require.True(t, act.Acked)
				return
			}
			require.Contains(t, act.Failure, c.why)
			require.Equal(t, before, r.link.count())
		})
	}
	r.ok("chat.update", object{"channel": "C0OPS", "ts": ops, "text": "done"})
	require.Contains(t, r.Click(t.Context(), "U0ANA", "C0OPS", ops, "req_send", "").Failure, "no component",
		"buttons go with the update")
}

func TestAClickOnAnEphemeralMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ts := r.ok("chat.postEphemeral",
		object{"channel": "C0OPS", "user": "U0ANA", "text": "preview", "blocks": buttons})["message_ts"].(string)
	act := r.Click(t.Context(), "U0ANA", "C0OPS", ts, "req_send", "")
	p := r.link.last().Payload
	require.Equal(t, true, p["container"].(map[string]any)["is_ephemeral"])
	require.NotContains(t, p, "message", "Slack does not send what only one person sees")

	status, body := r.post(act.ResponseURL, `{"replace_original":true,"text":"sent"}`)
	require.Equal(t, 200, status)
	require.Equal(t, "ok", body)
	seen := r.Messages("C0OPS", "U0ANA")
	require.Len(t, seen, 1)
	require.Equal(t, "sent", seen[0].Text)
	require.True(t, seen[0].Ephemeral)
	_, body = r.post(act.ResponseURL, `{"delete_original":true}`)
	require.Equal(t, "ok", body)
	require.Empty(t, r.texts("C0OPS", "U0ANA"))
	_, body = r.post(act.ResponseURL, `{"replace_original":true,"text":"again"}`)
	require.NotEqual(t, "ok", body)
}

func TestAThreadIsNamedInTheContainer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alert")
	ts := r.ok("chat.postMessage",
		object{"channel": "C0OPS", "text": "x", "blocks": buttons, "thread_ts": alert.TS})["ts"].(string)
	r.Click(t.Context(), "U0ANA", "C0OPS", ts, "req_send", "")
	require.Equal(t, alert.TS, r.link.last().Payload["container"].(map[string]any)["thread_ts"])
}

func TestResponseAddressesEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	act := r.command("")
	for range responseURLUses {
		status, body := r.post(act.ResponseURL, `{"text":"x"}`)
		require.Equal(t, 200, status)
		require.Equal(t, "ok", body)
	}
	status, body := r.post(act.ResponseURL, `{"text":"x"}`)
	require.Equal(t, 404, status)
	require.Contains(t, body, "used_url")
	act = r.command("")
	r.clock.add(30*time.Minute + 1)
	_, body = r.post(act.ResponseURL, `{"text":"x"}`)
	require.Contains(t, body, "expired_url")
	_, body = r.post(r.BaseURL()+"/commands/T0LOCAL/1/none", `{"text":"x"}`)
	require.Contains(t, body, "no_service")
	require.Len(t, r.texts("C0OPS", "U0ANA"), responseURLUses)
}

func TestResponseAddressesRefuse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	card := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "card", "blocks": buttons})["ts"].(string)
	public := r.Click(t.Context(), "U0ANA", "C0OPS", card, "req_send", "").ResponseURL
	own := r.ok("chat.postEphemeral",
		object{"channel": "C0OPS", "user": "U0ANA", "text": "p", "blocks": buttons})["message_ts"].(string)
	private := r.Click(t.Context(), "U0ANA", "C0OPS", own, "req_send", "").ResponseURL
	command := r.command("").ResponseURL
	cases := map[string]struct{ address, body, want string }{
		"making a public message private": {public, `{"replace_original":true,"response_type":"ephemeral","text":"x"}`,
			"cant_change_visibility"},
		"making a private message public": {private,
			`{"replace_original":true,"response_type":"in_channel","text":"x"}`, "cant_change_visibility"},
		"deleting a typed command": {command, `{"delete_original":true}`, "message_not_found"},
		"nothing to say":           {command, `{}`, "no_text"},
		"invalid blocks":           {command, `{"text":"x","blocks":[{"type":"x"}]}`, "invalid_blocks"},
		"a thread that does not exist": {command, `{"text":"x","response_type":"in_channel","thread_ts":"1.0"}`,
			"cannot_reply_to_message"},
		"what is not JSON": {command, `text=x`, "invalid_payload"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, body := r.post(c.address, c.body)
			require.JSONEq(t, `{"ok":false,"error":"`+c.want+`"}`, body)
		})
	}
	r.FailNext("response_url", APIFault{Status: 500})
	status, _ := r.post(command, `{"text":"x"}`)
	require.Equal(t, 500, status)
	_, body := r.post(command, `{"text":"x","blocks":null,"metadata":{"event_type":"","event_payload":null}}`)
	require.Equal(t, "ok", body, "as slack-go sends it")
	_, body = r.post(command, `{"text":"replaced?","replace_original":true}`)
	require.Equal(t, "ok", body, "a command has no original; a new message comes")
	require.Equal(t, []string{"card", "p", "x", "replaced?"}, r.texts("C0OPS", "U0ANA"))
}

func TestResponsesReachChannelsTheBotIsNotIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.SetMissingScopes("chat:write.public")
	act := r.TypeCommand(t.Context(), "U0ANA", "C0SECRET", "/lb-register", "")
	_, body := r.post(act.ResponseURL, `{"text":"x","response_type":"in_channel"}`)
	require.Equal(t, "ok", body)
	require.Equal(t, []string{"x"}, r.texts("C0SECRET", "U0CHEN"))
	require.Empty(t, r.texts("C0SECRET", "U0DEV"))
}

func TestMentionsBecomeEventsWhereTheBotIsAMember(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, act := r.Say(t.Context(), "U0BO", "C0OPS", "", "alert")
	require.Zero(t, act)
	_, act = r.Say(t.Context(), "U0OLGA", "C0PARTNER", "", "@lbbot help")
	require.True(t, act.Acked)
	sent := r.link.last()
	require.Equal(t, socket.Event, sent.Kind)
	require.Equal(t, true, sent.Payload["is_ext_shared_channel"])
	_, _ = r.Say(t.Context(), "U0ANA", "C0OPS", alert.TS, "@lbbot api-lb web-7")
	event := r.link.last().Payload["event"].(map[string]any)
	require.Equal(t, "app_mention", event["type"])
	require.Equal(t, "<@U0LBBOT> api-lb web-7", event["text"])
	require.Equal(t, alert.TS, event["thread_ts"])
	before := r.link.count()
	_, act = r.Say(t.Context(), "U0ANA", "C0GENERAL", "", "@lbbot help")
	require.Zero(t, act)
	require.Equal(t, before, r.link.count())
	_, act = r.Say(t.Context(), "U0DEV", "C0SECRET", "", "x")
	require.Contains(t, act.Failure, "refused")
	_, act = r.Say(t.Context(), "U0ANA", "C0OLD", "", "x")
	require.Contains(t, act.Failure, "archived")
	_, act = r.Say(t.Context(), "U0ANA", "C0OPS", "1.0", "x")
	require.Contains(t, act.Failure, "no thread")
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	require.Contains(t, r.Redeliver(t.Context(), Interaction{}, true).Failure, "refused")
	act := r.command("x")
	first := r.link.last()
	r.Redeliver(t.Context(), act, false)
	require.Equal(t, first, r.link.last(), "the same envelope again")
	r.Redeliver(t.Context(), act, true)
	again := r.link.last()
	require.Equal(t, first.Payload, again.Payload)
	require.NotEqual(t, first.ID, again.ID)

	event := r.OpenHome(t.Context(), "U0ANA")
	require.Zero(t, r.link.last().Attempt)
	id := r.link.last().Payload["event_id"]
	r.Redeliver(t.Context(), r.Redeliver(t.Context(), event, true), true)
	require.Equal(t, 2, r.link.last().Attempt)
	require.Equal(t, id, r.link.last().Payload["event_id"])
}

func TestPeopleSeeOnlyTheirChannels(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	names := func(viewer string) (out []string) {
		for _, c := range r.Channels(viewer) {
			out = append(out, c.Name+c.IM)
		}
		return out
	}
	require.Equal(t,
		[]string{"ops", "general", "inc-2041", "lb-approvals", "inc-fake", "partner-shared", "old", "U0DEV"},
		names("U0DEV"))
	require.Equal(t, []string{"ops", "general", "U0GIL"}, names("U0GIL"))
	require.Equal(t, []string{"partner-shared"}, names("U0OLGA"))
	require.Contains(t, names("U0CHEN"), "secret")
	require.Contains(t, names(""), "secret")
	require.Len(t, r.People(), 9)
	require.Len(t, r.Groups(), 3)
}

func TestWaitingForAMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	hello := func(m Message) bool { return m.Text == "hello" }
	found := make(chan error, 1)
	go func() {
		_, err := r.WaitMessage(t.Context(), "C0OPS", "U0ANA", hello)
		found <- err
	}()
	r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "other"})
	r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "hello"})
	require.NoError(t, <-found)

	ctx, cancel := context.WithCancelCause(t.Context())
	late := errors.New("too late")
	cancel(late)
	_, err := r.WaitMessage(ctx, "C0INC2041", "U0ANA", hello)
	require.ErrorIs(t, err, late)
}

func TestManyPeopleActAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	card := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "card", "blocks": buttons})["ts"].(string)
	var people sync.WaitGroup
	for _, id := range []string{"U0ANA", "U0BO", "U0CHEN", "U0DEV"} {
		people.Go(func() {
			for range 5 {
				act := r.TypeCommand(t.Context(), id, "C0OPS", "/lb-register", "x")
				assert.Equal(t, true,
					r.call("views.open", object{"trigger_id": act.TriggerID, "view": loading("")})["ok"])
				assert.True(t, r.Click(t.Context(), id, "C0OPS", card, "req_send", "").Acked)
				assert.Equal(t, true,
					r.call("chat.update", object{"channel": "C0OPS", "ts": card, "text": id, "blocks": buttons})["ok"])
				assert.Len(t, r.Views(id), 1)
				assert.NotEmpty(t, r.Messages("C0OPS", id))
			}
		})
	}
	people.Wait()
	require.Equal(t, 40, r.link.count())
	require.Equal(t, 20, r.Messages("C0OPS", "U0ANA")[0].Edited)
	require.Empty(t, r.Findings())
}
