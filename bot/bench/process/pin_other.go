//go:build !linux

package process

import (
	"errors"
	"os/exec"
)

// errNoPinning means that this system cannot pin a process to a core.
var errNoPinning = errors.New("processes are pinned to cores on Linux only")

// DieWithThread does nothing on this system.
func DieWithThread(*exec.Cmd) {}

// Cores returns an error: this system cannot pin.
func Cores() (own, bot int, err error) { return 0, 0, errNoPinning }

// PinSelf returns an error: this system cannot pin.
func PinSelf(int) (undo func(), err error) { return nil, errNoPinning }

func pinThread(int) error { return nil }
