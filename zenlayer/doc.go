// Package zenlayer is a client for the load balancer part of the Zenlayer Cloud
// API v2 (https://docs.console.zenlayer.com/api-reference). It can be used alone.
//
// A [Client] signs and sends requests. It returns a value, or an error that says
// whether the request may have had an effect: see [OutcomeOf]. It promises:
//
//   - RegisterBackend and DeregisterBackend make exactly one HTTP attempt per
//     call. A caller that retries must store the first attempt before.
//   - A call succeeds only on HTTP 200 with JSON, a response and no error code.
//     Any other answer that may hide an effect is an error with [OutcomeUnknown].
//   - Redirects are not followed, answers over 1 MiB are refused, and every
//     attempt has a time limit.
//   - No error or printed value contains the access key secret, the token or a
//     signature, even if the server sends them back.
//
// The package starts no goroutines, writes no log and reads no environment
// variable. It must not know the program that uses it.
package zenlayer
