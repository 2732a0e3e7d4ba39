package commands

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// refused parses what must not be accepted.
func refused(t testing.TB, text string) *InputError {
	t.Helper()
	_, err := Parse(text)
	e, ok := errors.AsType[*InputError](err)
	require.True(t, ok, "%q was accepted", text)
	require.NotEmpty(t, e.Problems)
	return e
}

func onlyProblem(t testing.TB, text string) Problem {
	t.Helper()
	e := refused(t, text)
	require.Len(t, e.Problems, 1, "%q: %v", text, e)
	return e.Problems[0]
}

func TestTwoMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	e := refused(t, "api-lb:443 web-07 wieght=50 ports=80808")
	require.Equal(t, []Problem{
		{Given: "wieght=50", Text: "I do not know *wieght*. Did you mean `weight`?"},
		{Field: KeyPorts, Given: "ports=80808", Text: "a port is a number from 1 to 65535.",
			Form: `"80808" is not a port. Use numbers from 1 to 65535, for example 8080,8081.`},
	}, e.Problems)
	require.Equal(t, "/lb-register api-lb:443 web-07 ports=? weight=50", e.Corrected)
	require.Equal(t, Values{KeyListener: "api-lb:443", KeyServer: "web-07", KeyWeight: "50"}, e.Values)
	require.Equal(t, "2 things", e.Count())

	again := refused(t, e.Corrected)
	require.Equal(t, "ports=?", again.Problems[0].Given)
}

