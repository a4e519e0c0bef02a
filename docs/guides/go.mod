module github.com/greynewell/mist-go/docs/guides

go 1.25.0

replace (
	github.com/greynewell/mist-go => ../..
	github.com/greynewell/mist-go/health/grpchealth => ../../health/grpchealth
	github.com/greynewell/mist-go/health/promhealth => ../../health/promhealth
	github.com/greynewell/mist-go/lifecycle/systemd => ../../lifecycle/systemd
)

require (
	github.com/greynewell/mist-go v0.0.0
	go.uber.org/goleak v1.3.0
)

require github.com/looplab/fsm v1.0.3 // indirect
