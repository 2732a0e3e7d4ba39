package blockkit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/blockkit"
)

func plain(n int) string {
	return fmt.Sprintf(`{"type":"plain_text","text":"%s"}`, strings.Repeat("世", n))
}

func repeat(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

func option(text, value int) string {
	return fmt.Sprintf(`{"text":%s,"value":"%s"}`, plain(text), strings.Repeat("v", value))
}

func actionsWith(element string) string {
	return `[{"type":"actions","elements":[` + element + `]}]`
}

func button(more string) string {
	return `{"type":"button","text":` + plain(5) + more + `}`
}

func TestMessagesSlackAccepts(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"50 blocks":                repeat(50, `{"type":"divider"}`),
		"a header at its limit":    `[{"type":"header","text":` + plain(150) + `}]`,
		"a section with 10 fields": `[{"type":"section","fields":` + repeat(10, plain(2000)) + `}]`,
		"a section at its limit":   `[{"type":"section","text":` + plain(3000) + `}]`,
		"25 buttons":               `[{"type":"actions","elements":` + repeat(25, button("")) + `}]`,
		"10 context elements":      `[{"type":"context","elements":` + repeat(10, plain(2000)) + `}]`,
		"a button with everything": actionsWith(`{"type":"button","text":` + plain(75) +
			`,"action_id":"a","value":"v","style":"danger","accessibility_label":"l","confirm":{"title":` + plain(100) +
			`,"text":{"type":"mrkdwn","text":"t"},"confirm":` + plain(30) + `,"deny":` + plain(30) +
			`,"style":"danger"}}`),
		"an overflow of 5": actionsWith(`{"type":"overflow","options":` + repeat(5, option(75, 150)) +
			`}`),
		"a text only": `{"text":"hello"}`,
		"text, blocks and metadata": `{"text":"hello","blocks":[{"type":"divider"}],"metadata":{"event_type":"x",
   "event_payload":{}}}`,
		"an emoji flag on plain text":   `[{"type":"header","text":{"type":"plain_text","text":"x","emoji":true}}]`,
		"verbatim on mrkdwn":            `[{"type":"section","text":{"type":"mrkdwn","text":"x","verbatim":true}}]`,
		"a null where nothing is meant": `[{"type":"section","text":` + plain(1) + `,"accessory":null}]`,
		"grouped options": actionsWith(`{"type":"static_select","initial_option":` + option(2, 2) +
			`,"option_groups":[{"label":` + plain(75) + `,"options":[` + option(1, 1) + `,` + option(2, 2) + `]}]}`),
		"several initial options": actionsWith(`{"type":"checkboxes","options":` + repeat(2, option(1, 1)) +
			`,"initial_options":[` + option(1, 1) + `]}`),
		"a deletion through an address": `{"delete_original":true}`,
		"the same action id in two blocks": `[{"type":"actions","elements":[` + button(`,"action_id":"a"`) +
			`]},{"type":"actions","elements":[` + button(`,"action_id":"a"`) + `]}]`,
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, blockkit.ValidateMessage([]byte(raw)))
		})
	}
}

func TestMessagesSlackRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ raw, pointer, kind string }{
		"not JSON":                      {`{`, "", "format"},
		"two JSON values":               {`[] []`, "", "format"},
		"51 blocks":                     {repeat(51, `{"type":"divider"}`), "/blocks", "max_items"},
		"an unknown block":              {`[{"type":"progress"}]`, "/blocks/0/type", "enum"},
		"a block without type":          {`[{}]`, "/blocks/0", "required"},
		"an alert, which is for modals": {`[{"type":"alert","text":` + plain(1) + `}]`, "/blocks/0/type", "enum"},
		"a header of 151": {`[{"type":"header","text":` + plain(151) + `}]`, "/blocks/0/text/text",
			"max_length"},
		"a header in mrkdwn": {`[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`,
			"/blocks/0/text/type", "enum"},
		"an empty text": {`[{"type":"section","text":{"type":"mrkdwn","text":""}}]`,
			"/blocks/0/text/text", "min_length"},
		"a section of 3001": {`[{"type":"section","text":` + plain(3001) + `}]`,
			"/blocks/0/text/text", "max_length"},
		"a section with nothing": {`[{"type":"section"}]`, "/blocks/0", "required"},
		"11 fields": {`[{"type":"section","fields":` + repeat(11, plain(1)) + `}]`,
			"/blocks/0/fields", "max_items"},
		"a field of 2001": {`[{"type":"section","fields":[` + plain(2001) + `]}]`,
			"/blocks/0/fields/0/text", "max_length"},
		"11 context elements": {`[{"type":"context","elements":` + repeat(11, plain(1)) + `}]`,
			"/blocks/0/elements", "max_items"},
		"a button in a context": {`[{"type":"context","elements":[` + button("") + `]}]`,
			"/blocks/0/elements/0/text", "type"},
		"26 buttons": {`[{"type":"actions","elements":` + repeat(26, button("")) + `}]`,
			"/blocks/0/elements", "max_items"},
		"no buttons": {`[{"type":"actions","elements":[]}]`, "/blocks/0/elements",
			"min_items"},
		"an input in an actions block": {actionsWith(`{"type":"plain_text_input"}`), "/blocks/0/elements/0/type",
			"enum"},
		"a button text of 76": {actionsWith(`{"type":"button","text":` + plain(76) + `}`),
			"/blocks/0/elements/0/text/text", "max_length"},
		"a button value of 2001": {actionsWith(button(`,"value":"` + strings.Repeat("v", 2001) + `"`)),
			"/blocks/0/elements/0/value", "max_length"},
		"a button label of 76": {actionsWith(button(`,"accessibility_label":"` +
			strings.Repeat("v", 76) + `"`)), "/blocks/0/elements/0/accessibility_label", "max_length"},
		"a made-up style": {actionsWith(button(`,"style":"warning"`)), "/blocks/0/elements/0/style",
			"enum"},
		"a property Slack does not know": {actionsWith(button(`,"colour":"red"`)), "/blocks/0/elements/0/colour",
			"additional_properties"},
		"a type on an option": {actionsWith(`{"type":"overflow","options":[{"type":"option","text":` +
			plain(1) + `,"value":"v"}]}`), "/blocks/0/elements/0/options/0/type", "additional_properties"},
		"a type on a confirm": {actionsWith(button(`,"confirm":{"type":"c","title":` + plain(1) +
			`,"text":` + plain(1) + `,"confirm":` + plain(1) + `,"deny":` + plain(1) + `}`)),
			"/blocks/0/elements/0/confirm/type", "additional_properties"},
		"a confirm text of 301": {actionsWith(button(`,"confirm":{"title":` + plain(1) + `,"text":` +
			plain(301) + `,"confirm":` + plain(1) + `,"deny":` + plain(1) + `}`)),
			"/blocks/0/elements/0/confirm/text/text", "max_length"},
		"a confirm button of 31": {actionsWith(button(`,"confirm":{"title":` + plain(1) + `,"text":` +
			plain(1) + `,"confirm":` + plain(31) + `,"deny":` + plain(1) + `}`)),
			"/blocks/0/elements/0/confirm/confirm/text", "max_length"},
		"an overflow of 6": {actionsWith(`{"type":"overflow","options":` + repeat(6, option(1, 1)) +
			`}`), "/blocks/0/elements/0/options", "max_items"},
		"an option text of 76": {actionsWith(`{"type":"overflow","options":[` + option(76, 1) + `]}`),
			"/blocks/0/elements/0/options/0/text/text", "max_length"},
		"an option value of 151": {actionsWith(`{"type":"overflow","options":[` + option(1, 151) + `]}`),
			"/blocks/0/elements/0/options/0/value", "max_length"},
		"an address on a select's option": {actionsWith(`{"type":"static_select","options":[{"text":` + plain(1) +
			`,"value":"v","url":"http://x"}]}`), "/blocks/0/elements/0/options/0/url", "additional_properties"},
		"101 options": {actionsWith(`{"type":"static_select","options":` +
			repeat(101, option(1, 1)) + `}`), "/blocks/0/elements/0/options", "max_items"},
		"options and option groups": {actionsWith(`{"type":"static_select","options":[` + option(1, 1) +
			`],"option_groups":[{"label":` + plain(1) + `,"options":[` + option(1, 1) + `]}]}`), "/blocks/0/elements/0",
			"one_of"},
		"an initial option not offered": {actionsWith(`{"type":"static_select","options":[` + option(1, 1) +
			`],"initial_option":` + option(1, 2) + `}`), "/blocks/0/elements/0/initial_option", "one_of"},
		"a group label of 76": {actionsWith(`{"type":"static_select","option_groups":[{"label":` +
			plain(76) + `,"options":[` + option(1, 1) + `]}]}`), "/blocks/0/elements/0/option_groups/0/label/text",
			"max_length"},
		"a group that is a text": {actionsWith(`{"type":"static_select","option_groups":["x"]}`),
			"/blocks/0/elements/0/option_groups/0", "type"},
		"a block that lbbot does not send": {`[{"type":"rich_text","elements":[]}]`, "/blocks/0/type", "enum"},
		"an element that lbbot does not send": {actionsWith(`{"type":"datepicker"}`), "/blocks/0/elements/0/type",
			"enum"},
		"an attachment with an unknown field": {`{"attachments":[{"txt":"a"}]}`, "/attachments/0/txt",
			"additional_properties"},
		"a block in an attachment that messages refuse": {`{"attachments":[{"blocks":[{"type":"alert"}]}]}`,
			"/attachments/0/blocks/0/type", "enum"},
		"a flag that is a text": {`[{"type":"section","expand":"yes","text":` + plain(1) + `}]`,
			"/blocks/0/expand", "type"},
		"a text that is a number":   {`{"text":7}`, "/text", "type"},
		"blocks that are an object": {`{"blocks":{}}`, "/blocks", "type"},
		"a message that is a flag":  {`true`, "", "type"},
		"a level that is a fraction": {`[{"type":"header","level":1.5,"text":` + plain(1) + `}]`,
			"/blocks/0/level", "type"},
		"emoji on mrkdwn": {`[{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}]`,
			"/blocks/0/text/emoji", "additional_properties"},
		"verbatim on plain text": {`[{"type":"header","text":{"type":"plain_text","text":"x","verbatim":true}}]`,
			"/blocks/0/text/verbatim", "additional_properties"},
		"the same block id twice": {`[{"type":"divider","block_id":"b"},{"type":"divider","block_id":"b"}]`,
			"/blocks/1/block_id", "unique"},
		"the same action id twice in a block": {actionsWith(button(`,"action_id":"a"`) + "," +
			button(`,"action_id":"a"`)), "/blocks/0/elements/1/action_id", "unique"},
		"a block id of 256": {`[{"type":"divider","block_id":"` + strings.Repeat("b", 256) + `"}]`,
			"/blocks/0/block_id", "max_length"},
		"nothing to say":              {`{"text":""}`, "", "required"},
		"an unknown message property": {`{"text":"a","txt":"b"}`, "/txt", "additional_properties"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireViolation(t, blockkit.ValidateMessage([]byte(c.raw)), c.pointer, c.kind)
		})
	}
}

