// Package form has the forms that people fill in, and reads back what they
// filled in. Like package render, it takes values, returns values and does no
// I/O.
package form
