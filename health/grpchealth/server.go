package grpchealth

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// Server implements grpc.health.v1. Create it with [New] and register it with
// grpc_health_v1.RegisterHealthServer. All methods are safe for concurrent use.
type Server struct {
	healthpb.UnimplementedHealthServer

	handler  *health.Handler    // nil: never ready
	life     context.Context    // given to New
	source   fsm.Source         // in life, or nil
	all      *target            // every check
	services map[string]*target // by name
	interval time.Duration

	// stopped is set when a stop is first seen and never cleared. It is read last for
	// every status that is sent, so that a late result cannot make it SERVING again.
	stopped atomic.Bool
}

type servingStatus = healthpb.HealthCheckResponse_ServingStatus

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
)

// New returns a Server that answers with the readiness of h until ctx is done; then it
// is NOT_SERVING permanently and every Watch ends.
//
// If h follows no lifecycle, readiness follows the one in ctx, usually main's context
// from lifecycle.Run. Transitions of either are sent to a Watch immediately.
//
// With a nil h the Server is never ready; a nil ctx means context.Background. Both, and
// an option that is nil or invalid, are logged as errors, and the Server works otherwise.
func New(ctx context.Context, h *health.Handler, opts ...Option) *Server {
	s := &Server{handler: h, interval: defaultInterval}
	s.all = &target{server: s, check: h.Check}
	s.services = map[string]*target{"": s.all}
	if h == nil {
		logMisuse("New: the handler is nil; every status is NOT_SERVING")
	}
	if ctx == nil {
		logMisuse("New: the context is nil; pass main's context from lifecycle.Run")
		ctx = context.Background()
	}
	s.life = ctx
	s.source, _ = fsm.FromContext(ctx)
	for _, opt := range opts {
		problem := "an option is nil"
		if opt != nil {
			problem = opt(s)
		}
		if problem != "" {
			logMisuse("New: " + problem)
		}
	}
	return s
}

// Check returns the status of a service, or NOT_FOUND if it is unknown. The checks are
// run as for an HTTP probe (HEALTH-9). A call whose context ends first returns the error
// of its context, and does not fail the checks for others (HEALTH-11).
func (s *Server) Check(ctx context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	t := s.services[r.GetService()]
	if t == nil {
		return nil, status.Errorf(codes.NotFound, "unknown service %q", r.GetService())
	}
	a := t.ask(ctx)
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	return response(a.status), nil
}

// List returns the status of every known service, including "". Services that depend on
// the same checks share their runs.
func (s *Server) List(ctx context.Context, _ *healthpb.HealthListRequest) (*healthpb.HealthListResponse, error) {
	found := map[*target]*servingStatus{}
	var asking sync.WaitGroup
	for _, t := range s.services {
		if found[t] == nil {
			now := new(servingStatus)
			found[t] = now
			asking.Go(func() { *now = t.ask(ctx).status })
		}
	}
	asking.Wait()
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	statuses := make(map[string]*healthpb.HealthCheckResponse, len(s.services))
	for name, t := range s.services {
		statuses[name] = response(*found[t])
	}
	return &healthpb.HealthListResponse{Statuses: statuses}, nil
}

// follow returns ctx with the server's lifecycle, for a handler that follows none.
func (s *Server) follow(ctx context.Context) context.Context {
	if s.source == nil {
		return ctx
	}
	return fsm.NewContext(ctx, s.source)
}

// changes returns channels that are closed when the answer may have changed for other
// reasons than checks.
func (s *Server) changes(ctx context.Context) (set, state <-chan struct{}) {
	if s.handler == nil {
		return nil, nil
	}
	return s.handler.Changed(s.follow(ctx))
}

// open reports whether SetReady and the lifecycle allow SERVING.
func (s *Server) open(ctx context.Context) bool {
	if s.handler == nil {
		return false
	}
	response, open := s.handler.Gate(s.follow(ctx))
	s.noteStop(response)
	return open
}

// noteStop records a stop of the handler's lifecycle, which may not be the server's.
func (s *Server) noteStop(response health.Response) {
	var state fsm.State
	if state.UnmarshalText([]byte(response.State)) == nil && state > fsm.Running {
		s.stopped.Store(true)
	}
}

// over reports whether a stop has ever been seen.
func (s *Server) over() bool {
	if s.life.Err() != nil || s.source != nil && s.source.State() > fsm.Running {
		s.stopped.Store(true)
	}
	return s.stopped.Load()
}

// reached returns a channel that is closed once the lifecycle has reached the state, or
// nil without a lifecycle.
func (s *Server) reached(state fsm.State) <-chan struct{} {
	if s.source == nil {
		return nil
	}
	return s.source.Reached(state)
}
