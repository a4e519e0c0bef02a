package lifecycle_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/goroutines"
	"github.com/greynewell/mist-go/lifecycle"
)

// deep waits below so many calls of itself.
func deep(calls int, release <-chan struct{}) {
	if calls > 0 {
		deep(calls-1, release)
		return
	}
	<-release
}

const (
	running = "lifecycle: main is still running"
	frame   = "github.com/greynewell/mist-go/lifecycle_test.deep (a line)"
	inDeep  = running + ": chan receive in " + frame + ", called by " + frame + ", called by " + frame + ", called by " + frame
)

// whenAlone waits until no more goroutines run than there were before.
func whenAlone(before int) {
	for goroutines.Count() > before {
		runtime.Gosched()
	}
}

// RUN-11: the error has the innermost frames of main, however deep other goroutines
// are, unless there are so many that to look for it would take long, or main itself
// is deeper than a profile shows.
func TestStackOfAMainThatIsRunning(t *testing.T) {
	before := goroutines.Count()
	for name, tc := range map[string]struct {
		goroutines, calls, mainCalls int
		want                         string
	}{
		"alone":                 {0, 0, 10, inDeep},
		"with many, and deep":   {5000, 40, 10, inDeep},
		"with too many":         {20_001, 0, 10, running},
		"deeper than a profile": {0, 0, 40, running},
	} {
		t.Run(name, func(t *testing.T) {
			whenAlone(before + 1)
			inVirtualTime(t, func(w *world) {
				release := make(chan struct{})
				for range tc.goroutines {
					go deep(tc.calls, release)
				}
				err := w.run(func(ctx context.Context) error {
					lifecycle.Stop(ctx, nil)
					deep(tc.mainCalls, release)
					return nil
				})
				close(release)
				if text := mainInText(err); text != tc.want {
					t.Errorf("the error is\n%s\nwant\n%s", text, tc.want)
				}
			})
		})
	}
}

// mainInText returns what an error says of main, without the numbers of lines.
func mainInText(err error) string {
	_, text, _ := strings.Cut(fmt.Sprint(err), "\n")
	return placeInText.ReplaceAllString(text, "a line")
}

// hanging is a main that does not return.
type hanging struct {
	calls   int
	release <-chan struct{}
}

func (h hanging) run(ctx context.Context) error {
	lifecycle.Stop(ctx, nil)
	deep(h.calls, h.release)
	return nil
}

// RUN-11: of two runs, none is given the place of the other's main: they are told
// apart if their mains are different functions, or wait in the same place.
func TestStackOfAMainBesideAnother(t *testing.T) {
	before := goroutines.Count()
	for name, tc := range map[string]struct {
		here, there func(h hanging) func(context.Context) error
		calls       int // of deep, there
		want        string
	}{
		"in the same place":       {hanging.function, hanging.function, 10, inDeep},
		"elsewhere":               {hanging.function, hanging.function, 11, running},
		"elsewhere, another main": {hanging.function, hanging.other, 11, inDeep},
		"elsewhere, a method":     {hanging.function, hanging.method, 11, inDeep},
		"methods":                 {hanging.method, hanging.method, 10, inDeep},
		"methods, elsewhere":      {hanging.method, hanging.method, 11, running},
	} {
		t.Run(name, func(t *testing.T) {
			whenAlone(before + 1)
			inVirtualTime(t, func(*world) {
				release := make(chan struct{})
				quiet := lifecycle.WithLogger(slog.New(slog.DiscardHandler))
				var runs sync.WaitGroup
				for name, main := range map[string]func(context.Context) error{
					"here":  tc.here(hanging{10, release}),
					"there": tc.there(hanging{tc.calls, release}),
				} {
					runs.Go(func() {
						if text := mainInText(lifecycle.Run(main, quiet)); text != tc.want {
							t.Errorf("%s, the error is\n%s\nwant\n%s", name, text, tc.want)
						}
					})
				}
				runs.Wait()
				close(release)
			})
		})
	}
}

func (h hanging) method() func(context.Context) error { return h.run }

//go:noinline
func (h hanging) function() func(context.Context) error {
	return func(ctx context.Context) error { return h.run(ctx) }
}

//go:noinline
func (h hanging) other() func(context.Context) error {
	return func(ctx context.Context) error { return h.run(ctx) }
}

// RUN-11: the error says what main waits for.
func TestStateOfAMainThatIsRunning(t *testing.T) {
	before := goroutines.Count()
	for want, start := range map[string]func(t *testing.T) (wait, release func()){
		"chan receive in": func(*testing.T) (wait, release func()) {
			c := make(chan int)
			return func() { <-c }, func() { c <- 1 }
		},
		"chan send in": func(*testing.T) (wait, release func()) {
			c := make(chan int)
			return func() { c <- 1 }, func() { <-c }
		},
		"select in": func(t *testing.T) (wait, release func()) {
			c := make(chan int)
			return func() {
				select {
				case <-c:
				case c <- 1:
				}
			}, func() { <-c }
		},
		"IO wait in net.(*TCPListener).Accept": func(t *testing.T) (wait, release func()) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			return func() { listener.Accept() }, func() { listener.Close() }
		},
		"waiting in sync.(*Mutex).Lock": func(*testing.T) (wait, release func()) {
			var locked sync.Mutex
			locked.Lock()
			return locked.Lock, locked.Unlock
		},
		"running in ": func(*testing.T) (wait, release func()) {
			var done atomic.Bool
			return func() {
				for !done.Load() {
				}
			}, func() { done.Store(true) }
		},
	} {
		t.Run(want, func(t *testing.T) {
			whenAlone(before + 1)
			wait, release := start(t)
			expectStateOfMain(t, wait, want, lifecycle.WithReturnGrace(0), lifecycle.WithShutdownTimeout(10*time.Millisecond))
			release()
		})
	}
	t.Run("sleep", func(t *testing.T) {
		whenAlone(before + 1)
		inVirtualTime(t, func(w *world) {
			expectStateOfMain(w.T, func() { time.Sleep(time.Hour) }, "sleep in time.Sleep (")
			time.Sleep(time.Hour) // until main has returned
		})
	})
}

// expectStateOfMain runs a main that does not return from wait, and expects the error
// to say so.
func expectStateOfMain(t *testing.T, wait func(), want string, opts ...lifecycle.Option) {
	t.Helper()
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Stop(ctx, nil)
		wait()
		return nil
	}, append(opts, lifecycle.WithLogger(slog.New(slog.DiscardHandler)))...)
	if text := mainInText(err); !strings.HasPrefix(text, running+": "+want) {
		t.Errorf("the error is\n%s\nwant it to begin with\n%s: %s", text, running, want)
	}
}
