//go:build !unix

package lifecycle

import "os"

// brokenPipeSignals is empty: here such a write is an error and no more.
func brokenPipeSignals() []os.Signal { return nil }
