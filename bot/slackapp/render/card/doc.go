// Package card draws what a channel sees of an operation: its public card, the
// card in the approvers' channel, and the notices that belong to them. Its
// functions take values and return values; they do no I/O and know no clock.
package card
