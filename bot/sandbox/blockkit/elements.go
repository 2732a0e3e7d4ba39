package blockkit

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// elements are the interactive elements by type
// (docs.slack.dev/reference/block-kit/block-elements).
var elements = map[string]property{
	"button": elementOf(schema{
		"text": plain(75).needed(), "url": str(1, 3000), "value": str(1, 2000), "style": oneOf("primary", "danger"),
		"accessibility_label": str(1, 75), "confirm": confirm(),
	}),
	"overflow": elementOf(schema{"options": list(1, 5, option(plain, "url")).needed(), "confirm": confirm()}),
	"checkboxes": elementOf(schema{
		"options": list(1, 10, option(rich)).needed(), "initial_options": list(1, 10, option(rich)),
		"confirm": confirm(), "focus_on_load": flag(),
	}, initialOffered),
	"static_select": elementOf(menu(schema{
		"options": list(1, 100, option(plain)), "option_groups": optionGroups(1),
		"initial_option": property{rule: option(plain)},
	}), eitherOptions, initialOffered),
	"external_select": elementOf(menu(schema{
		"initial_option": property{rule: option(plain)}, "min_query_length": integer(0, 3000),
	})),
	"conversations_select": elementOf(menu(schema{
		"initial_conversation": str(1, maxShort), "default_to_current_conversation": flag(),
		"filter": object(schema{
			"include":                          list(1, 4, oneOf("im", "mpim", "private", "public").rule),
			"exclude_external_shared_channels": flag(), "exclude_bot_users": flag(),
		}),
	})),
	"plain_text_input": elementOf(typedIn(schema{
		"initial_value": str(0, maxInput), "multiline": flag(), "min_length": integer(0, maxInput),
		"max_length": integer(1, maxInput),
	}), func(c *checker, at string, o Object) {
		if Bound(o, "min_length", 0) > Bound(o, "max_length", maxInput) {
			c.fail(at+"/min_length", "range", "min_length must not be above max_length")
		}
	}),
	"number_input": elementOf(typedIn(schema{
		"is_decimal_allowed": flag().needed(),
		"initial_value":      str(1, maxShort), "min_value": str(1, maxShort), "max_value": str(1, maxShort),
	}), numbersInOrder),
}

// maxInput bounds what a person can type into a field, in characters.
const maxInput = 3000

// element checks an element of a section or an actions block.
func element(c *checker, at string, v any) {
	c.typed(at, v, elements, append(choices(), "button", "overflow"))
}

// inputElement checks the element of an input block.
func inputElement(c *checker, at string, v any) {
	c.typed(at, v, elements, append(choices(), "plain_text_input", "number_input"))
}

func choices() []string {
	return []string{"static_select", "external_select", "conversations_select", "checkboxes"}
}

// elementOf adds what all elements have.
func elementOf(own schema, across ...func(*checker, string, Object)) property {
	own["type"], own["action_id"] = anything().needed(), str(1, maxShort)
	return object(own, append(across, func(c *checker, at string, o Object) {
		c.unique(at, "action_id", o, c.actionIDs)
		if o["focus_on_load"] == true {
			if c.focused++; c.focused > 1 {
				c.fail(at+"/focus_on_load", "unique", "only one element may have focus_on_load")
			}
		}
	})...)
}

// menu adds what all menus have.
func menu(own schema) schema {
	own["placeholder"], own["confirm"], own["focus_on_load"] = plain(150), confirm(), flag()
	return own
}

// typedIn adds what all fields for typing have.
func typedIn(own schema) schema {
	own["placeholder"], own["focus_on_load"] = plain(150), flag()
	own["dispatch_action_config"] = object(schema{
		"trigger_actions_on": list(1, 2, oneOf("on_enter_pressed", "on_character_entered").rule),
	})
	return own
}

// confirm is a confirmation dialog.
func confirm() property {
	return object(schema{
		"title": plain(100).needed(), "text": rich(300).needed(), "confirm": plain(30).needed(),
		"deny":  plain(30).needed(),
		"style": oneOf("primary", "danger"),
	})
}

// option is an option; kind is plain or rich, for its texts. addresses names
// further properties that it may have.
func option(kind func(int) property, addresses ...string) rule {
	own := schema{"text": kind(75).needed(), "value": str(1, 150).needed(), "description": kind(75)}
	for _, key := range addresses {
		own[key] = str(0, 3000)
	}
	return object(own).rule
}

// optionGroups are options under headings, at least so many in each group.
func optionGroups(least int) property {
	group := object(schema{"label": plain(75).needed(), "options": list(least, 100, option(plain)).needed()})
	return list(least, 100, group.rule)
}

func eitherOptions(c *checker, at string, o Object) {
	if (o["options"] == nil) == (o["option_groups"] == nil) {
		c.fail(at, "one_of", "exactly one of options and option_groups is required")
	}
}

// initialOffered checks that each initial option equals an option in all fields.
func initialOffered(c *checker, at string, o Object) {
	offered := options(o)
	same := func(v any) bool {
		return slices.ContainsFunc(offered, func(option any) bool { return reflect.DeepEqual(option, v) })
	}
	if one := o["initial_option"]; one != nil && !same(one) {
		c.fail(at+"/initial_option", "one_of", "must match one of the options")
	}
	some, _ := o["initial_options"].([]any)
	for i, one := range some {
		if !same(one) {
			c.fail(fmt.Sprintf("%s/initial_options/%d", at, i), "one_of", "must match one of the options")
		}
	}
}

var (
	wholeNumber   = regexp.MustCompile(`^-?\d+$`)
	decimalNumber = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

// numbersInOrder checks that the bounds are numbers written as strings, and
// that the initial value lies between them.
func numbersInOrder(c *checker, at string, o Object) {
	form := wholeNumber
	if o["is_decimal_allowed"] == true {
		form = decimalNumber
	}
	number := func(key string, otherwise float64) float64 {
		s := stringOf(o, key)
		if s == "" {
			return otherwise
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !form.MatchString(s) {
			c.fail(at+"/"+key, "format", "must be a number written as a string")
			return otherwise
		}
		return f
	}
	least, most := number("min_value", math.Inf(-1)), number("max_value", math.Inf(1))
	first := number("initial_value", max(least, min(most, 0)))
	if least > most || first < least || first > most {
		c.fail(at, "range", "min_value, initial_value and max_value must be in this order")
	}
}
