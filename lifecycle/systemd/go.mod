module github.com/greynewell/mist-go/lifecycle/systemd

go 1.25.0

require (
	github.com/coreos/go-systemd/v22 v22.7.0
	github.com/greynewell/mist-go v0.0.0-00010101000000-000000000000
	go.uber.org/goleak v1.3.0
)

require (
	github.com/looplab/fsm v1.0.3 // indirect
	golang.org/x/sys v0.1.0 // indirect
)

replace github.com/greynewell/mist-go => ../..
