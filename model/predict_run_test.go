package model

import "time"

var runPredictions = []prediction{
	{"STATE-1 RUN-1 a main that returns nil at once goes through every state", Scenario{}, `
		0s starting --started--> running
		0s main is back
		0s running --main_exited--> draining
		0s context cancelled: canceled
		0s draining --drained--> hooks
		0s work context cancelled: canceled
		0s hooks --hooks_finished--> stopped
		0s Run returns nil`},
	{"STATE-2 RUN-11 Stopped is reached though main, work and hooks never end", Scenario{
		DrainDelay: 1 * s, DrainTimeout: 4 * s, ShutdownTimeout: 2 * s,
		Main: Main{After: Never}, Stops: []Stop{{SIGTERM, 1 * s}},
		Groups: []Group{{Units: []Unit{{Lasts: Never}}}}, Hooks: []Hook{{Lasts: Never}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		2s context cancelled: SIGTERM
		6s draining --drain_timed_out--> hooks
		6s work context cancelled: drain timeout
		6s hook 1 begins, deadline 8s
		8s hook 1 interrupted
		8s hooks --shutdown_timed_out--> stopped
		8s Run returns [drain timeout, shutdown timeout, main running]
		never main is back`},
	{"RUN-2 the parent is a stop and its cause is the cause", Scenario{
		Main: Main{Ends: ReturnsCause, AfterCancel: true, After: 1 * s}, Stops: []Stop{{ParentCancelled, 3 * s}}}, `
		0s starting --started--> running
		3s running --stop_requested--> draining
		3s context cancelled: parent
		4s main is back
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hooks --hooks_finished--> stopped
		4s Run returns nil`},
	{"RUN-2 the cause is that of the first stop and every error given to Stop is in the result", Scenario{
		Main:  Main{AfterCancel: true, After: 3 * s},
		Stops: []Stop{{StopNil, 1 * s}, {StopWithError, 2 * s}, {StopWithError, 3 * s}, {StopWithError, 9 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: canceled
		4s main is back
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hooks --hooks_finished--> stopped
		4s Run returns [stop error #2, stop error #3]`},
	{"RUN-14 the signal that asked for the stop is the last of the errors", Scenario{
		SignalError: true, Main: Main{Ends: ReturnsCause, AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}, {SIGINT, 1100 * time.Millisecond}},
		Hooks: []Hook{{Lasts: 2 * s, Ends: ReturnsError}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		2s main is back
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hook 1 begins, deadline 12s
		4s hook 1 ended
		4s hooks --hooks_finished--> stopped
		4s Run returns [hook error #1, SIGTERM]`},
	{"RUN-3 main's own exit drains and runs the hooks as a signal does", Scenario{
		Main: Main{Ends: ReturnsError, After: 1 * s}, Hooks: []Hook{{Lasts: 2 * s}},
		Groups: []Group{{Units: []Unit{{Lasts: 4 * s}}}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hook 1 begins, deadline 14s
		6s hook 1 ended
		6s hooks --hooks_finished--> stopped
		6s Run returns [main error]`},
	{"RUN-4 a panic in main is an error and the hooks still run", Scenario{
		Main: Main{Ends: PanicsNil, After: 1 * s}, Hooks: []Hook{{}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		1s draining --drained--> hooks
		1s work context cancelled: canceled
		1s hook 1 begins, deadline 11s
		1s hook 1 ended
		1s hooks --hooks_finished--> stopped
		1s Run returns [main panic]`},
	{"RUN-5 Goexit in main is an error, after a stop too", Scenario{
		Main: Main{Ends: CallsGoexit, AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGINT, 1 * s}}, Hooks: []Hook{{}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGINT
		2s main is back
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hook 1 begins, deadline 12s
		2s hook 1 ended
		2s hooks --hooks_finished--> stopped
		2s Run returns [main goexit]`},
	{"RUN-6 errors are joined by class and a main error that comes in Hooks is the first of them", Scenario{
		DrainTimeout: 4 * s, ShutdownTimeout: 6 * s,
		Main:   Main{Ends: ReturnsError, AfterCancel: true, After: 7 * s},
		Stops:  []Stop{{StopWithError, 2 * s}},
		Tasks:  []Task{{At: 1 * s, Lasts: 4 * s, Ends: ReturnsError}, {At: 1 * s, Lasts: 3 * s, Ends: Panics}},
		Tracks: []Track{{Lasts: Never}},
		Hooks:  []Hook{{Lasts: Never}, {Lasts: 1 * s, Ends: CallsGoexit}, {Lasts: 2 * s, Ends: ReturnsError}}}, `
		0s starting --started--> running
		2s running --stop_requested--> draining
		2s context cancelled: stop error #1
		6s draining --drain_timed_out--> hooks
		6s work context cancelled: drain timeout
		6s hook 3 begins, deadline 12s
		8s hook 3 ended
		8s hook 2 begins, deadline 12s
		9s main is back
		9s hook 2 ended
		9s hook 1 begins, deadline 12s
		12s hook 1 interrupted
		12s hooks --shutdown_timed_out--> stopped
		12s Run returns [main error, stop error #1, task panic #2, task error #1, drain timeout, hook error #3, hook goexit #2, shutdown timeout]
		Track 1 answers true
		Go 1 answers true
		Go 2 answers true`},
	{"RUN-7 to return as asked is clean after a stop, in the drain delay too", Scenario{
		DrainDelay: 2 * s,
		Main:       Main{Ends: ReturnsWrapped, After: 2 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		2s main is back
		2s context cancelled: SIGTERM
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hooks --hooks_finished--> stopped
		2s Run returns nil`},
	{"RUN-7 the same is an error before a stop", Scenario{Main: Main{Ends: ReturnsClosed, After: 2 * s}}, `
		0s starting --started--> running
		2s main is back
		2s running --main_exited--> draining
		2s context cancelled: canceled
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hooks --hooks_finished--> stopped
		2s Run returns [main error]`},
	{"RUN-7 an error is not clean when only a part of it is", Scenario{
		Main: Main{Ends: ReturnsMixed, AfterCancel: true, After: 1 * s}, Stops: []Stop{{StopNil, 1 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: canceled
		2s main is back
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hooks --hooks_finished--> stopped
		2s Run returns [main error]`},
	{"RUN-7 for a task main's own exit is a stop, and only an early failure is one of its own", Scenario{
		Main:  Main{After: 1 * s},
		Tasks: []Task{{Lasts: 2 * s, Ends: ReturnsCanceled}, {Lasts: 3 * s, Ends: ReturnsCause}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		3s draining --drained--> hooks
		3s work context cancelled: canceled
		3s hooks --hooks_finished--> stopped
		3s Run returns nil
		Go 1 answers true
		Go 2 answers true`},
	{"RUN-11 when all hooks have run Hooks lasts until main is back", Scenario{
		DrainTimeout: 2 * s,
		Main:         Main{AfterCancel: true, After: 5 * s}, Stops: []Stop{{SIGTERM, 1 * s}}, Hooks: []Hook{{Lasts: 1 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hook 1 begins, deadline 12s
		3s hook 1 ended
		6s main is back
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"RUN-12 a parent that is cancelled before Run goes without Running and without a delay", Scenario{
		DrainDelay: 5 * s,
		Main:       Main{Ends: ReturnsCause, AfterCancel: true, After: 1 * s}, Stops: []Stop{{ParentCancelled, BeforeRun}}, Hooks: []Hook{{}}}, `
		0s starting --stop_requested--> draining
		0s context cancelled: parent
		1s main is back
		1s draining --drained--> hooks
		1s work context cancelled: canceled
		1s hook 1 begins, deadline 11s
		1s hook 1 ended
		1s hooks --hooks_finished--> stopped
		1s Run returns nil`},
	{"RUN-13 with manual start the state is Starting until MarkStarted", Scenario{
		ManualStart: true, Starts: []time.Duration{2 * s, 3 * s}, Main: Main{After: 4 * s}}, `
		2s starting --started--> running
		4s main is back
		4s running --main_exited--> draining
		4s context cancelled: canceled
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hooks --hooks_finished--> stopped
		4s Run returns nil`},
	{"RUN-13 DRAIN-7 a stop before MarkStarted goes straight to Draining, with the delay", Scenario{
		ManualStart: true, Starts: []time.Duration{2 * s}, DrainDelay: 3 * s,
		Main: Main{AfterCancel: true, After: 2 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, `
		1s starting --stop_requested--> draining
		4s context cancelled: SIGTERM
		6s main is back
		6s draining --drained--> hooks
		6s work context cancelled: canceled
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"RUN-13 main that exits before MarkStarted goes straight to Draining", Scenario{
		ManualStart: true, DrainDelay: 3 * s, Main: Main{After: 1 * s}}, `
		1s main is back
		1s starting --main_exited--> draining
		1s context cancelled: canceled
		1s draining --drained--> hooks
		1s work context cancelled: canceled
		1s hooks --hooks_finished--> stopped
		1s Run returns nil`},
}
