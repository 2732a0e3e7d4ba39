package rules_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/policy/lex"
	"lbbot/bot/policy/rules"
)

// other is the lexer of Cedar in Rust (cedar-policy-core, grammar.lalrpop):
// the longest match counts. Its \s is Unicode's White_Space.
var other = []struct {
	skip bool
	form *regexp.Regexp
}{
	{true, regexp.MustCompile(`^[\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}` +
		`\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+`)},
	{true, regexp.MustCompile(`^//[^\n\r]*[\n\r]*`)},
	{false, regexp.MustCompile(`^\??[_a-zA-Z][_a-zA-Z0-9]*`)},
	{false, regexp.MustCompile(`^[0-9]+`)},
	{false, regexp.MustCompile(`^"(\\.|[^"\\])*"`)},
	{false, regexp.MustCompile(`^(@|\.|,|;|::|:|\(|\)|\{|\}|\[|\]|==|!=|<=|<|>=|>|\|\||&&|\+|-|\*|/|%|!|=)`)},
}

// otherWords are the tokens of src in Rust; false if Rust refuses src.
func otherWords(src string) (words []string, ok bool) {
	for src != "" {
		best, skip := "", false
		for _, o := range other {
			if m := o.form.FindString(src); len(m) > len(best) {
				best, skip = m, o.skip
			}
		}
		if best == "" || strings.HasPrefix(best, `"`) && strings.Contains(best, "\r") {
			return nil, false
		}
		if src = src[len(best):]; !skip {
			words = append(words, best)
		}
	}
	return words, true
}

// What Parse accepts has the same tokens in Go and in Rust, whatever characters
// are between and inside them.
func TestAcceptedFileHasTheSameTokensInRust(t *testing.T) {
	t.Parallel()
	words := strings.Fields(`@ id ( "open" ) @ approvals ( "0" ) permit ( principal , action , resource ) ; ` +
		`@ id ( "shut" ) @ reason ( "later" ) forbid ( principal , action , resource ) when { context.channel.name ` +
		`== "x" } ;`)
	plain := []string{" ", "\n", "\t", "\r\n", "\r", " // note\n", " // note\r\n", "// forbid (\n"}
	odd := []string{"// note\r", "//\r", " // a\r\r\n", "\v", "\f", "\u0085", "\u00a0", "\u2003", "\u2028", "\u3000",
		"\ufeff", "\u200b", "\x00", "\x1f",
		"/* note */", "/* ; */", "// a\u2028", "// a\u2029b\n", "// a\u0085b\n", "// \v\n", "// \f\n", "//\u00a0\n",
		`"`, `\`, "// a\x00\n", "é"}
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		between := rapid.SampledFrom(plain)
		if rapid.Bool().Draw(t, "odd") {
			between = rapid.SampledFrom(append(plain, odd...))
		}
		var b strings.Builder
		for i, w := range words {
			if w == `"x"` {
				w = `"x` + rapid.SampledFrom([]string{"", "\r", "\n", "\\r", "\u2028", "\\\r", "// ", "/*", "é", "\t",
					"\v"}).Draw(t, "inside") + `"`
			}
			if at := between.Draw(t, "between"); i%5 == 0 || rapid.Bool().Draw(t, "here") {
				b.WriteString(at)
			} else {
				b.WriteString(" ")
			}
			b.WriteString(w)
		}
		b.WriteString(between.Draw(t, "end"))
		set, err := rules.Parse("p", []byte(b.String()))
		if err != nil {
			return
		}
		accepted++
		theirs, ok := otherWords(strings.TrimPrefix(b.String(), "\ufeff"))
		if !ok {
			t.Fatalf("other tools refuse %q", b.String())
		}
		var ours []string
		for _, w := range lex.Tokens([]byte(strings.TrimPrefix(b.String(), "\ufeff"))) {
			ours = append(ours, w.Text)
		}
		if strings.Join(ours, "") != strings.Join(theirs, "") ||
			len(set.IDs()) != strings.Count(strings.Join(theirs, " "), " ;") {
			t.Fatalf("%q is read as\n%q, and by other tools as\n%q", b.String(), ours, theirs)
		}
	})
	require.Positive(t, accepted, "the property was never tried")
}

func TestCharactersThatToolsReadDifferentlyAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	const permit = `@id("open") @approvals("0") permit (principal, action, resource);`
	const forbid = `@id("shut") forbid (principal, action, resource);`
	for name, c := range map[string]struct {
		src          string
		line, column int
		text         string
	}{
		"CR hides a forbid": {permit + "\n// freeze\r" + forbid, 2, 10,
			"a comment has a carriage return (U+000D) without a line feed"},
		"CR at the end of the file": {permit + " // end\r", 1, 73, "a comment has a carriage return"},
		"lines that end with CR": {"// rules\r" + permit + "\r" + forbid, 1, 9,
			"a comment has a carriage return"},
		"CR CR LF":                         {permit + "\n// x\r\r\n" + forbid, 2, 5, "a comment has a carriage return"},
		"line separator in a comment":      {permit + "\n// x\u2028" + forbid, 2, 5, "a comment has U+2028"},
		"paragraph separator in a comment": {permit + "\n// x\u2029" + forbid, 2, 5, "a comment has U+2029"},
		"next line in a comment":           {permit + "\n// x\u0085" + forbid, 2, 5, "a comment has U+0085"},
		"vertical tab in a comment":        {permit + "\n// x\v" + forbid, 2, 5, "a comment has U+000B"},
		"form feed in a comment":           {permit + "\n// x\f" + forbid, 2, 5, "a comment has U+000C"},
		"block comment":                    {permit + "\n /* freeze */" + forbid, 2, 2, "Cedar has no /* */ comments"},
		"CR in a string": {`@id("a") @reason("x` + "\r" +
			`y") forbid (principal, action, resource);`, 1, 20, "a string has a carriage return"},
		"no-break space between words": {"\n" + `@id("a")` + "\u00a0" + `forbid (principal, action, resource);`, 2,
			9, "U+00A0 cannot stand outside"},
		"form feed between words":        {permit + "\f" + forbid, 1, 66, "U+000C cannot stand outside"},
		"zero-width space between words": {permit + "\n\u200b" + forbid, 2, 1, "U+200B cannot stand outside"},
		"byte order mark within":         {permit + "\n\ufeff" + forbid, 2, 1, "U+FEFF cannot stand outside"},
		"two byte order marks":           {"\ufeff\ufeff" + permit, 1, 1, "U+FEFF cannot stand outside"},
		"a word in another script": {permit + "\nfоrbid (principal, action, resource);", 2, 2,
			"U+043E cannot stand outside"},
		"line feed in a string (Rust only)": {`@id("a") @reason("x` + "\n" +
			`y") forbid (principal, action, resource);`, 1, 1, "literal not terminated"},
		"NUL in a comment": {permit + " // \x00\n", 1, 70, "NUL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rules.Parse("p.cedar", []byte(c.src))
			var e *rules.FileError
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Problems[0].Text, c.text)
			require.Equal(t, c.line, e.Problems[0].Line)
			if !strings.Contains(name, "Rust only") {
				require.Equal(t, c.column, e.Problems[0].Column)
			}
		})
	}
}

func TestByteOrderMarkAtTheBeginningIsSkipped(t *testing.T) {
	t.Parallel()
	src := "@id(\"open\") @approvals(\"0\") permit (principal, action, resource);\r\n// windows\r\n@id(\"shut\") " +
		"forbid (principal, action, resource);\r\n"
	set, err := rules.Parse("p.cedar", []byte("\ufeff"+src))
	require.NoError(t, err)
	require.Equal(t, []string{"open", "shut"}, set.IDs())
	_, err = rules.Parse("p.cedar", []byte("\ufeff@id(\"a\") forbid (principal, action, resource) when { "+
		"context.wieght > 1 };"))
	require.ErrorContains(t, err, "p.cedar:1:")
}
