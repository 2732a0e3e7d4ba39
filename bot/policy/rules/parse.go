package rules

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the schema
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"lbbot/bot/policy/lex"
)

//go:embed lbbot.cedarschema
var schemaText []byte

// The limits of a policy file. They stop the parser early on a wrong file, such as
// a log, and bound the recursion over expressions.
const (
	// MaxFile is the greatest size of a file, in bytes.
	MaxFile   = 256 << 10
	maxTokens = 20_000 // in one policy
	maxDepth  = 64     // of brackets
)

// Parse reads a policy file and checks it against the schema. The name is
// used in the error, which is a *FileError with everything that is wrong.
func Parse(name string, src []byte) (*Set, error) {
	c := checker{report: &report{}}
	set := c.file(src)
	if len(c.problems) > 0 {
		return nil, &FileError{Name: name, Problems: c.sorted()}
	}
	set.Warnings = c.warnings.sorted()
	return set, nil
}

// file checks a whole file. The result is usable only if there are no
// problems.
func (c *checker) file(src []byte) *Set {
	sum := sha256.Sum256(src)
	set := &Set{Digest: hex.EncodeToString(sum[:])}
	if len(src) > MaxFile {
		c.add(lex.Token{}, "", "the file has more than %d KiB", MaxFile>>10)
		return set
	}
	src = bytes.TrimPrefix(src, []byte(byteOrderMark))
	if c.characters(src); len(c.problems) > 0 {
		return set
	}
	tokens := lex.Tokens(src)
	parts := lex.Statements(tokens)
	if !c.bounded(tokens, parts) {
		return set
	}
	resolved, err := parseSchema()
	if err != nil {
		c.add(lex.Token{}, "", "%v", err)
		return set
	}
	c.listeners, c.bot = subjectsOf(resolved)
	set.Actions = actionNames(resolved)
	c.policies(set, c.parse(src, parts))
	return set
}

func (c *checker) bounded(tokens []lex.Token, parts []lex.Statement) bool {
	if d := lex.Depth(tokens); d > maxDepth {
		c.add(lex.Token{}, "", "brackets are nested %d deep, which is more than %d", d, maxDepth)
	}
	for _, p := range parts {
		if n := len(p.All()); n > maxTokens {
			c.add(p.All()[0], "", "the policy has %d words, which is more than %d", n, maxTokens)
		}
	}
	return len(c.problems) == 0
}

func parseSchema() (*resolved.Schema, error) {
	var s schema.Schema
	s.SetFilename("lbbot.cedarschema")
	if err := s.UnmarshalCedar(schemaText); err != nil {
		return nil, fmt.Errorf("parsing the built-in schema: %w", err)
	}
	r, err := s.Resolve()
	if err != nil {
		return nil, fmt.Errorf("resolving the built-in schema: %w", err)
	}
	return r, nil
}

func actionNames(s *resolved.Schema) map[string]bool {
	names := make(map[string]bool, len(s.Actions))
	for uid := range s.Actions {
		names[string(uid.ID)] = true
	}
	return names
}

// source is one policy and the tokens it was made of.
type source struct {
	compiled *cedar.Policy
	tokens   lex.Statement
}

func (s source) ast() *ast.Policy { return (*ast.Policy)(s.compiled.AST()) }

// parse returns the policies that can be read and reports the others. Cedar reads
// the whole file. Only if Cedar refuses it, each policy is read alone, so that all
// problems are reported at once.
func (c *checker) parse(src []byte, parts []lex.Statement) []source {
	list, err := cedar.NewPolicyListFromBytes("", src)
	if err == nil {
		out := make([]source, 0, len(list))
		for i, p := range list {
			t := lex.Statement{Head: []lex.Token{{Line: p.Position().Line, Column: p.Position().Column}}}
			if len(parts) == len(list) {
				t = parts[i]
			}
			out = append(out, source{compiled: p, tokens: t})
		}
		return out
	}
	var out []source
	for _, part := range parts {
		p, err := parseOne(part)
		if err != nil {
			c.syntax(part, err)
			continue
		}
		out = append(out, source{compiled: p, tokens: part})
	}
	if len(c.problems) == 0 {
		c.syntax(lex.Statement{Head: []lex.Token{{}}}, err)
	}
	return out
}

// parseOne reads one policy. Columns stay the same; lines count from its first.
func parseOne(part lex.Statement) (*cedar.Policy, error) {
	all := part.All()
	line, column := all[0].Line, 1
	var b strings.Builder
	for _, t := range all {
		for ; line < t.Line; line++ {
			b.WriteByte('\n')
			column = 1
		}
		for ; column < t.Column; column++ {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
		column += len([]rune(t.Text))
	}
	var p cedar.Policy
	if err := p.UnmarshalCedar([]byte(b.String())); err != nil {
		return nil, err
	}
	return &p, nil
}

// The form of Cedar's syntax errors, which have their place only in the text.
var (
	syntaxPlace = regexp.MustCompile(`<input>:(\d+):(\d+)`)
	syntaxNoise = regexp.MustCompile(`^(parser error: )?(parse error at )?<input>:\d+:\d+:? ("(?:[^"\\]|\\.)*": )?`)
	syntaxExact = regexp.MustCompile(`^exact got (.*) want (\S+)$`)
)

// syntax reports an error of parseOne. Cedar names the token after the wrong one,
// so the place reported is one token earlier.
func (c *checker) syntax(part lex.Statement, err error) {
	all := part.All()
	text := syntaxNoise.ReplaceAllString(err.Error(), "")
	if m := syntaxExact.FindStringSubmatch(text); m != nil {
		got := strconv.Quote(m[1])
		if m[1] == "" {
			got = "the end"
		}
		text = fmt.Sprintf("expected %q, found %s", m[2], got)
	}
	at := all[0]
	if m := syntaxPlace.FindStringSubmatch(err.Error()); m != nil {
		line, lineErr := strconv.Atoi(m[1])
		column, columnErr := strconv.Atoi(m[2])
		if errors.Join(lineErr, columnErr) == nil {
			at = before(all, line, column)
		}
	}
	c.add(at, idOf(all), "cannot be read: %s", text)
}

// before returns the last token that starts before a place counted from the
// first token's line, or the first token.
func before(all []lex.Token, line, column int) lex.Token {
	line += all[0].Line - 1
	at := all[0]
	for _, t := range all {
		if t.Line > line || t.Line == line && t.Column >= column {
			break
		}
		at = t
	}
	return at
}

// idOf finds the @id of a policy that could not be read.
func idOf(tokens []lex.Token) string {
	for i := range tokens {
		if i+3 < len(tokens) && tokens[i].Text == "@" && tokens[i+1].Text == "id" {
			id, err := strconv.Unquote(tokens[i+3].Text)
			if err != nil {
				return ""
			}
			return id
		}
	}
	return ""
}
