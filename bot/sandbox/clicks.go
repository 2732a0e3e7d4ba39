package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lbbot/bot/sandbox/socket"
)

// errGone is why a client cannot use what it still shows: the app or the
// person's last click has removed it meanwhile.
var errGone = errors.New("it is gone")

// component is an interactive element and the block it is in.
type component struct {
	block string
	e     object
	input bool // in an input block
}

// findComponent looks an element up by action id, or by "block id/action id".
func findComponent(blocks []any, actionID string) (component, error) {
	for _, b := range blocks {
		block, _ := b.(object)
		id, _ := block["block_id"].(string)
		for _, e := range elementsIn(block) {
			action, _ := e["action_id"].(string)
			if action != "" && (action == actionID || id+"/"+action == actionID) {
				return component{block: id, e: e, input: block["type"] == "input"}, nil
			}
		}
	}
	return component{}, fmt.Errorf("%w: there is no component %s", errGone, actionID)
}

// entry is what using the component sets; buttons set nothing.
func (c component) entry(selected any, offered []any) (object, error) {
	switch c.e["type"] {
	case "button":
		return nil, nil
	case "overflow":
		text, _ := selected.(string)
		option, ok := optionByValue(optionsOf(c.e), text)
		if !ok {
			return nil, fmt.Errorf("%q is not offered", text)
		}
		return object{"type": "overflow", "selected_option": option}, nil
	}
	return shape(c.e, selected, offered)
}

// Click is a person using a component of a message, public or ephemeral:
// pressing a button, or choosing selected (an option's value) in a menu.
// actionID may be "block id/action id" if the action id alone is not unique.
// People of other organizations can click in shared channels
// (docs.slack.dev/apis/slack-connect).
func (s *Slack) Click(ctx context.Context, userID, channelID, messageTS, actionID, selected string) Interaction {
	s.mu.Lock()
	e, out, err := s.prepareClick(userID, channelID, messageTS, actionID, selected)
	s.mu.Unlock()
	if err != nil {
		return clientRefuses(err)
	}
	e.apply = func(socket.Ack) Interaction { return out }
	return s.send(ctx, e)
}

func (s *Slack) prepareClick(userID, channelID, messageTS, actionID, selected string) (*sentEnvelope, Interaction, error) {
	p, c, err := s.actor(userID, channelID)
	if err != nil {
		return nil, Interaction{}, err
	}
	m := s.message(channelID, messageTS)
	if m == nil || m.Ephemeral && m.To != p.ID {
		return nil, Interaction{}, errNoMessage
	}
	if m.BotID == "" {
		return nil, Interaction{}, fmt.Errorf("the message is not the app's")
	}
	found, err := findComponent(m.blocks, actionID)
	if err != nil {
		return nil, Interaction{}, err
	}
	entry, err := found.entry(selected, nil)
	if err != nil {
		return nil, Interaction{}, err
	}
	out := Interaction{TriggerID: s.newTrigger(p.ID, c.ID, ""), ResponseURL: s.newResponse("actions", p.ID, c.ID, m)}
	filled := map[string]map[string]object{}
	if action, _ := found.e["action_id"].(string); entry != nil {
		set(filled, found.block, action, entry)
	}
	payload := s.interactivePayload("block_actions", p, out.TriggerID)
	s.onMessage(payload, c, m, stateOf(m.blocks, filled, c.ID))
	payload["response_url"] = out.ResponseURL
	payload["actions"] = []object{s.actionObject(found.block, found.e, entry)}
	return envelope(socket.Interactive, payload, false, nil), out, nil
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

// ClickInView is a person using a component of a modal or of the Home tab;
// value is what was chosen or typed, empty for buttons. state is what was
// filled in before. Elements of input blocks send something only with
// dispatch_action.
func (s *Slack) ClickInView(ctx context.Context, userID, viewID, actionID, value string, state ViewState) Interaction {
	s.mu.Lock()
	e, out, err := s.prepareViewClick(userID, viewID, actionID, value, state)
	s.mu.Unlock()
	if err != nil {
		return clientRefuses(err)
	}
	e.apply = func(socket.Ack) Interaction { return out }
	return s.send(ctx, e)
}

func (s *Slack) prepareViewClick(userID, viewID, actionID, value string, state ViewState) (*sentEnvelope, Interaction, error) {
	p, v, err := s.visibleView(userID, viewID)
	if err != nil {
		return nil, Interaction{}, err
	}
	if err = v.enter(state); err != nil {
		return nil, Interaction{}, err
	}
	found, err := findComponent(v.blocks(), actionID)
	if err != nil {
		return nil, Interaction{}, err
	}
	action, _ := found.e["action_id"].(string)
	kind, _ := found.e["type"].(string)
	var chosen any = value
	if isList(stateKey(kind)) { // several values, separated by commas
		chosen = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
	}
	entry, err := found.entry(chosen, v.offered[found.block+"/"+action])
	if err != nil {
		return nil, Interaction{}, err
	}
	if stateKey(kind) != "" {
		set(v.values, found.block, action, entry)
	}
	if found.input && !v.dispatches(found.block) {
		return nil, Interaction{}, fmt.Errorf("%s sends nothing before the submit: dispatch_action is off", actionID)
	}
	out := Interaction{TriggerID: s.newTrigger(p.ID, v.channelID, v.id)}
	payload := s.interactivePayload("block_actions", p, out.TriggerID)
	payload["container"] = object{"type": "view", "view_id": v.id}
	payload["view"] = s.viewWire(v, true)
	payload["actions"] = []object{s.actionObject(found.block, found.e, entry)}
	return envelope(socket.Interactive, payload, false, nil), out, nil
}

// dispatches reports whether an input block asks for block_actions.
func (v *view) dispatches(blockID string) bool {
	for _, b := range v.blocks() {
		if block, _ := b.(object); block["block_id"] == blockID {
			return block["dispatch_action"] == true
		}
	}
	return false
}
