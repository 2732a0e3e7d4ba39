package rules

import (
	"fmt"
	"slices"
	"strings"

	"lbbot/bot/policy/lex"
)

// Problem is one error or warning about a policy file, with its place.
type Problem struct {
	Line   int    // from 1; 0 when the file as a whole is meant
	Column int    // from 1, in characters
	Policy string // @id of the policy, empty when it has none
	Text   string // one sentence, without the place
}

// String returns the problem as "line:column: policy: text".
func (p Problem) String() string { return p.with("") }

// Under returns the problem as "name:line:column: what policy: text", as
// editors and other tools find the place.
func (p Problem) Under(name, what string) string {
	if p.Line == 0 {
		return name + ": " + p.with(what)
	}
	return name + ":" + p.with(what)
}

func (p Problem) with(what string) string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", p.Line, p.Column)
	}
	b.WriteString(what)
	if p.Policy != "" {
		fmt.Fprintf(&b, "policy %s: ", p.Policy)
	}
	return b.String() + p.Text
}

// FileError says why a policy file cannot be used: all its problems, in the
// order of their lines, at most maxProblems.
type FileError struct {
	Name     string // as given to Parse
	Problems []Problem
}

// Error returns one line for each problem.
func (e *FileError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.Under(e.Name, ""))
	}
	return strings.Join(lines, "\n")
}

// maxProblems keeps the report about a file that is not a policy readable.
const maxProblems = 50

// report collects the problems of one file.
type report struct{ problems []Problem }

func (r *report) add(at lex.Token, policy, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Line: at.Line, Column: at.Column, Policy: policy, Text: fmt.Sprintf(format, args...),
	})
}

// sorted returns the problems by line, without repetitions, bounded.
func (r *report) sorted() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	unique := slices.Compact(r.problems)
	if len(unique) > maxProblems {
		more := len(unique) - maxProblems + 1
		unique = append(unique[:maxProblems-1], Problem{Text: fmt.Sprintf("%d more problems are not listed", more)})
	}
	return unique
}
