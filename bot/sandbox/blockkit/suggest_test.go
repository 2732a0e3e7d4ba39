package blockkit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/blockkit"
)

// numbered are n options with different values.
func numbered(from, n int) string {
	list := "["
	for i := range n {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf(`{"text":{"type":"plain_text","text":"t"},"value":"v%d"}`, from+i)
	}
	return list + "]"
}

func group(label, options string) string {
	return `{"label":{"type":"plain_text","text":"` + label + `"},"options":` + options + `}`
}

func TestSuggestionsThatSlacksMenuCannotShow(t *testing.T) {
	t.Parallel()
	groups := func(list ...string) string { return `{"option_groups":[` + strings.Join(list, ",") + `]}` }
	of := func(option string) string { return `{"options":[` + option + `]}` }
	cases := map[string]struct{ answer, why string }{
		"nothing":          {``, "decoding JSON"},
		"not JSON":         {`nope`, "decoding JSON"},
		"an array":         {`[]`, "must be an object"},
		"neither key":      {`{}`, "exactly one of"},
		"both keys":        {`{"options":[],"option_groups":[]}`, "exactly one of"},
		"another key":      {`{"options":[],"more":3}`, "no more properties"},
		"101 options":      {`{"options":` + numbered(0, 101) + `}`, "no more than 100"},
		"101 groups":       {`{"option_groups":` + repeat(101, group("g", "[]")) + `}`, "no more than 100"},
		"101 in 2 groups":  {groups(group("a", numbered(0, 51)), group("b", numbered(51, 50))), "no more than 100"},
		"a value twice":    {`{"options":` + repeat(2, option(1, 1)) + `}`, "offered twice"},
		"a value in two":   {groups(group("a", numbered(0, 1)), group("b", numbered(0, 1))), "offered twice"},
		"a text of 76":     {of(option(76, 1)), "/options/0/text/text"},
		"a value of 151":   {of(option(1, 151)), "/options/0/value"},
		"an empty value":   {of(option(1, 0)), "/options/0/value"},
		"a text in mrkdwn": {of(`{"text":{"type":"mrkdwn","text":"x"},"value":"v"}`), "/options/0/text/type"},
		"a description of 76": {of(`{"text":` + plain(1) + `,"value":"v","description":` + plain(76) + `}`),
			"/options/0/description/text"},
		"an option with a type":       {of(`{"type":"option","text":` + plain(1) + `,"value":"v"}`), "/options/0/type"},
		"an option that is a text":    {of(`"v"`), "/options/0"},
		"a group label of 76":         {groups(`{"label":` + plain(76) + `,"options":[]}`), "/option_groups/0/label"},
		"a group without a label":     {groups(`{"options":[]}`), "missing required field: label"},
		"a group without its options": {groups(`{"label":` + plain(1) + `}`), "missing required field: options"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offered, err := blockkit.Suggestions([]byte(c.answer))
			require.ErrorContains(t, err, c.why)
			require.Empty(t, offered)
		})
	}
}

func TestSuggestionsKeepTheirOrderAndGroups(t *testing.T) {
	t.Parallel()
	read := func(answer string) (values []string) {
		offered, err := blockkit.Suggestions([]byte(answer))
		require.NoError(t, err)
		for _, one := range offered {
			values = append(values, one.Group+"/"+one.Option["value"].(string))
		}
		return values
	}
	require.Empty(t, read(`{"options":[]}`))
	require.Equal(t, []string{"/v0", "/v1"}, read(`{"options":`+numbered(0, 2)+`}`))
	require.Equal(t, []string{"Used lately here/v5", "api-lb/v0", "api-lb/v1"}, read(`{"option_groups":[`+
		group("Used lately here", numbered(5, 1))+`,`+group("empty", "[]")+`,`+group("api-lb", numbered(0, 2))+`]}`))
	require.Len(t, read(`{"options":`+numbered(0, 100)+`}`), 100)
	require.Len(t, read(`{"option_groups":[`+group("世", numbered(0, 100))+`]}`), 100)
}
