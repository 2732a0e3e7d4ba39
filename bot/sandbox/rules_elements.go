package sandbox

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// textKind says which text objects a place takes.
type textKind int

const (
	anyText textKind = iota
	plainText
)

// text checks a text object
// (docs.slack.dev/reference/block-kit/composition-objects/text-object).
func (c *checker) text(at string, o object, key string, kind textKind, most int, required bool) {
	if v, ok := c.have(at, o, key, required); ok {
		c.textObject(at+"/"+key, v, kind, most)
	}
}

func (c *checker) textObject(at string, v any, kind textKind, most int) {
	o, ok := c.asObject(at, v)
	if !ok {
		return
	}
	c.closed(at, o, "type", "text", "emoji", "verbatim")
	allowed := []string{"plain_text", "mrkdwn"}
	if kind == plainText {
		allowed = allowed[:1]
	}
	switch c.enum(at, o, "type", true, allowed...) {
	case "plain_text":
		if _, ok := c.have(at, o, "verbatim", false); ok {
			c.fail(at+"/verbatim", "additional_properties", "verbatim only works with mrkdwn", nil, "verbatim")
		}
	case "mrkdwn":
		if _, ok := c.have(at, o, "emoji", false); ok {
			c.fail(at+"/emoji", "additional_properties", "emoji only works with plain_text", nil, "emoji")
		}
	}
	c.boolean(at, o, "emoji", "verbatim")
	c.str(at, o, "text", 1, most, true)
}

// option checks an option; kind is what its text may be.
func (c *checker) option(at string, v any, kind textKind, overflow bool) {
	o, ok := c.asObject(at, v)
	if !ok {
		return
	}
	allowed := []string{"text", "value", "description"}
	if overflow {
		allowed = append(allowed, "url")
		c.str(at, o, "url", 0, 3000, false)
	}
	c.closed(at, o, allowed...)
	c.text(at, o, "text", kind, 75, true)
	c.str(at, o, "value", 1, 150, true)
	c.text(at, o, "description", kind, 75, false)
}

// optionList checks an array of options and the initial ones, which must equal
// one of them in every field.
func (c *checker) optionList(at string, o object, least, most int, kind textKind, overflow bool) []any {
	options := c.array(at, o, "options", least, most, true)
	for i, v := range options {
		c.option(fmt.Sprintf("%s/options/%d", at, i), v, kind, overflow)
	}
	return options
}

// menuOptions checks options or option_groups, exactly one of them.
func (c *checker) menuOptions(at string, o object) []any {
	_, flat := o["options"]
	_, grouped := o["option_groups"]
	if flat == grouped {
		c.fail(at, "one_of", "exactly one of options and option_groups is required", []string{"options", "option_groups"}, nil)
		return nil
	}
	if flat {
		return c.optionList(at, o, 1, 100, plainText, false)
	}
	var all []any
	for i, v := range c.array(at, o, "option_groups", 1, 100, true) {
		here := fmt.Sprintf("%s/option_groups/%d", at, i)
		group, ok := c.asObject(here, v)
		if !ok {
			continue
		}
		c.closed(here, group, "label", "options")
		c.text(here, group, "label", plainText, 75, true)
		all = append(all, c.optionList(here, group, 1, 100, plainText, false)...)
	}
	return all
}

func (c *checker) initial(at string, o object, options []any) {
	same := func(v any) bool {
		return slices.ContainsFunc(options, func(option any) bool { return reflect.DeepEqual(option, v) })
	}
	if v, ok := c.have(at, o, "initial_option", false); ok && !same(v) {
		c.fail(at+"/initial_option", "one_of", "must match one of the options", nil, nil)
	}
	for i, v := range c.array(at, o, "initial_options", 1, 100, false) {
		if !same(v) {
			c.fail(fmt.Sprintf("%s/initial_options/%d", at, i), "one_of", "must match one of the options", nil, nil)
		}
	}
}

// confirm checks a confirmation dialog object.
func (c *checker) confirm(at string, o object) {
	v, ok := c.have(at, o, "confirm", false)
	if !ok {
		return
	}
	at += "/confirm"
	if o, ok = c.asObject(at, v); !ok {
		return
	}
	c.closed(at, o, "title", "text", "confirm", "deny", "style")
	c.text(at, o, "title", plainText, 100, true)
	c.text(at, o, "text", anyText, 300, true)
	c.text(at, o, "confirm", plainText, 30, true)
	c.text(at, o, "deny", plainText, 30, true)
	c.enum(at, o, "style", false, "primary", "danger")
}

func (c *checker) conversationFilter(at string, o object) {
	v, ok := c.have(at, o, "filter", false)
	if !ok {
		return
	}
	at += "/filter"
	if o, ok = c.asObject(at, v); !ok {
		return
	}
	c.closed(at, o, "include", "exclude_external_shared_channels", "exclude_bot_users")
	c.boolean(at, o, "exclude_external_shared_channels", "exclude_bot_users")
	for _, s := range c.strings(at, o, "include", 1, 4) {
		if !slices.Contains([]string{"im", "mpim", "private", "public"}, s) {
			c.fail(at+"/include", "enum", "must be a valid enum value", []string{"im", "mpim", "private", "public"}, s)
		}
	}
}

func (c *checker) dispatchConfig(at string, o object) {
	v, ok := c.have(at, o, "dispatch_action_config", false)
	if !ok {
		return
	}
	at += "/dispatch_action_config"
	if o, ok = c.asObject(at, v); !ok {
		return
	}
	c.closed(at, o, "trigger_actions_on")
	for _, s := range c.strings(at, o, "trigger_actions_on", 1, 2) {
		if s != "on_enter_pressed" && s != "on_character_entered" {
			c.fail(at+"/trigger_actions_on", "enum", "must be a valid enum value", []string{"on_enter_pressed", "on_character_entered"}, s)
		}
	}
}

// pattern checks a string against a form.
func (c *checker) pattern(at string, o object, key, form string) {
	s := c.str(at, o, key, 0, 3000, false)
	if s != "" && !regexp.MustCompile(form).MatchString(s) {
		c.fail(at+"/"+key, "format", "must match "+form, form, s)
	}
}
