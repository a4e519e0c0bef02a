package model

import "time"

// exit is the beginning of every trace in which main exits at once.
const exit = `
		0s starting --started--> running
		0s main is back
		0s running --main_exited--> draining
		0s context cancelled: canceled
		0s draining --drained--> hooks
		0s work context cancelled: canceled`

var hookPredictions = []prediction{
	{"HOOK-10 a hook is taken back once, by anybody, until it begins", Scenario{
		Main: Main{After: 1 * s}, Hooks: []Hook{{}, {Lasts: 2 * s}, {Lasts: 4 * s}, {Lasts: 8 * s}},
		TakeBacks: []TakeBack{{Hook: 4, At: 0}, {Hook: 4, At: 0}, {Hook: 2, By: 3, At: 1 * s}, {Hook: 2, By: 3, At: 3 * s}, {Hook: 3, By: 3}, {Hook: 1, At: 30 * s}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		1s draining --drained--> hooks
		1s work context cancelled: canceled
		1s hook 3 begins, deadline 11s
		5s hook 3 ended
		5s hook 1 begins, deadline 11s
		5s hook 1 ended
		5s hooks --hooks_finished--> stopped
		5s Run returns nil
		TakeBack 1 answers true
		TakeBack 2 answers false
		TakeBack 3 answers true
		TakeBack 4 answers false
		TakeBack 5 answers false
		TakeBack 6 answers false`},
	{"HOOK-1 hooks run one at a time, last registered first", Scenario{
		Hooks: []Hook{{Lasts: 3 * s}, {Lasts: 2 * s}, {Lasts: 1 * s}}}, exit + `
		0s hook 3 begins, deadline 10s
		1s hook 3 ended
		1s hook 2 begins, deadline 10s
		3s hook 2 ended
		3s hook 1 begins, deadline 10s
		6s hook 1 ended
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"HOOK-1 the order is that of registration, not of the code", Scenario{
		Main: Main{After: 5 * s}, Hooks: []Hook{{At: 2 * s}, {At: 1 * s}}}, `
		0s starting --started--> running
		5s main is back
		5s running --main_exited--> draining
		5s context cancelled: canceled
		5s draining --drained--> hooks
		5s work context cancelled: canceled
		5s hook 1 begins, deadline 15s
		5s hook 1 ended
		5s hook 2 begins, deadline 15s
		5s hook 2 ended
		5s hooks --hooks_finished--> stopped
		5s Run returns nil`},
	{"HOOK-2 a hook that fails, panics or calls Goexit does not stop the others", Scenario{
		Hooks: []Hook{{Ends: CallsGoexit}, {Ends: PanicsError}, {Ends: ReturnsError}}}, exit + `
		0s hook 3 begins, deadline 10s
		0s hook 3 ended
		0s hook 2 begins, deadline 10s
		0s hook 2 ended
		0s hook 1 begins, deadline 10s
		0s hook 1 ended
		0s hooks --hooks_finished--> stopped
		0s Run returns [hook error #3, hook panic #2, hook goexit #1]`},
	{"HOOK-3 HOOK-5 the shutdown timeout interrupts the running hook, which gives no error of its own, and the rest do not run", Scenario{
		ShutdownTimeout: 4 * s, Main: Main{After: 1 * s},
		Hooks: []Hook{{}, {Lasts: 1 * s}, {Lasts: 6 * s, Ends: ReturnsError, Aware: true}, {Lasts: 2 * s}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		1s draining --drained--> hooks
		1s work context cancelled: canceled
		1s hook 4 begins, deadline 5s
		3s hook 4 ended
		3s hook 3 begins, deadline 5s
		5s hook 3 interrupted
		5s hook 2 is not run
		5s hook 1 is not run
		5s hooks --shutdown_timed_out--> stopped
		5s Run returns [shutdown timeout]`},
	{"HOOK-3 a hook that ends exactly at its deadline is too late", Scenario{
		ShutdownTimeout: 4 * s, Hooks: []Hook{{Lasts: 4 * s}}}, exit + `
		0s hook 1 begins, deadline 4s
		4s hook 1 interrupted
		4s hooks --shutdown_timed_out--> stopped
		4s Run returns [shutdown timeout]`},
	{"HOOK-4 a hook that a hook registers runs next", Scenario{
		Hooks: []Hook{{Lasts: 1 * s}, {Lasts: 2 * s}, {By: 2, Lasts: 3 * s}, {By: 3, At: 1 * s}}}, exit + `
		0s hook 2 begins, deadline 10s
		2s hook 2 ended
		2s hook 3 begins, deadline 10s
		5s hook 3 ended
		5s hook 4 begins, deadline 10s
		5s hook 4 ended
		5s hook 1 begins, deadline 10s
		6s hook 1 ended
		6s hooks --hooks_finished--> stopped
		6s Run returns nil`},
	{"HOOK-4 a hook registered while Hooks only waits for main runs at once", Scenario{
		ReturnGrace: 1 * s, Main: Main{AfterCancel: true, After: 8 * s}, Stops: []Stop{{SIGTERM, 1 * s}},
		Hooks: []Hook{{At: 4 * s, Lasts: 1 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		4s hook 1 begins, deadline 12s
		5s hook 1 ended
		9s main is back
		9s hooks --hooks_finished--> stopped
		9s Run returns nil`},
	{"HOOK-4 a hook registered after Stopped runs at once, with a fresh timeout, and its error is not in the result", Scenario{
		ShutdownTimeout: 4 * s,
		Hooks:           []Hook{{At: 2 * s, Lasts: 1 * s, Ends: Panics}, {At: 5 * s, Lasts: Never}, {At: 7 * s, Lasts: Never, Timeout: 1 * s}}}, exit + `
		0s hooks --hooks_finished--> stopped
		0s Run returns nil
		2s hook 1 begins after Run has returned, deadline 6s
		3s hook 1 ended
		5s hook 2 begins after Run has returned, deadline 9s
		7s hook 3 begins after Run has returned, deadline 8s
		8s hook 3 abandoned
		9s hook 2 interrupted`},
	{"HOOK-5 HOOK-6 a hook that outlasts its own timeout is abandoned, and the next begins", Scenario{
		Hooks: []Hook{{Lasts: 3 * s}, {Lasts: 6 * s, Timeout: 2 * s}}}, exit + `
		0s hook 2 begins, deadline 2s
		2s hook 2 abandoned
		2s hook 1 begins, deadline 10s
		5s hook 1 ended
		5s hooks --hooks_finished--> stopped
		5s Run returns [hook timeout #2]`},
	{"HOOK-6 context.Canceled from a hook is an error", Scenario{Hooks: []Hook{{Ends: ReturnsCanceled, Timeout: 1 * s}}}, exit + `
		0s hook 1 begins, deadline 1s
		0s hook 1 ended
		0s hooks --hooks_finished--> stopped
		0s Run returns [hook error #1]`},
	{"HOOK-8 a hook that comes back after it was abandoned changes nothing", Scenario{
		Hooks: []Hook{{Lasts: 5 * s}, {Lasts: 3 * s, Timeout: 1 * s, Ends: Panics}}}, exit + `
		0s hook 2 begins, deadline 1s
		1s hook 2 abandoned
		1s hook 1 begins, deadline 10s
		6s hook 1 ended
		6s hooks --hooks_finished--> stopped
		6s Run returns [hook timeout #2]`},
}

var signalPredictions = []prediction{
	{"SIG-1 a signal is a stop in Starting too, and is never forcing there", Scenario{
		ManualStart: true, Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGINT, 1 * s}}}, `
		1s starting --stop_requested--> draining
		1s context cancelled: SIGINT
		2s main is back
		2s draining --drained--> hooks
		2s work context cancelled: canceled
		2s hooks --hooks_finished--> stopped
		2s Run returns nil`},
	{"SIG-1 SIG-2 a repeated SIGTERM changes nothing", Scenario{
		Main: Main{AfterCancel: true, After: 4 * s}, Stops: []Stop{{SIGTERM, 1 * s}, {SIGTERM, 2 * s}, {SIGTERM, 3 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		5s main is back
		5s draining --drained--> hooks
		5s work context cancelled: canceled
		5s hooks --hooks_finished--> stopped
		5s Run returns nil`},
	{"SIG-2 DRAIN-8 a further SIGINT ends Draining, and one more ends Hooks", Scenario{
		Main: Main{After: Never}, Stops: []Stop{{SIGINT, 1 * s}, {SIGINT, 2 * s}, {SIGINT, 3 * s}},
		Hooks: []Hook{{}, {Lasts: Never}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGINT
		2s draining --forced--> hooks
		2s work context cancelled: forced
		2s hook 2 begins, deadline 12s
		3s hook 2 interrupted
		3s hook 1 is not run
		3s hooks --forced--> stopped
		3s Run returns [forced, forced, main running]
		never main is back`},
	{"SIG-2 in the drain delay a further SIGINT ends only the delay, and is no error", Scenario{
		DrainDelay: 9 * s, Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}, {SIGINT, 2 * s}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		2s context cancelled: SIGTERM
		3s main is back
		3s draining --drained--> hooks
		3s work context cancelled: canceled
		3s hooks --hooks_finished--> stopped
		3s Run returns nil`},
	{"SIG-2 a first SIGINT after main's own exit is forcing", Scenario{
		Main: Main{After: 1 * s}, Stops: []Stop{{SIGINT, 2 * s}}, Tracks: []Track{{Lasts: Never}}}, `
		0s starting --started--> running
		1s main is back
		1s running --main_exited--> draining
		1s context cancelled: canceled
		2s draining --forced--> hooks
		2s work context cancelled: forced
		2s hooks --hooks_finished--> stopped
		2s Run returns [forced]
		Track 1 answers true`},
	{"SIG-2 one key press that is delivered twice, or held down, is not forcing", Scenario{
		Main: Main{AfterCancel: true, After: 2 * s},
		Stops: []Stop{{SIGINT, 1 * s}, {SIGINT, 1*s + 249*time.Millisecond}, {SIGINT, 1*s + 498*time.Millisecond},
			{SIGINT, 1*s + 747*time.Millisecond}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGINT
		3s main is back
		3s draining --drained--> hooks
		3s work context cancelled: canceled
		3s hooks --hooks_finished--> stopped
		3s Run returns nil`},
	{"SIG-2 250 ms after both is enough", Scenario{
		Main:  Main{AfterCancel: true, After: 2 * s},
		Stops: []Stop{{SIGTERM, 1 * s}, {SIGINT, 1*s + 100*time.Millisecond}, {SIGINT, 1*s + 350*time.Millisecond}}}, `
		0s starting --started--> running
		1s running --stop_requested--> draining
		1s context cancelled: SIGTERM
		1.35s draining --forced--> hooks
		1.35s work context cancelled: forced
		3s main is back
		3s hooks --hooks_finished--> stopped
		3s Run returns [forced]`},
}
