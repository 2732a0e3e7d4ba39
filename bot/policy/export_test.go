package policy

import "time"

// SetSteady shortens the wait for a steady file, for tests of Run, which uses the real clock.
func SetSteady(g *Gate, d time.Duration) { g.file.Steady = d }
