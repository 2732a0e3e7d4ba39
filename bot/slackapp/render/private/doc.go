// Package private has the messages and views that only one person sees: previews,
// problems, denials, history, status and whoami. Like package render, it takes
// values, returns values and does no I/O. The forms are in package form.
package private
