package model

var drainPredictions = []prediction{
	{"DRAIN-1 DRAIN-5 hooks begin when the last group has reached zero, and at once then", Scenario{
		Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}}, Hooks: []Hook{{}},
		Groups: []Group{{Units: []Unit{{Lasts: 3 * s}}}, {Units: []Unit{{Lasts: 4 * s}}}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		2s main is back
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hook 1 begins, deadline 14s
		4s hook 1 ended
		4s hooks --hooks_finished--> stopped
		4s Run returns nil`},
	{"DRAIN-2 DRAIN-8 the drain timeout counts from cancel, not from the stop, and hooks run after it", Scenario{
		DrainDelay: 2 * s, DrainTimeout: 6 * s,
		Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}}, Hooks: []Hook{{}},
		Groups: []Group{{Units: []Unit{{Lasts: Never}}}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		3s context cancelled: SIGTERM
		4s main is back
		9s draining --drain_timed_out--> hooks
		9s work context cancelled: drain timeout
		9s hook 1 begins, deadline 19s
		9s hook 1 ended
		9s hooks --hooks_finished--> stopped
		9s Run returns [drain timeout]`},
	{"DRAIN-3 a group made while draining is waited for, and so is work added to a busy one", Scenario{
		Main: Main{AfterCancel: true, After: 3 * s}, Stops: []Stop{{SIGTERM, 1 * s}},
		Groups: []Group{{At: 2 * s, Units: []Unit{{Lasts: 4 * s}, {After: 3 * s, Lasts: 4 * s}}}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		4s main is back
		9s draining --drained--> hooks
		9s work context cancelled: canceled
		9s hooks --hooks_finished--> stopped
		9s Run returns nil`},
	{"DRAIN-3 Track and Go are taken while draining and refused after it, and a group is not waited for", Scenario{
		Main: Main{After: 1 * s}, Hooks: []Hook{{Lasts: 6 * s}},
		Groups: []Group{{At: 6 * s, Units: []Unit{{Lasts: Never}}}},
		Tracks: []Track{{Lasts: 3 * s}, {At: 2 * s, Lasts: 3 * s}, {At: 6 * s, Lasts: Never}},
		Tasks:  []Task{{At: 2 * s, Lasts: 1 * s}, {At: 7 * s, Lasts: 1 * s, Ends: Panics}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		5s draining --drained--> hooks
		5s work context cancelled: canceled
		5s hook 1 begins, deadline 15s
		11s hook 1 ended
		11s hooks --hooks_finished--> stopped
		11s Run returns nil
		Track 1 answers true
		Track 2 answers true
		Track 3 answers false
		Go 1 answers true
		Go 2 answers false`},
	{"DRAIN-4 main that only a hook can end costs the grace, not the timeout", Scenario{
		ReturnGrace: 3 * s, Main: Main{AfterCancel: true, After: 6 * s}, Stops: []Stop{{SIGTERM, 1 * s}}, Hooks: []Hook{{Lasts: 2 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hook 1 begins, deadline 14s
		6s hook 1 ended
		7s main is back
		7s hooks --hooks_finished--> stopped
		7s Run returns nil`},
	{"DRAIN-4 at most half of the drain timeout is grace", Scenario{
		ReturnGrace: 9 * s, DrainTimeout: 4 * s, Main: Main{AfterCancel: true, After: 5 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		3s draining --drained--> hooks
		3s work context cancelled: canceled
		6s main is back
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"DRAIN-4 without grace main is not waited for, but work is", Scenario{
		ReturnGrace: NoGrace, Main: Main{AfterCancel: true, After: 5 * s}, Stops: []Stop{{SIGTERM, 1 * s}},
		Groups: []Group{{Units: []Unit{{Lasts: 3 * s}}}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		3s draining --drained--> hooks
		3s work context cancelled: canceled
		6s main is back
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"DRAIN-4 work that outlasts the grace is waited for up to the timeout", Scenario{
		ReturnGrace: 2 * s, Main: Main{AfterCancel: true, After: 20 * s}, Stops: []Stop{{SIGTERM, 1 * s}},
		Groups: []Group{{Units: []Unit{{Lasts: 8 * s}}}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		8s draining --drained--> hooks
		8s work context cancelled: canceled
		18s hooks --shutdown_timed_out--> stopped
		18s Run returns [shutdown timeout, main running]
		21s main is back`},
	{"DRAIN-7 STATE-5 Draining begins before the context is cancelled, and a cancelled parent does not shorten it", Scenario{
		DrainDelay: 4 * s, Follow: true, Probes: []Probe{{Readiness, 2 * s}},
		Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}, {ParentCancelled, 3 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		2s probe 1: 503 not_ready, state draining
		5s context cancelled: SIGTERM
		6s main is back
		6s draining --drained--> hooks
		6s work context cancelled: canceled
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"DRAIN-7 main that exits ends the delay early, and the cause is still that of the stop", Scenario{
		DrainDelay: 4 * s, Main: Main{Ends: ReturnsError, After: 3 * s}, Stops: []Stop{{StopWithError, 1 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		3s main is back
		3s context cancelled: stop error #1
		3s draining --drained--> hooks
		3s work context cancelled: canceled
		3s hooks --hooks_finished--> stopped
		3s Run returns [main error, stop error #1]`},
	{"DRAIN-8 a task that panics requests a stop and is the cause", Scenario{
		Main: Main{Ends: ReturnsCause, AfterCancel: true, After: 2 * s}, Tasks: []Task{{At: 1 * s, Lasts: 2 * s, Ends: Panics}}}, `
		0s starting --started--> running
		3s running --stop_requested--> draining
		3s context cancelled: task panic #1
		5s main is back
		5s draining --drained--> hooks
		5s work context cancelled: canceled
		5s hooks --hooks_finished--> stopped
		5s Run returns [task panic #1]
		Go 1 answers true`},
	{"DRAIN-8 a task that ends well requests nothing, and a late failure still counts", Scenario{
		DrainTimeout: 2 * s, ShutdownTimeout: 4 * s,
		Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 3 * s}}, Hooks: []Hook{{Lasts: Never}},
		Tasks: []Task{{Lasts: 1 * s}, {Lasts: 6 * s, Ends: CallsGoexit}, {Lasts: 10 * s, Ends: ReturnsError}}}, `
		0s starting --started--> running
		3s running --stop_requested--> draining
		3s context cancelled: SIGTERM
		4s main is back
		5s draining --drain_timed_out--> hooks
		5s work context cancelled: drain timeout
		5s hook 1 begins, deadline 9s
		9s hook 1 interrupted
		9s hooks --shutdown_timed_out--> stopped
		9s Run returns [task goexit #2, drain timeout, shutdown timeout]
		Go 1 answers true
		Go 2 answers true
		Go 3 answers true`},
}
