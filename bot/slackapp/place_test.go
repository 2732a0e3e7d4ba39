package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/commands"
)

func TestTheChannelForTheResultIsCheckedBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.slack.SetChannel(sandbox.Channel{ID: "C0ORG", Name: "all-of-us", OrgShared: true, Members: []string{ana},
		BotMember: true})
	r.slack.SetChannel(sandbox.Channel{ID: "C0LEADS", Name: "leads-only", Private: true, Members: []string{"U0BO"},
		BotMember: true})
	tests := map[string]struct{ to, words string }{
		"one that Slack resolved":      {"#ops", "Preview"},
		"one of the organization":      {"C0ORG", "Preview"},
		"her own direct message":       {"D0ANA", "Preview"},
		"a name Slack did not resolve": {"#no-such-channel", "pick the channel from Slack's suggestions"},
		"an archived one":              {"#old", "archived"},
		"one without the bot":          {"#general", "I am not in"},
		"one that does not exist":      {"C0NOSUCH", "I cannot see the channel"},
		"a private one without us":     {"C0SECRET", "I cannot see the channel"},
		"a private one with us":        {"C0LEADS", "I cannot see the channel"},
		"a shared one":                 {"#partner-shared", "shared"},
		"somebody else's messages":     {"D0BO", "I am not in this direct message"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.types(ana, incident, "lst-8f2c web-07 to="+tt.to)
			require.True(t, r.sees(ana, incident, tt.words).Ephemeral)
			r.idle()
		})
	}
	require.Equal(t, []string{string(operation.DeniedShared)}, r.shelf.denials(), "it is in the audit trail")
	for _, op := range r.shelf.inState(operation.Draft) {
		require.Equal(t, incident, op.Place.ChannelID, "permission looks at where it was typed")
		require.Equal(t, "inc-2041", op.Place.ChannelName)
		require.Contains(t, []string{ops, "C0ORG", "D0ANA"}, op.Place.ResultID)
	}
	require.Len(t, r.shelf.inState(operation.Draft), 3)
	for _, call := range r.slack.APICalls() {
		require.NotContains(t, string(call.Args["channel"]), "#", "a name is not looked up")
	}
	r.calm()
}

func TestOutsidersCannotAskAboutOtherChannels(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for _, channel := range []string{"C0OLD", "C0SECRET", "C0GENERAL", ops} {
		_, _, err := r.app.ask(t.Context(), delivery.Delivery{Actor: operation.Actor{UserID: olga, TeamID: "T0PARTNER"},
			Place: operation.Place{TeamID: "T0PARTNER", ChannelID: partner}},
			commands.Registration{Channel: channel}, "")
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedWorkspace, denied.Decision.Code)
	}
	for _, call := range r.slack.APICalls() {
		require.NotEqual(t, "conversations.info", call.Method)
	}
}

func TestAChannelThatCannotBeReadIsNotTakenForGood(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.slack.FailNext("conversations.info", sandbox.APIFault{Status: 503, Times: -1})
	r.types(ana, incident, goodCommand)
	r.sees(ana, incident, "could not check")
	require.Empty(t, r.shelf.inState(operation.Draft))
}

// denials returns the codes of the denials that were recorded.
func (s *shelf) denials() (codes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == operation.EventDenied {
			codes = append(codes, e.Data["code"])
		}
	}
	return codes
}

func TestThePersonAndTheChannelAreLookedUpAtTheSameTime(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	asked := map[string]chan struct{}{"users.info": make(chan struct{}), "conversations.info": make(chan struct{})}
	r.slack.OnAPICall(func(method string, p sandbox.Phase) {
		if asked[method] == nil || p != sandbox.BeforeExecute {
			return
		}
		close(asked[method]) // each is called once
		for _, other := range asked {
			select {
			case <-other: // neither is answered before both are asked
			case <-t.Context().Done():
			}
		}
	})
	r.types(ana, incident, "lst-8f2c web-07")
	r.sees(ana, incident, "Preview")
	r.calm()
}
