//go:build unix

package plain_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/plain"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
)

// signalled runs main, which is to send itself signals.
func signalled(main func(ctx context.Context) error) error {
	return plain.Run(main, plain.WithDrainTimeout(40*time.Millisecond), plain.WithShutdownTimeout(40*time.Millisecond))
}

func TestASignalCancelsTheContextAndFurtherOnesAreIgnored(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		err := signalled(func(ctx context.Context) error {
			plain.OnShutdown(ctx, func() error { process.Raise(sig); return errHook })
			process.Raise(sig)
			<-ctx.Done()
			process.Raise(sig)
			return nil
		})
		if !errors.Is(err, errHook) {
			t.Errorf("%v: Run returned %v", sig, err)
		}
	}
}

func TestOneSignalStopsARunInsideOfAnother(t *testing.T) {
	err := signalled(func(outer context.Context) error {
		return signalled(func(inner context.Context) error {
			process.Raise(syscall.SIGTERM)
			<-inner.Done()
			<-outer.Done()
			return errMain
		})
	})
	if err != errMain {
		t.Errorf("Run returned %v", err)
	}
}

func TestAMainThatDoesNotComeBackDoesNotKeepRun(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	hooks := 0
	err := signalled(func(ctx context.Context) error {
		plain.OnShutdown(ctx, func() error { hooks++; return nil })
		process.Raise(syscall.SIGTERM)
		<-release
		return nil
	})
	if !errors.Is(err, plain.ErrMainRunning) || !errors.Is(err, plain.ErrShutdownTimeout) || errors.Is(err, plain.ErrDrainTimeout) {
		t.Errorf("Run returned %v", err)
	}
	if hooks != 1 {
		t.Errorf("the hook ran %d times", hooks)
	}
}

func TestAHookCanEndMainAndOneOfMainsIsStillTaken(t *testing.T) {
	release, took := make(chan struct{}), false
	err := plain.Run(func(ctx context.Context) error {
		plain.OnShutdown(ctx, func() error { close(release); return nil })
		process.Raise(syscall.SIGTERM)
		<-release
		time.Sleep(10 * time.Millisecond) // there is no hook left to run
		plain.OnShutdown(ctx, func() error { took = true; return nil })
		return nil
	}, plain.WithDrainTimeout(40*time.Millisecond))
	if err != nil || !took {
		t.Errorf("Run returned %v; the last hook ran: %v", err, took)
	}
}

func TestAContextFromElsewhereDoesNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plain.OnShutdown(t.Context(), func() error { t.Error("the hook ran"); return nil })
		group := plain.DrainGroup(t.Context())
		group.Go(func() {})
		group.Wait()
	})
}
