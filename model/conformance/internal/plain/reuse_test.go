//go:build !race

package plain_test

import (
	"context"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

// The race detector reports the misuse itself, whoever makes it.
func TestAGroupThatIsReusedWhileItIsWaitedForDoesNoHarm(t *testing.T) {
	err := plain.Run(func(ctx context.Context) error {
		group := plain.DrainGroup(ctx)
		group.Add(1)
		go func() {
			<-ctx.Done()
			for range 100_000 {
				group.Done()
				group.Add(1)
			}
			group.Done()
		}()
		return nil
	})
	if err != nil {
		t.Errorf("Run returned %v", err)
	}
}
