package slackapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// thread starts a thread in the incident channel and returns its first message.
func (r *rig) thread() string {
	r.t.Helper()
	m, in := r.slack.Say(r.t.Context(), bo, incident, "", "web-07 is gone from https-443")
	require.Empty(r.t, in.Failure)
	return m.TS
}

// mentions writes a message that mentions the bot, and requires its ack.
func (r *rig) mentions(person, channel, thread, text string) sandbox.Interaction {
	r.t.Helper()
	_, in := r.slack.Say(r.t.Context(), person, channel, thread, text)
	return r.acked(in)
}

func TestMentionIsPreviewedAndSentWhereItWasWritten(t *testing.T) {
	t.Parallel()
	for name, inThread := range map[string]bool{"in a thread": true, "in the channel": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			thread := ""
			if inThread {
				thread = r.thread()
			}
			r.mentions(ana, incident, thread, "@lbbot "+goodCommand)
			preview := r.sees(ana, incident, "Preview", render.ActReqSend)
			require.True(t, preview.Ephemeral)
			require.Equal(t, thread, preview.ThreadTS)
			draft := r.shelf.inState(operation.Draft)[0]
			require.Equal(t, []any{thread, incident, "inc-2041", "ana"}, []any{draft.Place.ThreadTS,
				draft.Place.ResultID, draft.Place.ChannelName, draft.Actor.Name})
			r.clicks(ana, preview, render.ActReqSend, "")
			r.until("it is accepted", func() bool { return len(r.starts.started()) == 1 })
			r.idle()
			require.Equal(t, thread, r.shelf.inState(operation.Accepted)[0].Place.ThreadTS)
			_, answers := r.said(ana, incident)
			require.Empty(t, answers, "the preview is taken away")
			r.calm()
		})
	}
}

func TestEveryVerbIsAnsweredInTheThreadOfItsMention(t *testing.T) {
	t.Parallel()
	for _, v := range commands.Verbs() {
		t.Run(string(v.Verb), func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			thread := r.thread()
			r.mentions(ana, incident, thread, "@lbbot"+strings.TrimPrefix(v.Examples[0], commands.Name))
			r.until("an answer", func() bool { _, answers := r.said(ana, incident); return len(answers) == 1 })
			_, answers := r.said(ana, incident)
			require.Equal(t, thread, answers[0].ThreadTS)
			require.Empty(t, r.slack.Views(ana))
			r.calm()
		})
	}
}

func TestSpellingsOfAMentionAreReadAlike(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	spellings := []string{
		"@lbbot api-lb/https-443 web-07 ports=8443", " \u200b@lbbot\u00a0api-lb/https-443 web-07 ports=8443",
		"@lbbot, api-lb/https-443 web-07 ports=8443", "@lbbot: /lb-register api-lb/https-443 web-07 ports=8443",
		"@lbbot api–lb/https–443 `web-07`\nports=８４４３",
		"@lbbot listener=“api-lb/https-443” server=‘web-07’ —ports 8443",
	}
	for _, s := range spellings {
		r.mentions(ana, incident, "", s)
		r.idle()
	}
	drafts := r.shelf.inState(operation.Draft)
	require.Len(t, drafts, len(spellings))
	for _, op := range drafts {
		require.Equal(t, "lst-8f2c i-55a1 8443", op.Listener.ID+" "+op.Server.ID+" "+valueOf(op, commands.KeyPorts))
	}
}

func TestMentionThatIsNoCommandIsToldHowToAskOnce(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ask @lbbot about web-07", "thanks @lbbot", "@Bo: look, @lbbot help"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			thread := r.thread()
			in := r.mentions(ana, incident, thread, text)
			m := r.sees(ana, incident, "begin your message with @lbbot")
			require.True(t, m.Ephemeral)
			require.Equal(t, thread, m.ThreadTS)
			r.acked(r.slack.Redeliver(t.Context(), in, true))
			r.idle()
			public, answers := r.said(ana, incident)
			require.Len(t, answers, 1)
			require.Empty(t, public)
		})
	}
}

