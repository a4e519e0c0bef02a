package plain_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

func TestMain(m *testing.M) {
	// The runtime starts its signal goroutine at the first Notify. In a bubble
	// of virtual time that would end the test binary, so it happens here.
	started := make(chan os.Signal, 1)
	signal.Notify(started, syscall.SIGTERM)
	signal.Stop(started)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// A diary is what happened, with the virtual time in seconds.
type diary struct {
	began time.Time
	mu    sync.Mutex
	notes []string
}

func (d *diary) note(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, fmt.Sprintf("%s@%v", what, time.Since(d.began).Seconds()))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.notes, " ")
}

// hook returns a hook that notes its beginning and lasts so many seconds.
func (d *diary) hook(name string, seconds float64, err error) func() error {
	return func() error {
		d.note(name)
		sleep(seconds)
		return err
	}
}

func sleep(seconds float64) { time.Sleep(time.Duration(seconds * float64(time.Second))) }

var errMain, errHook = errors.New("main failed"), errors.New("hook failed")

func TestRun(t *testing.T) {
	for name, tc := range map[string]struct {
		main func(d *diary, ctx context.Context) error
		opts []plain.Option
		want string
		errs []error
	}{
		"hooks run last registered first, after main": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("first", 1, nil))
			plain.OnShutdown(ctx, d.hook("second", 1, nil))
			sleep(1)
			return nil
		}, nil, "second@1 first@2 returned@3", nil},
		"a hook that a hook registers is next": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("first", 0, nil))
			plain.OnShutdown(ctx, func() error {
				plain.OnShutdown(ctx, d.hook("third", 0, nil))
				return d.hook("second", 1, nil)()
			})
			return nil
		}, nil, "second@0 third@1 first@1 returned@1", nil},
		"main's error alone is returned as it is": {func(d *diary, ctx context.Context) error {
			return errMain
		}, nil, "returned@0", []error{errMain}},
		"several errors are joined, main's first": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("hook", 0, errHook))
			return errMain
		}, nil, "hook@0 returned@0", []error{errMain, errHook}},
		"a panic of main's is an error, and hooks run": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("hook", 0, nil))
			panic(errMain)
		}, nil, "hook@0 returned@0", []error{errMain}},
		"so is Goexit": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("hook", 0, nil))
			runtime.Goexit()
			return nil
		}, nil, "hook@0 returned@0", []error{plain.ErrGoexit}},
		"hooks that fail do not stop the others": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("last", 0, nil))
			plain.OnShutdown(ctx, func() error { runtime.Goexit(); return nil })
			plain.OnShutdown(ctx, func() error { panic(errHook) })
			plain.OnShutdown(ctx, nil)
			return nil
		}, nil, "last@0 returned@0", []error{errHook, plain.ErrGoexit}},
		"work is waited for": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("hook", 0, nil))
			plain.DrainGroup(ctx).Go(func() {
				sleep(2)
				plain.DrainGroup(ctx).Go(func() { sleep(3) })
			})
			return nil
		}, nil, "hook@5 returned@5", nil},
		"until the drain timeout": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("hook", 0, nil))
			plain.DrainGroup(ctx).Go(func() { sleep(60) })
			return nil
		}, []plain.Option{plain.WithDrainTimeout(4 * time.Second)}, "hook@4 returned@4", []error{plain.ErrDrainTimeout}},
		"each option counts": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("slow", 60, nil))
			return nil
		}, []plain.Option{plain.WithDrainTimeout(4 * time.Second), plain.WithShutdownTimeout(2 * time.Second)}, "slow@0 returned@2", []error{plain.ErrShutdownTimeout}},
		"hooks have a timeout, all together": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, d.hook("never", 0, nil))
			plain.OnShutdown(ctx, d.hook("slow", 60, nil))
			plain.OnShutdown(ctx, d.hook("quick", 1, nil))
			return nil
		}, []plain.Option{plain.WithShutdownTimeout(2 * time.Second)}, "quick@0 slow@1 returned@2", []error{plain.ErrShutdownTimeout}},
		"a hook registered after the end does not run": {func(d *diary, ctx context.Context) error {
			go func() {
				sleep(5)
				plain.OnShutdown(ctx, d.hook("late", 1, errHook))
				d.note("registered")
			}()
			return nil
		}, nil, "returned@0 registered@5", nil},
		"the context is live until main is back": {func(d *diary, ctx context.Context) error {
			plain.OnShutdown(ctx, func() error { return ctx.Err() })
			return ctx.Err()
		}, nil, "returned@0", []error{context.Canceled}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &diary{began: time.Now()}
				err := plain.Run(func(ctx context.Context) error { return tc.main(d, ctx) }, tc.opts...)
				d.note("returned")
				sleep(100) // what is still under way comes to its end
				if got := d.String(); got != tc.want {
					t.Errorf("what happened: %s\n    should have: %s", got, tc.want)
				}
				for _, want := range tc.errs {
					if !errors.Is(err, want) {
						t.Errorf("Run returned %v, which is to hold %v", err, want)
					}
				}
				if len(tc.errs) == 0 && err != nil {
					t.Errorf("Run returned %v", err)
				}
			})
		})
	}
}
