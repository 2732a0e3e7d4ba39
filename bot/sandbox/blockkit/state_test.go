package blockkit_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/blockkit"
)

// blocksWith is a block b with an element a.
func blocksWith(t *testing.T, element string) []any {
	t.Helper()
	v, err := blockkit.Decode([]byte(element))
	require.NoError(t, err)
	e := v.(blockkit.Object)
	e["action_id"] = "a"
	return []any{blockkit.Object{"type": "actions", "block_id": "b", "elements": []any{e}}}
}

func requireJSON(t *testing.T, want string, got any) {
	t.Helper()
	raw, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, want, string(raw))
}

func TestEveryFieldHasTheStateSlackGivesIt(t *testing.T) {
	t.Parallel()
	const options = `"options":[{"text":{"type":"plain_text","text":"a"},"value":"a"},{"text":{"type":"plain_text",
  "text":"b"},"value":"b"}]`
	const a = `{"text":{"type":"plain_text","text":"a"},"value":"a"}`
	const b = `{"text":{"type":"plain_text","text":"b"},"value":"b"}`
	const c = `{"text":{"type":"plain_text","text":"c"},"value":"c","description":{"type":"plain_text","text":"C"}}`
	offered, err := blockkit.Decode([]byte(`[` + c + `]`))
	require.NoError(t, err)
	cases := map[string]struct {
		element, untouched string
		value              any
		entered            string
	}{
		"a text": {`{"type":"plain_text_input"}`, `{"type":"plain_text_input","value":null}`, "x",
			`{"type":"plain_text_input","value":"x"}`},
		"a text with a start": {`{"type":"plain_text_input","initial_value":"i"}`,
			`{"type":"plain_text_input","value":"i"}`, "", `{"type":"plain_text_input","value":null}`},
		"a number": {`{"type":"number_input","is_decimal_allowed":false,"initial_value":"7"}`,
			`{"type":"number_input","value":"7"}`, "8", `{"type":"number_input","value":"8"}`},
		"a menu": {`{"type":"static_select",` + options + `}`,
			`{"type":"static_select","selected_option":null}`, "b", `{"type":"static_select","selected_option":` + b +
				`}`},
		"a menu with a start": {`{"type":"static_select",` + options + `,"initial_option":` + a + `}`,
			`{"type":"static_select","selected_option":` + a + `}`, nil,
			`{"type":"static_select","selected_option":null}`},
		"an external menu": {`{"type":"external_select"}`, `{"type":"external_select","selected_option":null}`, "c",
			`{"type":"external_select","selected_option":` + c + `}`},
		"an external menu with a start": {`{"type":"external_select","initial_option":` + a + `}`,
			`{"type":"external_select","selected_option":` + a + `}`, "", `{"type":"external_select",
   "selected_option":null}`},
		"check boxes": {`{"type":"checkboxes",` + options + `,"initial_options":[` + a + `]}`,
			`{"type":"checkboxes","selected_options":[` + a + `]}`, []string{"a", "b"},
			`{"type":"checkboxes","selected_options":[` + a + `,` + b + `]}`},
		"a place": {`{"type":"conversations_select"}`,
			`{"type":"conversations_select","selected_conversation":null}`, "C1",
			`{"type":"conversations_select","selected_conversation":"C1"}`},
		"the place one is in": {`{"type":"conversations_select","default_to_current_conversation":true}`,
			`{"type":"conversations_select","selected_conversation":"C0"}`, "C1",
			`{"type":"conversations_select","selected_conversation":"C1"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks := blocksWith(t, c.element)
			untouched := blockkit.State(blocks, nil, "C0")
			requireJSON(t, c.untouched, untouched["b"]["a"])
			component, ok := blockkit.Find(blocks, "a")
			require.True(t, ok)
			held, err := component.Enter(c.value, offered.([]any))
			require.NoError(t, err)
			requireJSON(t, c.entered, held)
		})
	}
}

func TestValuesThatAFieldCannotTake(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		element string
		value   any
		why     string
	}{
		"two values in a text":       {`{"type":"plain_text_input"}`, []string{"a", "b"}, "takes one value"},
		"a number instead of a text": {`{"type":"plain_text_input"}`, 7, "not int"},
		"an option not offered":      {`{"type":"static_select","options":[]}`, "a", "not offered"},
		"an external option made up": {`{"type":"external_select"}`, "a", "not offered"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			component, ok := blockkit.Find(blocksWith(t, c.element), "a")
			require.True(t, ok)
			_, err := component.Enter(c.value, nil)
			require.ErrorContains(t, err, c.why)
		})
	}
}