func TestMentionAloneOffersTheFormAndKeepsTheThread(t *testing.T) {
	t.Parallel()
	for _, to := range []string{incident, ops} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			thread := r.thread()
			r.mentions(ana, incident, thread, "@lbbot")
			m := r.sees(ana, incident, render.ActFormOpen)
			require.Equal(t, thread, m.ThreadTS)
			r.clicks(ana, m, render.ActFormOpen, "")
			v := r.view(ana, form.Title)
			require.False(t, has(sandbox.Message{Blocks: v.Blocks}, "expired"))
			state := goodForm()
			state[render.FieldBlockID(commands.KeyTo)] = map[string]any{render.FieldBlockID(commands.KeyTo): to}
			require.Empty(t, r.acked(r.submits(ana, v, state)).Errors)
			r.view(ana, private.ViewCheckTitle)
			op := r.shelf.inState(operation.Draft)[0]
			require.Equal(t, []string{incident, to}, []string{op.Place.ChannelID, op.Place.ResultID})
			require.Equal(t, to == incident, op.Place.ThreadTS == thread, "a thread belongs to its channel")
			require.Equal(t, to == ops, op.Place.ThreadTS == "")
			r.calm()
		})
	}
}

// What was wrong in a thread goes on in it, by way of the form or of a suggestion.
func TestThreadIsKeptOverAMistake(t *testing.T) {
	t.Parallel()
	t.Run("the form with these values", func(t *testing.T) {
		t.Parallel()
		r := open(t, nil)
		thread := r.thread()
		r.mentions(ana, incident, thread, "@lbbot lst-8f2c web-07 wieght=50")
		mistake := r.sees(ana, incident, render.ActFixOpenForm)
		require.Equal(t, thread, mistake.ThreadTS)
		r.slack.FailNext("views.open", sandbox.APIFault{Error: "expired_trigger_id"})
		r.clicks(ana, mistake, render.ActFixOpenForm, "")
		late := r.sees(ana, incident, "3 seconds", render.ActFormOpen)
		require.Equal(t, thread, late.ThreadTS)
		r.clicks(ana, late, render.ActFormOpen, "")
		r.acked(r.submits(ana, r.view(ana, form.Title), goodForm()))
		r.view(ana, private.ViewCheckTitle)
		require.Equal(t, thread, r.shelf.inState(operation.Draft)[0].Place.ThreadTS)
	})
	t.Run("a suggestion", func(t *testing.T) {
		t.Parallel()
		r := open(t, nil)
		thread := r.thread()
		r.mentions(ana, incident, thread, "@lbbot lst-8f2c wbe-07 to=#ops")
		m := r.sees(ana, incident, render.ActFixPick)
		r.clicks(ana, m, pickOf(t, m, "web-07"), "")
		r.sees(ana, incident, "Preview", render.ActReqSend)
		require.Empty(t, r.shelf.inState(operation.Draft)[0].Place.ThreadTS, "its result goes to another channel")

		r.mentions(ana, incident, thread, "@lbbot lst-8f2c wbe-07")
		m = r.sees(ana, incident, render.ActFixPick)
		r.clicks(ana, m, pickOf(t, m, "web-07"), "")
		r.until("the second preview", func() bool { return len(r.shelf.inState(operation.Draft)) == 2 })
		threads := map[string]bool{}
		for _, op := range r.shelf.inState(operation.Draft) {
			threads[op.Place.ThreadTS] = true
		}
		require.Equal(t, map[string]bool{"": true, thread: true}, threads)
		r.calm()
	})
	t.Run("change in the preview", func(t *testing.T) {
		t.Parallel()
		r := open(t, nil)
		thread := r.thread()
		r.mentions(ana, incident, thread, "@lbbot "+goodCommand)
		r.clicks(ana, r.sees(ana, incident, "Preview", render.ActReqChange), render.ActReqChange, "")
		r.acked(r.submits(ana, r.view(ana, form.Title), goodForm()))
		r.view(ana, private.ViewCheckTitle)
		for _, op := range r.shelf.inState(operation.Draft) {
			require.Equal(t, thread, op.Place.ThreadTS)
		}
	})
}

func TestMentionThatIsDeliveredAgainIsOneRequest(t *testing.T) {
	t.Parallel()
	for _, confirm := range []intake.Confirm{intake.ConfirmAlways, intake.ConfirmNever} {
		t.Run(string(confirm), func(t *testing.T) {
			t.Parallel()
			r := open(t, func(c *Config) { c.Confirm, c.Intake.Settings.Confirm = confirm, confirm })
			in := r.mentions(ana, incident, r.thread(), "@lbbot "+goodCommand)
			r.idle()
			_, before := r.said(ana, incident)
			for range 2 {
				r.acked(r.slack.Redeliver(t.Context(), in, true))
			}
			r.idle()
			require.Equal(t, 1, len(r.shelf.inState(operation.Draft))+len(r.shelf.inState(operation.Accepted)))
			require.Equal(t, confirm == intake.ConfirmNever, len(r.shelf.inState(operation.Accepted)) == 1)
			_, after := r.said(ana, incident)
			require.Len(t, after, len(before))
		})
	}
}

