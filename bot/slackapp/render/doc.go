// Package render turns operations, events and decisions into Slack messages:
// the cards that a channel sees, the lines of the audit channel, and the pieces
// of which all messages are made. Its functions take values and return values;
// they do no I/O and know no clock.
//
// Every value that a person or Zenlayer wrote passes through one of the
// functions of safe.go, so it is never read as markup.
package render
