package play

import (
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Seen is what was seen of a scenario that was played.
type Seen struct {
	Scenario  model.Scenario
	Wants     []model.Trace // what may happen
	Trace     model.Trace   // but for the kinds of errors and causes, which are below
	Mains     int           // how often main was called
	Launched  time.Duration // when it was first
	Err       error         // what Run returned
	Cause     error         // of main's context
	WorkCause error         // of work contexts
	// Values is what the scenario's own code returned or panicked with.
	Values map[model.Kind]error
	Odd    []subject.Difference // what no trace can show
	// Escaped says what came out of Run that is not an error, "" if nothing did.
	Escaped string
}
