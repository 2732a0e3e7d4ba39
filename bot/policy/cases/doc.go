// Package cases tests a policy file with the cases of a YAML file: who asks for
// what, where, and what the decision must be. The decisions are those of
// policy.Gate; the file describes the Slack workspace.
//
// It promises:
//
//   - Each value that a file leaves out has a documented default, and an unknown
//     key is an error with its line.
//   - A group that the policy names and the file does not is a group that Slack
//     does not know. The request is then denied, as in the running bot.
//
// The package only reads the policy file and starts no goroutines.
package cases
