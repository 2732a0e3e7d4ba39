// Package sweep checks the operations that are open in the journal: it starts
// those that no process carries out, wakes those that people have decided about,
// and reports those that have been in their state for longer than it can last.
package sweep
