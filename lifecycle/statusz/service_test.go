package statusz_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

// service is a real run that is led from state to state.
type service struct {
	ctx      context.Context
	source   fsm.Source
	signals  chan os.Signal
	work     chan struct{} // closed: the work in flight is done
	slow     chan struct{} // closed: the slow hook is done
	slowRuns chan struct{} // closed: the slow hook has begun
	ended    chan error
	health   *health.Handler
}

// start has a service that has hooks and groups, in state Starting. The test's
// end leads it to its own.
func start(t *testing.T) *service {
	t.Helper()
	s := &service{
		signals: make(chan os.Signal), ended: make(chan error, 1),
		work: make(chan struct{}), slow: make(chan struct{}), slowRuns: make(chan struct{}),
		health: health.New("matchspec", "1.4.0", health.WithLogger(slog.New(slog.DiscardHandler))),
	}
	s.addChecks()
	opts := []lifecycle.Option{lifecycle.WithManualStart(), lifecycle.WithSignalSource(s.signals), lifecycle.WithLogger(slog.New(slog.DiscardHandler))}
	if *screenshots == "" { // a browser on a busy machine may need longer than the defaults
		opts = append(opts, lifecycle.WithDrainTimeout(time.Hour), lifecycle.WithShutdownTimeout(time.Hour))
	}
	contexts := make(chan context.Context)
	go func() {
		s.ended <- lifecycle.Run(func(ctx context.Context) error {
			s.open(ctx)
			contexts <- ctx
			<-ctx.Done()
			return ctx.Err()
		}, opts...)
	}()
	s.ctx = <-contexts
	s.source, _ = fsm.FromContext(s.ctx)
	t.Cleanup(func() {
		for s.source.State() != fsm.Stopped {
			s.advance(t)
		}
	})
	return s
}

// addChecks has checks of every sort, which have been run once.
func (s *service) addChecks() {
	say := func(text string) func(context.Context) error {
		return func(context.Context) error {
			if text != "" {
				return errors.New(text)
			}
			return nil
		}
	}
	s.health.AddCheckContext("database", say(""))
	s.health.AddCheckContext("search", say("checks: TCPDial search:9200: dial tcp 10.0.0.7:9200: connect: connection refused"))
	s.health.AddCheckContext("cache", say("cold"), health.Optional())
	s.health.AddCheckContext("queue", say("connection reset by peer"), health.FailAfter(3))
	s.health.Check(context.Background())
	s.health.AddCheckContext("licence", say(""))
}

func (s *service) open(ctx context.Context) {
	lifecycle.OnShutdownContext(ctx, func(context.Context) error { return nil }, lifecycle.HookName("tracing"))
	lifecycle.OnShutdownContext(ctx, func(context.Context) error {
		close(s.slowRuns)
		<-s.slow
		return nil
	}, lifecycle.HookName("database"))
	lifecycle.OnShutdownContext(ctx, func(context.Context) error {
		return errors.New("push to metrics:9091: connection refused")
	}, lifecycle.HookName("metrics"))
	lifecycle.OnShutdown(ctx, func() error { return nil })

	lifecycle.DrainGroup(ctx).Go(func() { <-s.work })
	lifecycle.DrainGroup(ctx)
}

// begin has a task, a unit and a request under way.
func (s *service) begin() {
	lifecycle.Go(s.ctx, func(context.Context) error { <-s.work; return nil })
	done, _ := lifecycle.Track(s.ctx)
	begun := make(chan struct{})
	request := lifecycle.Handler(s.ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-s.work
	}))
	go func() {
		defer done()
		request.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	<-begun
}

// advance leads the service to the next state.
func (s *service) advance(t *testing.T) {
	t.Helper()
	switch next := s.source.State() + 1; next {
	case fsm.Running:
		lifecycle.MarkStarted(s.ctx)
		s.begin()
	case fsm.Draining:
		s.signals <- syscall.SIGTERM
		<-s.source.Reached(next)
	case fsm.Hooks:
		close(s.work)
		<-s.slowRuns
	case fsm.Stopped:
		close(s.slow)
		if err := <-s.ended; err == nil {
			t.Error("the failed hook is not in the result")
		}
	}
}

// fixedSource is a source with a fixed snapshot.
type fixedSource struct {
	snapshot lifecycle.Snapshot
	asked    int
}

func (f *fixedSource) State() fsm.State                  { return f.snapshot.State }
func (f *fixedSource) Reached(fsm.State) <-chan struct{} { return nil }

func (f *fixedSource) Snapshot() lifecycle.Snapshot {
	f.asked++
	return f.snapshot
}
