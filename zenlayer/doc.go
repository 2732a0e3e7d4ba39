// Package zenlayer is a client for the load balancer part of the Zenlayer Cloud
// API v2 (https://docs.console.zenlayer.com/api-reference), usable alone.
//
// A [Client] signs and sends requests and turns every answer into either a
// value or an error that says what is known about the effect: see [OutcomeOf].
// It promises:
//
//   - RegisterBackend and DeregisterBackend make exactly one HTTP attempt per
//     call; whoever repeats an attempt must have written the first one down.
//   - A call counts as a success only on HTTP 200 with JSON, a response and no
//     error code. Anything doubtful is an error with [OutcomeUnknown].
//   - Redirects are not followed, answers over 1 MiB are refused, and every
//     attempt has a time limit.
//   - No error, and nothing printed, contains the key password, the token or a
//     signature, even if the server sends them back.
//
// The package starts no goroutines of its own, writes no log and reads no
// environment variable. It knows nothing about the program that uses it.
package zenlayer
