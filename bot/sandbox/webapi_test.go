package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/webapi"
)

func TestTokensAreRefusedAsSlackRefusesThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, token, want string
		prepare             func(*rig)
	}{
		"no token":                       {"auth.test", "", "not_authed", nil},
		"a made-up token":                {"auth.test", "xoxb-none", "invalid_auth", nil},
		"the app token for the Web API":  {"auth.test", "app", "not_allowed_token_type", nil},
		"the bot token for a connection": {"apps.connections.open", "bot", "not_allowed_token_type", nil},
		"a revoked bot token": {"auth.test", "bot", "token_revoked",
			func(r *rig) { r.RevokeToken(TheBotToken) }},
		"a revoked app token": {"apps.connections.open", "app", "token_revoked",
			func(r *rig) { r.RevokeToken(TheAppToken) }},
		"a revoked and restored bot token": {"auth.test", "bot", "",
			func(r *rig) { r.RevokeToken(TheBotToken); r.RestoreTokens() }},
		"a method that does not exist": {"lb.register", "bot", "unknown_method", nil},
		"no scope for people": {"users.info", "bot", "missing_scope",
			func(r *rig) { r.SetMissingScopes("users:read") }},
		"no scope for groups": {"usergroups.list", "bot", "missing_scope",
			func(r *rig) { r.SetMissingScopes("usergroups:read") }},
		"no scope for posting": {"chat.postMessage", "bot", "missing_scope",
			func(r *rig) { r.SetMissingScopes("chat:write") }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if c.prepare != nil {
				c.prepare(r)
			}
			token := strings.NewReplacer("app", r.AppToken(), "bot", r.BotToken()).Replace(c.token)
			if c.token == "xoxb-none" {
				token = c.token
			}
			answer := r.callAs(c.method, object{}, token)
			if c.want == "" {
				require.Equal(t, true, answer["ok"])
				return
			}
			require.Equal(t, c.want, answer["error"])
			if c.want == "missing_scope" {
				require.NotEmpty(t, answer["needed"])
				require.NotContains(t, strings.Split(answer["provided"].(string), ","), answer["needed"])
			}
		})
	}
}

func TestTokensCountWhereSlackLooksForThem(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	form := func(method string, values url.Values) map[string]any {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.APIURL()+method,
			strings.NewReader(values.Encode()))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, _, answer := r.do(request)
		return answer
	}
	require.Equal(t, true, form("auth.test", url.Values{"token": {r.BotToken()}})["ok"])
	require.Equal(t, "not_authed", form("apps.connections.open", url.Values{"token": {r.AppToken()}})["error"],
		"header only")
	require.Equal(t, "not_authed", r.callAs("auth.test", object{"token": r.BotToken()}, "")["error"], "not in JSON")
}

func TestBodiesThatAreNotArguments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for body, want := range map[string]string{`{`: "invalid_json", `[1]`: "json_not_object"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.APIURL()+"auth.test",
			strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		_, _, answer := r.do(request)
		require.Equal(t, want, answer["error"])
	}
}

func TestScopesAreNamedInAHeader(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.SetMissingScopes("channels:history")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.APIURL()+"auth.test", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+r.BotToken())
	_, header, _ := r.do(request)
	scopes := strings.Split(header.Get("X-OAuth-Scopes"), ",")
	require.Contains(t, scopes, "chat:write")
	require.NotContains(t, scopes, "channels:history")
}

func TestMethodsAreLimitedByTier(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.NoRateLimits = false })
	for range webapi.Tier2 {
		r.ok("usergroups.list", object{})
	}
	_, err := r.api.GetUserGroupsContext(t.Context())
	limited := &slack.RateLimitedError{}
	require.ErrorAs(t, err, &limited)
	require.Equal(t, 3*time.Second, limited.RetryAfter)
	r.clock.add(3 * time.Second)
	r.ok("usergroups.list", object{})
}

func TestAChannelTakesOnePostASecond(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.NoRateLimits = false })
	say := object{"channel": "C0OPS", "text": "x"}
	for range postBurst {
		r.ok("chat.postMessage", say)
	}
	require.Equal(t, "ratelimited", r.call("chat.postMessage", say)["error"])
	r.ok("chat.postMessage", object{"channel": "C0INC2041", "text": "another channel"})
	r.clock.add(time.Second)
	r.ok("chat.postMessage", say)
	require.Equal(t, "ratelimited", r.call("chat.postMessage", say)["error"])
}

