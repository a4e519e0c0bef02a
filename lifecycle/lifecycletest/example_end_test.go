package lifecycletest_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/lifecycletest"
)

// testOfAFailure would be func TestOfAFailure(t *testing.T) in your tests. It calls
// End, so the hook's error does not fail it.
func testOfAFailure(t testing.TB) {
	ctx := lifecycletest.Context(t)
	lifecycle.OnShutdown(ctx, func() error { return os.ErrClosed })
	if err := lifecycletest.End(ctx); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the hook returned %v", err)
	}
	fmt.Println("the test goes on, and passes")
}

func ExampleEnd() {
	try(nil, testOfAFailure) // runs it as go test would
	// Output: the test goes on, and passes
}
