package play

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// InBubble runs f in a bubble, on a goroutine outside of it that survives what
// becomes of the bubble. It returns what the bubble died of, if it did: the
// runtime panics when goroutines are left that nothing can wake.
func InBubble(t *testing.T, f func()) (died string) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() {
			if v := recover(); v != nil {
				died = fmt.Sprint(v)
			}
		}()
		synctest.Test(t, func(*testing.T) { f() })
	}()
	<-over
	return died
}

// Wait waits until done is closed, and for no longer than limit.
func Wait(done <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// Goroutines returns the number of goroutines, and stops the world to count them, with
// the one that runs finalizers while it does. runtime.NumGoroutine stops nothing: it adds
// up counters while others change them, and is some thirty off when a thread is held up
// that is just putting away those that have ended.
func Goroutines() int {
	n, _ := runtime.GoroutineProfile(make([]runtime.StackRecord, 1))
	return n
}
