// Package policy decides who may do what, where: it answers
// operation.Question with operation.Decision, from one Cedar policy file and
// from what Slack says about the person, the channel and the user groups.
//
// It promises:
//
//   - Deny is the default. No file, a broken file, no permit that holds, a
//     forbid that holds: no. A forbid always wins.
//   - Cedar is asked only with complete facts. Cedar skips a policy whose
//     evaluation errs, and a person whose group was not loaded is simply not in
//     it, so a forbid would silently not forbid. Therefore whatever could not
//     be read is a no which names it (see the What… constants).
//   - What no policy can allow is refused before Cedar is asked: people of
//     another workspace or organization, guests, bots, deactivated people,
//     shared, archived and invisible channels.
//   - A file is used whole or not at all. It is checked against the schema in
//     lbbot.cedarschema, and every fault is reported with its policy and line.
//     While a changed file is broken or gone, the old policies stay in force.
//
// A Set is immutable and safe for concurrent use, and so is a Gate. The only
// goroutines are those of Gate.Run, which waits for them.
//
// The package must not know Block Kit, Slack's Web API, the journal or the
// words a person reads. Cedar's validator is experimental, so nothing of Cedar
// appears in the exported names, and parse.go and check.go alone use it.
//
// The language is described at https://docs.cedarpolicy.com.
package policy