func requireViolation(t *testing.T, errs []blockkit.Violation, pointer, kind string) {
	t.Helper()
	var seen []string
	for _, e := range errs {
		seen = append(seen, e.Pointer+" "+e.Rule)
		require.Contains(t, e.Error(), "[json-pointer:"+e.Pointer+"]")
	}
	require.Contains(t, seen, pointer+" "+kind)
}

func modal(more, blocks string) string {
	return `{"type":"modal","title":` + plain(24) + more + `,"blocks":[` + blocks + `]}`
}

func input(element string) string {
	return `{"type":"input","label":` + plain(2000) + `,"element":` + element + `}`
}

const form = `{"type":"modal","callback_id":"lb","notify_on_close":true,"private_metadata":"m1","external_id":"x1",
	"title":{"type":"plain_text","text":"Add server"},"submit":{"type":"plain_text","text":"Check"},"blocks":[
	{"type":"input","block_id":"host_b","label":{"type":"plain_text","text":"Server"},
	 "element":{"type":"plain_text_input","action_id":"a","min_length":1,"max_length":10,"initial_value":"web"}},
	{"type":"input","optional":true,"dispatch_action":true,"label":{"type":"plain_text","text":"Weight"},
	 "element":{"type":"number_input","is_decimal_allowed":false,"min_value":"1","max_value":"100","initial_value":"1",
	  "dispatch_action_config":{"trigger_actions_on":["on_enter_pressed"]}}},
	{"type":"input","label":{"type":"plain_text","text":"Pool"},"element":{"type":"external_select",
  "min_query_length":0}},
	{"type":"input","label":{"type":"plain_text","text":"Where"},"element":{"type":"conversations_select",
	 "default_to_current_conversation":true,"filter":{"include":["public"]}}},
	{"type":"input","label":{"type":"plain_text","text":"After"},"element":{"type":"checkboxes",
	 "options":[{"text":{"type":"mrkdwn","text":"Watch"},"value":"watch"}]}}]}`

