// Command grpchealth is a first program with health/grpchealth, which is all
// that its module asks for.
package main

import (
	"context"
	"fmt"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

func main() {
	ctx := context.Background()
	srv := grpchealth.New(ctx, health.New("stranger", "1.0.0"))
	r, err := srv.Check(ctx, &healthpb.HealthCheckRequest{})
	fmt.Println(r.GetStatus(), err)
}
