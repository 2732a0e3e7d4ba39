// Package intake turns a person's words into an accepted operation: it resolves
// names, makes the preview, accepts, takes approvals and explains decisions.
// Every request goes through Intake, whatever surface it came from.
//
// It promises:
//
//   - Accepted means on disk: Send and Break return an operation only after the
//     journal has committed it.
//   - Permission is asked at the preview and at each click. A denial is recorded
//     in the audit trail before the person is told.
//   - Previews share what they read (Shared). The checks before a call never do;
//     they are the Runner's, in package operation.
//
// Shared starts a goroutine for each question to Zenlayer that previews share;
// Shared.Close waits for them.
//
// The tests of these packages are in bot/operation: most of them follow a request
// from the person's words to its end.
package intake
