// Package runner carries an accepted operation out, step by step: approval, attempt, settle, report, watch.
// Runner.Execute is the list of the steps. Each step may be run again after a crash, so each says what happens then.
// What an operation is, and what is stored of it, is in package operation.
//
// The package starts two kinds of goroutines: while a call is under way, the one that shows that it takes long, for
// which the step waits; and the one that tells those whose approval was skipped, for which the run waits.
package runner
