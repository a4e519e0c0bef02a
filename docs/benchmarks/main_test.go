package benchmarks

import (
	"context"
	"io"
	"log"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // a peer logs there
	goleak.VerifyTestMain(m)
}

// quiet is the defaults, with nothing written, and with time for a million
// items of whatever kind on a busy machine.
var quiet = []lifecycle.Option{
	lifecycle.WithLogger(slog.New(slog.DiscardHandler)),
	lifecycle.WithDrainTimeout(5 * time.Minute),
	lifecycle.WithShutdownTimeout(5 * time.Minute),
}

// running returns the context of a service that runs until the test is over,
// and has to stop well then.
func running(tb testing.TB, opts ...lifecycle.Option) context.Context {
	contexts, ended := make(chan context.Context), make(chan error, 1)
	go func() {
		ended <- lifecycle.Run(func(ctx context.Context) error {
			contexts <- ctx
			<-ctx.Done()
			return nil
		}, append(opts, quiet...)...)
	}()
	ctx := <-contexts
	tb.Cleanup(func() {
		lifecycle.Stop(ctx, nil)
		if err := <-ended; err != nil {
			tb.Errorf("Run returned %v", err)
		}
	})
	return ctx
}
