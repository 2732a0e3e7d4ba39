// Package rules reads a policy file: from text to a Set of checked policies, each
// with the values of its annotations and split into clauses.
//
// It promises:
//
//   - A file is accepted as a whole or not at all. It is checked against the schema
//     in lbbot.cedarschema, and each problem is reported with its policy and line.
//   - What the parsers of Cedar read differently is refused, see characters.go.
//
// The package does no I/O and decides nothing. Cedar's validator is experimental:
// only check.go uses it.
package rules
