package sandbox

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Element types by the place that takes them
// (docs.slack.dev/reference/block-kit/block-elements).
func elementTypes(place string) []string {
	selects := []string{"static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select"}
	choices := []string{"checkboxes", "radio_buttons", "datepicker", "timepicker"}
	switch place {
	case "accessory":
		return slices.Concat(selects, choices, []string{"button", "image", "overflow"})
	case "actions":
		return slices.Concat(selects, choices, []string{"button", "overflow", "datetimepicker"})
	default: // input
		return slices.Concat(selects, choices, []string{"plain_text_input", "number_input", "email_text_input",
			"url_text_input", "datetimepicker", "file_input"})
	}
}

// element checks one interactive element or image; ids collects the action ids
// of its block, which must be unique there.
func (c *checker) element(at string, v any, place string, ids map[string]bool) {
	o, ok := c.asObject(at, v)
	if !ok {
		return
	}
	kind := c.enum(at, o, "type", true, elementTypes(place)...)
	if !slices.Contains(elementTypes(place), kind) {
		return
	}
	if kind == "image" {
		c.imageElement(at, o)
		return
	}
	if id := c.str(at, o, "action_id", 1, 255, false); id != "" {
		if ids[id] {
			c.fail(at+"/action_id", "unique", "action_id "+id+" already exists in this block", nil, id)
		}
		ids[id] = true
	}
	if focus, _ := o["focus_on_load"].(bool); focus {
		if c.focused++; c.focused > 1 {
			c.fail(at+"/focus_on_load", "unique", "only one element may have focus_on_load", 1, c.focused)
		}
	}
	switch {
	case kind == "button":
		c.button(at, o)
	case strings.HasSuffix(kind, "_select"):
		c.menu(at, o, kind)
	default:
		c.field(at, o, kind)
	}
}

func (c *checker) button(at string, o object) {
	c.closed(at, o, "type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label")
	c.text(at, o, "text", plainText, 75, true)
	c.str(at, o, "url", 1, 3000, false)
	c.str(at, o, "value", 1, 2000, false)
	c.enum(at, o, "style", false, "primary", "danger")
	c.str(at, o, "accessibility_label", 1, 75, false)
	c.confirm(at, o)
}

func (c *checker) imageElement(at string, o object) {
	c.closed(at, o, "type", "image_url", "alt_text", "slack_file")
	c.str(at, o, "alt_text", 1, 2000, true)
	_, file := o["slack_file"]
	c.str(at, o, "image_url", 1, 3000, !file)
}

// menu checks the ten kinds of select menus.
func (c *checker) menu(at string, o object, kind string) {
	allowed := []string{"type", "action_id", "placeholder", "confirm", "focus_on_load"}
	single, multi := strings.CutPrefix(kind, "multi_")
	if multi {
		allowed = append(allowed, "max_selected_items")
		c.integer(at, o, "max_selected_items", 1, math.MaxInt32)
	}
	initial := map[string]string{"static_select": "initial_option", "external_select": "initial_option", "users_select": "initial_user",
		"conversations_select": "initial_conversation", "channels_select": "initial_channel"}[single]
	if multi {
		initial += "s"
	}
	allowed = append(allowed, initial)
	var options []any
	switch single {
	case "static_select":
		allowed = append(allowed, "options", "option_groups")
		options = c.menuOptions(at, o)
		c.initial(at, o, options)
	case "external_select":
		allowed = append(allowed, "min_query_length")
		c.integer(at, o, "min_query_length", 0, 3000)
		if v, ok := c.have(at, o, "initial_option", false); ok {
			c.option(at+"/initial_option", v, plainText, false)
		}
		for _, v := range c.array(at, o, "initial_options", 1, 100, false) {
			c.option(at+"/initial_options", v, plainText, false)
		}
	case "conversations_select":
		allowed = append(allowed, "default_to_current_conversation", "filter")
		c.boolean(at, o, "default_to_current_conversation")
		c.conversationFilter(at, o)
	}
	if !multi && (single == "conversations_select" || single == "channels_select") {
		allowed = append(allowed, "response_url_enabled")
		c.boolean(at, o, "response_url_enabled")
	}
	if single == "users_select" || single == "conversations_select" || single == "channels_select" {
		if multi {
			c.strings(at, o, initial, 1, 100)
		} else {
			c.str(at, o, initial, 1, 255, false)
		}
	}
	c.closed(at, o, allowed...)
	c.text(at, o, "placeholder", plainText, 150, false)
	c.boolean(at, o, "focus_on_load")
	c.confirm(at, o)
}

