//go:build !unix

package lifecycle_test

// children is empty: a process on Windows cannot send another a signal.
var children map[string]func() int
