// Package journal stores operations durably: the request, the person, the client
// token, every event, and where the cards are.
//
// It promises:
//
//   - A method that returns without an error has committed to disk: on SQLite with
//     synchronous=FULL, on PostgreSQL with synchronous_commit.
//   - Every writing method is one transaction: all or nothing, also when the process
//     dies or the disk is full.
//   - One open operation per subject, and one acceptance per draft and per delivery,
//     by unique keys and compare-and-set in the database.
//   - Events are only appended: the database refuses changes. Hashes link them, so
//     that an administrator of the database cannot change them undetected
//     (bot/audit/chain.go has the hashed form). Writing does not wait for the links.
//   - Only the beginning of the trail is ever deleted, and only what a signed
//     checkpoint represents.
//   - A replica that others took over from never counts as alive again.
//
// SQLite and PostgreSQL share the tables (migrations), the queries and the tests. The
// queries are portable: text ids, Unix milliseconds as bigint, packed JSON, no
// casts, no now(). Only replica.go uses the clock of PostgreSQL. sqlc generates the
// queries for PostgreSQL; SQLite accepts the same $1 placeholders. After a change of
// queries.sql or migrations, in this folder:
//
//	go install github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
//	sqlc generate
//
// The package starts no goroutines. It must not know Slack, what a state means beyond
// open or final, or how an operation is executed.
package journal
