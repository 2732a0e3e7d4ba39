package blockkit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Values are what elements hold, by block id and action id, shaped as in
// state.values of Slack's payloads.
type Values map[string]map[string]Object

// Set stores what one element holds.
func (v Values) Set(block, action string, held Object) {
	if v[block] == nil {
		v[block] = map[string]Object{}
	}
	v[block][action] = held
}

// Component is an element in its block.
type Component struct {
	BlockID  string
	Element  Object
	Input    bool // in an input block
	Optional bool // may stay empty
	Dispatch bool // an input that sends block_actions when it is used
}

// ActionID is the element's action id.
func (c Component) ActionID() string { return stringOf(c.Element, "action_id") }

// HasState says that the element holds a value, as buttons and overflow menus
// do not.
func (c Component) HasState() bool { return c.stateKey() != "" }

// stateKey is the field of the state that holds the value.
func (c Component) stateKey() string {
	switch c.Element["type"] {
	case "plain_text_input", "number_input":
		return "value"
	case "static_select", "external_select":
		return "selected_option"
	case "checkboxes":
		return "selected_options"
	case "conversations_select":
		return "selected_conversation"
	}
	return ""
}

// Components lists the elements of the blocks, in order.
func Components(blocks []any) []Component {
	var all []Component
	for _, b := range blocks {
		block, _ := b.(Object)
		c := Component{BlockID: stringOf(block, "block_id"), Input: block["type"] == "input",
			Optional: block["optional"] == true, Dispatch: block["dispatch_action"] == true}
		inside, _ := block["elements"].([]any)
		if block["type"] != "actions" {
			inside = []any{block["accessory"], block["element"]}
		}
		for _, e := range inside {
			if o, ok := e.(Object); ok {
				c.Element = o
				all = append(all, c)
			}
		}
	}
	return all
}

// Find looks an element up by action id, or by "block id/action id".
func Find(blocks []any, action string) (Component, bool) {
	all := Components(blocks)
	i := slices.IndexFunc(all, func(c Component) bool {
		return c.ActionID() != "" && (c.ActionID() == action || c.BlockID+"/"+c.ActionID() == action)
	})
	if i < 0 {
		return Component{}, false
	}
	return all[i], true
}

// Name gives every block without a block id one, and every element without an
// action id, as Slack does. It changes the blocks.
func Name(blocks []any, newID func() string) {
	for _, b := range blocks {
		if block, ok := b.(Object); ok && stringOf(block, "block_id") == "" {
			block["block_id"] = newID()
		}
	}
	for _, c := range Components(blocks) {
		if c.ActionID() == "" {
			c.Element["action_id"] = newID()
		}
	}
}

// State is what the elements hold: what was filled in, else the initial value.
// channelID is where the person is; it may be empty.
func State(blocks []any, filled Values, channelID string) Values {
	out := Values{}
	for _, c := range Components(blocks) {
		if !c.HasState() {
			continue
		}
		held := filled[c.BlockID][c.ActionID()]
		if held == nil {
			held = c.initial(channelID)
		}
		out.Set(c.BlockID, c.ActionID(), held)
	}
	return out
}

// initial is what an element holds before it is used.
func (c Component) initial(channelID string) Object {
	e, key := c.Element, c.stateKey()
	value := e["initial_"+strings.TrimPrefix(key, "selected_")]
	switch {
	case value != nil:
	case key == "selected_options":
		value = []any{}
	case e["default_to_current_conversation"] == true && channelID != "":
		value = channelID
	}
	return Object{"type": e["type"], key: value}
}

// Enter is what the element holds after a person has entered a string, or a
// []string into checkboxes. Options are named by their value; offered are the
// ones that a suggestion request brought. Buttons hold nothing.
func (c Component) Enter(value any, offered []any) (Object, error) {
	var entered []string
	switch v := value.(type) {
	case nil:
	case string:
		if v != "" {
			entered = []string{v}
		}
	case []string:
		entered = v
	default:
		return nil, fmt.Errorf("a field takes a string or []string, not %T", value)
	}
	kind, key := c.Element["type"], c.stateKey()
	switch kind {
	case "button":
		return nil, nil
	case "overflow":
		key = "selected_option"
		entered = append(entered, "")[:1] // something is always chosen
	}
	if len(entered) > 1 && key != "selected_options" {
		return nil, fmt.Errorf("%v takes one value", kind)
	}
	items := make([]any, 0, len(entered))
	for _, text := range entered {
		item := any(text)
		if key == "selected_option" || key == "selected_options" {
			known := slices.Concat(options(c.Element), initialOptions(c.Element), offered)
			i := slices.IndexFunc(known, func(v any) bool { o, _ := v.(Object); return o["value"] == text })
			if i < 0 {
				return nil, fmt.Errorf("%q is not offered", text)
			}
			item = known[i]
		}
		items = append(items, item)
	}
	held := Object{"type": kind, key: nil}
	if key == "selected_options" {
		held[key] = items
	} else if len(items) == 1 {
		held[key] = items[0]
	}
	return held, nil
}

// options are the options that an element lists.
func options(e Object) []any {
	all := listOf(e, "options")
	for _, g := range listOf(e, "option_groups") {
		group, _ := g.(Object)
		all = slices.Concat(all, listOf(group, "options"))
	}
	return all
}

func listOf(o Object, key string) []any { list, _ := o[key].([]any); return list }

func initialOptions(e Object) []any {
	all, _ := e["initial_options"].([]any)
	if one := e["initial_option"]; one != nil {
		all = append(slices.Clone(all), one)
	}
	return all
}

// Faults are what Slack's client finds wrong before it sends a form, by block
// id: empty required fields, lengths, ranges.
func Faults(blocks []any, state Values) map[string]string {
	faults := map[string]string{}
	for _, c := range Components(blocks) {
		if !c.Input || !c.HasState() {
			continue
		}
		if fault := c.fault(state[c.BlockID][c.ActionID()][c.stateKey()]); fault != "" {
			faults[c.BlockID] = fault
		}
	}
	return faults
}

func (c Component) fault(value any) string {
	text, isText := value.(string)
	some, isList := value.([]any)
	length := utf8.RuneCountInString(text)
	least, most := Bound(c.Element, "min_length", 0), Bound(c.Element, "max_length", maxInput)
	switch kind := c.Element["type"]; {
	case value == nil, isText && text == "", isList && len(some) == 0:
		if c.Optional {
			return ""
		}
		return "Please complete this required field."
	case kind == "number_input":
		return numberFault(c.Element, text)
	case kind == "plain_text_input" && length > most:
		return fmt.Sprintf("This entry may have at most %d characters.", most)
	case kind == "plain_text_input" && length < least:
		return fmt.Sprintf("This entry needs at least %d characters.", least)
	}
	return ""
}

// Bound is a whole number that an element may have, else the standard one.
func Bound(e Object, key string, standard int) int {
	n, ok := e[key].(json.Number)
	if i, err := strconv.Atoi(n.String()); ok && err == nil {
		return i
	}
	return standard
}

func numberFault(e Object, text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || e["is_decimal_allowed"] != true && strings.ContainsAny(text, ".eE") {
		return "Please enter a valid number."
	}
	if least, err := strconv.ParseFloat(stringOf(e, "min_value"), 64); err == nil && n < least {
		return "Enter a number that is at least " + stringOf(e, "min_value") + "."
	}
	if most, err := strconv.ParseFloat(stringOf(e, "max_value"), 64); err == nil && n > most {
		return "Enter a number that is at most " + stringOf(e, "max_value") + "."
	}
	return ""
}
