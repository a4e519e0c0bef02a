package plain_test

import (
	"os"
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

// The contract asks for behaviour, and for nothing of how the library is built.
func TestConformance(t *testing.T) {
	var opts []conformance.Option
	if os.Getenv("LIFECYCLE_BROKEN") == "" {
		opts = append(opts, conformance.Random(250)) // a quarter of the random scenarios
	}
	conformance.Test(t, plain.Implementation(), opts...)
}
