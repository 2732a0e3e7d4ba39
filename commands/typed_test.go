package commands

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// typed is what a command means beside its listener lst-1 and server web-a.
func typed(t testing.TB, text string) Registration {
	t.Helper()
	r := registration(t, text)
	require.Equal(t, ListenerRef{Text: "lst-1", ID: "lst-1", Name: "lst-1"}, r.Listener, text)
	require.Equal(t, "web-a", r.Server, text)
	r.Listener, r.Server = ListenerRef{}, ""
	return r
}

func TestReasonKeepsTheTextBetweenOuterQuotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`reason="the “blue” pool"`:                  `the “blue” pool`,
		`reason="rack 19″ unit"`:                    `rack 19″ unit`,
		`reason="it’s late"`:                        `it’s late`,
		`reason='it’s late'`:                        `it’s late`,
		`reason=‘it’s late’`:                        `it’s late`,
		`reason='it's late'`:                        `it's late`,
		`reason=“it's late”`:                        `it's late`,
		`reason=“the “blue” pool”`:                  `the “blue” pool`,
		`reason="the "blue" pool"`:                  `the "blue" pool`,
		`reason="the "blue""`:                       `the "blue"`,
		`reason="("blue", "red") pools"`:            `("blue", "red") pools`,
		`reason=„die „blaue“ Gruppe“`:               `die „blaue“ Gruppe`,
		`reason=«le pool «bleu»»`:                   `le pool «bleu»`,
		`reason=„en ”blå” pool”`:                    `en ”blå” pool`,
		`reason="rack 19" unit"`:                    `rack 19" unit`,
		`reason="rack 19" unit" to=#ops`:            `rack 19" unit`,
		`reason="half a pair of curls”`:             `half a pair of curls`,
		`reason="weight=5 is a word here"`:          `weight=5 is a word here`,
		`reason="say ""hi"" now"`:                   `say "hi" now`,
		`reason=“”`:                                 ``,
		`reason=「支付 「蓝」 池」`:                         `支付 「蓝」 池`,
		`reason="o'clock 'and' the boss' car" w=50`: `o'clock 'and' the boss' car`,
	} {
		r := typed(t, "lst-1 web-a "+text)
		require.Equal(t, want, r.Reason, text)
		form, err := BuildRegistration(Values{KeyListener: "lst-1", KeyServer: "web-a", KeyReason: want})
		require.NoError(t, err)
		require.Equal(t, want, form.Reason, "the form keeps it as it is")
	}
}

// TestReasonInAnyQuotesIsText puts words, apostrophes and pairs of marks into
// each kind of quotation marks.
func TestReasonInAnyQuotesIsText(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"'", "'"}, {"‘", "’"}, {"‚", "‘"}, {"‹", "›"},
		{"「", "」"}}
	rapid.Check(t, func(t *rapid.T) {
		outer := rapid.SampledFrom(pairs).Draw(t, "outer")
		own, _ := marksFor([]rune(outer[0])[0])
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"add", "it’s", "it's", "l'été", "19″", "5′", "weight=5", "x",
			"inc-1234.", "(why)"}), 1, 5).Draw(t, "words")
		for i, w := range words {
			if rapid.Bool().Draw(t, "inner") {
				inner := rapid.SampledFrom(pairs).Draw(t, "marks")
				if w == "weight=5" && strings.ContainsAny(own, inner[0]+inner[1]) {
					t.Skip("a mark of the reason's own kind before a key closes the reason")
				}
				words[i] = inner[0] + w + inner[1]
			}
		}
		text := strings.Join(words, " ")
		if strings.Contains(text, "''") || strings.Contains(text, `""`) {
			t.Skip("a doubled mark stands for one")
		}
		c, err := Parse("lst-1 web-a reason=" + outer[0] + text + outer[1] + " weight=7")
		require.NoError(t, err)
		require.Equal(t, Values{KeyListener: "lst-1", KeyServer: "web-a", KeyReason: text, KeyWeight: "7"}, c.Values)
	})
}

