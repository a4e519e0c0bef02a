package goroutines_test

import (
	"testing"
	"testing/synctest"

	"github.com/greynewell/mist-go/internal/goroutines"
)

// Goroutines that have ended, as virtual time knows, are not counted any more.
func TestCountIsExact(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			before := goroutines.Count()
			ended := make(chan struct{})
			for range 100 {
				go func() { <-ended }()
			}
			if n := goroutines.Count(); n < before+100 {
				t.Errorf("%d goroutines, and 100 more make %d", before, n)
			}
			close(ended)
			synctest.Wait()
			if n := goroutines.Count(); n > before+1 { // which may run a finalizer
				t.Errorf("%d goroutines at first, and %d when those that began since have ended", before, n)
			}
		})
	}
}