const submit = `,"submit":{"type":"plain_text","text":"Check"}`

func TestViewsSlackAccepts(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"a form with every kind of field": form,
		"100 blocks": `{"type":"modal","title":` + plain(1) + `,"blocks":` +
			repeat(100, `{"type":"divider"}`) + `}`,
		"an external select with everything": modal(submit, `{"type":"input","dispatch_action":true,"optional":true,
			"label":`+plain(1)+`,"element":{"type":"external_select","action_id":"a","min_query_length":2,
			"focus_on_load":true,"placeholder":`+plain(150)+`,
			"initial_option":{"text":`+plain(75)+`,"description":`+plain(75)+`,"value":"v"}}}`),
		"an alert in a modal": modal("",
			`{"type":"alert","level":"warning","text":{"type":"mrkdwn","text":"x"}}`),
		"a home tab": `{"type":"home","blocks":[{"type":"header","level":2,"text":` + plain(1) +
			`}]}`,
		"a home tab with inputs": `{"type":"home","blocks":[` + input(`{"type":"plain_text_input"}`) + `]}`,
		"metadata at its limit":  modal(`,"private_metadata":"`+strings.Repeat("m", 3000)+`"`, ``),
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, blockkit.ValidateView([]byte(raw)))
		})
	}
}

func TestViewsSlackRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ raw, pointer, kind string }{
		"no title": {`{"type":"modal","blocks":[]}`, "/view", "required"},
		"a title of 25": {`{"type":"modal","title":` + plain(25) + `,"blocks":[]}`,
			"/view/title/text", "max_length"},
		"no blocks": {`{"type":"modal","title":` + plain(1) + `}`, "/view", "required"},
		"null blocks": {`{"type":"modal","title":` + plain(1) + `,"blocks":null}`, "/view",
			"required"},
		"101 blocks": {`{"type":"modal","title":` + plain(1) + `,"blocks":` +
			repeat(101, `{"type":"divider"}`) + `}`, "/view/blocks", "max_items"},
		"an input without submit": {modal("", input(`{"type":"plain_text_input"}`)), "/view", "required"},
		"a submit of 25":          {modal(`,"submit":`+plain(25), ""), "/view/submit/text", "max_length"},
		"metadata of 3001": {modal(`,"private_metadata":"`+strings.Repeat("m", 3001)+`"`, ""),
			"/view/private_metadata", "max_length"},
		"a callback id of 256": {modal(`,"callback_id":"`+strings.Repeat("m", 256)+`"`, ""),
			"/view/callback_id", "max_length"},
		"an unknown property": {modal(`,"state":{}`, ""), "/view/state", "additional_properties"},
		"an unknown kind": {`{"type":"dialog","title":` + plain(1) + `,"blocks":[]}`, "/view/type",
			"enum"},
		"a submit on a home tab": {`{"type":"home","blocks":[]` + submit + `}`, "/view/submit",
			"additional_properties"},
		"an alert on a home tab": {`{"type":"home","blocks":[{"type":"alert","text":` + plain(1) + `}]}`,
			"/view/blocks/0/type", "enum"},
		"an alert of 201": {modal("", `{"type":"alert","text":`+plain(201)+`}`),
			"/view/blocks/0/text/text", "max_length"},
		"a table in a modal": {modal("", `{"type":"table","rows":[[{}]]}`), "/view/blocks/0/type", "enum"},
		"two focused elements": {modal(submit,
			input(`{"type":"plain_text_input","focus_on_load":true}`)+","+input(`{"type":"plain_text_input",
    "focus_on_load":true}`)), "/view/blocks/1/element/focus_on_load", "unique"},
		"a button in an input block": {modal(submit, input(button(""))), "/view/blocks/0/element/type", "enum"},
		"a number input without decimals": {modal(submit, input(`{"type":"number_input"}`)), "/view/blocks/0/element",
			"required"},
		"a bound that is a number": {modal(submit,
			input(`{"type":"number_input","is_decimal_allowed":false,"min_value":1}`)),
			"/view/blocks/0/element/min_value", "type"},
		"a bound that is a word": {modal(submit,
			input(`{"type":"number_input","is_decimal_allowed":false,"min_value":"one"}`)),
			"/view/blocks/0/element/min_value", "format"},
		"an initial value out of bounds": {modal(submit,
			input(`{"type":"number_input","is_decimal_allowed":false,"max_value":"9","initial_value":"10"}`)),
			"/view/blocks/0/element", "range"},
		"a max_length of 3001": {modal(submit, input(`{"type":"plain_text_input","max_length":3001}`)),
			"/view/blocks/0/element/max_length", "range"},
		"min_length above max_length": {modal(submit,
			input(`{"type":"plain_text_input","min_length":5,"max_length":4}`)), "/view/blocks/0/element/min_length",
			"range"},
		"11 checkboxes": {modal(submit,
			input(`{"type":"checkboxes","options":`+repeat(11, option(1, 1))+`}`)), "/view/blocks/0/element/options",
			"max_items"},
		"a placeholder of 151": {modal(submit,
			input(`{"type":"plain_text_input","placeholder":`+plain(151)+`}`)),
			"/view/blocks/0/element/placeholder/text", "max_length"},
		"a filter with a type": {modal(submit,
			input(`{"type":"conversations_select","filter":{"type":"x"}}`)), "/view/blocks/0/element/filter/type",
			"additional_properties"},
		"a filter for a made-up kind": {modal(submit,
			input(`{"type":"conversations_select","filter":{"include":["secret"]}}`)),
			"/view/blocks/0/element/filter/include/0", "enum"},
		"a dispatch config of its own": {modal(submit,
			input(`{"type":"plain_text_input","dispatch_action_config":{"trigger_actions_on":["on_blur"]}}`)),
			"/view/blocks/0/element/dispatch_action_config/trigger_actions_on/0", "enum"},
		"options on an external select": {modal(submit,
			input(`{"type":"external_select","options":[`+option(1, 1)+`]}`)), "/view/blocks/0/element/options",
			"additional_properties"},
		"a least query below 0": {modal(submit, input(`{"type":"external_select","min_query_length":-1}`)),
			"/view/blocks/0/element/min_query_length", "range"},
		"a chosen option of 76": {modal(submit,
			input(`{"type":"external_select","initial_option":`+option(76, 1)+`}`)),
			"/view/blocks/0/element/initial_option/text/text", "max_length"},
		"a dispatch config on a select": {modal(submit,
			input(`{"type":"external_select","dispatch_action_config":{}}`)),
			"/view/blocks/0/element/dispatch_action_config", "additional_properties"},
		"a dispatch flag on an element": {modal(submit,
			input(`{"type":"external_select","dispatch_action":true}`)),
			"/view/blocks/0/element/dispatch_action", "additional_properties"},
		"a hint of 2001": {modal(submit,
			`{"type":"input","label":`+plain(1)+`,"hint":`+plain(2001)+`,"element":{"type":"plain_text_input"}}`),
			"/view/blocks/0/hint/text", "max_length"},
		"more than 250 kB": {`{"type":"modal","title":` + plain(1) + `,"blocks":` +
			repeat(90, `{"type":"section","text":`+plain(1000)+`}`) + `}`, "/view", "max_length"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireViolation(t, blockkit.ValidateView([]byte(c.raw)), c.pointer, c.kind)
		})
	}
}
