// Package grpchealth implements grpc.health.v1, the gRPC health checking protocol, with
// the readiness of a [health.Handler]. It is a separate module, so that only its users
// depend on gRPC.
//
//	h := health.New("matchspec", "1.4.0")
//	h.AddCheckContext("disk", checks.WritableDir("/var/lib/matchspec"))
//	h.Follow(ctx) // main's context, from lifecycle.Run
//
//	srv := grpc.NewServer()
//	healthpb.RegisterHealthServer(srv, grpchealth.New(ctx, h, grpchealth.WithServices("match.v1.Matcher")))
//
// The status is SERVING if health.Handler.Check reports ready: the lifecycle is Running,
// SetReady(false) was not called, and every check that is not optional passes
// (HEALTH-4). Otherwise it is NOT_SERVING. The services of [WithServices] share this
// status with "", which is the server as a whole and what the kubelet's grpc probe asks
// for. A service of [WithService] depends on only some of the checks.
//
// Changes by SetReady, SetNotReady and the lifecycle are sent to a Watch immediately,
// without waiting for checks. While there is a Watch, the checks are run again an
// interval after each result.
//
// IDs such as HEALTH-4 are clauses of the contract, docs/spec.md:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
//
// # A stop is final
//
// Once the lifecycle is past Running, or the context given to [New] is done, the status
// is NOT_SERVING permanently: a check that passes later, SetReady(true) or a new Watch
// cannot change that. A Watch gets this status immediately, and ends when that context
// is done, after a drain delay if there is one. So GracefulStop, which waits for every
// call, does not wait for Watch calls.
//
// # Stopping a gRPC server
//
// Do not call GracefulStop in a hook: by then, work that calls begin is refused, and a
// stream that does not end keeps later hooks from running. Serve with
// lifecycle.ServeFunc, as in the example: at the stop, accepted calls are answered,
// streams have until the drain timeout, and what is left is cut before the first hook.
// grpc.WaitForHandlers makes Stop wait for the handlers of calls that it cuts, so that a
// hook can safely close what they use.
//
// # Sources
//
// The messages, their order and the status codes are from "GRPC Health
// Checking Protocol" (https://github.com/grpc/grpc/blob/master/doc/health-checking.md)
// and the comments of grpc/health/v1/health.proto. For how clients use Watch, see
// "Health Checking" (https://grpc.io/docs/guides/health-checking/).
package grpchealth
