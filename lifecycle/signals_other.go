//go:build !unix

package lifecycle

import "os"

// brokenPipeSignals is empty: on this system such a write only returns an error.
func brokenPipeSignals() []os.Signal { return nil }

// uncatchableSignals are the signals that cannot be caught.
func uncatchableSignals() []os.Signal { return []os.Signal{os.Kill} }