func TestEachMistakeHasItsSentence(t *testing.T) {
	t.Parallel()
	const ok = "api-lb:443 web-07 "
	const left = "I understand two values without a key: listener and server. "
	tests := map[string]struct{ text, given, words, corrected string }{
		"two values for one key": {ok + "weight=20 weight=50", "",
			"You gave weight twice (20 and 50). Keep one.", "/lb-register api-lb:443 web-07 weight=?"},
		"the same value twice": {ok + "weight=50 w=50", "",
			"You gave weight twice (50 and 50). Keep one.", "/lb-register api-lb:443 web-07 weight=50"},
		"three values for one key": {ok + "w=1 w=2 w=3", "",
			"You gave weight 3 times (1, 2 and 3). Keep one.", "/lb-register api-lb:443 web-07 weight=?"},
		"a loose number": {ok + "50", "",
			left + `"50" is left over; did you mean weight=50 or ports=50?`, "/lb-register api-lb:443 web-07 weight=?"},
		"a loose number that can only be a port": {ok + "8080", "",
			left + `"8080" is left over; did you mean ports=8080?`, "/lb-register api-lb:443 web-07 ports=8080"},
		"a loose number when the weight is known": {ok + "50 weight=20", "",
			left + `"50" is left over; did you mean ports=50?`, "/lb-register api-lb:443 web-07 ports=50 weight=20"},
		"a loose type": {ok + "vm", "",
			left + `"vm" is left over; did you mean type=vm?`, "/lb-register api-lb:443 web-07 type=vm"},
		"loose words": {ok + "foo bar 50 dry-rnu", "",
			left + `"50" is left over; did you mean weight=50 or ports=50?`, ""},
		"a reason without quotes": {ok + "reason=add more capacity", "",
			left + `"more capacity" is left over; add one server at a time, and put quotes around a value with spaces.`,
			""},
		"a server in the listener's place": {"i-55a1", "",
			"i-55a1 looks like a server, and the first value should be a listener.",
			"/lb-register listener=? server=i-55a1"},
		"an instance ID of the other shape": {"ins-0a1", "",
			"ins-0a1 looks like a server, and the first value should be a listener.",
			"/lb-register listener=? server=ins-0a1"},
		"two servers": {"i-55a1 i-55a2", "",
			"i-55a1 and i-55a2 both look like servers. Give one listener, then one server.", ""},
		"a server's name alone": {"web-07", "",
			"I read \"web-07\" as the listener, so the server is missing. If it is the server, type /lb-register " +
				"<listener> web-07.",
			"/lb-register listener=web-07 server=?"},
		"a server's name and a weight": {"web-07 weight=5", "",
			"I read \"web-07\" as the listener, so the server is missing. If it is the server, type /lb-register " +
				"<listener> web-07.",
			"/lb-register listener=web-07 server=? weight=5"},
		"a bad name": {ok + `name="web 07"`, "name=web 07",
			`A backend name can have letters, digits, hyphens and periods, up to 64. ` +
				`"web 07" has a space. Suggestion: web-07.`,
			"/lb-register api-lb:443 web-07 name=web-07"},
		"a name with another character": {ok + `name=web_07`, "name=web_07",
			`A backend name can have letters, digits, hyphens and periods, up to 64. ` +
				`"web_07" has "_". Suggestion: web-07.`,
			"/lb-register api-lb:443 web-07 name=web-07"},
		"a long name": {ok + "name=" + strings.Repeat("a", 65), "name=" + strings.Repeat("a", 55) + "…",
			`A backend name can have letters, digits, hyphens and periods, up to 64. "` + strings.Repeat("a", 60) +
				`…" has 65 characters. Suggestion: ` + strings.Repeat("a", 64) + ".",
			"/lb-register api-lb:443 web-07 name=" + strings.Repeat("a", 64)},
		"weight 0": {ok + "weight=0", "weight=0",
			"The lowest weight is 1. A server gets no traffic only when it is not on the listener: " +
				"do not add it, or take it off with /lb-register remove.",
			"/lb-register api-lb:443 web-07 weight=?"},
		"weight 101": {ok + "weight=101", "weight=101", "Use a whole number from 1 to 100.",
			"/lb-register api-lb:443 web-07 weight=?"},
		"half a weight": {ok + "weight=1.5", "weight=1.5", "Use a whole number from 1 to 100.",
			"/lb-register api-lb:443 web-07 weight=?"},
		"negative weight": {ok + "--weight -5", "weight=-5", "Use a whole number from 1 to 100.",
			"/lb-register api-lb:443 web-07 weight=?"},
		"huge weight": {ok + "weight=99999999999999999999", "weight=99999999999999999999",
			"Use a whole number from 1 to 100.", "/lb-register api-lb:443 web-07 weight=?"},
		"weight without a value": {ok + "--weight --ports=80", "--weight",
			"weight needs a value, for example weight=50.", "/lb-register api-lb:443 web-07 ports=80 weight=?"},
		"a word as a port": {ok + "ports=80a", "ports=80a",
			`"80a" is not a port. Use numbers from 1 to 65535, for example 8080,8081.`,
			"/lb-register api-lb:443 web-07 ports=?"},
		"port 0": {ok + "ports=0", "ports=0", "a port is a number from 1 to 65535.",
			"/lb-register api-lb:443 web-07 ports=?"},
		"one bad port of several": {ok + "ports=8080,70000", "ports=8080,70000",
			`"70000" is not a port. Use numbers from 1 to 65535, for example 8080,8081.`,
			"/lb-register api-lb:443 web-07 ports=?"},
		"five bad ports": {ok + "ports=a,b,c,d,e", "ports=a,b,c,d,e",
			`"a", "b", "c" and 2 more are not ports. Use numbers from 1 to 65535, for example 8080,8081.`,
			"/lb-register api-lb:443 web-07 ports=?"},
		"two bad ports": {ok + "ports=a,80,b", "ports=a,80,b",
			`"a" and "b" are not ports. Use numbers from 1 to 65535, for example 8080,8081.`,
			"/lb-register api-lb:443 web-07 ports=?"},
		"bad ports and too many": {ok + "ports=80a,99999,8080-8300", "ports=80a,99999,8080-8300",
			`"80a" and "99999" are not ports. Use numbers from 1 to 65535, for example 8080,8081. ` +
				"Up to 20 ports. You gave 221.", "/lb-register api-lb:443 web-07 ports=?"},
		"24 ports": {ok + "ports=1-24", "ports=1-24", "Up to 20 ports. You gave 24.",
			"/lb-register api-lb:443 web-07 ports=?"},
		"every port": {ok + "ports=1-65535", "ports=1-65535", "Up to 20 ports. You gave 65535.",
			"/lb-register api-lb:443 web-07 ports=?"},
		"a range backwards": {ok + "ports=8083-8080", "ports=8083-8080",
			`"8083-8080" runs backwards. Did you mean 8080-8083?`, "/lb-register api-lb:443 web-07 ports=8080-8083"},
		"only commas": {ok + "ports=,", "ports=,",
			`"," is not a port. Use numbers from 1 to 65535, for example 8080,8081.`,
			"/lb-register api-lb:443 web-07 ports=?"},
		"another type": {ok + "type=zec", "type=zec",
			`"zec" is not a type. Use bm (bare metal) or vm (virtual machine), or leave it out and I find out.`,
			"/lb-register api-lb:443 web-07 type=?"},
		"a long reason": {ok + "reason=" + strings.Repeat("é", 301), "reason=" + strings.Repeat("é", 53) + "…",
			"Up to 300 characters. You gave 301.", "/lb-register api-lb:443 web-07 reason=?"},
		"an open quote": {ok + `reason="add more weight=50`, `reason="add more`,
			"A quotation mark is opened and not closed. Put one at the end of the value.",
			"/lb-register api-lb:443 web-07 weight=50 reason=?"},
		"a question mark": {ok + "weight=?", "weight=?",
			"Put a value in place of the question mark, or remove weight=?.",
			"/lb-register api-lb:443 web-07 weight=?"},
		"a person as place": {ok + "to=<@U1|ana>", "to=@ana",
			"The result goes to a channel, not to a person. Give it as #channel.",
			"/lb-register api-lb:443 web-07 to=?"},
		"a place with space": {ok + `to="my ops"`, "to=my ops", `"my ops" is not a channel. Give it as #channel.`,
			"/lb-register api-lb:443 web-07 to=?"},
		"a client token": {ok + "clientToken=abc", "clientToken=abc",
			"The client token is made by the bot, one for each request, so that a repeat does no harm. Remove " +
				"clientToken.", "/lb-register api-lb:443 web-07"},
		"an unknown key": {ok + "proto=tcp", "proto=tcp",
			"I do not know *proto*. The keys are listener, server, type, ports, weight, name, reason, to, no-watch " +
				"and dry-run.", "/lb-register api-lb:443 web-07"},
		"a mistyped option": {ok + "--dry-rnu", "--dry-rnu", "I do not know *dry-rnu*. Did you mean `dry-run`?",
			"/lb-register api-lb:443 web-07 dry-run"},
		"a mistyped key beside the right one": {ok + "weight=20 wieght=50", "wieght=50",
			"I do not know *wieght*. Did you mean `weight`?", "/lb-register api-lb:443 web-07 weight=?"},
		"a flag with another value": {ok + "dry-run=maybe", "dry-run=maybe",
			"dry-run takes no value. Write just dry-run, or leave it out.", "/lb-register api-lb:443 web-07"},
		"two servers in one word": {"api-lb:443 web-07,web-08", "server=web-07,web-08",
			"One server at a time. You gave 2.", "/lb-register listener=api-lb:443 server=?"},
		"a person as server": {"api-lb:443 <@U1|ana>", "server=@ana",
			`"@ana" is not a server. Give its instance ID, name, host name, public or private IP.`,
			"/lb-register listener=api-lb:443 server=?"},
		"everyone as server": {"api-lb:443 <!channel>", "server=@channel",
			`"@channel" is not a server. Give its instance ID, name, host name, public or private IP.`,
			"/lb-register listener=api-lb:443 server=?"},
		"no server": {"api-lb:443", "",
			"Server is missing. Give its instance ID, name, host name, public or private IP.",
			"/lb-register listener=api-lb:443 server=?"},
		"no listener": {"server=web-07", "",
			"Listener is missing. Give its ID, or name, or lb-name/listener-name, or lb-name:port.",
			"/lb-register listener=? server=web-07"},
		"a listener with a wrong port": {"api-lb:70000 web-07", "listener=api-lb:70000",
			"a port is a number from 1 to 65535.", "/lb-register listener=? server=web-07"},
		"half a listener": {"api-lb/ web-07", "listener=api-lb/",
			`"api-lb/" is not complete. Give its ID, or name, or lb-name/listener-name, or lb-name:port.`,
			"/lb-register listener=? server=web-07"},
		"a listener with a space": {`"api lb" web-07`, "listener=api lb",
			`"api lb" has a space. Give its ID, or name, or lb-name/listener-name, or lb-name:port.`,
			"/lb-register listener=? server=web-07"},
		"a listener without end": {strings.Repeat("a", 256) + " web-07", "listener=" + strings.Repeat("a", 51) + "…",
			"Up to 255 characters. You gave 256.", "/lb-register listener=? server=web-07"},
		"a mistyped verb and a request ID": {"statsu LBR-7F3KQ2", "",
			"I do not know *statsu*. Did you mean /lb-register status LBR-7F3KQ2? To add a server, give a listener " +
				"and a server.", ""},
		"an open quote around the server": {`api-lb:443 "web-07`, `"web-07`,
			"A quotation mark is opened and not closed. Put one at the end of the value.",
			"/lb-register listener=api-lb:443 server=?"},
		"a key that is far from any": {ok + "backendId=be-1", "backendId=be-1",
			"I do not know *backendId*. Did you mean `name`?", "/lb-register api-lb:443 web-07 name=?"},
		"words around": {"put web-07 reason=x to=#ops api-lb", "",
			left + `"api-lb" is left over; add one server at a time, and put quotes around a value with spaces.`, ""},
		"a space after a key, and a word too many": {ok + "weight= 50 foo", "",
			left + `"foo" is left over; add one server at a time, and put quotes around a value with spaces.`, ""},
		"a space after a key, and a listener": {"ports= lst-8f2c server=i-55a1", "",
			"Listener is missing. Give its ID, or name, or lb-name/listener-name, or lb-name:port.", ""},
		"a mistyped verb": {"hlep", "", "I do not know *hlep*. Did you mean /lb-register help? To add a server, give " +
			"a listener and a server.", ""},
		"status of two": {"status LBR-7F3KQ2 LBR-7F3KQ3", "status LBR-7F3KQ2 LBR-7F3KQ3",
			"Give the ID of one request, as its card shows it, for example /lb-register status LBR-7F3KQ2. " +
				"Without an ID, status shows the open requests here.", ""},
		"status of something else": {"status be-20d1", "status be-20d1",
			`"be-20d1" is not a request ID. Give the ID of one request, as its card shows it, ` +
				"for example /lb-register status LBR-7F3KQ2. Without an ID, status shows the open requests here.", ""},
		"whoami with more": {"whoami api-lb", "whoami api-lb",
			"whoami stands alone, or goes on with why and a listener, for example /lb-register whoami why " +
				"api-lb/https-443.", "/lb-register whoami"},
		"a text that is too long": {strings.Repeat("a ", 1501), "",
			"Your command is too long. Up to 3000 characters. You gave 3002.", ""},
		"a control character": {ok + "reason=a\x07b", "",
			"There is a control character (U+0007). Type the value again by hand.", ""},
		"broken characters": {ok + "reason=a\xffb", "",
			"There is a character I cannot read. Type the value again by hand.", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := refused(t, tt.text)
			require.Equal(t, tt.words, e.Problems[0].Text)
			require.Equal(t, tt.given, e.Problems[0].Given)
			if name != "loose words" && name != "a space after a key, and a listener" {
				require.Len(t, e.Problems, 1, "%v", e)
				require.Equal(t, tt.corrected, e.Corrected)
			}
			if strings.Contains(e.Corrected, "?") {
				refused(t, e.Corrected)
			} else if strings.Contains(e.Corrected, "web-07") {
				registration(t, e.Corrected)
			}
		})
	}
}

