package policy

import (
	"strings"
	"unicode"

	cedar "github.com/cedar-policy/cedar-go"
)

// maxClauseText bounds the text of a clause: it stands in audit lines and in
// messages, many at a time.
const maxClauseText = 160 // characters

// scopeTexts returns the tokens of the three parts of a policy's scope, nil
// where they cannot be told apart.
func scopeTexts(head []token) [][]token {
	depth, start := 0, -1
	for i, t := range head {
		if depth == 0 && (t.text == "permit" || t.text == "forbid") && i+1 < len(head) && head[i+1].text == "(" {
			start = i + 2
			break
		}
		depth += nesting(t)
	}
	if start < 0 {
		return nil
	}
	end := len(head)
	for i, d := start, 0; i < len(head); i++ {
		if d += nesting(head[i]); d < 0 {
			end = i
			break
		}
	}
	parts := apart(head[start:end], ",")
	if len(parts) == 4 && len(parts[3]) == 0 {
		parts = parts[:3] // a comma after the last one
	}
	if len(parts) != 3 {
		return nil
	}
	return parts
}

// conditionTexts cuts the tokens of one condition, from its `when` or `unless`
// to its bracket, in the way that split divides what they mean.
func conditionTexts(tokens []token) [][]token {
	if len(tokens) > 0 && tokens[len(tokens)-1].text == ";" {
		tokens = tokens[:len(tokens)-1]
	}
	if len(tokens) < 4 || tokens[1].text != "{" || tokens[len(tokens)-1].text != "}" {
		return nil
	}
	cut, keep := "&&", "||"
	if tokens[0].text == "unless" {
		cut, keep = keep, cut
	}
	return operands(tokens[2:len(tokens)-1], cut, keep)
}

// operands cuts an expression at the operator that binds it together, also
// within brackets around all of it. && binds more tightly than ||, so that the
// latter keeps an expression whole when it is the former that is looked for.
func operands(tokens []token, cut, keep string) [][]token {
	tokens = bare(tokens)
	if len(tokens) == 0 || tokens[0].text == "if" {
		return [][]token{tokens}
	}
	if cut == "&&" && len(apart(tokens, keep)) > 1 {
		return [][]token{tokens}
	}
	parts := apart(tokens, cut)
	if len(parts) == 1 {
		return parts
	}
	var out [][]token
	for _, p := range parts {
		out = append(out, operands(p, cut, keep)...)
	}
	return out
}

// bare takes brackets around the whole away.
func bare(tokens []token) []token {
	for len(tokens) > 2 && tokens[0].text == "(" {
		depth := 0
		for i, t := range tokens {
			if depth += nesting(t); depth == 0 && i < len(tokens)-1 {
				return tokens
			}
		}
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// apart cuts tokens at an operator that stands outside all brackets.
func apart(tokens []token, operator string) [][]token {
	var parts [][]token
	start, depth := 0, 0
	for i := 0; i < len(tokens); i++ {
		depth += nesting(tokens[i])
		if depth != 0 || i < start || !stands(tokens[i:], operator) {
			continue
		}
		parts = append(parts, tokens[start:i])
		start = i + len(operator)
	}
	return append(parts, tokens[min(start, len(tokens)):])
}

// stands reports whether tokens begin with an operator; the lexer gives each
// of its characters a token.
func stands(tokens []token, operator string) bool {
	for i := range operator {
		if i >= len(tokens) || tokens[i].text != operator[i:i+1] {
			return false
		}
	}
	return true
}

func nesting(t token) int {
	switch t.text {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// written puts tokens together again, with one space wherever there was any.
func written(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			before := tokens[i-1]
			if t.line != before.line || t.column > before.column+len([]rune(before.text)) {
				b.WriteByte(' ')
			}
		}
		b.WriteString(t.text)
	}
	return brief(b.String())
}

// brief bounds a text and makes what cannot be seen visible.
func brief(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	for i, r := range runes {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	if len(runes) > maxClauseText {
		runes = append(runes[:maxClauseText-1:maxClauseText-1], '…')
	}
	return string(runes)
}

// rendered is Cedar's own text of a clause, for when the file's tokens cannot
// be told apart.
func rendered(alone *cedar.Policy) string {
	text := string(alone.MarshalCedar())
	if _, body, ok := strings.Cut(text, "{"); ok {
		if i := strings.LastIndex(body, "}"); i >= 0 {
			return brief(body[:i])
		}
	}
	return ""
}
