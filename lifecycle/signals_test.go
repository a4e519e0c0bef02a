package lifecycle_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestForcingSignals(t *testing.T) {
	const ms = time.Millisecond
	type at struct {
		when time.Duration
		sig  os.Signal
	}
	for name, tc := range map[string]struct {
		signals  []at
		returned string
		forced   bool
	}{
		"SIG-2: a second SIGINT ends Draining, a third ends Hooks":  {[]at{{0, interrupt}, {300 * ms, interrupt}, {600 * ms, interrupt}}, "600ms", true},
		"SIG-2: one key press delivered twice forces nothing":       {[]at{{0, interrupt}, {249 * ms, interrupt}}, "25s", false},
		"SIG-2: nor does one soon after another that did not count": {[]at{{0, interrupt}, {200 * ms, interrupt}, {449 * ms, interrupt}}, "25s", false},
		"SIG-2: but one long enough after that does":                {[]at{{0, interrupt}, {200 * ms, interrupt}, {450 * ms, interrupt}}, "10.45s", true},
		"SIG-2: a repeated SIGTERM never does":                      {[]at{{0, syscall.SIGTERM}, {time.Second, syscall.SIGTERM}, {2 * time.Second, syscall.SIGTERM}}, "25s", false},
		"SIG-2: a SIGINT after SIGTERM does":                        {[]at{{0, syscall.SIGTERM}, {250 * ms, interrupt}}, "10.25s", true},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				release := make(chan struct{})
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { <-release; return nil })
					lifecycle.DrainGroup(ctx).Go(func() { <-release })
					lifecycle.DrainGroup(ctx).Go(func() {
						for _, s := range tc.signals {
							time.Sleep(s.when - time.Since(w.began))
							w.signals <- s.sig
						}
					})
					<-ctx.Done()
					return nil
				})
				w.note("returned")
				w.expect(tc.returned + " returned")
				if errors.Is(err, lifecycle.ErrForced) != tc.forced || errors.Is(err, lifecycle.ErrDrainTimeout) == tc.forced {
					t.Errorf("Run returned %v", err)
				}
				if tc.forced && !strings.Contains(err.Error(), "signals_test.go:") {
					t.Errorf("the error names nothing: %v", err)
				}
				close(release)
			})
		})
	}
}

func TestClosedSignalSourceIsIgnored(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		close(w.signals)
		err := w.run(func(ctx context.Context) error { sleep(1); return ctx.Err() })
		if err != nil {
			t.Errorf("SIG-2: Run returned %v", err)
		}
	})
}

func TestPendingStopIsHandledBeforeMainsReturn(t *testing.T) {
	for range 50 {
		inVirtualTime(t, func(w *world) {
			parent, cancel := context.WithCancel(context.Background())
			err := w.run(func(context.Context) error {
				cancel()
				return parent.Err() // main watched the parent, not the context it was given
			}, lifecycle.WithContext(parent))
			if err != nil {
				t.Fatalf("RUN-7: Run returned %v", err)
			}
		})
	}
}

// SIG-1: a signal that has come before main's return is handled before it.
func TestPendingSignalIsHandledBeforeMainsReturn(t *testing.T) {
	for range 50 {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(context.Context) error {
				w.signals <- syscall.SIGTERM
				return http.ErrServerClosed // as main would because of it
			})
			if err != nil {
				t.Fatalf("RUN-7: Run returned %v", err)
			}
		})
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				close(w.signals)
				lifecycle.Go(ctx, func(context.Context) error { return errBoom })
				<-ctx.Done()
				return nil
			})
			if !errors.Is(err, errBoom) {
				t.Fatalf("SIG-2: Run returned %v", err)
			}
		})
	}
}

// RUN-14: only the signal error that is in the result is not joined again.
func TestAnotherSignalErrorIsJoined(t *testing.T) {
	for _, opts := range [][]lifecycle.Option{nil, {lifecycle.WithSignalError()}} {
		inVirtualTime(t, func(w *world) {
			own := &lifecycle.SignalError{Signal: syscall.SIGHUP}
			err := w.run(func(ctx context.Context) error {
				w.signals <- syscall.SIGTERM
				<-ctx.Done()
				lifecycle.Stop(ctx, own)
				return nil
			}, opts...)
			if leaves(err, own) != 1 {
				t.Errorf("Run returned %v, want %v in it", err, own)
			}
		})
	}
}
