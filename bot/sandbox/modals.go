package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/socket"
)

// submitTrouble is what Slack shows in a modal whose submit was not answered.
const submitTrouble = "We had some trouble connecting. Try again?"

// SubmitView is a person filling in state and pressing the submit button of the
// topmost modal. If Slack's client finds a fault, such as an empty required
// field, nothing is sent and the result has Errors and a Failure. Otherwise the
// bot's answer is applied: errors, update, push, clear or close.
func (s *Slack) SubmitView(ctx context.Context, userID, viewID string, state ViewState) Interaction {
	var faults map[string]string
	out := s.act(ctx, func() (*sentEnvelope, error) {
		p, v, err := s.visibleView(userID, viewID)
		switch {
		case err != nil:
			return nil, err
		case v.def["submit"] == nil:
			return nil, errors.New("the view has no submit button")
		}
		if err = v.enter(state); err != nil {
			return nil, err
		}
		faults = blockkit.Faults(v.blocks(), v.state())
		v.errors, v.trouble = faults, ""
		if len(faults) > 0 {
			return nil, errors.New("the form is not filled in")
		}
		trigger := s.newTrigger(p.ID, v.channelID, v.id)
		payload := s.interactivePayload("view_submission", p, trigger)
		payload["view"], payload["response_urls"] = s.viewWire(v, true), []object{} // no picker asks for one
		return envelope(socket.Interactive, payload, true, func(ack socket.Ack) Interaction {
			out := Interaction{TriggerID: trigger, Failure: failureOf(ack)}
			if out.Failure == "" {
				out.Errors, out.Failure = s.submitAnswer(v, ack)
			}
			if out.Failure != "" {
				v.trouble = submitTrouble
			}
			return out
		}), nil
	})
	if len(faults) > 0 {
		out.Errors = faults
		s.changed()
	}
	return out
}

// submitAnswer applies the ack of a submit. It returns field errors, or
// "connection_trouble" for an unusable answer.
func (s *Slack) submitAnswer(v *view, ack socket.Ack) (errs map[string]string, failure string) {
	stack := s.state.stacks[v.userID]
	if !v.top(stack) {
		return nil, "" // a repeated submit of a view that is gone
	}
	if len(ack.Payload) == 0 {
		s.closeViews(v.userID, len(stack)-1)
		return nil, ""
	}
	unusable := func(format string, args ...any) (map[string]string, string) {
		s.noteLocked("the ack of a submit: "+format, args...)
		return nil, "connection_trouble"
	}
	value, err := blockkit.Decode(ack.Payload)
	o, ok := value.(object)
	if err != nil || !ok {
		return unusable("not an object")
	}
	action, _ := o["response_action"].(string)
	def, hasView := o["view"].(object)
	switch action {
	case "clear":
		s.closeViews(v.userID, 0)
		return nil, ""
	case "errors":
		errs, err := v.readErrors(o["errors"])
		if err != nil {
			return unusable("%v", err)
		}
		v.errors = errs
		return maps.Clone(errs), ""
	case "update", "push":
		if !hasView {
			return unusable("%s without a view", action)
		}
		self := ""
		if action == "update" {
			self = v.id
		} else if len(stack) >= viewStackMax {
			return unusable("push_limit_reached")
		}
		if fail := s.checkView(def, "modal", self); fail != nil {
			return unusable("%s: %s %v", action, fail.Code, fail.Details)
		}
		if action == "update" {
			s.setView(v, def)
		} else {
			s.push(s.newView(def, v.userID, v.channelID))
		}
		return nil, ""
	}
	return unusable("unknown response_action %q", action)
}

// errorTextMax is a careful guess: Slack does not publish its limit.
const errorTextMax = 150

