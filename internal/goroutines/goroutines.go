// Package goroutines counts goroutines, for tests that look for those left behind.
package goroutines

import "runtime"

// Count returns the number of goroutines. It stops the world to count them, and includes
// the one that runs finalizers while it does. runtime.NumGoroutine stops nothing: it adds
// up counters while others change them, and is some thirty off when a thread is held up
// that is just putting away goroutines that have ended.
func Count() int {
	n, _ := runtime.GoroutineProfile(make([]runtime.StackRecord, 1))
	return n
}
