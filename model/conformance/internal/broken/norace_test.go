//go:build !race

package broken_test

// raceEnabled says that the race detector watches.
const raceEnabled = false
