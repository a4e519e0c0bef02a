//go:build !unix

package main

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup ends the process; its children end on their own.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
