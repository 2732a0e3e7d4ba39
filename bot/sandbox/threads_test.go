package sandbox

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
)

// reply posts a public message of the bot in a thread and returns its ts.
func (r *rig) reply(threadTS, text string) string {
	r.t.Helper()
	return r.ok("chat.postMessage", object{"channel": "C0OPS", "thread_ts": threadTS, "text": text})["ts"].(string)
}

func TestRepliesAreReadAsAThread(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alert")
	first := r.reply(alert.TS, "one")
	_, _ = r.Say(t.Context(), "U0BO", "C0OPS", alert.TS, "two")
	read := func(args object) (texts []string) {
		args["channel"] = "C0OPS"
		for _, m := range r.ok("conversations.replies", args)["messages"].([]any) {
			texts = append(texts, m.(map[string]any)["text"].(string))
		}
		return texts
	}
	require.Equal(t, []string{"alert", "one", "two"}, read(object{"ts": alert.TS}))
	require.Equal(t, []string{"one"}, read(object{"ts": first}), "a reply has no thread of its own")
	require.Equal(t, []string{"alert", "two"}, read(object{"ts": alert.TS, "oldest": first}))
	require.Equal(t, []string{"alert", "one"}, read(object{"ts": alert.TS, "limit": 2}))

	history := r.ok("conversations.history", object{"channel": "C0OPS"})["messages"].([]any)
	require.Len(t, history, 1, "replies are not in the channel's history")
	parent := history[0].(map[string]any)
	require.Equal(t, alert.TS, parent["thread_ts"])
	require.EqualValues(t, 2, parent["reply_count"])
	require.Equal(t, []any{"U0LBBOT", "U0BO"}, parent["reply_users"])
	require.Equal(t, 2, r.Messages("C0OPS", "U0ANA")[0].Replies)
	link := r.ok("chat.getPermalink", object{"channel": "C0OPS", "message_ts": first})["permalink"]
	require.Contains(t, link, "?thread_ts="+alert.TS+"&cid=C0OPS")
	r.SetMissingScopes("channels:history")
	require.Equal(t, "missing_scope",
		r.call("conversations.replies", object{"channel": "C0OPS", "ts": alert.TS})["error"])
	require.Empty(t, r.Findings())
}

func TestAReplyToAReplyGoesToItsThread(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alert")
	first := r.reply(alert.TS, "one")
	r.reply(first, "two")
	require.Equal(t, alert.TS, r.Messages("C0OPS", "U0ANA")[2].ThreadTS)
	require.Len(t, r.Findings(), 1)
}

func TestADeletedMessageWithRepliesLeavesALine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alone, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alone")
	alert, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alert")
	first := r.reply(alert.TS, "one")
	require.NoError(t, r.DeleteMessage("C0OPS", alert.TS))
	require.NoError(t, r.DeleteMessage("C0OPS", alone.TS))
	require.Equal(t, []string{"This message was deleted.", "one"}, r.texts("C0OPS", "U0BO"))
	thread := r.ok("conversations.replies", object{"channel": "C0OPS", "ts": alert.TS})["messages"].([]any)
	require.Equal(t, "tombstone", thread[0].(map[string]any)["subtype"])
	require.Equal(t, "cannot_reply_to_message", r.call("chat.postMessage",
		object{"channel": "C0OPS", "thread_ts": alert.TS, "text": "two"})["error"])
	require.NoError(t, r.DeleteMessage("C0OPS", first))
	require.Empty(t, r.texts("C0OPS", "U0BO"), "the line goes with the last reply")
	require.Equal(t, "thread_not_found",
		r.call("conversations.replies", object{"channel": "C0OPS", "ts": alert.TS})["error"])
}

func TestAnEphemeralReplyIsShownOnceTheThreadHasAReply(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alert")
	hidden := object{"channel": "C0OPS", "user": "U0ANA", "text": "only you", "thread_ts": alert.TS}
	r.ok("chat.postEphemeral", hidden)
	require.Equal(t, []string{"alert"}, r.texts("C0OPS", "U0ANA"))
	require.Contains(t, r.Findings()[0], "only once the thread")
	r.reply(alert.TS, "one")
	r.ok("chat.postEphemeral", hidden)
	require.Equal(t, []string{"alert", "only you", "one", "only you"}, r.texts("C0OPS", "U0ANA"))
	require.Equal(t, []string{"alert", "one"}, r.texts("C0OPS", "U0BO"))
	require.Equal(t, 1, r.Messages("C0OPS", "U0ANA")[0].Replies, "private ones do not count")
	require.Len(t, r.Findings(), 1)
}

func TestSlashCommandsDoNotWorkInThreads(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "alert")
	_, act := r.Say(t.Context(), "U0ANA", "C0OPS", alert.TS, "/lb-register api-lb web-07")
	require.Zero(t, act)
	require.Zero(t, r.link.count())
	require.Equal(t, []string{"alert", "/lb-register is not supported in threads. Sorry!"}, r.texts("C0OPS", "U0ANA"))
	require.Equal(t, []string{"alert"}, r.texts("C0OPS", "U0BO"))
}

func TestAnEventIsSentAgainUntilItIsAcked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, link := New(Options{}), &fakeLink{}
		s.deliver = link.deliver
		link.fail(socket.Ack{TimedOut: true})
		require.Equal(t, "operation_timeout", s.OpenHome(t.Context(), "U0ANA").Failure)
		synctest.Wait()
		require.Equal(t, 2, link.count(), "the first retry comes at once")
		first := link.got[0]
		require.Equal(t, 1, link.last().Attempt)
		require.Equal(t, first.Payload["event_id"], link.last().Payload["event_id"])
		require.NotEqual(t, first.ID, link.last().ID)
		<-time.After(time.Minute)
		synctest.Wait()
		require.Equal(t, 3, link.count())
		<-time.After(5 * time.Minute)
		synctest.Wait()
		require.Equal(t, 3, link.last().Attempt)
		<-time.After(time.Hour)
		require.Equal(t, 4, link.count(), "three retries")

		s.OpenHome(t.Context(), "U0ANA")
		synctest.Wait()
		link.answer("")
		require.NoError(t, s.Close(), "ends retries that wait")
		require.Equal(t, 6, link.count())
	})
}
