//go:build !unix

package main

// outliveLimits does nothing where files have no limits.
func outliveLimits() {}
