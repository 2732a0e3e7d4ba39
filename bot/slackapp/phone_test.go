package slackapp

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
)

// spelling is what a phone puts into one field of the form, and what must come of it.
type spelling struct {
	key, typed string
	want       string // the value; empty: it is refused
	named      string // what the refusal names, if that is not typed
}

// taken are spellings of which the value is certain.
func taken() []spelling {
	return []spelling{
		{key: "ports", typed: "8080 8081", want: "8080,8081"},
		{key: "ports", typed: "8080;8081", want: "8080,8081"},
		{key: "ports", typed: "8080, 8081,", want: "8080,8081"},
		{key: "ports", typed: "8080\n8081", want: "8080,8081"},
		{key: "ports", typed: "8080、8081", want: "8080,8081"},
		{key: "ports", typed: "８０８０", want: "8080"},
		{key: "ports", typed: "８０８０，８０８１", want: "8080,8081"},
		{key: "ports", typed: "8080–8082", want: "8080,8081,8082"},
		{key: "ports", typed: "8080\u00a0", want: "8080"},
		{key: "ports", typed: "\u202b8080\u202c\u200f", want: "8080"},
		{key: "ports", typed: "80,443", want: "80,443"},
		{key: "ports", typed: "8, 443", want: "8,443"},
		{key: "ports", typed: "0443", want: "443"},
		{key: "ports", typed: "<tel:8080|8080>", want: "8080"},
		{key: "weight", typed: "50 ", want: "50"},
		{key: "weight", typed: "５０", want: "50"},
		{key: "weight", typed: "050\u00a0", want: "50"},
		{key: "name", typed: "web–07 ", want: "web-07"},
		{key: "name", typed: "Web-07", want: "Web-07"},
		{key: "name", typed: "ｗｅｂ－０７\u200f", want: "web-07"},
		{key: "name", typed: "<http://web-07.example|web-07.example>", want: "web-07.example"},
		{key: "server", typed: "Web-07", want: "i-55a1"},
		{key: "server", typed: "web–07 ", want: "i-55a1"},
		{key: "server", typed: "web-07.", want: "i-55a1"},
		{key: "server", typed: "`web-07`", want: "i-55a1"},
		{key: "server", typed: "\u202eweb-07\u202c\u200b", want: "i-55a1"},
		{key: "server", typed: "https://web-07/", want: "i-55a1"},
		{key: "server", typed: "<http://web-07|web-07>", want: "i-55a1"},
		{key: "server", typed: "１０.０.３.１７", want: "i-55a1"},
		{key: "server", typed: "i–55a1", want: "i-55a1"},
		{key: "listener", typed: "api–lb:443", want: "lst-8f2c"},
		{key: "listener", typed: "ａｐｉ－ｌｂ：４４３", want: "lst-8f2c"},
		{key: "listener", typed: "<http://api-lb:443|api-lb:443>", want: "lst-8f2c"},
		{key: "listener", typed: "https://api-lb:443/", want: "lst-8f2c"},
		{key: "listener", typed: "lst–8f2c\u200f ", want: "lst-8f2c"},
		{key: "reason", typed: "inc–1234\u00a0 add\ncapacity ", want: "inc-1234 add capacity"},
		{key: "reason", typed: "it’s on fire 🔥", want: "it’s on fire 🔥"},
		{key: "reason", typed: "@channel <!here> see <https://x.example/a|x>", want: "channel here see x"},
	}
}

