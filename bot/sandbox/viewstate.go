package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// stateKey is the field of a state entry that holds the value, by element type;
// empty for elements without a state.
func stateKey(kind string) string {
	switch kind {
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		return "value"
	case "static_select", "external_select", "radio_buttons":
		return "selected_option"
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options"
	case "users_select", "conversations_select", "channels_select":
		return "selected_" + strings.TrimSuffix(kind, "s_select")
	case "multi_users_select", "multi_conversations_select", "multi_channels_select":
		return "selected_" + strings.TrimSuffix(strings.TrimPrefix(kind, "multi_"), "_select")
	case "datepicker", "timepicker":
		return "selected_" + strings.TrimSuffix(kind, "picker")
	case "datetimepicker":
		return "selected_date_time"
	}
	return ""
}

func isList(key string) bool {
	return strings.HasPrefix(key, "selected_") && strings.HasSuffix(key, "s")
}

// eachStateful calls f for every element that has a state.
func eachStateful(blocks []any, f func(block, action string, e object)) {
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsIn(block) {
			kind, _ := e["type"].(string)
			if stateKey(kind) == "" {
				continue
			}
			id, _ := block["block_id"].(string)
			action, _ := e["action_id"].(string)
			f(id, action, e)
		}
	}
}

func set(values map[string]map[string]object, block, action string, entry object) {
	if values[block] == nil {
		values[block] = map[string]object{}
	}
	values[block][action] = entry
}

// state is state.values: what was filled in, else the initial values.
func (v *view) state() map[string]map[string]object {
	return stateOf(v.blocks(), v.values, v.channelID)
}

func stateOf(blocks []any, filled map[string]map[string]object, channelID string) map[string]map[string]object {
	out := map[string]map[string]object{}
	eachStateful(blocks, func(block, action string, e object) {
		entry := filled[block][action]
		if entry == nil {
			entry = initialEntry(e, channelID)
		}
		set(out, block, action, entry)
	})
	return out
}

// initialEntry is the state of an element nobody has touched.
func initialEntry(e object, channelID string) object {
	kind, _ := e["type"].(string)
	key := stateKey(kind)
	initial := e["initial_"+strings.TrimPrefix(key, "selected_")]
	if initial == nil && isList(key) {
		initial = []any{}
	}
	if initial == nil && kind == "conversations_select" && e["default_to_current_conversation"] == true && channelID != "" {
		initial = channelID
	}
	return object{"type": kind, key: initial}
}

// optionsOf lists the options an element offers.
func optionsOf(e object) []any {
	options, _ := e["options"].([]any)
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(object)
		more, _ := group["options"].([]any)
		options = append(slices.Clone(options), more...)
	}
	if one := e["initial_option"]; one != nil {
		options = append(slices.Clone(options), one)
	}
	some, _ := e["initial_options"].([]any)
	return append(slices.Clone(options), some...)
}

func optionByValue(options []any, value string) (object, bool) {
	for _, v := range options {
		if o, ok := v.(object); ok && o["value"] == value {
			return o, true
		}
	}
	return nil, false
}

// shape turns what a person entered into a state entry. offered are the options
// that a suggestion request brought.
func shape(e object, value any, offered []any) (object, error) {
	kind, _ := e["type"].(string)
	key := stateKey(kind)
	var list []string
	switch v := value.(type) {
	case nil:
	case string:
		if v != "" {
			list = []string{v}
		}
	case []string:
		list = v
	case []any:
		for _, item := range v {
			list = append(list, fmt.Sprint(item))
		}
	default:
		return nil, fmt.Errorf("a field takes a string or []string, not %T", value)
	}
	if !isList(key) && len(list) > 1 {
		return nil, fmt.Errorf("%s takes one value", kind)
	}
	items := make([]any, 0, len(list))
	for _, text := range list {
		item := any(text)
		switch key {
		case "selected_option", "selected_options":
			option, ok := optionByValue(append(optionsOf(e), offered...), text)
			if !ok {
				return nil, fmt.Errorf("%q is not offered", text)
			}
			item = option
		case "selected_date_time":
			if _, err := strconv.ParseInt(text, 10, 64); err != nil {
				return nil, fmt.Errorf("%q is not a time in seconds", text)
			}
			item = json.Number(text)
		}
		items = append(items, item)
	}
	entry := object{"type": kind, key: nil}
	if isList(key) {
		entry[key] = items
	} else if len(items) == 1 {
		entry[key] = items[0]
	}
	return entry, nil
}

// enter stores what a person filled in.
func (v *view) enter(state ViewState) error {
	for block, actions := range state {
		for action, value := range actions {
			e := findIn(v.blocks(), block, action)
			if e == nil {
				return fmt.Errorf("the view has no field %s/%s", block, action)
			}
			entry, err := shape(e, value, v.offered[block+"/"+action])
			if err != nil {
				return fmt.Errorf("filling in %s/%s: %w", block, action, err)
			}
			set(v.values, block, action, entry)
		}
	}
	return nil
}

func findIn(blocks []any, block, action string) (found object) {
	eachStateful(blocks, func(b, a string, e object) {
		if b == block && a == action {
			found = e
		}
	})
	return found
}

// clientErrors are the faults Slack's own client finds before it sends a
// submit: empty required fields, lengths, ranges.
func (v *view) clientErrors() map[string]string {
	errs := map[string]string{}
	state := v.state()
	for _, b := range v.blocks() {
		block, _ := b.(object)
		if block["type"] != "input" {
			continue
		}
		id, _ := block["block_id"].(string)
		e, _ := block["element"].(object)
		action, _ := e["action_id"].(string)
		kind, _ := e["type"].(string)
		if stateKey(kind) == "" {
			continue
		}
		if message := fieldFault(e, state[id][action][stateKey(kind)], block["optional"] == true); message != "" {
			errs[id] = message
		}
	}
	return errs
}

func fieldFault(e object, value any, optional bool) string {
	list, isMany := value.([]any)
	if value == nil || value == "" || isMany && len(list) == 0 {
		if optional {
			return ""
		}
		return "Please complete this required field."
	}
	text, isText := value.(string)
	if !isText {
		return ""
	}
	length := utf8.RuneCountInString(text)
	switch {
	case e["type"] == "number_input":
		return numberFault(e, text)
	case e["type"] == "plain_text_input" && length > bound(e, "max_length", 3000):
		return fmt.Sprintf("This entry may have at most %d characters.", bound(e, "max_length", 3000))
	case e["type"] == "plain_text_input" && length < bound(e, "min_length", 0):
		return fmt.Sprintf("This entry needs at least %d characters.", bound(e, "min_length", 0))
	}
	return ""
}

func bound(e object, key string, standard int) int {
	n, ok := e[key].(json.Number)
	if i, err := strconv.Atoi(n.String()); ok && err == nil {
		return i
	}
	return standard
}

func numberFault(e object, text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || e["is_decimal_allowed"] != true && strings.ContainsAny(text, ".eE") {
		return "Please enter a valid number."
	}
	for _, limit := range []struct {
		key, words string
		sign       float64
	}{{"min_value", "at least", 1}, {"max_value", "at most", -1}} {
		value, _ := e[limit.key].(string)
		if edge, err := strconv.ParseFloat(value, 64); err == nil && (n-edge)*limit.sign < 0 {
			return fmt.Sprintf("Enter a number that is %s %s.", limit.words, value)
		}
	}
	return ""
}
