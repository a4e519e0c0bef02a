module github.com/greynewell/mist-go/docs/benchmarks

go 1.25.0

replace github.com/greynewell/mist-go => ../..

require (
	github.com/AppsFlyer/go-sundheit v0.6.0
	github.com/alexliesenfeld/health v0.8.0
	github.com/greynewell/mist-go v0.2.0
	github.com/hellofresh/health-go/v5 v5.5.4
	github.com/looplab/fsm v1.0.3
	github.com/oklog/run v1.2.0
	github.com/qmuntal/stateless v1.7.2
	go.uber.org/fx v1.24.0
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.58.0
)

require (
	github.com/pkg/errors v0.9.1 // indirect
	go.opentelemetry.io/otel v1.35.0 // indirect
	go.opentelemetry.io/otel/trace v1.35.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.26.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
