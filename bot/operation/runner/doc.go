// Package runner carries an accepted operation out, step by step: announce, approval, attempt, settle, report, watch.
// Runner.Execute is the list of the steps. Each step may be run again after a crash, so each says what happens then.
// What an operation is, and what is stored of it, is in package operation.
//
// The package starts one kind of goroutine: while a call is under way, the one that shows that it takes long; the step
// waits for it.
package runner
