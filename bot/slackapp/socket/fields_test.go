package socket_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/socket"
)

func read(t *testing.T, object string) socket.Fields {
	t.Helper()
	f, err := socket.ReadFields([]byte(object))
	require.NoError(t, err)
	return f
}

func TestFieldsReadTheSameValueOfAnotherType(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{`"x"`: "x", `""`: "", `7`: "7", `1795430000.000100`: "1795430000.000100",
		`123456789012345678901234567890`: "123456789012345678901234567890", `null`: "", ` "a" `: "a"} {
		f := read(t, `{"v":`+given+`}`)
		require.Equal(t, want, f.Text("v"), given)
		require.NoError(t, f.Err(), given)
	}
	for given, want := range map[string]int{`2`: 2, `"2"`: 2, `" 2 "`: 2, `2.0`: 2, `1e3`: 1000, `-1`: -1, `null`: 0,
		`""`: 0} {
		f := read(t, `{"v":`+given+`}`)
		require.Equal(t, want, f.Number("v"), given)
		require.NoError(t, f.Err(), given)
	}
	for given, want := range map[string]bool{`true`: true, `"true"`: true, `"True"`: true, `1`: true, `"1"`: true,
		`false`: false, `"false"`: false, `0`: false, `"0"`: false} {
		f := read(t, `{"v":`+given+`}`)
		require.Equal(t, want, f.Flag("v"), given)
		require.NoError(t, f.Err(), given)
	}
	f := read(t, `{"list":["a",2],"none":null}`)
	require.Equal(t, []string{"a", "2"}, f.Texts("list"))
	require.Empty(t, f.Texts("none"))
	require.Empty(t, f.Objects("none"))
	require.Empty(t, f.Object("absent").Text("x"))
	require.False(t, f.Flag("absent"))
	require.NoError(t, f.Err())
}

func TestFieldsNameEveryFieldThatCannotBeReadAndNoValue(t *testing.T) {
	t.Parallel()
	const secret = "xoxb-1-secret"
	tests := map[string]struct {
		given string
		read  func(socket.Fields)
		path  string
	}{
		"a text that is a list": {`{"a":{"b":["` + secret + `"]}}`,
			func(f socket.Fields) { f.Object("a").Text("b") }, "a.b"},
		"a text that is a flag":         {`{"a":true}`, func(f socket.Fields) { f.Text("a") }, "a"},
		"a number that is a word":       {`{"a":"` + secret + `"}`, func(f socket.Fields) { f.Number("a") }, "a"},
		"a number that is a half":       {`{"a":1.5}`, func(f socket.Fields) { f.Number("a") }, "a"},
		"a number beyond exactness":     {`{"a":1e300}`, func(f socket.Fields) { f.Number("a") }, "a"},
		"a flag that is a word":         {`{"a":"` + secret + `"}`, func(f socket.Fields) { f.Flag("a") }, "a"},
		"a flag that is another number": {`{"a":2}`, func(f socket.Fields) { f.Flag("a") }, "a"},
		"a flag that is null":           {`{"a":null}`, func(f socket.Fields) { f.Flag("a") }, "a"},
		"a flag that is empty":          {`{"a":""}`, func(f socket.Fields) { f.Flag("a") }, "a"},
		"a flag that is an object":      {`{"a":{}}`, func(f socket.Fields) { f.Flag("a") }, "a"},
		"an object that is a text": {`{"a":"` + secret + `"}`, func(f socket.Fields) { f.Object("a").Text("b") },
			"a"},
		"a list that is an object": {`{"a":{}}`, func(f socket.Fields) { f.Texts("a") }, "a"},
		"a text in a list that is a list": {`{"a":["x",["` + secret + `"]]}`, func(f socket.Fields) { f.Texts("a") },
			"a[1]"},
		"an object in a list that is not": {`{"a":[{},7]}`, func(f socket.Fields) { f.Objects("a") }, "a[1]"},
		"a null in a list of objects":     {`{"a":[null]}`, func(f socket.Fields) { f.Objects("a") }, "a[0]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := read(t, tt.given)
			tt.read(f)
			require.ErrorContains(t, f.Err(), "cannot read "+tt.path+" (")
			require.NotContains(t, f.Err().Error(), secret)
		})
	}
}

func TestFieldsThatNothingDependsOnNeverFail(t *testing.T) {
	t.Parallel()
	f := read(t, `{"label":[1],"part":"x","labels":{"a":1},"some":["a",[],2],"extra":{}}`)
	require.Empty(t, f.Label("label"))
	require.Empty(t, f.Part("part").Label("x"))
	require.Empty(t, f.Labels("labels"))
	require.Equal(t, []string{"a", "2"}, f.Labels("some"))
	require.NoError(t, f.Err())
}

func TestOnlyAnObjectIsRead(t *testing.T) {
	t.Parallel()
	for _, given := range []string{``, `null`, `[]`, `7`, `"x"`, `{`, `{}x`} {
		_, err := socket.ReadFields([]byte(given))
		require.Error(t, err, given)
	}
}

func TestErrorCodesOfSlackAreShownAndNothingElseIs(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "invalid_auth", "missing_scope", "fatal_error"} {
		require.Equal(t, code, socket.SafeCode(code))
	}
	for _, text := range []string{"xoxb-1-secret", "invalid_auth xapp-1-A0-2-abc", "0123456789abcdef", "Bearer x",
		strings.Repeat("x", 65)} {
		require.Equal(t, "unreadable_code", socket.SafeCode(text))
	}
}
