package grpchealth

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
)

// Watch sends the current status of a service, and then each change. The first status is
// sent once the checks have a result, which the first Watch may have to wait for; if
// SetReady, SetNotReady or the lifecycle determine it, it is sent immediately. For an
// unknown service the status is SERVICE_UNKNOWN and does not change.
//
// A Watch ends with its call. When the context given to New is done it ends with
// UNAVAILABLE. A Watch that is called after that ends without sending a status, because
// grpc-go's client retries without backoff after a stream that sent one.
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
