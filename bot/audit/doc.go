// Package audit is the audit trail that can be checked: how events are chained
// by hashes, what a checkpoint is, how a trail is verified and exported, what
// retention may delete, and when the audit channel gets its lines.
//
// It promises:
//
//   - Verify names the first event that was altered, deleted or moved. With a
//     head that was kept outside of the database, it also finds a trail that was
//     cut off at its end, or whose hashes were all computed again.
//   - Cut deletes only from the beginning, only what it has verified, and only
//     what a signed checkpoint represents.
//   - No line of the audit channel is lost, whatever ends the process. The last
//     message may be posted twice.
//
// The package stores nothing. It declares the readings and writes that it
// needs, and bot/journal implements them: the SQL stays there. The journal
// imports this package, because it computes the hash of an event in the
// transaction that links it.
//
// The package starts no goroutines: the caller runs Auditor.Run and Teller.Run.
// The package must not know Slack, SQL, or what a state of an operation means.
package audit
