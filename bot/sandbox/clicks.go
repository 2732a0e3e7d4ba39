package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/socket"
)

// errGone refuses an act on something that a client still shows, but that the
// app or an earlier act has removed.
var errGone = errors.New("it is gone")

// findComponent looks an element up by action id, or by "block id/action id".
func findComponent(blocks []any, actionID string) (blockkit.Component, error) {
	if c, ok := blockkit.Find(blocks, actionID); ok {
		return c, nil
	}
	return blockkit.Component{}, fmt.Errorf("%w: there is no component %s", errGone, actionID)
}

// Click is a person using a component of a message, public or ephemeral:
// pressing a button, or choosing selected (an option's value) in a menu.
// actionID may be "block id/action id" if the action id alone is not unique.
// People of other organizations can click in shared channels
// (docs.slack.dev/apis/slack-connect).
func (s *Slack) Click(ctx context.Context, userID, channelID, messageTS, actionID, selected string) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, c, err := s.actor(userID, channelID)
		if err != nil {
			return nil, err
		}
		m := s.message(channelID, messageTS)
		if m == nil || m.Ephemeral && m.To != p.ID {
			return nil, errNoMessage
		}
		if m.BotID != s.state.world.BotID {
			return nil, errors.New("the message is not the app's")
		}
		found, err := findComponent(m.blocks, actionID)
		if err != nil {
			return nil, err
		}
		filled := blockkit.Values{}
		held, err := enter(filled, found, selected, nil)
		if err != nil {
			return nil, err
		}
		out := Interaction{TriggerID: s.newTrigger(p.ID, c.ID, ""),
			ResponseURL: s.newResponse("actions", p.ID, c.ID, m)}
		payload := s.interactivePayload("block_actions", p, out.TriggerID)
		s.onMessage(payload, c, m, blockkit.State(m.blocks, filled, c.ID))
		payload["response_url"] = out.ResponseURL
		payload["actions"] = []object{s.actionObject(found, held)}
		return envelope(socket.Interactive, payload, false, result(out)), nil
	})
}

// enter is what a component holds after it was used. It is stored in filled,
// unless the component has no state.
func enter(filled blockkit.Values, c blockkit.Component, value any, offered []any) (object, error) {
	held, err := c.Enter(value, offered)
	if err != nil {
		return nil, fmt.Errorf("filling in %s/%s: %w", c.BlockID, c.ActionID(), err)
	}
	if c.HasState() {
		filled.Set(c.BlockID, c.ActionID(), held)
	}
	return held, nil
}

// visibleView finds the person's topmost modal or Home tab by id.
func (s *Slack) visibleView(userID, viewID string) (Person, *view, error) {
	p, _, err := s.actor(userID, "")
	if err != nil {
		return p, nil, err
	}
	v := s.state.views[viewID]
	if v == nil || v.userID != p.ID || v.kind == "modal" && !v.top(s.state.stacks[p.ID]) {
		return p, nil, fmt.Errorf("%w: %s does not see a view %s", errGone, p.Name, viewID)
	}
	return p, v, nil
}

// ClickInView is a person using a component of a modal or of the Home tab.
// value is the choice or the text, empty for buttons; state is what was filled
// in before. Elements of input blocks send something only with dispatch_action.
func (s *Slack) ClickInView(ctx context.Context, userID, viewID, actionID, value string, state ViewState) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, v, err := s.visibleView(userID, viewID)
		if err != nil {
			return nil, err
		}
		if err = v.enter(state); err != nil {
			return nil, err
		}
		found, err := findComponent(v.blocks(), actionID)
		if err != nil {
			return nil, err
		}
		var chosen any = value
		if found.Element["type"] == "checkboxes" { // several values, separated by commas
			chosen = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
		}
		held, err := enter(v.values, found, chosen, v.choices(found))
		if err != nil {
			return nil, err
		}
		if found.Input && !found.Dispatch {
			return nil, fmt.Errorf("%s sends nothing before the submit: dispatch_action is off", actionID)
		}
		out := Interaction{TriggerID: s.newTrigger(p.ID, v.channelID, v.id)}
		payload := s.interactivePayload("block_actions", p, out.TriggerID)
		payload["container"] = object{"type": "view", "view_id": v.id}
		payload["view"] = s.viewWire(v, true)
		payload["actions"] = []object{s.actionObject(found, held)}
		return envelope(socket.Interactive, payload, false, result(out)), nil
	})
}
