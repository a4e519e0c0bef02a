package lifecycletest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trial is a test under test: it records failures, and ends when its function does,
// as a real test would.
type trial struct {
	testing.TB
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	failures []string
	cleanups []func()
	log      bytes.Buffer
	over     bool
	late     int // outputs and failures after the end
}

// try runs test to its end, with its clean-up.
func try(t testing.TB, test func(t testing.TB)) *trial {
	r := &trial{TB: t}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { // a separate goroutine, because Fatalf ends it
		defer close(ended)
		defer r.end()
		test(r)
	}()
	<-ended
	return r
}

func (r *trial) end() {
	r.cancel()
	for len(r.cleanups) > 0 {
		last := r.cleanups[len(r.cleanups)-1]
		r.cleanups = r.cleanups[:len(r.cleanups)-1]
		last()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
}

func (r *trial) Helper()                  {}
func (r *trial) Context() context.Context { return r.ctx }
func (r *trial) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *trial) Output() io.Writer        { return writes(r.write) }

type writes func(p []byte) (int, error)

func (w writes) Write(p []byte) (int, error) { return w(p) }

func (r *trial) write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over { // a real test would panic
		r.late++
	}
	return r.log.Write(p)
}

func (r *trial) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		r.late++
	}
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *trial) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// expect compares what failed, in order. A part in front of "…" is enough.
func (r *trial) expect(want ...string) {
	r.TB.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.EqualFunc(r.failures, want, func(got, want string) bool {
		part, open := strings.CutSuffix(want, "…")
		return got == want || open && strings.HasPrefix(got, part)
	}) {
		r.TB.Errorf("what failed:\n\t%s\nwhat should have:\n\t%s\nthe log:\n%s",
			strings.Join(r.failures, "\n\t"), strings.Join(want, "\n\t"), r.log.String())
	}
}

// here returns the call site of its caller, offset by some lines.
func here(further int) string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line+further)
}
