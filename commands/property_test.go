package commands

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// spiteful draws texts from what is most likely to break a grammar.
func spiteful() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"a", "web-07", " ", "  ", `"`, "'", "`", "=", ":", "/", ",", "-", "--", "?", "<", ">", "&", "&amp;", "&lt;",
		"amp;", "lt;", "@", "@here", "channel",
		"<!channel>", "<@U1|ana>", "<#C1|ops>", "<http://", "<http://x|", "|", "weight=", "reason=", "reason:",
		"ports=", "dry-run", "help", "i-55a1",
		"LBR-7F3KQ2", "“", "’", "—", "\u00a0", "\u200b", "ｗ", "é", "网", "\n", "50", "8080-8083", "listener", "server=",
		"w:", "type=", "to=#", "name=",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
}

func TestCommandLineParsesBackToTheSameRegistration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := Values{
			KeyListener: rapid.OneOf(rapid.StringMatching(`[a-z:/?=.-]{1,9}(:[0-9]{1,4})?`), spiteful(),
				rapid.Just("help"), rapid.Just("i-55a1"), rapid.Just("w:443")).Draw(t, "listener"),
			KeyServer: rapid.OneOf(rapid.StringMatching(`[a-z0-9.:=-]{1,9}`), spiteful(), rapid.Just("dry-run"),
				rapid.Just("s:1")).Draw(t, "server"),
			KeyType:    rapid.SampledFrom([]string{"", "bm", "VM", "bare metal", TypeAuto}).Draw(t, "type"),
			KeyPorts:   rapid.SampledFrom([]string{"", "80", "80,81,80", "8080-8085", "1;2 3"}).Draw(t, "ports"),
			KeyWeight:  rapid.SampledFrom([]string{"", "1", "050", "100"}).Draw(t, "weight"),
			KeyName:    rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9.-]{0,64}`), rapid.Just("")).Draw(t, "name"),
			KeyReason:  rapid.OneOf(rapid.String(), spiteful()).Draw(t, "reason"),
			KeyTo:      rapid.SampledFrom([]string{"", "#ops", "C0INC1", "Inc-1", "<#C1|ops>", "#支付"}).Draw(t, "to"),
			KeyDryRun:  rapid.SampledFrom([]string{"", "true", "no"}).Draw(t, "dry-run"),
			KeyNoWatch: rapid.SampledFrom([]string{"", "on", "false"}).Draw(t, "no-watch"),
		}
		made, err := BuildRegistration(values)
		if err != nil {
			t.Skip("not a registration")
		}
		made.Notes = nil
		line := made.CommandLine()
		require.NotContains(t, line, "\n")
		for _, text := range []string{line, asSlackSendsIt(line)} {
			c, err := Parse(text)
			require.NoError(t, err, text)
			again, err := BuildRegistration(c.Values)
			require.NoError(t, err, text)
			require.Equal(t, made, again, text)
		}
		refilled, err := BuildRegistration(made.Values())
		require.NoError(t, err)
		require.Equal(t, made, refilled)
	})
}

// asSlackSendsIt escapes a text as Slack does with what a person types
// (docs.slack.dev/messaging/formatting-message-text).
func asSlackSendsIt(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func TestNoReasonTurnsIntoMarkup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := BuildRegistration(Values{KeyListener: "a", KeyServer: "b", KeyReason: spiteful().Draw(t, "reason")})
		if err != nil {
			t.Skip("not a registration")
		}
		for i := range len(r.Reason) {
			require.Zero(t, bracketLen(r.Reason[i:]), r.Reason)
		}
		require.Equal(t, r.Reason, unescape(r.Reason, false))
		require.Equal(t, r.Reason, withoutGroupCalls(r.Reason))
		require.Equal(t, r.Reason, normalize(KeyReason, r.Reason))
	})
}

func TestProblemsAreSafeToShow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkParse(t, spiteful().Draw(t, "text"))
	})
}

// checkParse holds for any text at all.
func checkParse(t require.TestingT, text string) {
	c, err := Parse(text)
	if err == nil {
		require.NotEmpty(t, c.Verb)
		if c.Verb == VerbRegister {
			_, err = BuildRegistration(c.Values)
			require.NoError(t, err, "what Parse accepts can be built: %q", text)
		}
		return
	}
	e, ok := errors.AsType[*InputError](err)
	require.True(t, ok)
	require.NotEmpty(t, e.Problems)
	for _, p := range e.Problems {
		require.NotEmpty(t, p.Text)
		for _, words := range []string{p.Given, strings.ReplaceAll(p.Text, "<listener>", ""), p.OnField()} {
			words = strings.ReplaceAll(words, "<listener>", "")
			require.False(t, strings.ContainsAny(words, "<>&\n\u202e"), "%q says %q", text, words)
			require.Less(t, utf8.RuneCountInString(words), 600)
		}
	}
	if e.Corrected == "" {
		return
	}
	if c, err := Parse(e.Corrected); err == nil && c.Verb == VerbRegister {
		require.NotRegexp(t, ` [a-z-]+=\?( |$)`, e.Corrected)
	} else if err != nil {
		require.Regexp(t, `=\?( |$)`, e.Corrected, "%q became %q: %v", text, e.Corrected, err)
	}
	if len(e.Values) > 0 {
		for key, value := range e.Values {
			trial := builder{fields: RegisterFields()}
			trial.field(findField(trial.fields, key), value)
			require.Empty(t, trial.problems, "%q understood %s=%s", text, key, value)
		}
	}
}

func TestBackendNameIsAlwaysValidAndFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		server := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9.-]{50,90}`), spiteful()).Draw(t,
			"server")
		var taken []string
		for range rapid.IntRange(0, 30).Draw(t, "times") {
			name := BackendName(server, taken)
			_, ok := checkBackendName(name)
			require.True(t, ok, name)
			require.NotContains(t, taken, name)
			taken = append(taken, name)
		}
		if suggestion, ok := checkBackendName(server); !ok {
			_, fine := checkBackendName(suggestion)
			require.True(t, fine, suggestion)
		}
	})
}

func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Fold(rapid.OneOf(rapid.String(), spiteful()).Draw(t, "text"))
		require.Equal(t, s, Fold(s))
	})
}

func TestClosestIsOneOfTheCandidates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		candidates := rapid.SliceOf(rapid.StringMatching(`[a-c]{0,5}`)).Draw(t, "candidates")
		word := rapid.StringMatching(`[a-c]{0,5}`).Draw(t, "word")
		found := Closest(word, candidates, 3)
		require.LessOrEqual(t, len(found), 3)
		require.Subset(t, append([]string{""}, candidates...), found)
		for _, c := range candidates {
			if c == word && word != "" {
				require.Equal(t, word, found[0])
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range phoneSpellings() {
		f.Add(text)
	}
	for _, text := range []string{"", "help all", "status LBR-7F3KQ2", `reason="`, "--", "-w", "<!channel>", "a=?",
		"i-1 i-2 i-3", "\xff", "listener:\u202e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkParse(t, text)
	})
}

func BenchmarkPartParse(b *testing.B) {
	for name, text := range map[string]string{
		"two_words": "api-lb/https-443 web-07",
		"common":    "lst-8f2c i-55a1 ports=8080,8081 weight=50 dry-run",
		"full":      `listener=api-lb:443 server=10.0.3.17 ports=8443 weight=20 reason="inc-1234 add capacity"`,
		"phone":     `api-lb:443 <http://web-07|web-07> —weight 50 reason=“inc-1234 add capacity”`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