// event is the mention of the bot by ana, as Slack sends it.
func event(text, ts string, more map[string]any) map[string]any {
	e := map[string]any{"type": "app_mention", "user": ana, "channel": incident, "ts": ts, "team": teamID,
		"text": "<@U0LBBOT> " + text}
	for key, v := range more {
		e[key] = v
	}
	return e
}

// Slack sends a mention again with another event ID after it has made a preview of a
// link in it, and when its author edits it.
func TestMentionThatIsSentAgainWithAnotherID(t *testing.T) {
	t.Parallel()
	r := open(t, func(c *Config) {
		c.Confirm, c.Intake.Settings.Confirm = intake.ConfirmNever, intake.ConfirmNever
	})
	first := event(goodCommand, "1700000000.000100", nil)
	for range 2 {
		r.acked(r.slack.Event(t.Context(), first))
		r.idle()
	}
	require.Len(t, r.shelf.inState(operation.Accepted), 1)

	edited := event("lst-8f2c web-08", "1700000000.000100", map[string]any{
		"edited": map[string]any{"user": ana, "ts": "1700000060.000000"}})
	for range 2 {
		r.acked(r.slack.Event(t.Context(), edited))
		r.idle()
	}
	r.sees(ana, incident, "Preview", "web-08", render.ActReqSend)
	require.Len(t, r.shelf.inState(operation.Accepted), 1, "an edit sends nothing")
	require.Len(t, r.shelf.inState(operation.Draft), 1)
}

// A pause that is over must not come back because its author corrects a word, nor be
// ended by an old message.
func TestEditNeitherPausesNorResumes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"pause maintenance", "resume"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.acked(r.slack.Event(t.Context(), event(text, "1700000000.000100", map[string]any{
				"edited": map[string]any{"user": ana, "ts": "1700000060.000000"}})))
			r.sees(ana, incident, "An edited message neither pauses nor resumes the bot.")
			require.Empty(t, r.shelf.trail())
		})
	}
}

func TestMentionOfSomebodyElseAtTheBeginningIsNoCommand(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.acked(r.slack.Event(t.Context(), event("", "1700000000.000100",
		map[string]any{"text": "<@U0BO> help <@U0LBBOT>"})))
	r.sees(ana, incident, "begin your message with @lbbot")
}

func TestMentionsByBotsAreIgnored(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for _, more := range []map[string]any{{"bot_id": "B0OTHER"}, {"user": ""}} {
		r.acked(r.slack.Event(t.Context(), event(goodCommand, "1700000000.000100", more)))
	}
	r.idle()
	public, answers := r.said(ana, incident)
	require.Empty(t, append(public, answers...))
	require.Empty(t, r.shelf.trail())
}

func TestMentionByAnOutsiderIsRefusedPrivatelyAndNoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"help", "whoami", goodCommand, ""} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			in := r.mentions(olga, partner, "", "@lbbot "+text)
			r.sees(olga, partner, "Not sent")
			r.acked(r.slack.Redeliver(t.Context(), in, true))
			r.idle()
			public, answers := r.said(olga, partner)
			require.Empty(t, public)
			require.Len(t, answers, 1)
			require.NotContains(t, string(answers[0].Blocks), "api-lb")
			require.Equal(t, []string{string(operation.DeniedWorkspace)}, r.shelf.denials())
		})
	}
}

func TestMentionInASharedChannelIsRefusedLikeACommand(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.mentions(ana, partner, "", "@lbbot "+goodCommand)
	require.True(t, r.sees(ana, partner, "shared").Ephemeral)
	require.Equal(t, []string{string(operation.DeniedShared)}, r.shelf.denials())
	require.Empty(t, r.shelf.inState(operation.Draft))
}

func TestHostileMentionMentionsNobody(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"<!channel> *bold*", "status <!subteam^S0LEADS>", "api-lb:443 <@U0BO|channel>",
		"lst-8f2c web-07 reason=\"<!here> \u202e&lt;!channel&gt;\"", "history by=<!everyone>",
		strings.Repeat("𝒳", 9000)} {
		t.Run(render.Clamp(text, 30), func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.acked(r.slack.Event(t.Context(), event(text, "1700000000.000100", nil)))
			r.until("an answer", func() bool { _, answers := r.said(ana, incident); return len(answers) == 1 })
			_, answers := r.said(ana, incident)
			said := answers[0].Text + strings.ReplaceAll(string(answers[0].Blocks), `\u003c`, "<")
			for _, mention := range []string{"<!channel", "<!here", "<!everyone", "<!subteam", "<@U0BO"} {
				require.NotContains(t, said, mention)
			}
			r.calm()
		})
	}
}

