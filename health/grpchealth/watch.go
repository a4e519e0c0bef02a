package grpchealth

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/greynewell/mist-go/fsm"
)

// Watch sends the status of a service at once, and again whenever it is
// another. At once means: when the checks have answered, which the first who
// watches may have to wait for, and a stop is told of without them. A service
// that is not known is SERVICE_UNKNOWN, and stays it.
//
// A Watch ends with its call. When the context given to New is done it ends
// with UNAVAILABLE, and one that comes later does so without a message: the
// client of grpc-go tries again without a pause after a stream that brought it
// one.
func (s *Server) Watch(r *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	if s.life.Err() != nil {
		return errStopped
	}
	if !s.services[r.GetService()] {
		return s.watchUnknown(stream)
	}
	s.join()
	defer s.leave()
	draining := s.reached(fsm.Draining)
	sent := unseen
	for {
		ended := s.life.Err() != nil
		now, changed := s.poller.look()
		if s.over() {
			now = notServing
		}
		if now != sent {
			if err := stream.Send(&healthpb.HealthCheckResponse{Status: now}); err != nil {
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
	unknown := &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVICE_UNKNOWN}
	if err := stream.Send(unknown); err != nil {
		return err
	}
	select {
	case <-s.life.Done():
		return errStopped
	case <-stream.Context().Done():
		return status.FromContextError(stream.Context().Err()).Err()
	}
}