// field checks all other elements.
func (c *checker) field(at string, o object, kind string) {
	allowed := []string{"type", "action_id"}
	switch kind {
	case "plain_text_input":
		allowed = append(allowed, "placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load")
		c.boolean(at, o, "multiline")
		c.str(at, o, "initial_value", 0, 3000, false)
		least, hasLeast := c.integer(at, o, "min_length", 0, 3000)
		most, hasMost := c.integer(at, o, "max_length", 1, 3000)
		if hasLeast && hasMost && least > most {
			c.fail(at+"/min_length", "range", "min_length must not be above max_length", most, least)
		}
		c.dispatchConfig(at, o)
	case "number_input":
		allowed = append(allowed, "placeholder", "initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config", "focus_on_load")
		c.numberInput(at, o)
		c.dispatchConfig(at, o)
	case "email_text_input", "url_text_input":
		allowed = append(allowed, "placeholder", "initial_value", "dispatch_action_config", "focus_on_load")
		c.str(at, o, "initial_value", 0, 3000, false)
		c.dispatchConfig(at, o)
	case "checkboxes", "radio_buttons":
		allowed = append(allowed, "options", "confirm", "focus_on_load")
		if kind == "checkboxes" {
			allowed = append(allowed, "initial_options")
		} else {
			allowed = append(allowed, "initial_option")
		}
		c.initial(at, o, c.optionList(at, o, 1, 10, anyText, false))
	case "overflow":
		allowed = append(allowed, "options", "confirm")
		c.optionList(at, o, 1, 5, plainText, true)
	case "datepicker":
		allowed = append(allowed, "placeholder", "initial_date", "confirm", "focus_on_load")
		c.pattern(at, o, "initial_date", `^\d{4}-\d{2}-\d{2}$`)
	case "timepicker":
		allowed = append(allowed, "placeholder", "initial_time", "timezone", "confirm", "focus_on_load")
		c.pattern(at, o, "initial_time", `^([01]\d|2[0-3]):[0-5]\d$`)
		c.str(at, o, "timezone", 1, 255, false)
	case "datetimepicker":
		allowed = append(allowed, "initial_date_time", "confirm", "focus_on_load")
		c.integer(at, o, "initial_date_time", 1_000_000_000, 9_999_999_999)
	case "file_input":
		allowed = append(allowed, "filetypes", "max_files")
		c.strings(at, o, "filetypes", 1, 100)
		c.integer(at, o, "max_files", 1, 10)
	}
	c.closed(at, o, allowed...)
	c.text(at, o, "placeholder", plainText, 150, false)
	c.boolean(at, o, "focus_on_load")
	c.confirm(at, o)
}

// numberInput checks that the bounds are numbers written as strings.
func (c *checker) numberInput(at string, o object) {
	c.have(at, o, "is_decimal_allowed", true)
	c.boolean(at, o, "is_decimal_allowed")
	form := `^-?\d+$`
	if decimals, _ := o["is_decimal_allowed"].(bool); decimals {
		form = `^-?\d+(\.\d+)?$`
	}
	value := map[string]float64{}
	for _, key := range []string{"initial_value", "min_value", "max_value"} {
		s := c.str(at, o, key, 1, 255, false)
		if s == "" {
			continue
		}
		if !regexp.MustCompile(form).MatchString(s) {
			c.fail(at+"/"+key, "format", "must be a number written as a string", form, s)
			continue
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			value[key] = f
		}
	}
	least, hasLeast := value["min_value"]
	most, hasMost := value["max_value"]
	first, hasFirst := value["initial_value"]
	if hasLeast && hasMost && least > most || hasFirst && (hasLeast && first < least || hasMost && first > most) {
		c.fail(at, "range", "min_value, initial_value and max_value must be in this order", nil, nil)
	}
}
