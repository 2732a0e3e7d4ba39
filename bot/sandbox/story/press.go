package story

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/blockkit"
)

// press fills in and sends the open form if it has such a button, else it presses a
// button of the newest message that has one.
func (r *run) press(ctx context.Context, s Step) sandbox.Interaction {
	if view, open := r.form(); open {
		state, err := r.fill(ctx, view, s.Fill)
		if err != nil {
			return refused(err)
		}
		if view.Submit == s.Press {
			return r.Slack.SubmitView(ctx, r.story.As, view.ID, state)
		}
		if c, ok := button(view.Blocks, s.Press); ok {
			return r.Slack.ClickInView(ctx, r.story.As, view.ID, c.BlockID+"/"+c.ActionID(), "", state)
		}
		return refused(fmt.Errorf("the form %q has no button %q", view.Title, s.Press))
	}
	for _, m := range slices.Backward(r.messages()) {
		if c, ok := button(m.Blocks, s.Press); ok {
			return r.Slack.Click(ctx, r.story.As, r.story.In, m.TS, c.BlockID+"/"+c.ActionID(), "")
		}
	}
	return refused(fmt.Errorf("there is no button %q", s.Press))
}

func refused(err error) sandbox.Interaction {
	return sandbox.Interaction{Failure: "refused: " + err.Error()}
}

// button finds a button by its label.
func button(raw json.RawMessage, label string) (blockkit.Component, bool) {
	blocks, err := blockkit.Decode(raw)
	list, _ := blocks.([]any)
	all := blockkit.Components(list)
	i := slices.IndexFunc(all, func(c blockkit.Component) bool {
		return c.Element["type"] == "button" && textOf(c.Element["text"]) == label
	})
	if err != nil || i < 0 {
		return blockkit.Component{}, false
	}
	return all[i], true
}

func textOf(v any) string {
	o, _ := v.(blockkit.Object)
	text, _ := o["text"].(string)
	return text
}

// fill finds the fields by their labels. It chooses an option of a menu by its text.
func (r *run) fill(ctx context.Context, view sandbox.View, fields []Field) (sandbox.ViewState, error) {
	state := sandbox.ViewState{}
	var blocks []any
	if err := json.Unmarshal(view.Blocks, &blocks); err != nil {
		return nil, fmt.Errorf("reading the form %q: %w", view.Title, err)
	}
	for _, f := range fields {
		c, err := field(blocks, f.Label)
		if err != nil {
			return nil, fmt.Errorf("in the form %q: %w", view.Title, err)
		}
		value := f.Value
		if c.Element["type"] == "external_select" {
			if value, err = r.choose(ctx, view, c, value, state); err != nil {
				return nil, err
			}
		}
		state[c.BlockID] = map[string]any{c.ActionID(): value}
		if c.Dispatch {
			done := r.Slack.ClickInView(ctx, r.story.As, view.ID, c.BlockID+"/"+c.ActionID(), value, state)
			if done.Failure != "" {
				return nil, fmt.Errorf("choosing %q: %s", f.Label, done.Failure)
			}
		}
	}
	return state, nil
}

// choose types into a menu and takes the first option that it offers.
func (r *run) choose(ctx context.Context, view sandbox.View, c blockkit.Component, typed string,
	state sandbox.ViewState) (string, error) {
	offered, done := r.Slack.Suggest(ctx, r.story.As, view.ID, c.BlockID+"/"+c.ActionID(), typed, state)
	if done.Failure != "" || len(offered) == 0 {
		return "", fmt.Errorf("the menu offers nothing for %q %s", typed, done.Failure)
	}
	return offered[0].Value, nil
}

// field is the input whose label begins with label.
func field(blocks []any, label string) (blockkit.Component, error) {
	for _, b := range blocks {
		block, _ := b.(blockkit.Object)
		if block["type"] == "input" && strings.HasPrefix(textOf(block["label"]), label) {
			return blockkit.Components([]any{b})[0], nil
		}
	}
	return blockkit.Component{}, fmt.Errorf("there is no field %q", label)
}
