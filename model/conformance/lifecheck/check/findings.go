package check

import "slices"

// A Rule is one way to stop badly.
type Rule struct {
	Name   string
	Clause string // of docs/spec.md
	Means  string // what it means for those who use the service
	Change string // what to change
	// Doubtful findings rest on how long something took. They are reported only
	// if they are seen again.
	Doubtful bool
	// Explains are findings that this one is the reason of, and that are not
	// reported beside it.
	Explains []string
}

// all stands for every other finding of the same lives.
const all = "*"

// Rules are all findings that there are. A table in docs/lifecheck.md is made
// from them.
func Rules() []Rule {
	return []Rule{
		{"sigterm-ignored", "SIG-1", "Nothing happens on SIGTERM. Every stop ends in SIGKILL, and everything under way is lost.",
			"Handle SIGTERM: signal.NotifyContext or lifecycle.Run. With a shell as parent, start the service by exec, or trap the signal and pass it on.", false, []string{all}},
		{"sigint-ignored", "SIG-1", "Nothing happens on SIGINT: a Ctrl-C does not end it.",
			"Handle SIGINT as SIGTERM.", false, []string{all}},
		{"sigterm-kills", "SIG-1", "SIGTERM ends the process at once: there is no handler for it.",
			"Handle SIGTERM: signal.NotifyContext or lifecycle.Run.", false, []string{all}},
		{"sigint-kills", "SIG-1", "SIGINT ends the process at once: there is no handler for it.",
			"Handle SIGINT as SIGTERM.", false, []string{all}},
		{"signal-not-passed-on", "SIG-1", "The process that gets the signal ends, and what it has started serves on without it.",
			"Start the service by exec, or have its parent pass the signal on and wait.", false, []string{all}},
		{"second-signal-harms", "SIG-1", "Supervisors repeat SIGTERM. Here a second one breaks what a single one does not.",
			"Keep the handler registered until the process ends: no signal.Stop, no stop of NotifyContext, no exit on a second SIGTERM.", true, nil},
		{"start-up-ignores-signal", "SIG-1", "A signal in start-up does not end the service: it comes up, or hangs, and has to be killed.",
			"Register the handler first, and look at what it has caught before serving.", false, nil},
		{"ready-after-signal", "RUN-13", "After a signal in start-up the service still comes up and says that it is ready.",
			"A stop before the start is over skips the rest of it: do not say ready any more.", true, nil},
		{"exits-by-itself", "RUN-1", "The service ended without any signal.",
			"See what it printed last.", false, []string{all}},

		{"readiness-not-failed", "HEALTH-4", "Readiness passes until the listener is closed: a load balancer sends requests until they fail.",
			"Fail readiness as the first thing after the signal: health.Follow, or a flag that the handler looks at.", true, []string{"readiness-slow"}},
		{"readiness-slow", "HEALTH-4", "Readiness goes on passing for a while after the signal.",
			"Fail readiness as the first thing after the signal, before anything that takes time.", true, nil},
		{"readiness-flaps", "HEALTH-4", "Readiness fails after the signal, then passes again: the service is put back into rotation while it ends.",
			"Once it stops, readiness depends on nothing else any more.", false, []string{"readiness-not-failed", "readiness-slow"}},
		{"readiness-hangs", "HEALTH-4", "Readiness is not answered while the service stops: each prober waits for its timeout.",
			"Answer at once, without running checks, from the signal on.", true, []string{"readiness-slow", "readiness-not-failed"}},
		{"liveness-fails", "HEALTH-1", "Liveness fails, or is not answered, while the service stops: it may be killed or restarted in the middle of its work.",
			"Liveness says that the process can answer, whatever its state is.", false, nil},

		{"listener-closed-early", "DRAIN-7", "The listener closes before the delay is over: clients and load balancers that have not heard of the stop are refused.",
			"Serve on for the delay after readiness has failed: lifecycle.WithDrainDelay, or a pause before Shutdown.", false, nil},
		{"listener-open-late", "HTTP-2", "The listener takes connections after the delay: new work comes in while the old is waited for.",
			"Close the listener when the delay is over, before waiting for work: http.Server.Shutdown does.", true, nil},
		{"work-refused-in-delay", "DRAIN-7", "Requests that come during the delay are answered with an error or a redirect, or with less than usual.",
			"Serve as ever until the delay is over.", false, nil},
		{"accepted-without-answer", "HTTP-6", "Connections are accepted after the signal, and what is sent on them is not answered, or not to its end.",
			"Close the listener when nothing is accepted any more, and wait for what was accepted, not only for what was under way at the signal, as long as it takes.", true, []string{"listener-open-late", "readiness-hangs", "readiness-slow", "liveness-fails"}},
		{"keep-alive-not-ended", "HTTP-3", "Kept connections are not closed by Connection: close or GOAWAY: clients send the next request on one that is about to go.",
			"From the signal on, answer with Connection: close (http.Server.SetKeepAlivesEnabled(false)), and close idle connections with the listener (http.Server.Shutdown).", true, nil},
		{"no-goaway", "HTTP-3", "An HTTP/2 connection with requests under way is closed without GOAWAY.",
			"Shut down through http.Server.Shutdown, or send GOAWAY yourself.", false, nil},
		{"connection-reset", "HTTP-2", "Idle connections are reset instead of closed: a client sees an error where an end was meant.",
			"Close connections without SetLinger(0), and read what was sent before closing.", false, nil},

		{"in-flight-dropped", "HTTP-2", "Requests that were under way at the signal are cut, or answered with less than usual.",
			"Wait for them: http.Server.Shutdown and not Close, and no context that the signal cancels in their handlers.", false, []string{"no-goaway"}},
		{"in-flight-failed", "HTTP-2", "Requests that were under way at the signal are answered with an error or a redirect.",
			"Their handlers must not depend on a context that the signal cancels.", false, nil},
		{"early-exit", "DRAIN-1", "The process exits while requests are under way.",
			"Wait for Shutdown to return before main does, and never call os.Exit or log.Fatal elsewhere.", false, []string{"exit-code", "listener-closed-early", "readiness-not-failed", "readiness-slow", "liveness-fails", "keep-alive-not-ended", "no-goaway", "connection-reset", "in-flight-dropped", "accepted-without-answer", "stuck-request-exit-zero"}},

		{"killed", "STATE-2", "The service is still there well after its budget: the orchestrator ends it with SIGKILL.",
			"Bound every wait: http.Server.Shutdown with a deadline, a timeout for each thing that is closed.", true, []string{"over-budget", "exit-code", "early-exit", "keep-alive-not-ended", "stuck-request-holds"}},
		{"over-budget", "STATE-2", "The stop takes longer than its budget: the orchestrator would have ended it with SIGKILL.",
			"Bound every wait, so that the bounds add up to less than the budget.", true, []string{"stuck-request-holds"}},
		{"stuck-request-holds", "RUN-11", "One request that never ends keeps the process beyond its budget.",
			"Give Shutdown a deadline, and then cut what is left (http.Server.Close).", true, nil},
		{"stuck-request-exit-zero", "DRAIN-2", "A request was cut at the deadline, and the exit code says that all was well.",
			"Exit with another code when Shutdown returns an error.", false, nil},
		{"exit-code", "RUN-14", "A stop that was asked for and went well looks like a crash.",
			"Exit with 0: http.ErrServerClosed and a cancelled context are no errors after a signal. Give -code if another code is meant.", true, nil},
		{"port-held", "RUN-10", "The process is gone, and something that it has started still takes connections.",
			"End children, and wait for them, before the exit; do not let them inherit the listener.", false, []string{"child-left", "listener-open-late", "accepted-without-answer", "readiness-flaps", "readiness-hangs", "readiness-slow", "liveness-fails", "keep-alive-not-ended"}},
		{"child-left", "RUN-10", "The process is gone, and something that it has started is still there.",
			"End children, and wait for them, before the exit.", false, nil},
	}
}

func rule(name string) Rule {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name })
	return rules[i]
}

func (r Rule) explains(other string) bool {
	return r.Name != other && (slices.Contains(r.Explains, other) || slices.Contains(r.Explains, all))
}
