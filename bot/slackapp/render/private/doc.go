// Package private has the messages and forms that only one person sees: previews,
// problems, denials, history, status, whoami and the forms. Like package render,
// it takes values, returns values and does no I/O.
package private
