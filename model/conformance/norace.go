//go:build !race

package conformance

// raceEnabled says that the race detector watches.
const raceEnabled = false
