package policy

import "time"

// SetSteady shortens Steady, for tests of Run, which uses the real clock.
func SetSteady(g *Gate, d time.Duration) { g.steady = d }

// ChangeTime is changeTime.
var ChangeTime = changeTime
