// Package container checks the image and the compose file with the parsers of BuildKit and
// Compose, and runs the program in what the image contains. It needs no engine.
package container