func TestAllProblemsComeAtOnce(t *testing.T) {
	t.Parallel()
	e := refused(t, `weight=0 ports=x type=zec name="a b" to=@ana reason="unfinished`)
	var fields []string
	for _, p := range e.Problems {
		fields = append(fields, p.Field)
	}
	require.Equal(t, []string{KeyReason, KeyListener, KeyServer, KeyType, KeyPorts, KeyWeight, KeyName, KeyTo}, fields)
	require.Contains(t, e.Error(), "not sent: ")
	require.Contains(t, e.Error(), "weight=0: The lowest weight is 1.")
}

func TestFormFieldsHaveTheirOwnSentences(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values Values
		field  string
		words  string
	}{
		"port": {Values{KeyPorts: "80a"}, KeyPorts,
			`"80a" is not a port. Use numbers from 1 to 65535, for example 8080,8081.`},
		"big port": {Values{KeyPorts: "80808"}, KeyPorts,
			`"80808" is not a port. Use numbers from 1 to 65535, for example 8080,8081.`},
		"ports":  {Values{KeyPorts: "1-24"}, KeyPorts, "Up to 20 ports. You gave 24."},
		"weight": {Values{KeyWeight: "many"}, KeyWeight, "Use a whole number from 1 to 100."},
		"name": {Values{KeyName: "web 07"}, KeyName,
			"Only letters, digits, hyphens and periods. Suggestion: web-07."},
		"control": {Values{KeyReason: "a\x00b"}, KeyReason,
			"There is a control character (U+0000). Type the value again by hand."},
		"missing": {Values{KeyServer: "  "}, KeyServer,
			"Server is missing. Give its instance ID, name, host name, public or private IP."},
		"stranger": {Values{"colour": "red"}, "", "I do not know *colour*."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := Values{KeyListener: "lst-8f2c", KeyServer: "i-55a1"}
			for k, v := range tt.values {
				values[k] = v
			}
			_, err := BuildRegistration(values)
			e, ok := errors.AsType[*InputError](err)
			require.True(t, ok)
			require.Len(t, e.Problems, 1)
			require.Equal(t, tt.field, e.Problems[0].Field)
			require.Equal(t, tt.words, e.Problems[0].OnField())
			require.NotContains(t, e.Values, "colour")
		})
	}
}

