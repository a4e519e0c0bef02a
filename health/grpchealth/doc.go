// Package grpchealth answers grpc.health.v1, the gRPC health checking
// protocol, with the readiness of a [health.Handler]. It is a module of its
// own, so that only its users depend on gRPC.
//
//	h := health.New("matchspec", "1.4.0")
//	h.AddCheckContext("db", checks.SQLPing(db))
//	h.Follow(ctx) // the context that lifecycle.Run gives to main
//
//	srv := grpc.NewServer()
//	healthpb.RegisterHealthServer(srv, grpchealth.New(ctx, h, grpchealth.WithServices("match.v1.Matcher")))
//
// SERVING is what health.Handler.Check calls ready: the lifecycle is Running,
// SetReady, and every check that is not optional passes (HEALTH-4). Otherwise it is
// NOT_SERVING. The services of [WithServices] share this status with "", which is
// the server as a whole and what the kubelet's grpc probe asks for. A service of
// [WithService] depends on some of the checks only.
//
// SetReady, SetNotReady and the state of the lifecycle reach a Watch at once,
// whatever the checks cost. While somebody watches, the checks are asked again an
// interval after each answer.
//
// # A stop is final
//
// Once the lifecycle is past Running, or the context given to [New] is done,
// the status is NOT_SERVING for good: a check that passes late, SetReady(true)
// or a new Watch do not undo it. A Watch gets it at once, and ends when that
// context is done, which is when a drain delay is over. So GracefulStop, which
// waits for every call, does not wait for those who watch.
//
// # To stop a gRPC server
//
// A hook is too late for GracefulStop: work that calls begin is refused by then,
// and a stream that does not end keeps the hooks after it from running. Serve
// with lifecycle.ServeFunc, as the example does: at the stop, calls that were
// accepted are answered, streams may end until the drain timeout, and what is
// left is cut before the first hook. grpc.WaitForHandlers has Stop wait for the
// handlers of what it cuts, so that a hook may close what they use.
//
// # Sources
//
// The messages, their order and the status codes are from "GRPC Health
// Checking Protocol" (https://github.com/grpc/grpc/blob/master/doc/health-checking.md)
// and the comments of grpc/health/v1/health.proto. What clients make of a
// Watch is in "Health Checking" (https://grpc.io/docs/guides/health-checking/).
package grpchealth
