module github.com/greynewell/mist-go/health/grpchealth

go 1.25.0

replace github.com/greynewell/mist-go => ../..

require (
	github.com/greynewell/mist-go v0.2.0
	go.uber.org/goleak v1.3.0
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.11
)

require (
	github.com/looplab/fsm v1.0.3 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260706201446-f0a921348800 // indirect
)
