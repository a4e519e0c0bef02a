package model

import "time"

// run5 is the life of a main that exits after five seconds, as its trace
// begins and ends.
const (
	run5begin = `
		0s starting --started--> running`
	run5end = `
		5s main is back
		5s running --main_exited--> draining
		5s context cancelled: canceled
		5s draining --drained--> hooks
		5s work context cancelled: canceled
		5s hooks --hooks_finished--> stopped
		5s Run returns nil`
)

var run5 = Main{After: 5 * s}

var healthPredictions = []prediction{
	{"HEALTH-1 liveness answers ok always, without a check", Scenario{
		Follow: true, Main: run5, Checks: []Check{{Lasts: Never}}, Ready: []Ready{{1 * s, false}},
		Probes: []Probe{{Liveness, 2 * s}, {Liveness, 6 * s}}}, run5begin + `
		2s probe 1: 200 ok` + run5end + `
		6s probe 2: 200 ok`},
	{"HEALTH-2 readiness runs all checks, and degrades when one fails", Scenario{
		Main: run5, Checks: []Check{{}, {Ends: ReturnsError}, {}}, Probes: []Probe{{Readiness, 2 * s}}}, run5begin + `
		2s probe 1: 503 degraded, ran checks [1 2 3], failed [2]` + run5end},
	{"HEALTH-2 without checks the answer is ok", Scenario{Main: run5, Probes: []Probe{{Readiness, 2 * s}}}, run5begin + `
		2s probe 1: 200 ok` + run5end},
	{"HEALTH-3 after SetReady(false) no check is run, until SetReady(true)", Scenario{
		Main: run5, Checks: []Check{{}}, Ready: []Ready{{1 * s, false}, {3 * s, true}},
		Probes: []Probe{{Readiness, 2 * s}, {Readiness, 4 * s}}}, run5begin + `
		2s probe 1: 503 not_ready
		4s probe 2: 200 ok, ran checks [1]` + run5end},
	{"HEALTH-4 a handler that follows a lifecycle is ready only in Running, whatever SetReady says", Scenario{
		Follow: true, Main: Main{After: 2 * s}, Groups: []Group{{Units: []Unit{{Lasts: 4 * s}}}}, Hooks: []Hook{{Lasts: 2 * s}},
		Checks: []Check{{}}, Ready: []Ready{{At: 0, Is: true}},
		Probes: []Probe{{Readiness, 1 * s}, {Readiness, 3 * s}, {Readiness, 5 * s}, {Readiness, 7 * s}}}, `
		0s starting --started--> running
		1s probe 1: 200 ok, state running, ran checks [1]
		2s main is back
		2s running --main_exited--> draining
		2s context cancelled: canceled
		3s probe 2: 503 not_ready, state draining
		4s draining --drained--> hooks
		4s work context cancelled: canceled
		4s hook 1 begins, deadline 14s
		5s probe 3: 503 not_ready, state hooks
		6s hook 1 ended
		6s hooks --hooks_finished--> stopped
		6s Run returns nil
		7s probe 4: 503 not_ready, state stopped`},
	{"HEALTH-5 a probe under way when draining begins answers so", Scenario{
		Follow: true, Main: run5, Checks: []Check{{Lasts: 2 * s}}, Probes: []Probe{{Readiness, 4 * s}}}, run5begin + run5end + `
		6s probe 1: 503 not_ready, state stopped, ran checks [1]`},
	{"HEALTH-5 and so is one that is under way when SetReady(false) is called", Scenario{
		Main: run5, Checks: []Check{{Lasts: 2 * s}}, Probes: []Probe{{Readiness, 1 * s}}, Ready: []Ready{{2 * s, false}}}, run5begin + `
		3s probe 1: 503 not_ready, ran checks [1]` + run5end},
	{"HEALTH-8 a check that panics or calls Goexit fails, and the others go on", Scenario{
		Main: run5, Checks: []Check{{Ends: Panics}, {Ends: PanicsNil}, {Ends: CallsGoexit}, {Lasts: 1 * s}},
		Probes: []Probe{{Readiness, 2 * s}}}, run5begin + `
		3s probe 1: 503 degraded, ran checks [1 2 3 4], failed [1 2 3]` + run5end},
	{"HEALTH-9 HEALTH-10 a hung check is failed in time, and is not run a second time; the timeout counts from the first probe", Scenario{
		CheckTimeout: 2 * s, Main: Main{After: 9 * s}, Checks: []Check{{Lasts: Never}, {}},
		Probes: []Probe{{Readiness, 1 * s}, {Readiness, 2 * s}, {Readiness, 6 * s}}}, `
		0s starting --started--> running
		3s probe 1: 503 degraded, ran checks [1 2], failed [1]
		3s probe 2: 503 degraded, ran checks [2], failed [1]
		6s probe 3: 503 degraded, ran checks [2], failed [1]
		9s main is back
		9s running --main_exited--> draining
		9s context cancelled: canceled
		9s draining --drained--> hooks
		9s work context cancelled: canceled
		9s hooks --hooks_finished--> stopped
		9s Run returns nil`},
	{"HEALTH-9 a probe that joins the run that is under way hears the same, and a later one begins its own", Scenario{
		CheckTimeout: 3 * s, Main: Main{After: 9 * s}, Checks: []Check{{Lasts: 4 * s}},
		Probes: []Probe{{Readiness, 1 * s}, {Readiness, 3 * s}, {Readiness, 6 * s}}}, `
		0s starting --started--> running
		4s probe 1: 503 degraded, ran checks [1], failed [1]
		4s probe 2: 503 degraded, failed [1]
		9s main is back
		9s running --main_exited--> draining
		9s context cancelled: canceled
		9s draining --drained--> hooks
		9s work context cancelled: canceled
		9s hooks --hooks_finished--> stopped
		9s Run returns nil
		9s probe 3: 503 degraded, ran checks [1], failed [1]`},
	{"HEALTH-10 checks run side by side", Scenario{
		Main: run5, Checks: []Check{{Lasts: 1 * s}, {Lasts: 2 * s}, {Lasts: 1 * s}}, Probes: []Probe{{Readiness, 1 * s}}}, run5begin + `
		3s probe 1: 200 ok, ran checks [1 2 3]` + run5end},
	{"HEALTH-15 an optional check is listed, but does not fail readiness", Scenario{
		Main: run5, Checks: []Check{{Ends: ReturnsError, Optional: true}, {}}, Probes: []Probe{{Readiness, 1 * s}}}, run5begin + `
		1s probe 1: 200 ok, ran checks [1 2], failed [1]` + run5end},
	{"HEALTH-15 an optional check is waited for 100 ms longer than the others, and listed as still running", Scenario{
		Main: run5, Checks: []Check{{Lasts: Never, Optional: true}, {Lasts: 1 * s}, {Lasts: s + 50*time.Millisecond, Optional: true}},
		Probes: []Probe{{Readiness, 1 * s}}}, run5begin + `
		2.1s probe 1: 200 ok, ran checks [1 2 3], failed [1]` + run5end},
	{"HEALTH-15 HEALTH-9 an optional check that is known to hang delays nothing", Scenario{
		CheckTimeout: 1 * s, Main: run5, Checks: []Check{{Lasts: Never, Optional: true}},
		Probes: []Probe{{Readiness, 1 * s}, {Readiness, 3 * s}}}, run5begin + `
		1.1s probe 1: 200 ok, ran checks [1], failed [1]
		3s probe 2: 200 ok, failed [1]` + run5end},
	{"HEALTH-15 start-up is over when Running has been reached, and stays so", Scenario{
		ManualStart: true, Starts: []time.Duration{2 * s}, Follow: true, Main: run5,
		Probes: []Probe{{Startup, 1 * s}, {Startup, 3 * s}, {Startup, 6 * s}}}, `
		1s probe 1: 503
		2s starting --started--> running
		3s probe 2: 200` + run5end + `
		6s probe 3: 200`},
	{"HEALTH-15 a life that was stopped before it was Running is past start-up", Scenario{
		ManualStart: true, Follow: true, Main: run5,
		Probes: []Probe{{Startup, 1 * s}, {Startup, 6 * s}}}, `
		1s probe 1: 503
		5s main is back
		5s starting --main_exited--> draining
		5s context cancelled: canceled
		5s draining --drained--> hooks
		5s work context cancelled: canceled
		5s hooks --hooks_finished--> stopped
		5s Run returns nil
		6s probe 2: 200`},
}
