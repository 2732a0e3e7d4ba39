package commands

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHistoryArgumentsAreParsed(t *testing.T) {
	t.Parallel()
	tests := map[string]History{
		"history": {Since: day},
		"History": {Since: day},
		"history api-lb/https-443": {
			Listener: ListenerRef{Text: "api-lb/https-443", LoadBalancer: "api-lb", Name: "https-443"}, Since: day},
		"history listener=api-lb:443 since=7d": {
			Listener: ListenerRef{Text: "api-lb:443", LoadBalancer: "api-lb", Port: 443}, Since: 7 * day},
		"history by=<@U0ANA|ana>":                    {By: "U0ANA", Since: day},
		"history by=<@U0ANA>":                        {By: "U0ANA", Since: day},
		"history by=U0ANA last=30m":                  {By: "U0ANA", Since: 30},
		"history by=me here":                         {By: ByMe, Since: day, Here: true},
		"history here timeline share":                {Since: day, Here: true, Timeline: true, Share: true},
		"history by=ME here=yes share=on timeline=1": {By: ByMe, Since: day, Here: true, Share: true, Timeline: true},
		"history here=no":                            {Since: day},
		"history --here --since 2w":                  {Since: 14 * day, Here: true},
		"history since=“400d”":                       {Since: MaxSince},
		"/lb-register history lst-8f2c by:<@W1234|x>": {
			Listener: ListenerRef{Text: "lst-8f2c", ID: "lst-8f2c", Name: "lst-8f2c"}, By: "W1234", Since: day},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c, err := Parse(text)
			require.NoError(t, err)
			require.Equal(t, VerbHistory, c.Verb)
			got, err := BuildHistory(c.Values)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestWhyTakesTheFieldsOfARegistration(t *testing.T) {
	t.Parallel()
	api := ListenerRef{Text: "api-lb/https-443", LoadBalancer: "api-lb", Name: "https-443"}
	tests := map[string]Registration{
		"whoami why api-lb/https-443": {Listener: api},
		"whoami WHY api-lb/https-443 web-07 weight=20 ports=80,81": {Listener: api, Server: "web-07", Weight: 20,
			Ports: []int{80, 81}},
		"whoami why listener=api-lb/https-443 server=web-07": {Listener: api, Server: "web-07"},
		"whoami why web-07 listener=api-lb/https-443":        {Listener: api, Server: "web-07"},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c, err := Parse(text)
			require.NoError(t, err)
			require.Equal(t, VerbWhoami, c.Verb)
			require.Equal(t, []string{Why}, c.Args)
			got, err := BuildWhy(c.Values)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestHistoryAndWhyRefuseWrongArguments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, given, words string }{
		"a length nobody knows": {"history since=yesterday", "since=yesterday",
			"Give a number and m, h, d or w, for example 30m, 24h or 7d; 400d at most."},
		"no length at all": {"history since=0h", "since=0h",
			"Give a number and m, h, d or w, for example 30m, 24h or 7d; 400d at most."},
		"too long ago": {"history since=401d", "since=401d",
			"Give a number and m, h, d or w, for example 30m, 24h or 7d; 400d at most."},
		"a length that overflows": {"history since=99999w", "since=99999w",
			"Give a number and m, h, d or w, for example 30m, 24h or 7d; 400d at most."},
		"a name Slack left alone": {"history by=@ana", "by=@ana",
			`Slack did not say who "@ana" is. Type @ and pick the person from Slack's suggestions.`},
		"a key of another verb": {"history weight=5", "weight=5",
			"I do not know *weight*. The keys are listener, by, since, here, share and timeline."},
		"a second word": {"history api-lb web-07", "web-07",
			`"web-07" is left over. The keys are listener, by, since, here, share and timeline.`},
		"twice":                 {"history since=1h since=2h", "", "You gave since twice (1h and 2h). Keep one."},
		"a key without a value": {"history --by", "--by", "by needs a value, for example by=me."},
		"an open quote": {`history "api`, `"api`,
			"A quotation mark is opened and not closed. Put one at the end of the value."},
		"a listener that is none": {"history a,b", "listener=a,b",
			`"a,b" is not a listener. Give its ID, or name, or lb-name/listener-name, or lb-name:port.`},
		"why without a listener": {"whoami why", "",
			"Which listener? For example /lb-register whoami why api-lb/https-443."},
		"why with too much weight": {"whoami why api-lb weight=500", "weight=500", "Use a whole number from 1 to 100."},
		"why with a reason": {"whoami why api-lb reason=x", "reason=x",
			"I do not know *reason*. The keys are listener, server, ports and weight."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onlyProblem(t, tt.text)
			require.Equal(t, tt.given, p.Given)
			require.Equal(t, tt.words, p.Text)
		})
	}
}
