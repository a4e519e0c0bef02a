// Package health answers the questions that an orchestrator asks a process:
// is it alive, has it started, should it be sent traffic.
//
//	h := health.New("matchspec", "1.4.0")
//	h.AddCheck("db", func() error { return db.Ping() })
//	h.Follow(ctx) // the context that lifecycle.Run gives to main
//	mux.Handle("/healthz", h.Liveness())
//	mux.Handle("/readyz", h.Readiness())
//
// # What the answers do
//
// Liveness failing gets the process killed and started again. It is therefore
// 200 for as long as the process can answer at all, and never runs a check: a
// database that is away is not mended by restarting everyone who uses it.
//
// Readiness failing takes the process out of rotation: no new traffic, no
// restart, until it answers 200 again. It is
//
//	the lifecycle is Running  and  SetReady  and  every check that is not
//	optional passes
//
// so that a process that is being stopped leaves rotation without a line of
// code, and nothing can put it back.
//
// Startup failing makes the orchestrator wait with the other two, and gets the
// process killed only when it takes too long.
//
// # The answer
//
// Every answer is one JSON object (see [Response]):
//
//	{"status":"ok","state":"running","tool":"matchspec","version":"1.4.0","uptime":"3h42m18s","checks":{"db":"ok"}}
//
// with status 200, or 503 for what is not ready. "state" is there when a
// lifecycle is followed, "reason" after [Handler.SetNotReady], "checks" when there
// are checks and they were run.
//
// # Kubernetes
//
// The kubelet takes any status from 200 to 399 as passed, reads at most 10 KiB
// of the body, and opens a new connection for each probe. Of a failed probe it
// shows the status code, and writes the body to its own log at verbosity 4
// only; which check failed, and why, is therefore in the log of the process
// ([WithLogger]). Its timeoutSeconds is 1 by default, while a check here may take
// 3 s: set timeoutSeconds above the longest check timeout, or lower the check
// timeout with [WithCheckTimeout]. A check that hangs is logged at its timeout
// though the kubelet has hung up by then (HEALTH-16).
// These rules are from "Configure Liveness, Readiness and Startup Probes"
// (https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/),
// "Liveness, Readiness, and Startup Probes"
// (https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/)
// and the kubelet's own pkg/probe/http.
//
// # What operators can set
//
// [FailAfter] tolerates failures in a row, [CacheFor] and [RefreshAhead] run a
// check less often, [Optional] lists one that does not affect readiness, and
// [Group] gives parts of a service a readiness of their own
// ([Handler.ReadinessOf]). [Handler.SetNotReady] says why. [WithObserver] is called
// with each change of a check.
//
// # Storms
//
// However many probes come, at most one run of each check is under way, on one
// goroutine; a check that hangs costs that one goroutine and fails only itself.
// A run's timeout counts from the first probe that asked for it, and decides for
// every other, so that probers never disagree about it (HEALTH-9, HEALTH-10).
// At most 64 checks are begun together; see [Handler.AddCheck].
//
// The package imports fsm and never lifecycle: it follows any [fsm.Source].
//
// IDs such as HEALTH-4 are clauses of the contract, which docs/spec.md lists with
// what checks them:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
package health
