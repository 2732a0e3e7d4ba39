// Package journal is the durable truth about operations: what was asked, by
// whom, with which client token, every event, and where the card is that shows
// the result.
//
// It promises:
//
//   - A method that returned without an error has been committed to disk: on
//     SQLite with synchronous=FULL, on PostgreSQL with synchronous_commit.
//   - Every method that writes is one transaction: all of it or nothing,
//     whatever ends the process or fills the disk.
//   - One open operation per subject and one acceptance per draft and per
//     delivery, by unique keys and compare-and-set in the database itself.
//   - Events are appended, never changed: the database refuses it. They are
//     also linked by hashes (bot/audit/chain.go has the form that is hashed, for whoever
//     wants to compute it with other tools), so that somebody with all rights
//     on the database cannot change them unseen either. Nothing waits for that.
//   - Only the beginning of the trail is ever deleted, and only what a signed
//     checkpoint stands for.
//   - A replica that others took over from never counts as alive again.
//
// SQLite and PostgreSQL share the tables (migrations), the queries and the
// tests. The queries are portable on purpose: text ids, bigint Unix
// milliseconds, JSON as text, no casts, no now(), except for the replicas, which
// only PostgreSQL has (replica.go). They are generated for
// PostgreSQL, and SQLite takes the same $1 placeholders. After a change of
// queries.sql or migrations, in this folder:
//
//	go install github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
//	sqlc generate
//
// The package starts no goroutines of its own. It must not know Slack, what a
// state means beyond open or final, or how an operation is carried out.
package journal