// refusals are spellings that could mean something else, or nothing.
func refusals() []spelling {
	return []spelling{
		{key: "ports", typed: "443/tcp"}, {key: "ports", typed: "8,443"},
		{key: "ports", typed: "8 443", named: "8443"},
		{key: "ports", typed: "1,000", named: "not two ports. Write 1000."},
		{key: "ports", typed: "8,080", named: "Write 8080, or 8;80."},
		{key: "ports", typed: "8080.8081"}, {key: "ports", typed: "8080/8081"}, {key: "ports", typed: "8080."},
		{key: "ports", typed: "“8080”"}, {key: "ports", typed: "٨٠٨٠"}, {key: "ports", typed: "8o80"},
		{key: "ports", typed: "8080 - 8083"}, {key: "ports", typed: "8080👍"}, {key: "ports", typed: "80808"},
		{key: "weight", typed: "50%"}, {key: "weight", typed: "5.0"}, {key: "weight", typed: "1,0"},
		{key: "weight", typed: "“50”"}, {key: "weight", typed: "½"}, {key: "weight", typed: "٥٠"},
		{key: "weight", typed: "0"}, {key: "weight", typed: "1 000"}, {key: "weight", typed: "-5"},
		{key: "name", typed: "web 07"}, {key: "name", typed: "“web-07”"}, {key: "name", typed: "web-07."},
		{key: "name", typed: "https://web-07"}, {key: "name", typed: "wéb-07"}, {key: "name", typed: "web-07👍"},
		{key: "server", typed: "10.0.3.17:8080"}, {key: "server", typed: "10.0.3.17/24"},
		{key: "server", typed: "10,0,3,17"}, {key: "server", typed: "web 07"}, {key: "server", typed: "web07"},
		{key: "server", typed: "“web-07”"}, {key: "server", typed: "web-07👍"},
		{key: "server", typed: "web-07, web-06"},
		{key: "server", typed: "ana@web-07"}, {key: "server", typed: "web-07:8080"}, {key: "server", typed: "I-55a1"},
		{key: "listener", typed: "Api-lb:443"}, {key: "listener", typed: "api-lb : 443"},
		{key: "listener", typed: "api-lb:443/tcp"}, {key: "listener", typed: "“api-lb:443”"},
		{key: "listener", typed: "api-lb;443"}, {key: "listener", typed: "api-lb:443👍"},
		{key: "listener", typed: "443"}, {key: "listener", typed: "https-443"},
		{key: "listener", typed: "lst-8f2c, lst-53d0"},
		{key: "reason", typed: "xoxb-12345678901-abcdefghijk", named: "looks like a token"},
	}
}

// Line 9 of the script's tests, for the fields of the form. commands has the same for typed commands.
func TestFortyPhoneSpellingsGiveTheRightValueOrARefusalThatNamesIt(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(taken())+len(refusals()), 80)
	r := unconnected(t, nil)
	d := delivery.Delivery{Actor: operation.Actor{UserID: ana, TeamID: teamID},
		Place: operation.Place{TeamID: teamID, ChannelID: incident}}
	for _, s := range append(taken(), refusals()...) {
		values := commands.Values{commands.KeyListener: "lst-8f2c", commands.KeyServer: "i-55a1"}
		values[s.key] = s.typed
		op, err := r.app.preview(t.Context(), d, form.New(incident, values, nil))
		if s.want != "" {
			require.NoError(t, err, "%s %q", s.key, s.typed)
			require.Equal(t, s.want, valueOf(op, s.key), "%s %q", s.key, s.typed)
			require.Equal(t, "lst-8f2c i-55a1", op.Listener.ID+" "+op.Server.ID, s.typed)
			continue
		}
		var e *commands.InputError
		require.ErrorAs(t, err, &e, "%s %q", s.key, s.typed)
		require.Len(t, e.Problems, 1, s.typed)
		require.Equal(t, s.key, e.Problems[0].Field, s.typed)
		named := s.named
		if named == "" {
			named = s.typed
		}
		require.Contains(t, e.Problems[0].Given+" "+e.Problems[0].OnField(), named, s.typed)
	}
}

// valueOf is what a draft has of a field.
func valueOf(op operation.Operation, key string) string {
	switch key {
	case commands.KeyListener:
		return op.Listener.ID
	case commands.KeyServer:
		return op.Server.ID
	case commands.KeyPorts:
		var ports []string
		for _, p := range op.Request.PortList {
			ports = append(ports, strconv.Itoa(p))
		}
		return strings.Join(ports, ",")
	case commands.KeyWeight:
		return strconv.Itoa(op.Request.Weight)
	case commands.KeyName:
		return op.Request.BackendName
	}
	return op.Purpose
}
