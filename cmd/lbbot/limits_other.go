//go:build !unix

package main

// ignoreFileLimits does nothing on systems without such a limit.
func ignoreFileLimits() {}
