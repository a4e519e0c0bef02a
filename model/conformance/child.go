package conformance

import "github.com/greynewell/mist-go/model/conformance/internal/process"

// Child reports whether this process is one that [Test] or [Examine] started: the
// test binary again, with its TestMain and with the code of the test up to that call.
// In a child, skip what cannot run twice at once, such as listening on a fixed port.
func Child() bool { return process.IsChild() }
