package sandbox

import (
	"context"
	"net/http"
	"time"
)

// Slack is the stand-in.
type Slack struct {
	// sockets is the Socket Mode half; *sockets once socket.go is there:
	// newSockets(socketOptions{appID, now, ackLimit, finding: s.finding}).
	sockets link
}

// finding records one violation of Slack's rules.
func (s *Slack) finding(format string, args ...any) { panic("pending") }

// now is the injected clock.
func (s *Slack) now() time.Time { panic("pending") }

func New(o Options) *Slack                                        { panic("pending") }
func (s *Slack) Start() (base string, err error)                  { panic("pending") }
func (s *Slack) StartOn(addr string) (base string, err error)     { panic("pending") }
func (s *Slack) Close() error                                     { panic("pending") }
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("pending") }
func (s *Slack) BaseURL() string                                  { panic("pending") }
func (s *Slack) APIURL() string                                   { panic("pending") }
func (s *Slack) Workspace() Workspace                             { panic("pending") }

func (s *Slack) TypeCommand(ctx context.Context, userID, channelID, command, text string) Interaction {
	panic("pending")
}
func (s *Slack) Click(ctx context.Context, userID, channelID, messageTS, actionID, selected string) Interaction {
	panic("pending")
}
func (s *Slack) ClickInView(ctx context.Context, userID, viewID, actionID, value string, state ViewState) Interaction {
	panic("pending")
}
func (s *Slack) SubmitView(ctx context.Context, userID, viewID string, state ViewState) Interaction {
	panic("pending")
}
func (s *Slack) CloseView(ctx context.Context, userID, viewID string, whole bool) Interaction {
	panic("pending")
}

// Suggest asks the bot for the options of an external select in a view.
func (s *Slack) Suggest(ctx context.Context, userID, viewID, actionID, typed string, state ViewState) ([]Option, Interaction) {
	panic("pending")
}

// Shortcut runs a message shortcut, or a global one if on is zero.
func (s *Slack) Shortcut(ctx context.Context, userID, callbackID string, on MessageRef) Interaction {
	panic("pending")
}

// Event delivers one event (the inner object, with its "type").
func (s *Slack) Event(ctx context.Context, event map[string]any) Interaction { panic("pending") }

// OpenHome is a person opening the app's Home tab.
func (s *Slack) OpenHome(ctx context.Context, userID string) Interaction { panic("pending") }

// Say is a person writing a message; mentioning the bot delivers app_mention.
func (s *Slack) Say(ctx context.Context, userID, channelID, threadTS, text string) (Message, Interaction) {
	panic("pending")
}
func (s *Slack) Redeliver(ctx context.Context, last Interaction, newEnvelope bool) Interaction {
	panic("pending")
}

func (s *Slack) Messages(channelID, viewerID string) []Message { panic("pending") }
func (s *Slack) Views(userID string) []View                    { panic("pending") }
func (s *Slack) Home(userID string) (View, bool)               { panic("pending") }
func (s *Slack) People() []Person                              { panic("pending") }
func (s *Slack) Groups() []Group                               { panic("pending") }
func (s *Slack) Channels(viewerID string) []Channel            { panic("pending") }
func (s *Slack) Subscribe() (<-chan struct{}, func())          { panic("pending") }
func (s *Slack) WaitMessage(ctx context.Context, channelID, viewerID string, match func(Message) bool) (Message, error) {
	panic("pending")
}
func (s *Slack) Findings() []string  { panic("pending") }
func (s *Slack) APICalls() []APICall { panic("pending") }

func (s *Slack) FailNext(method string, f APIFault)            { panic("pending") }
func (s *Slack) OnAPICall(f func(method string, phase Phase))  { panic("pending") }
func (s *Slack) SetPerson(p Person)                            { panic("pending") }
func (s *Slack) SetGroup(g Group)                              { panic("pending") }
func (s *Slack) SetGroupMembers(groupID string, ids ...string) { panic("pending") }
func (s *Slack) SetChannel(c Channel)                          { panic("pending") }
func (s *Slack) DeleteMessage(channelID, ts string) error      { panic("pending") }
func (s *Slack) RevokeToken(kind TokenKind)                    { panic("pending") }
func (s *Slack) RestoreTokens()                                { panic("pending") }
func (s *Slack) SetMissingScopes(scopes ...string)             { panic("pending") }
func (s *Slack) Reset()                                        { panic("pending") }
func SampleWorkspace() Workspace                               { panic("pending") }
func ValidateMessage(raw []byte) []BlockError                  { panic("pending") }
func ValidateView(raw []byte) []BlockError                     { panic("pending") }
