// Package board delivers cards to Slack: it posts each once, edits it as its
// operation moves, coalesces changes that come faster than Slack takes them, and
// falls back to another place when a channel refuses a card.
//
// Boards owns the goroutines that deliver, until its Close returns.
package board
