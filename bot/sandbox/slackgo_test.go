package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"

	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// started is a served stand-in and an unmodified slack-go client.
func started(t *testing.T) (*sandbox.Slack, *slack.Client) {
	t.Helper()
	s := sandbox.New(sandbox.Options{})
	_, err := s.Start()
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "closing twice is harmless")
	})
	return s, slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()))
}

func TestSlackGoReadsTheDirectory(t *testing.T) {
	t.Parallel()
	s, api := started(t)
	ctx := t.Context()
	who, err := api.AuthTestContext(ctx)
	require.NoError(t, err)
	require.Equal(t, "T0LOCAL", who.TeamID)
	require.Equal(t, "B0LBBOT", who.BotID)

	flags := func(id string) *slack.User {
		user, err := api.GetUserInfoContext(ctx, id)
		require.NoError(t, err)
		return user
	}
	require.Equal(t, "Asia/Singapore", flags("U0ANA").TZ)
	require.Equal(t, 8*3600, flags("U0ANA").TZOffset)
	require.True(t, flags("U0GIL").IsRestricted)
	require.False(t, flags("U0GIL").IsUltraRestricted)
	require.Equal(t, "T0PARTNER", flags("U0OLGA").TeamID)
	require.False(t, flags("U0OLGA").IsStranger, "members of shared channels are no strangers")
	require.True(t, flags("U0EXA").Deleted)
	require.True(t, flags("U0INCBOT").IsBot)
	s.SetPerson(sandbox.Person{ID: "U0GRID", Name: "grid", EnterpriseID: "E1", SingleChannelGuest: true,
		Stranger: true})
	require.Equal(t, "E1", flags("U0GRID").Enterprise.EnterpriseID)
	require.True(t, flags("U0GRID").IsStranger)
	require.True(t, flags("U0GRID").IsUltraRestricted)

	s.SetGroup(sandbox.Group{ID: "S0OLD", Handle: "old", Disabled: true})
	groups, err := api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	require.NoError(t, err)
	require.Len(t, groups, 3)
	require.Equal(t, []string{"U0ANA", "U0BO"}, groups[0].Users)
	groups, err = api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeDisabled(true))
	require.NoError(t, err)
	require.Len(t, groups, 4)
	require.NotZero(t, groups[3].DateDelete)

	channel, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: "C0PARTNER"})
	require.NoError(t, err)
	require.True(t, channel.IsExtShared)
	require.True(t, channel.IsMember)
	channel, err = api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: "C0INC2041"})
	require.NoError(t, err)
	require.Equal(t, "U0INCBOT", channel.Creator)
	require.Empty(t, s.Findings())
}

func TestSlackGoPostsAndReads(t *testing.T) {
	t.Parallel()
	s, api := started(t)
	ctx := t.Context()
	section := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "*Adding* web-7", false, false), nil,
		nil)
	press := slack.NewActionBlock("acts",
		slack.NewButtonBlockElement("op_stop", "1",
			slack.NewTextBlockObject(slack.PlainTextType, "Stop", false, false)))
	channel, ts, err := api.PostMessageContext(ctx, "C0OPS", slack.MsgOptionText("Adding web-7", false),
		slack.MsgOptionBlocks(section, press),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "lb_request",
			EventPayload: map[string]any{"id": "LBR-1"}}))
	require.NoError(t, err)
	require.Equal(t, "C0OPS", channel)
	_, _, _, err = api.UpdateMessageContext(ctx, "C0OPS", ts, slack.MsgOptionText("Added web-7", false),
		slack.MsgOptionBlocks(section))
	require.NoError(t, err)
	_, err = api.PostEphemeralContext(ctx, "C0OPS", "U0ANA", slack.MsgOptionText("only you", false))
	require.NoError(t, err)
	link, err := api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: "C0OPS", Ts: ts})
	require.NoError(t, err)
	require.Contains(t, link, "/archives/C0OPS/p")

	history, err := api.GetConversationHistoryContext(ctx,
		&slack.GetConversationHistoryParameters{ChannelID: "C0OPS", Limit: 10, IncludeAllMetadata: true, Oldest: ts,
			Inclusive: true})
	require.NoError(t, err)
	require.Len(t, history.Messages, 1)
	require.Equal(t, "Added web-7", history.Messages[0].Text)
	require.Equal(t, "B0LBBOT", history.Messages[0].BotID)
	require.Equal(t, "LBR-1", history.Messages[0].Metadata.EventPayload["id"])

	_, _, err = api.PostMessageContext(ctx, "C0OPS", slack.MsgOptionText("x", false),
		slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject(slack.MarkdownType, "x", false, false))))
	refused := slack.SlackErrorResponse{}
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "invalid_blocks", refused.Err)
	require.NotEmpty(t, refused.Errors)
	require.NotEmpty(t, refused.ResponseMetadata.Messages)
	_, _, err = api.DeleteMessageContext(ctx, "C0OPS", ts)
	require.NoError(t, err)
	require.Empty(t, s.Messages("C0OPS", "U0BO"))
}

