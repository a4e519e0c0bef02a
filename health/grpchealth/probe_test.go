package grpchealth_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// probeTool is the client that Kubernetes' documentation names:
//
//	go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.62
const probeTool = "grpc-health-probe"

// The exit codes of grpc-health-probe that tell a status, as its README has them.
const (
	exitServing   = 0
	exitUnhealthy = 4
	exitFailed    = 3 // the RPC did, by NOT_FOUND too
)

func TestGRPCHealthProbeGetsTheReadiness(t *testing.T) {
	tool, err := exec.LookPath(probeTool)
	if err != nil {
		if os.Getenv("MIST_NO_SKIP") != "" {
			t.Fatalf("%s is not installed, and MIST_NO_SKIP is set: %v", probeTool, err)
		}
		t.Skipf("%s is not installed; go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.62", probeTool)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	machine, h, srv := fsm.New(), newHandler(), grpc.NewServer()
	h.AddCheckContext("search", func(context.Context) error { return errors.New("down") }, health.Group("query"), health.FailAfter(1))
	h.AddCheckContext("store", func(context.Context) error { return nil })
	healthpb.RegisterHealthServer(srv, grpchealth.New(fsm.NewContext(context.Background(), machine), h,
		grpchealth.WithService("match.v1.Query", "query"), grpchealth.WithService("match.v1.Ingest", "ingest")))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	defer func() {
		srv.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	probe := func(when, service string, code int, text string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, tool, "-addr="+ln.Addr().String(), "-service="+service,
			"-connect-timeout=30s", "-rpc-timeout=30s").CombinedOutput()
		got := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			got = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got != code || !strings.Contains(string(out), text) {
			t.Errorf("%s, service %q: exit code %d, want %d with %q; it says\n%s", when, service, got, code, text, out)
		}
	}
	fire := func(e fsm.Event) {
		if _, err := machine.Fire(e); err != nil {
			t.Fatal(err)
		}
	}
	probe("starting", "match.v1.Ingest", exitUnhealthy, "NOT_SERVING")
	fire(fsm.Started)
	probe("running", "match.v1.Ingest", exitServing, "SERVING")
	probe("running", "match.v1.Query", exitUnhealthy, "NOT_SERVING")
	probe("running", "", exitUnhealthy, "NOT_SERVING")
	probe("running", "match.v1.Unknown", exitFailed, "unknown service")
	h.RemoveCheck("search")
	probe("repaired", "", exitServing, "SERVING")
	h.SetNotReady("maintenance")
	probe("not ready", "", exitUnhealthy, "NOT_SERVING")
	h.SetReady(true)
	fire(fsm.StopRequested)
	probe("draining", "match.v1.Ingest", exitUnhealthy, "NOT_SERVING")
}
