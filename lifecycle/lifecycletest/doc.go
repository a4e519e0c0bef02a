// Package lifecycletest gives code under test a context that comes from a real
// lifecycle.Run, which the end of the test stops:
//
//	func TestOpenDB(t *testing.T) {
//		ctx := lifecycletest.Context(t)
//		db, err := openDB(ctx) // registers db.Close with lifecycle.OnShutdown
//		…
//	} // here work in flight is waited for, and db.Close runs
//
// The test fails if anything goes wrong on the way: a hook or a task that
// fails, a hook that hangs, work that is never done. Each is named by the line
// that registered it or began it.
package lifecycletest
