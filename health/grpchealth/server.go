package grpchealth

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// Server implements grpc.health.v1. It is made by [New]; register it with
// grpc_health_v1.RegisterHealthServer. All its methods may be called from any
// goroutine at any time.
type Server struct {
	healthpb.UnimplementedHealthServer

	handler  *health.Handler // nil: never ready
	life     context.Context // the one given to New
	source   fsm.Source      // what life carries, or nil
	services map[string]bool
	interval time.Duration

	// stopped is set when a stop is first seen and never cleared. Every status
	// that leaves the Server is looked at with it last, so that nothing that
	// comes late makes it SERVING again.
	stopped atomic.Bool

	poller poller
}

type servingStatus = healthpb.HealthCheckResponse_ServingStatus

const (
	serving    = healthpb.HealthCheckResponse_SERVING
	notServing = healthpb.HealthCheckResponse_NOT_SERVING
)

// New returns a Server that answers with the readiness of h, until ctx is
// done: then it is NOT_SERVING for good and every Watch ends.
//
// The lifecycle that ctx carries, as the one does that lifecycle.Run gives to
// main, is followed: a Watch is told of its transitions at once, and it decides
// readiness where h follows none of its own. With a context that carries none,
// the stop of a lifecycle that h follows is seen when the checks are next
// asked, after the interval at the latest.
//
// A nil h is never ready and a nil ctx is context.Background; both, and an
// option that is nil or makes no sense, are logged as errors. For a nil h that
// is all: a probe that refused to come up over it would be worse.
func New(ctx context.Context, h *health.Handler, opts ...Option) *Server {
	s := &Server{handler: h, services: map[string]bool{"": true}, interval: defaultInterval}
	if h == nil {
		complain("New: the handler is nil; every status is NOT_SERVING")
	}
	if ctx == nil {
		complain("New: the context is nil; pass the one that lifecycle.Run gives to main")
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
			complain("New: " + problem)
		}
	}
	return s
}

// Check answers the status of a service. One that is not known is the error
// NOT_FOUND. The checks are run as for an HTTP probe (HEALTH-9); a call that
// ends before they do has the error of its context, and fails no check for the
// others (HEALTH-11).
func (s *Server) Check(ctx context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	if !s.services[r.GetService()] {
		return nil, status.Errorf(codes.NotFound, "unknown service %q", r.GetService())
	}
	now, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	return &healthpb.HealthCheckResponse{Status: now}, nil
}

// List answers the status of every service that is known, "" too. The checks
// are run once for all of them.
func (s *Server) List(ctx context.Context, _ *healthpb.HealthListRequest) (*healthpb.HealthListResponse, error) {
	now, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	statuses := make(map[string]*healthpb.HealthCheckResponse, len(s.services))
	for name := range s.services {
		statuses[name] = &healthpb.HealthCheckResponse{Status: now}
	}
	return &healthpb.HealthListResponse{Statuses: statuses}, nil
}

// ask returns what readiness is now. It fails only when ctx is done.
func (s *Server) ask(ctx context.Context) (servingStatus, error) {
	if s.handler == nil || s.over() {
		return notServing, nil
	}
	probe := ctx
	if s.source != nil {
		probe = fsm.NewContext(ctx, s.source)
	}
	response, ready := s.handler.Check(probe)
	if err := ctx.Err(); err != nil {
		return notServing, status.FromContextError(err).Err()
	}
	// The handler may follow another lifecycle than s does.
	var state fsm.State
	if state.UnmarshalText([]byte(response.State)) == nil && state > fsm.Running {
		s.stopped.Store(true)
	}
	if !ready || s.over() {
		return notServing, nil
	}
	return serving, nil
}

// over reports whether a stop has been seen, ever.
func (s *Server) over() bool {
	if s.life.Err() != nil || s.source != nil && s.source.State() > fsm.Running {
		s.stopped.Store(true)
	}
	return s.stopped.Load()
}

// reached returns a channel that is closed once the lifecycle is at the state
// or past it: never without one.
func (s *Server) reached(state fsm.State) <-chan struct{} {
	if s.source == nil {
		return nil
	}
	return s.source.Reached(state)
}