func TestMarksAreDroppedWhereTheBareValueFits(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{"*%s*", "_%s_", "~%s~", "`%s`", "*_%s_*", "**%s**"} {
		m := func(s string) string { return fmt.Sprintf(mark, s) }
		r := typed(t, "lst-1 web-a weight="+m("50")+" ports="+m("80,443")+" type="+m("vm")+" to="+m("<#C02OPS|ops>")+
			" dry-run="+m("yes"))
		require.Equal(t, 50, r.Weight)
		require.Equal(t, []int{80, 443}, r.Ports)
		require.EqualValues(t, "VM", r.Type)
		require.Equal(t, "C02OPS", r.Channel)
		require.True(t, r.DryRun)
		c, err := Parse(m("status") + " " + m("LBR-7F3KQ2"))
		require.NoError(t, err)
		require.Equal(t, Command{Verb: VerbStatus, Args: []string{"LBR-7F3KQ2"}}, c)
		c, err = Parse("history by=" + m("<@U0ANA|ana>") + " since=" + m("7d"))
		require.NoError(t, err)
		h, err := BuildHistory(c.Values)
		require.NoError(t, err)
		require.Equal(t, History{By: "U0ANA", Since: 7 * day}, h)
	}
	require.Equal(t, "Use a whole number from 1 to 100.", onlyProblem(t, "lst-1 web-a weight=*500*").Text)
	require.Equal(t, "*web-a*", registration(t, "lst-1 *web-a*").Server, "only a look-up can tell whether a name fits")
	require.Equal(t, "the *blue* pool", typed(t, `lst-1 web-a reason="the *blue* pool"`).Reason)
}

func TestSpacesAroundTheSignDoNotMatter(t *testing.T) {
	t.Parallel()
	samples := map[string]string{
		KeyListener: "lst-9", KeyServer: "ins-9", KeyType: "vm", KeyPorts: "80, 443", KeyWeight: "50", KeyName: "web-9",
		KeyReason: `"two words"`, KeyTo: "#ops", KeyNoWatch: "yes", KeyDryRun: "true",
	}
	for _, f := range RegisterFields() {
		for _, key := range append([]string{f.Key, "--" + f.Key}, f.Aliases...) {
			var rest []string
			for _, place := range []string{KeyListener + "=lst-1", KeyServer + "=ins-1"} {
				if !strings.HasPrefix(place, f.Key) {
					rest = append(rest, place)
				}
			}
			others := strings.Join(rest, " ")
			want := registration(t, others+" "+f.Key+"="+samples[f.Key])
			for _, sign := range []string{"=", "= ", " =", " = ", ":", ": ", " :", " : ", "=   "} {
				pair := key + sign + samples[f.Key]
				require.Equal(t, want, registration(t, others+" "+pair), "last: %s", pair)
				require.Equal(t, want, registration(t, pair+" "+others), "first: %s", pair)
			}
		}
	}
	require.Equal(t, registration(t, "listener=lst-1 server=ins-1"), registration(t, "listener= lst-1 server= ins-1"))
	require.Equal(t, registration(t, "listener=lst-1 server=ins-1"), registration(t, "listener : lst-1 server : ins-1"))
	require.Equal(t, Registration{Weight: 5}, typed(t, "lst-1 web-a ports= type= weight=5 name="),
		"what is empty before another key is not given")
}

func TestEverySeparatorOfPortsIsTaken(t *testing.T) {
	t.Parallel()
	for _, gap := range []string{",", ";", "、", "，", "；", "､", "،", "؛", ", ", " ,", "、 ", " ； "} {
		require.Equal(t, []int{80, 443}, typed(t, "lst-1 web-a ports=80"+gap+"443").Ports, gap)
		require.Equal(t, []int{80, 443}, typed(t, `lst-1 web-a ports="80`+gap+`443"`).Ports, gap)
	}
	for _, space := range []string{" ", "  ", "\t", "\n", "\u00a0", "\u3000", "\u2009"} {
		require.Equal(t, []int{80, 443}, typed(t, `lst-1 web-a ports="80`+space+`443"`).Ports, "%q", space)
	}
	require.Equal(t, "One server at a time. You gave 2.", onlyProblem(t, "lst-1 web-a、web-b").Text)
}

