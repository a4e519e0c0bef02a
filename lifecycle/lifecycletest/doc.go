// Package lifecycletest provides code under test with a context from a real
// lifecycle.Run, which is stopped at the end of the test:
//
//	func TestOpenDB(t *testing.T) {
//		ctx := lifecycletest.Context(t)
//		db, err := openDB(ctx) // registers db.Close with lifecycle.OnShutdown
//		…
//	} // in-flight work is waited for, and db.Close runs
//
// The test fails if a hook or a task fails, a hook hangs, or work does not end.
// Each failure is reported with the line that registered the hook or started the
// work.
package lifecycletest
