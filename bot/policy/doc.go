// Package policy decides who may do what, where: it answers
// operation.Question with operation.Decision, from one Cedar policy file and
// from what Slack says about the person, the channel and the user groups.
//
// It promises:
//
//   - Deny is the default. Without a usable file, or without a permit that
//     holds, everything is denied. A forbid that holds overrides every permit.
//   - Cedar evaluates only complete facts. Cedar skips a policy whose evaluation
//     fails, and a person whose group was not loaded is in no group, so a forbid
//     would have no effect. If a fact could not be read, the decision is a
//     denial that names the fact (see the What… constants).
//   - What no policy can allow is denied before Cedar evaluates anything: people
//     of another workspace or organization, guests, bots, deactivated people,
//     shared, archived and invisible channels.
//   - While a changed file is broken or missing, the policies loaded before stay
//     in force. Package rules reads the file.
//
// A Gate is safe for concurrent use. Its only goroutines are those of Gate.Run,
// which waits for them.
//
// The package must not know Block Kit, Slack's Web API, the journal or the
// words a person reads. No exported name has a type of Cedar.
//
// The language is described at https://docs.cedarpolicy.com.
package policy
