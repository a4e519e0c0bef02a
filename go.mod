module github.com/greynewell/mist-go

go 1.25.0

require (
	github.com/looplab/fsm v1.0.3
	go.uber.org/goleak v1.3.0
	pgregory.net/rapid v1.3.0
)