func TestScriptedFaults(t *testing.T) {
	t.Parallel()
	say := object{"channel": "C0OPS", "text": "x"}
	t.Run("an error, as often as asked, then none", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.FailNext("chat.postMessage", APIFault{Error: "internal_error", Times: 2})
		require.Equal(t, "internal_error", r.call("chat.postMessage", say)["error"])
		require.Equal(t, "internal_error", r.call("chat.postMessage", say)["error"])
		require.Empty(t, r.texts("C0OPS", ""))
		r.ok("chat.postMessage", say)
		r.FailNext("*", APIFault{Error: "internal_error", Times: -1})
		require.Equal(t, "internal_error", r.call("auth.test", object{})["error"])
		require.Equal(t, "internal_error", r.call("auth.test", object{})["error"])
		r.ClearFaults()
		r.ok("auth.test", object{})
	})
	t.Run("an error after the effect", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.FailNext("chat.postMessage", APIFault{Error: "fatal_error", Execute: true})
		require.Equal(t, "fatal_error", r.call("chat.postMessage", say)["error"])
		require.Equal(t, []string{"x"}, r.texts("C0OPS", ""))
	})
	t.Run("too many requests", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.FailNext("*", APIFault{RetryAfter: 1500 * time.Millisecond})
		_, _, err := r.api.PostMessageContext(t.Context(), "C0OPS", slack.MsgOptionText("x", false))
		limited := &slack.RateLimitedError{}
		require.ErrorAs(t, err, &limited)
		require.Equal(t, 2*time.Second, limited.RetryAfter)
	})
	t.Run("a server error", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.FailNext("chat.postMessage", APIFault{Status: http.StatusBadGateway})
		_, _, err := r.api.PostMessageContext(t.Context(), "C0OPS", slack.MsgOptionText("x", false))
		status := slack.StatusCodeError{}
		require.ErrorAs(t, err, &status)
		require.Equal(t, http.StatusBadGateway, status.Code)
	})
	t.Run("a connection dropped before and after the effect", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.FailNext("chat.postMessage", APIFault{DropBefore: true})
		_, _, err := r.api.PostMessageContext(t.Context(), "C0OPS", slack.MsgOptionText("before", false))
		require.Error(t, err)
		r.FailNext("chat.postMessage", APIFault{DropAfter: true})
		_, _, err = r.api.PostMessageContext(t.Context(), "C0OPS", slack.MsgOptionText("after", false))
		require.Error(t, err)
		require.Equal(t, []string{"after"}, r.texts("C0OPS", ""))
	})
	t.Run("no answer until the caller gives up", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		r.FailNext("auth.test", APIFault{Hang: true})
		ctx, cancel := context.WithCancelCause(t.Context())
		gaveUp := errors.New("gave up")
		changes, stop := r.Subscribe()
		defer stop()
		go func() { <-changes; cancel(gaveUp) }() // the call was recorded: it hangs now
		_, err := r.api.AuthTestContext(ctx)
		require.ErrorIs(t, err, gaveUp)
	})
}

func TestAPICallsAreToldAndRecordedWithoutTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var phases []Phase
	r.OnAPICall(func(method string, phase Phase) {
		require.Equal(t, "chat.postMessage", method)
		if phase == BeforeExecute {
			require.Empty(t, r.texts("C0OPS", ""))
		} else {
			require.Equal(t, []string{"x"}, r.texts("C0OPS", ""))
		}
		phases = append(phases, phase)
	})
	_, _, err := r.api.PostMessageContext(t.Context(), "C0OPS", slack.MsgOptionText("x", false))
	require.NoError(t, err)
	require.Equal(t, []Phase{BeforeExecute, AfterExecute}, phases)
	calls := r.APICalls()
	require.Len(t, calls, 1)
	require.True(t, calls[0].OK)
	require.JSONEq(t, `"x"`, string(calls[0].Args["text"]))
	r.OnAPICall(nil)
	r.ok("views.publish",
		object{"user_id": "U0ANA", "view": object{"type": "home", "blocks": []any{object{"type": "divider"}}}})
	require.JSONEq(t, `{"type":"home","blocks":[{"type":"divider"}]}`, string(r.APICalls()[1].Args["view"]),
		"as it was sent")
	require.NotContains(t, string(mustJSON(calls)), r.BotToken())
}

func TestResetForgetsEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.SetMissingScopes("chat:write")
	r.SetPerson(Person{ID: "U0NEW", Name: "new"})
	r.SetChannel(Channel{ID: "C0OPS", Name: "renamed"})
	r.SetGroup(Group{ID: "S0NEW"})
	r.SetGroupMembers("S01SRE", "U0NEW")
	r.FailNext("auth.test", APIFault{Error: "x"})
	r.Reset()
	require.Equal(t, SampleWorkspace(), r.Workspace())
	r.ok("auth.test", object{})
	r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "x"})
}

func TestAFaultCanBeLimitedToOneMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first, second := r.call("chat.postMessage", object{"channel": "C0OPS", "text": "1"}), r.call("chat.postMessage",
		object{"channel": "C0OPS", "text": "2"})
	r.FailNext("chat.update",
		APIFault{Error: "edit_window_closed", Channel: "C0OPS", TS: first["ts"].(string), Times: -1})
	edit := func(m object) any {
		return r.call("chat.update", object{"channel": "C0OPS", "ts": m["ts"], "text": "x"})["error"]
	}
	require.Equal(t, "edit_window_closed", edit(first))
	require.Nil(t, edit(second))
	require.Equal(t, "edit_window_closed", edit(first))
}
