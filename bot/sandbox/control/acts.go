package control

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/blockkit"
)

// request is what a person does. Each act takes some of the fields.
type request struct {
	As       string            `json:"as"`      // id or name of the person
	Channel  string            `json:"channel"` // id or name
	Thread   string            `json:"thread"`  // ts of its first message
	Command  string            `json:"command"`
	Text     string            `json:"text"`
	Message  string            `json:"message"` // ts; empty: the newest that has the component
	View     string            `json:"view"`    // id; empty: the topmost modal
	Action   string            `json:"action"`  // action id, or block id/action id
	Value    string            `json:"value"`
	Fields   sandbox.ViewState `json:"fields"` // by block id and action id
	Shortcut string            `json:"shortcut"`
	All      bool              `json:"all"` // close every modal
}

// act is one thing that a person can do.
type act struct {
	fields []string // of request that it takes, besides as
	do     func(context.Context, request) (any, sandbox.Interaction)
}

// acts are all acts by the last part of their path.
func (p *Panel) acts() map[string]act {
	s := p.slack
	return map[string]act{
		"command": {[]string{"channel", "command", "text"},
			plain(func(ctx context.Context, r request) sandbox.Interaction {
				return s.TypeCommand(ctx, r.As, r.Channel, r.Command, r.Text)
			})},
		"say": {[]string{"channel", "thread", "text"}, func(ctx context.Context, r request) (any, sandbox.Interaction) {
			m, done := s.Say(ctx, r.As, r.Channel, r.Thread, r.Text)
			return shown(m), done
		}},
		"click": {[]string{"channel", "message", "view", "action", "value", "fields"}, plain(p.click)},
		"submit": {[]string{"view", "fields"}, plain(func(ctx context.Context, r request) sandbox.Interaction {
			return s.SubmitView(ctx, r.As, p.top(r), r.Fields)
		})},
		"close": {[]string{"view", "all"}, plain(func(ctx context.Context, r request) sandbox.Interaction {
			return s.CloseView(ctx, r.As, p.top(r), r.All)
		})},
		"suggest": {[]string{"view", "action", "text", "fields"},
			func(ctx context.Context, r request) (any, sandbox.Interaction) {
				return s.Suggest(ctx, r.As, p.top(r), r.Action, r.Text, r.Fields)
			}},
		"shortcut": {[]string{"shortcut", "channel", "message"},
			plain(func(ctx context.Context, r request) sandbox.Interaction {
				if r.Message == "" {
					return s.UseGlobalShortcut(ctx, r.As, r.Shortcut)
				}
				return s.UseMessageShortcut(ctx, r.As, r.Channel, r.Message, r.Shortcut)
			})},
		"home": {nil, plain(func(ctx context.Context, r request) sandbox.Interaction { return s.OpenHome(ctx, r.As) })},
	}
}

// plain is an act whose result is only how the app took it.
func plain(do func(context.Context, request) sandbox.Interaction) func(context.Context, request) (
	any, sandbox.Interaction) {
	return func(ctx context.Context, r request) (any, sandbox.Interaction) { return nil, do(ctx, r) }
}

// click uses a component of a message if a channel is given, else of a view.
func (p *Panel) click(ctx context.Context, r request) sandbox.Interaction {
	if r.Channel == "" {
		return p.slack.ClickInView(ctx, r.As, p.top(r), r.Action, r.Value, r.Fields)
	}
	if r.Message == "" {
		for _, m := range slices.Backward(p.slack.Messages(r.Channel, r.As)) {
			if blocks, err := blockkit.Decode(m.Blocks); err == nil && has(blocks, r.Action) {
				r.Message = m.TS
				break
			}
		}
	}
	return p.slack.Click(ctx, r.As, r.Channel, r.Message, r.Action, r.Value)
}

func has(blocks any, actionID string) bool {
	list, _ := blocks.([]any)
	_, ok := blockkit.Find(list, actionID)
	return ok
}

// top is the view of a request, or the person's topmost modal.
func (p *Panel) top(r request) string {
	if views := p.slack.Views(r.As); r.View == "" && len(views) > 0 {
		return views[len(views)-1].ID
	}
	return r.View
}

// outcome is the answer to an act.
type outcome struct {
	Acked   bool              `json:"acked"`
	AckMS   int64             `json:"ack_ms"`
	Failure string            `json:"failure,omitempty"` // what Slack shows, for example operation_timeout
	Errors  map[string]string `json:"errors,omitempty"`  // of fields, by block id
	Result  any               `json:"result,omitempty"`  // the message, or the options
}

// serveAct answers 200 if something was sent to the app, however that ended, and
// 422 if Slack's client refuses the act.
func (p *Panel) serveAct(w http.ResponseWriter, r *http.Request, a act) {
	var given map[string]json.RawMessage
	var q request
	if err := decode(w, r, &given); err != nil {
		refuse(w, err)
		return
	}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		if takes := append([]string{"as"}, a.fields...); !slices.Contains(takes, field) {
			refuse(w, fmt.Errorf("%s does not take %s: it takes %s", r.URL.Path, field, strings.Join(takes, ", ")))
			return
		}
	}
	whole, _ := json.Marshal(given) // was just decoded
	if err := json.Unmarshal(whole, &q); err != nil {
		refuse(w, fmt.Errorf("reading the body for %s: %w", r.URL.Path, err))
		return
	}
	if err := p.resolve(&q.As, &q.Channel); err != nil {
		refuse(w, err)
		return
	}
	result, done := a.do(r.Context(), q)
	status := http.StatusOK
	if done.Refused() {
		status = http.StatusUnprocessableEntity
	}
	answer(w, status, outcome{Acked: done.Acked, AckMS: done.AckAfter.Milliseconds(), Failure: done.Failure,
		Errors: done.Errors, Result: result})
}

// resolve turns the names of a person and a channel into their ids. An empty
// channel stays empty.
func (p *Panel) resolve(as, channel *string) error {
	world := p.slack.Workspace()
	person := slices.IndexFunc(world.People, func(o sandbox.Person) bool { return o.ID == *as || o.Name == *as })
	if person < 0 {
		return fmt.Errorf("as names nobody: there is no person %q", *as)
	}
	*as = world.People[person].ID
	if *channel == "" {
		return nil
	}
	name := strings.TrimPrefix(*channel, "#")
	place := slices.IndexFunc(world.Channels, func(c sandbox.Channel) bool {
		return c.ID == name || c.IM == "" && c.Name == name || name == "im" && c.IM == *as
	})
	if place < 0 {
		return fmt.Errorf("there is no channel %q", *channel)
	}
	*channel = world.Channels[place].ID
	return nil
}
