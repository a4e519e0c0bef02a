package lifecycletest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/lifecycletest"
)

// openDB is the code under test.
func openDB(ctx context.Context) string {
	fmt.Println("open")
	lifecycle.OnShutdown(ctx, func() error {
		fmt.Println("close")
		return nil
	})
	return "a database"
}

// testOpenDB would be func TestOpenDB(t *testing.T) in your tests.
func testOpenDB(t testing.TB) {
	ctx := lifecycletest.Context(t)
	if db := openDB(ctx); db == "" {
		t.Error("no database")
	}
	fmt.Println("the test is done")
}

func Example() {
	try(nil, testOpenDB) // runs it as go test would
	// Output:
	// open
	// the test is done
	// close
}