func TestAnswerToAMentionInADeletedThreadGoesIntoTheChannel(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	hook, entered, release := gated("SaveDraft")
	r.hook(hook)
	thread := r.thread()
	done := make(chan sandbox.Interaction, 1)
	go func() { _, in := r.slack.Say(t.Context(), ana, incident, thread, "@lbbot "+goodCommand); done <- in }()
	<-entered
	require.NoError(t, r.slack.DeleteMessage(incident, thread))
	close(release)
	r.acked(<-done)
	preview := r.sees(ana, incident, "Preview", render.ActReqSend)
	require.Empty(t, preview.ThreadTS)
}

// Slack waits three seconds, then it delivers again and says nothing to the person.
func TestSlowMentionIsAckedAndSaysThatItIsBeingChecked(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	hook, _, release := gated("SaveDraft")
	r.hook(hook)
	thread := r.thread()
	r.mentions(ana, incident, thread, "@lbbot "+goodCommand)
	require.Equal(t, thread, r.sees(ana, incident, private.StillChecking).ThreadTS)
	close(release)
	require.Equal(t, thread, r.sees(ana, incident, "Preview", render.ActReqSend).ThreadTS)
}

func TestMentionIsAnsweredWhenSlackOrTheBotIsInTrouble(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method string
		fault  sandbox.APIFault
		words  string
	}{
		"no channel can be read": {"conversations.info", sandbox.APIFault{Status: 503, Times: -1}, "could not check"},
		"no private message is taken": {"chat.postEphemeral",
			sandbox.APIFault{Error: "user_not_in_channel", Times: -1}, "Preview"},
		"the thread is refused": {"chat.postEphemeral", sandbox.APIFault{Error: "cannot_reply_to_message"}, "Preview"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.slack.FailNext(tt.method, tt.fault)
			r.mentions(ana, incident, r.thread(), "@lbbot "+goodCommand)
			where := incident
			if tt.fault.Error == "user_not_in_channel" {
				where = "D0ANA"
			}
			r.sees(ana, where, tt.words)
		})
	}
}

// The first mention may be one of another bot, which takes the same words.
func TestMentionIsNoCommandWhileTheBotDoesNotKnowItself(t *testing.T) {
	t.Parallel()
	others := "@bo lst-8f2c web-07 ports=8443 reason=\"as @lbbot says\""
	for _, text := range []string{others, "@lbbot " + goodCommand} {
		r := open(t, func(c *Config) {
			c.Confirm, c.Intake.Settings.Confirm = intake.ConfirmNever, intake.ConfirmNever
		})
		r.slack.FailNext("auth.test", sandbox.APIFault{Status: 503, Times: -1})
		thread := r.thread()
		r.mentions(ana, incident, thread, text)
		require.Equal(t, thread, r.sees(ana, incident, "Slack did not answer", "Nothing was changed").ThreadTS)
		r.idle()
		require.Empty(t, r.starts.started())
		r.calm()
	}
}

func TestSharedHistoryOfAThreadGoesIntoTheThread(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	thread := r.thread()
	r.mentions(ana, incident, thread, "@lbbot history share")
	r.until("the history", func() bool { public, _ := r.said(bo, incident); return len(public) == 1 })
	public, _ := r.said(bo, incident)
	require.Equal(t, thread, public[0].ThreadTS)
	r.calm()
}

// What is done on a message in a thread is answered there; on the message under which
// the thread is, in the channel.
func TestClickInAThreadIsAnsweredInIt(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	op, shown := r.card(incident, operation.NotDone)
	_, in := r.slack.Say(t.Context(), bo, incident, shown.TS, "why?")
	require.Empty(t, in.Failure)
	r.clicks(bo, shown, render.ActReqAgain, "")
	preview := r.sees(bo, incident, "Preview", render.ActReqSend)
	require.Empty(t, preview.ThreadTS)

	thread := r.thread()
	_, ts, err := r.web.Post(t.Context(), incident, thread, card.Of(op, render.Wording{}))
	require.NoError(t, err)
	inThread := sandbox.Message{ChannelID: incident, TS: ts}
	r.clicks(ana, inThread, render.ActReqAgain, "")
	r.until("a preview in the thread", func() bool {
		_, answers := r.said(ana, incident)
		return len(answers) == 1 && answers[0].ThreadTS == thread && has(answers[0], "Preview")
	})
	for _, draft := range r.shelf.inState(operation.Draft) {
		want := ""
		if draft.Actor.UserID == ana {
			want = thread
		}
		require.Equal(t, want, draft.Place.ThreadTS)
	}
	r.calm()
}
