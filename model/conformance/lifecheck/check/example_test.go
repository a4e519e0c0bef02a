package check_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
	"github.com/greynewell/mist-go/model/conformance/lifecheck/internal/services"
)

// A test of a service in Go can ask the same as the command. Here the service is
// one of lifecheck's own, which exits while requests are under way.
func Example() {
	self, err := os.Executable()
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := check.Run(context.Background(), check.Options{
		Command: []string{self},
		Env:     []string{services.NoRaceSleep, services.EnvName + "=it exits at once", services.EnvAddr + "=127.0.0.1:18472"},
		Ready:   "http://127.0.0.1:18472/readyz",
		Live:    "http://127.0.0.1:18472/healthz",
		Work:    []string{"http://127.0.0.1:18472/slow"},
		Upload:  check.None,
		Budget:  5 * time.Second,
		Runs:    1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	for _, f := range report.Findings {
		fmt.Printf("%s (%s): %s\n", f.Name, f.Clause, f.Change)
	}
	// Output:
	// findings
	// early-exit (DRAIN-1): Wait for Shutdown to return before main does, and never call os.Exit or log.Fatal elsewhere.
}
