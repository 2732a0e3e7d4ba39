// Package render has what every message is made of: blocks, safe text, names,
// ids, and the words for states, reasons, people and numbers. Its functions take
// values and return values; they do no I/O and know no clock.
//
// Every value that a person or Zenlayer wrote passes through one of the
// functions of safe.go, so it is never read as markup.
package render
