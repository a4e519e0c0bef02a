// Command promhealth is a first program with health/promhealth, which is all
// that its module asks for.
package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
)

func main() {
	registry := prometheus.NewRegistry()
	registry.MustRegister(promhealth.New(health.New("stranger", "1.0.0")))
	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	for _, family := range families {
		if family.GetName() == "health_ready" {
			fmt.Println(family.GetName(), family.GetMetric()[0].GetGauge().GetValue())
		}
	}
}
