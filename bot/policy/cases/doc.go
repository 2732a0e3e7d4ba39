// Package cases runs decisions that were written down against a policy file:
// a YAML file says who asks for what, where, and what the answer must be. The
// answers come from policy.Gate itself, between it and Slack stands a world
// that the file describes.
//
// It promises:
//
//   - Nothing is left to chance: what a file does not say is what Directory and
//     the schema say it is, and an unknown key is an error with its line.
//   - A group that the policy names and the file does not is a group that Slack
//     does not know, so the answer is no, as it would be.
//
// Nothing here blocks but for reading the policy file, and nothing runs on.
package cases