func TestStartingIsRefusedWhenItCannotWork(t *testing.T) {
	t.Parallel()
	s, _ := started(t)
	_, err := s.Start()
	require.ErrorContains(t, err, "already started")
	response, err := http.Get(s.BaseURL() + "/elsewhere")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

// TestSlackGoServesAPerson runs slack-go's own Socket Mode client: a command
// opens a modal, its submit posts a card, a click on the card is answered.
func TestSlackGoServesAPerson(t *testing.T) {
	t.Parallel()
	s, api := started(t)
	client := socketmode.New(api)
	ctx, cancel := context.WithCancel(t.Context())
	bot := make(chan error, 2)
	connected := make(chan struct{})
	go func() { bot <- client.RunContext(ctx) }()
	go func() { bot <- serve(ctx, client, connected) }()
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-bot, context.Canceled)
		require.ErrorIs(t, <-bot, context.Canceled)
	})
	<-connected

	act := s.TypeCommand(ctx, "U0ANA", "C0OPS", "/lb-register", "")
	require.True(t, act.Acked, act.Failure)
	require.Equal(t, "exchanged_trigger_id", callError(api.OpenViewContext(ctx, act.TriggerID, slackForm())))
	views := s.Views("U0ANA")
	require.Len(t, views, 1)
	act = s.SubmitView(ctx, "U0ANA", views[0].ID, sandbox.ViewState{"host_b": {"host_a": "wrong"}})
	require.Equal(t, map[string]string{"host_b": "No such server."}, act.Errors)
	act = s.SubmitView(ctx, "U0ANA", views[0].ID, sandbox.ViewState{"host_b": {"host_a": "web-7"}})
	require.True(t, act.Acked, act.Failure)
	require.Empty(t, s.Views("U0ANA"))
	card, err := s.WaitMessage(ctx, "C0OPS", "U0BO", func(m sandbox.Message) bool { return m.Text == "Adding web-7" })
	require.NoError(t, err)
	act = s.Click(ctx, "U0BO", "C0OPS", card.TS, "op_stop", "")
	require.True(t, act.Acked, act.Failure)
	_, err = s.WaitMessage(ctx, "C0OPS", "U0BO",
		func(m sandbox.Message) bool { return m.Text == "Stopped by U0BO" && m.TS == card.TS })
	require.NoError(t, err)
	require.True(t, s.OpenHome(ctx, "U0ANA").Acked)
	require.Empty(t, s.Findings())
}

func callError(_ *slack.ViewResponse, err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func slackForm() slack.ModalViewRequest {
	text := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	return slack.ModalViewRequest{Type: slack.VTModal, Title: text("Add server"), Submit: text("Check"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("host_b", text("Server"), nil, slack.NewPlainTextInputBlockElement(nil, "host_a")),
		}}}
}

// serve is a small bot.
func serve(ctx context.Context, client *socketmode.Client, connected chan struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event := <-client.Events:
			if err := answer(ctx, client, event, connected); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func answer(ctx context.Context, client *socketmode.Client, event socketmode.Event, connected chan struct{}) error {
	switch event.Type {
	case socketmode.EventTypeHello:
		close(connected)
	case socketmode.EventTypeSlashCommand:
		command := event.Data.(slack.SlashCommand)
		if _, err := client.OpenViewContext(ctx, command.TriggerID, slackForm()); err != nil {
			return err
		}
		return client.Ack(*event.Request)
	case socketmode.EventTypeEventsAPI:
		return client.Ack(*event.Request)
	case socketmode.EventTypeInteractive:
		return interact(ctx, client, event)
	}
	return nil
}

func interact(ctx context.Context, client *socketmode.Client, event socketmode.Event) error {
	callback := event.Data.(slack.InteractionCallback)
	if callback.Type == slack.InteractionTypeBlockActions {
		if err := client.Ack(*event.Request); err != nil {
			return err
		}
		_, _, _, err := client.UpdateMessageContext(ctx, callback.Container.ChannelID, callback.Container.MessageTs,
			slack.MsgOptionText("Stopped by "+callback.User.ID, false))
		return err
	}
	if host := callback.View.State.Values["host_b"]["host_a"].Value; host != "web-7" {
		wrong := map[string]string{"host_b": "No such server."}
		payload, err := json.Marshal(slack.NewErrorsViewSubmissionResponse(wrong))
		if err != nil {
			return err
		}
		return client.Ack(*event.Request, json.RawMessage(payload))
	}
	if err := client.Ack(*event.Request); err != nil {
		return err
	}
	stop := slack.NewActionBlock("acts",
		slack.NewButtonBlockElement("op_stop", "1",
			slack.NewTextBlockObject(slack.PlainTextType, "Stop", false, false)))
	_, _, err := client.PostMessageContext(ctx, "C0OPS", slack.MsgOptionText("Adding web-7", false),
		slack.MsgOptionBlocks(stop))
	return err
}