// ignorableRanges are those of Default_Ignorable_Code_Point in
// DerivedCoreProperties.txt of Unicode 15.
func ignorableRanges() [][2]rune {
	return [][2]rune{
		{0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
		{0x200b, 0x200f}, {0x202a, 0x202e},
		{0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfff8},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	}
}

func TestInvisibleCharactersAreDroppedAndSpacesOfEveryScriptSeparate(t *testing.T) {
	t.Parallel()
	want := map[rune]bool{}
	for _, span := range ignorableRanges() {
		for r := span[0]; r <= span[1]; r++ {
			want[r] = true
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		require.Equal(t, want[r], isIgnorable(r), "%U", r)
	}
	for r := range want {
		require.Equal(t, Registration{Weight: 50},
			typed(t, "l"+string(r)+"st-1 web-a"+string(r)+" weight"+string(r)+"=5"+string(r)+"0"), "%U", r)
		_, err := BuildRegistration(Values{KeyListener: "lst-1", KeyServer: "web-a" + string(r)})
		require.NoError(t, err, "%U", r)
	}
	for _, span := range unicode.White_Space.R16 {
		for r := rune(span.Lo); r <= rune(span.Hi); r += rune(span.Stride) {
			require.Equal(t, Registration{Weight: 50},
				typed(t, "lst-1"+string(r)+"web-a"+string(r)+string(r)+"weight=50"+string(r)), "%U", r)
		}
	}
}

func TestAChannelIsFoundInAnyPunctuation(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"<#C02OPS|ops>.", "<#C02OPS|ops>", "<#C02OPS>,", "(<#C02OPS|ops>)", "<#C02OPS|>;",
		`"<#C02OPS|ops>".`, "C02OPS.", "*<#C02OPS|ops>*"} {
		require.Equal(t, "C02OPS", typed(t, "lst-1 web-a to="+to).Channel, to)
	}
	require.Equal(t, "#ops", typed(t, "lst-1 web-a to=#ops.").Channel)
	require.Equal(t, "#_ops_", typed(t, "lst-1 web-a to=#_ops_").Channel)
}

func TestBracketsAndAddressesAreKeptForTheLookUp(t *testing.T) {
	t.Parallel()
	r := registration(t, "&lt;lst-80aa&gt; &lt;web-a&gt;")
	require.Equal(t, ListenerRef{Text: "lst-80aa", ID: "lst-80aa", Name: "lst-80aa"}, r.Listener)
	require.Equal(t, "web-a", r.Server)
	require.Equal(t, "lst-80aa", registration(t, "<lst-80aa> web-a").Listener.Text)

	for text, want := range map[string]struct{ whole, pieces []string }{
		"web-a":    {},
		"*web-a*":  {whole: []string{"web-a"}},
		"a-lb/b":   {},
		"*a-lb/b*": {whole: []string{"a-lb/b"}},
		"https://console.example.com/lb/lst-80aa": {[]string{"console.example.com/lb/lst-80aa"},
			[]string{"console.example.com", "lb", "lst-80aa"}},
		"console.example.com/lb/lst-80aa": {nil, []string{"console.example.com", "lb", "lst-80aa"}},
		"https://c.example:8443/#/lb?id=lst-80aa&tab=2": {[]string{"c.example:8443/#/lb?id=lst-80aa&tab=2"},
			[]string{"c.example:8443", "c.example", "lb", "id", "lst-80aa", "tab", "2"}},
	} {
		whole, pieces := Inside(text)
		require.Equal(t, want.whole, whole, text)
		require.Equal(t, want.pieces, pieces, text)
	}
	for _, address := range []string{
		"https://console.example.com/lb/lb-1/lst-80aa", "<https://console.example.com/lb/lb-1/lst-80aa>",
		"<https://console.example.com/lb/lb-1/lst-80aa|https://console.example.com/lb/lb-1/lst-80aa>",
		"<http://console.example.com/lb/lb-1/lst-80aa|console.example.com/lb/lb-1/lst-80aa>",
		"https://console.example.com/?id=lst-80aa&amp;tab=2", "<https://console.example.com/#/lst-80aa>",
	} {
		r := registration(t, address+" web-a")
		_, pieces := Inside(r.Listener.Text)
		require.Contains(t, pieces, "lst-80aa", address)
		require.Equal(t, r, registration(t, r.CommandLine()), r.CommandLine())
		r = registration(t, "listener=lst-1 server="+address)
		_, pieces = Inside(r.Server)
		require.Contains(t, pieces, "lst-80aa", address)
	}
}

func TestEveryProblemIsNamedBesideEveryOther(t *testing.T) {
	t.Parallel()
	faults := map[string]string{ // a word, and what is said of it
		"weight=500": "Use a whole number from 1 to 100.", "wieght=5": "I do not know *wieght*. Did you mean `weight`?",
		"--weight":  "weight needs a value, for example weight=50.",
		"ports=70a": `"70a" is not a port. Use numbers from 1 to 65535, for example 8080,8081.`,
		"prots=80":  "I do not know *prots*. Did you mean `ports`?",
		"type=zec": `"zec" is not a type. Use bm (bare metal) or vm (virtual machine), ` +
			"or leave it out and I find out.",
		"tpye=vm": "I do not know *tpye*. Did you mean `type`?",
		"name=a_b": `A backend name can have letters, digits, hyphens and periods, up to 64. ` +
			`"a_b" has "_". Suggestion: a-b.`,
		"nmae=web":   "I do not know *nmae*. Did you mean `name`?",
		"to=@ana":    "The result goes to a channel, not to a person. Give it as #channel.",
		"dry-run=hm": "dry-run takes no value. Write just dry-run, or leave it out.",
		"colour=red": "I do not know *colour*. The keys are listener, server, type, ports, weight, name, reason, " +
			"to, no-watch and dry-run.",
		`reason="a b`: "A quotation mark is opened and not closed. Put one at the end of the value.",
	}
	for one, first := range faults {
		for two, second := range faults {
			if strings.HasPrefix(one, "reason") || one == two {
				continue // an open quote swallows what follows
			}
			e := refused(t, "lst-1 web-a "+one+" "+two)
			var said []string
			for _, p := range e.Problems {
				said = append(said, p.Text)
			}
			require.Contains(t, said, first, "%s %s", one, two)
			require.Contains(t, said, second, "%s %s", one, two)
		}
	}
	e := refused(t, "lst-1 web-a weight=500 weight=0")
	require.Len(t, e.Problems, 3, "twice, and each value: %v", e)
}

func TestUnknownVerbsAreRefused(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"drain", "ping", "cancel", "disable", "lock", "approve", "update",
		"bulk", "Drain", "*ping*"} {
		for _, text := range []string{verb, verb + " LBR-7F3KQ2", verb + " web-07", verb + " lst-1 web-a weight=5"} {
			e := refused(t, text)
			require.Len(t, e.Problems, 1, text)
			words := e.Problems[0].Text
			require.Contains(t, words, "This version ", text)
			require.Contains(t, words, canDo(), text)
			require.LessOrEqual(t, len(words), 300, "a message shows no more")
			require.Empty(t, e.Corrected, "no command with the verb as a listener")
			require.Nil(t, e.Values, "no form that adds a server")
		}
		for _, v := range Verbs() {
			require.NotEqual(t, strings.ToLower(verb), string(v.Verb))
		}
		for _, topic := range allTopics() {
			for _, line := range Help(topic, RightsUnknown).Lines {
				require.NotContains(t, line+" ", Name+" "+verb+" ")
			}
		}
	}
	require.Equal(t, "remove", registration(t, "listener=remove server=web-a").Listener.Name)
	require.Equal(t, Registration{Weight: 5}, typed(t, "add lst-1 web-a weight=5"))
	c, err := Parse("add")
	require.NoError(t, err)
	require.Equal(t, VerbForm, c.Verb)
	r := Registration{Listener: ReadListener("doctor"), Server: "web-a"}
	require.Equal(t, r, registration(t, r.CommandLine()))
}

// TestUsingPagePromisesAllProblems keeps the sentence that the tests above hold.
func TestUsingPagePromisesAllProblems(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../deploy/docs/using.md")
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(string(page)), " "), "with all problems at once")
}
