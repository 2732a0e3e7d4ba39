//go:build !unix

package process

import "os/exec"

func terminate(cmd *exec.Cmd) { kill(cmd) } // there is no SIGTERM to send

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func setGroup(*exec.Cmd) {}
