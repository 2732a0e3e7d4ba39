// Package alert reads from the text of an alert what a person may want to add to a load balancer: names, addresses, IDs
// and ports, as they stand there.
//
//	texts ──► plain: Slack's escapes, links and marks ──► tokens: words, labels, quotes ──► Reading
//
// It guesses nothing. Each word counts whole, so 10.0.3.17.1, web-070 and 10.0.3.0/24 never become 10.0.3.17 or web-07.
// What stands in a link, behind "not" or "instead of", behind a label that says where an alert comes from, or within a
// longer word only speaks against other names: it is Weak. The caller looks names up exactly and takes one only if no
// other name of the same alert is something else.
//
// It is pure, and its work and its result are bounded.
package alert
