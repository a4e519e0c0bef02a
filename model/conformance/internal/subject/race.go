//go:build race

package subject

// RaceEnabled says that the race detector watches.
const RaceEnabled = true
