package play

import (
	"fmt"
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
