//go:build !race

package lifecycle_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// Adders that race the library's Wait break WaitGroup's contract, and it
// panics now and then in the waiter. That must not end the process (DRAIN-6).
// The race detector would report the misuse itself, so it is not asked.
func TestReusedGroupsDoNotCrashTheProcess(t *testing.T) {
	for range 200 {
		err := lifecycle.Run(func(ctx context.Context) error {
			g := lifecycle.DrainGroup(ctx)
			var adders sync.WaitGroup
			for range 2 {
				adders.Go(func() {
					defer func() { _ = recover() }() // the adder's own share of the misuse
					for range 200 {
						g.Add(1)
						g.Done()
					}
				})
			}
			return nil
		}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet), lifecycle.WithDrainTimeout(time.Minute))
		if err != nil && !errors.Is(err, lifecycle.ErrDrainTimeout) {
			t.Fatal(err)
		}
	}
}
