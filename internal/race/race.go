//go:build !race

// Package race says whether the race detector is on: it costs five times the time,
// and what is judged from outside does not depend on it.
package race

// Enabled reports whether the program was built with the race detector.
const Enabled = false
