module github.com/greynewell/mist-go/lifecycle/systemd

go 1.25.0

replace github.com/greynewell/mist-go => ../..

require (
	github.com/coreos/go-systemd/v22 v22.7.0
	github.com/greynewell/mist-go v0.2.0
	go.uber.org/goleak v1.3.0
	golang.org/x/sys v0.1.0
)

require github.com/looplab/fsm v1.0.3 // indirect
