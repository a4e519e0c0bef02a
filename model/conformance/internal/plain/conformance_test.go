package plain_test

import (
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

// The contract asks for behaviour, and for nothing of how the library is built.
func TestConformance(t *testing.T) {
	conformance.Test(t, plain.Implementation())
}
