//go:build !unix

package lifecycle

import "os"

// brokenPipeSignals is empty: here such a write is an error and no more.
func brokenPipeSignals() []os.Signal { return nil }

// uncatchableSignals are those that are delivered to no process.
func uncatchableSignals() []os.Signal { return []os.Signal{os.Kill} }
