// Package history shows people what was done and what is on a listener: the past,
// one request by its reference, and the pool of a request's listener. It decides who
// may see what; nothing here changes anything.
//
// Whoever is not admitted learns nothing, and the denial is in the audit trail before
// they are told: Gate does both, and is an *intake.Intake.
//
// Its tests are in bot/operation, with those of package intake.
package history
