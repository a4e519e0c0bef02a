package grpchealth

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
)

// Watch sends the status of a service at once, and again whenever it is
// another. At once means: when the checks have answered, which the first Watch
// may have to wait for; SetReady, SetNotReady and the state of the lifecycle do
// not wait for them. A service that is not known is SERVICE_UNKNOWN, and remains
// so.
//
// A Watch ends with its call. When the context given to New is done it ends
// with UNAVAILABLE, and one that comes later does so without a message: the
// client of grpc-go tries again without a pause after a stream that brought it
// one.
func (s *Server) Watch(r *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	if s.life.Err() != nil {
		return errStopped
	}
	t := s.services[r.GetService()]
	if t == nil {
		return s.watchUnknown(stream)
	}
	t.join()
	defer t.leave()
	draining := s.reached(fsm.Draining)
	sent := unseen
	for {
		ended := s.life.Err() != nil
		now, changed := t.look()
		if s.over() {
			now = notServing
		}
		if now != sent {
			if err := stream.Send(response(now)); err != nil {
				return err
			}
			sent = now
		}
		if ended {
			return errStopped
		}
		select {
		case <-changed:
		case <-draining:
			draining = nil
		case <-s.life.Done():
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		}
	}
}

var errStopped = status.Error(codes.Unavailable, "the service is stopping")

func (s *Server) watchUnknown(stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	if err := stream.Send(response(healthpb.HealthCheckResponse_SERVICE_UNKNOWN)); err != nil {
		return err
	}
	select {
	case <-s.life.Done():
		return errStopped
	case <-stream.Context().Done():
		return status.FromContextError(stream.Context().Err()).Err()
	}
}