// readErrors checks that every key names an input block of the view.
func (v *view) readErrors(raw any) (map[string]string, error) {
	given, ok := raw.(object)
	if !ok || len(given) == 0 {
		return nil, fmt.Errorf("errors must be an object with entries")
	}
	inputs := map[string]bool{}
	for _, b := range v.blocks() {
		if block, _ := b.(object); block["type"] == "input" {
			id, _ := block["block_id"].(string)
			inputs[id] = true
		}
	}
	errs := map[string]string{}
	for block, text := range given {
		words, isText := text.(string)
		switch {
		case !inputs[block]:
			return nil, fmt.Errorf("errors names %q, which is not an input block of the view", block)
		case !isText || words == "":
			return nil, fmt.Errorf("the error of %q is not a text", block)
		case utf8.RuneCountInString(words) > errorTextMax:
			return nil, fmt.Errorf("the error of %q is longer than %d characters", block, errorTextMax)
		}
		errs[block] = words
	}
	return errs, nil
}

// CloseView is a person closing the topmost modal with its cancel button, or
// all modals (whole) with the X. view_closed is sent if the view asks for it;
// otherwise the result is zero.
func (s *Slack) CloseView(ctx context.Context, userID, viewID string, whole bool) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, v, err := s.visibleView(userID, viewID)
		switch {
		case err != nil:
			return nil, err
		case v.kind != "modal":
			return nil, errors.New("only modals can be closed")
		}
		stack := s.state.stacks[p.ID]
		whole = whole || v.flag("clear_on_close")
		from := len(stack) - 1
		if whole {
			from, v = 0, stack[0]
		}
		payload := s.interactivePayload("view_closed", p, "")
		payload["view"], payload["is_cleared"] = s.viewWire(v, false), whole
		s.closeViews(p.ID, from)
		if !v.flag("notify_on_close") {
			return nil, nil
		}
		return envelope(socket.Interactive, payload, false, result(Interaction{})), nil
	})
}

// Suggest is a person typing in an external select of a view. It returns the
// options that the bot offers, which can then be filled in by value.
func (s *Slack) Suggest(
	ctx context.Context, userID, viewID, actionID, typed string, state ViewState,
) (offered []Option, _ Interaction) {
	out := s.act(ctx, func() (*sentEnvelope, error) {
		p, v, err := s.visibleView(userID, viewID)
		if err != nil {
			return nil, err
		}
		if err = v.enter(state); err != nil {
			return nil, err
		}
		found, err := findComponent(v.blocks(), actionID)
		least := blockkit.Bound(found.Element, "min_query_length", 3)
		switch {
		case err != nil:
			return nil, err
		case found.Element["type"] != "external_select":
			return nil, fmt.Errorf("%s is not an external select", actionID)
		case utf8.RuneCountInString(typed) < least:
			return nil, fmt.Errorf("at least %d characters must be typed", least)
		}
		payload := s.interactivePayload("block_suggestion", p, "")
		payload["action_id"], payload["block_id"], payload["value"] = found.ActionID(), found.BlockID, typed
		payload["container"], payload["view"] = object{"type": "view", "view_id": v.id}, s.viewWire(v, true)
		return envelope(socket.Interactive, payload, true, func(ack socket.Ack) (done Interaction) {
			if ack.Acked {
				offered, done.Failure = s.suggested(v, found, ack)
			}
			return done
		}), nil
	})
	return offered, out
}

// suggested stores the options that the bot offers, before those of earlier
// answers: of two answers that overtake each other, both lists can be chosen
// from. It returns the options, or a failure for an unusable answer.
func (s *Slack) suggested(v *view, c blockkit.Component, ack socket.Ack) (offered []Option, failure string) {
	suggestions, err := blockkit.Suggestions(ack.Payload)
	if err != nil {
		s.noteLocked("the answer to a suggestion request: %v", err)
		return nil, "menu_error"
	}
	options := make([]any, 0, len(suggestions))
	for _, one := range suggestions {
		o := one.Option
		options = append(options, o)
		offered = append(offered, Option{Group: one.Group, Text: textOf(o, "text"), Value: o["value"].(string),
			Description: textOf(o, "description")})
	}
	v.offer(c, options)
	return offered, ""
}

// textOf is the text of a text object.
func textOf(o object, key string) string {
	text, _ := o[key].(object)
	s, _ := text["text"].(string)
	return s
}

// fields are the fields that a person can fill in, as block id/action id, sorted.
func (v *view) fields() []string {
	var all []string
	for block, actions := range v.state() {
		for action := range actions {
			all = append(all, block+"/"+action)
		}
	}
	slices.Sort(all)
	return all
}