func TestCommandAndFormGiveTheSameRegistration(t *testing.T) {
	t.Parallel()
	form, err := BuildRegistration(Values{
		KeyListener: " api-lb/https-443 ", KeyServer: "web–07", KeyType: TypeAuto, KeyPorts: "8080, 8081",
		KeyWeight: "50",
		KeyReason: "two\nlines & more", KeyTo: "C0INC1", KeyNoWatch: "true", KeyName: "",
	})
	require.NoError(t, err)
	typed := registration(t,
		`api-lb/https-443 web-07 ports=8080,8081 weight=50 reason="two lines &amp; more" `+
			`to=<#C0INC1|inc-1234> no-watch`)
	require.Equal(t, typed, form)
}

func TestRequestCarriesEveryParameter(t *testing.T) {
	t.Parallel()
	r := registration(t, "lst-8f2c i-55a1 type=vm ports=8080 weight=50 name=web-07")
	req := r.Request("lst-8f2c", "i-55a1", r.Type, r.Name, "token-1")
	require.Equal(t, "lst-8f2c", req.ListenerID)
	require.Equal(t, "i-55a1", req.InstanceID)
	require.Equal(t, "web-07", req.BackendName)
	require.Equal(t, "token-1", req.ClientToken)
	require.EqualValues(t, "VM", req.InstanceType)
	require.Equal(t, []int{8080}, req.PortList)
	require.Equal(t, 50, req.Weight)

	req.PortList[0] = 1
	require.Equal(t, []int{8080}, r.Ports, "the request has its own list")
}

func TestEveryParameterOfTheAPIIsAField(t *testing.T) {
	t.Parallel()
	reachable := map[string]bool{"clientToken": true} // the bot makes it
	for _, f := range RegisterFields() {
		reachable[f.APIName] = true
	}
	for _, name := range []string{"listenerId", "backendName", "instanceId", "clientToken", "instanceType", "portList",
		"weight"} {
		require.True(t, reachable[name], name)
	}
}
