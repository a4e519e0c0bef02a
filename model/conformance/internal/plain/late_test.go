package plain_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

// logged returns what f writes to the default logger.
func logged(f func()) string {
	var text bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&text, nil)))
	defer slog.SetDefault(was)
	f()
	return text.String()
}

func TestTheTimeoutsHaveDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		began := time.Now()
		var hooks atomic.Int64
		var group *sync.WaitGroup
		var err error
		text := logged(func() {
			err = plain.Run(func(ctx context.Context) error {
				plain.OnShutdown(ctx, func() error { return errors.New("it never begins") })
				plain.OnShutdown(ctx, func() error { hooks.Store(int64(time.Since(began))); <-release; return nil })
				group = plain.DrainGroup(ctx)
				group.Add(1)
				return nil
			})
		})
		if took, begun := time.Since(began), time.Duration(hooks.Load()); begun != 15*time.Second || took != 25*time.Second {
			t.Errorf("the hooks began after %v and Run returned after %v, want 15s and 25s", begun, took)
		}
		if !errors.Is(err, plain.ErrDrainTimeout) || !errors.Is(err, plain.ErrShutdownTimeout) {
			t.Errorf("Run returned %v", err)
		}
		if !strings.Contains(text, "drain timeout") || !strings.Contains(text, `"hooks not begun"=1`) {
			t.Errorf("it logged\n%s", text)
		}
		close(release)
		group.Done()
	})
}

func TestAHookThatIsTooLateIsLoggedAndDoesNotRun(t *testing.T) {
	for name, stuck := range map[string]bool{"after a clean end": false, "after the shutdown timeout": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release, ran := make(chan struct{}), false
				var run context.Context
				text := logged(func() {
					_ = plain.Run(func(ctx context.Context) error {
						run = ctx
						plain.OnShutdown(ctx, func() error {
							if stuck {
								<-release
							}
							return nil
						})
						return nil
					})
				})
				if strings.Contains(text, "OnShutdown") {
					t.Errorf("in time it logged\n%s", text)
				}
				text = logged(func() { plain.OnShutdown(run, func() error { ran = true; return nil }) })
				close(release)
				if synctest.Wait(); ran || !strings.Contains(text, "too late") {
					t.Errorf("it ran: %v; it logged\n%s", ran, text)
				}
			})
		})
	}
}

func TestAHookThatAHookRegistersRuns(t *testing.T) {
	var order []string
	err := plain.Run(func(ctx context.Context) error {
		plain.OnShutdown(ctx, func() error { order = append(order, "first"); return nil })
		plain.OnShutdown(ctx, func() error {
			plain.OnShutdown(ctx, func() error { order = append(order, "third"); return nil })
			order = append(order, "second")
			return nil
		})
		return nil
	})
	if err != nil || strings.Join(order, " ") != "second third first" {
		t.Errorf("%v, %v", order, err)
	}
}

func TestAContextFromElsewhereIsLogged(t *testing.T) {
	text := logged(func() { plain.OnShutdown(context.Background(), func() error { return nil }) })
	if !strings.Contains(text, "does not come from Run") {
		t.Errorf("it logged\n%s", text)
	}
}

func TestAPanicHasItsStack(t *testing.T) {
	err := plain.Run(func(context.Context) error { return panics() })
	var panicked *plain.PanicError
	if !errors.As(err, &panicked) || !bytes.Contains(panicked.Stack, []byte("plain_test.panics")) {
		t.Errorf("Run returned %v", err)
	}
}

func panics() error { panic("no") }
