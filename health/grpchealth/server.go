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

// Server implements grpc.health.v1. It is made by [New]; register it with
// grpc_health_v1.RegisterHealthServer. All its methods may be called from any
// goroutine at any time.
type Server struct {
	healthpb.UnimplementedHealthServer

	handler  *health.Handler    // nil: never ready
	life     context.Context    // the one given to New
	source   fsm.Source         // what life carries, or nil
	all      *target            // every check
	services map[string]*target // by name
	interval time.Duration

	// stopped is set when a stop is first seen and never cleared. Every status
	// that leaves the Server is looked at with it last, so that nothing that
	// comes late makes it SERVING again.
	stopped atomic.Bool
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
// main, decides readiness where h follows none of its own. Its
// transitions, and those of the lifecycle that h follows, reach a Watch at once.
//
// A nil h is never ready and a nil ctx is context.Background; both, and an
// option that is nil or makes no sense, are logged as errors. For a nil h that
// is all: a probe that refused to come up over it would be worse.
func New(ctx context.Context, h *health.Handler, opts ...Option) *Server {
	s := &Server{handler: h, interval: defaultInterval}
	s.all = &target{server: s, check: h.Check}
	s.services = map[string]*target{"": s.all}
	if h == nil {
		misused("New: the handler is nil; every status is NOT_SERVING")
	}
	if ctx == nil {
		misused("New: the context is nil; pass the one that lifecycle.Run gives to main")
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
			misused("New: " + problem)
		}
	}
	return s
}

// Check answers the status of a service. One that is not known is the error
// NOT_FOUND. The checks are run as for an HTTP probe (HEALTH-9); a call that
// ends before they do has the error of its context, and fails no check for the
// others (HEALTH-11).
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

// List answers the status of every service that is known, "" too. Services that
// depend on the same checks share their runs.
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

// follow is ctx with the lifecycle of the server, for a handler that has none.
func (s *Server) follow(ctx context.Context) context.Context {
	if s.source == nil {
		return ctx
	}
	return fsm.NewContext(ctx, s.source)
}

// changes returns channels that are closed when the answer may be another,
// whatever the checks say.
func (s *Server) changes(ctx context.Context) (set, state <-chan struct{}) {
	if s.handler == nil {
		return nil, nil
	}
	return s.handler.Changed(s.follow(ctx))
}

// open reports whether SetReady and the lifecycle let the status be SERVING.
func (s *Server) open(ctx context.Context) bool {
	if s.handler == nil {
		return false
	}
	response, open := s.handler.Gate(s.follow(ctx))
	s.see(response)
	return open
}

// see notes a stop of the lifecycle that the handler follows, which may be
// another than s does.
func (s *Server) see(response health.Response) {
	var state fsm.State
	if state.UnmarshalText([]byte(response.State)) == nil && state > fsm.Running {
		s.stopped.Store(true)
	}
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
