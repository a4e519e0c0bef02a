// Package health serves liveness, readiness and startup probes: is the process
// alive, should it be sent traffic, has it started.
//
//	h := health.New("matchspec", "1.4.0")
//	h.AddCheckContext("disk", checks.WritableDir("/var/lib/matchspec"))
//	h.AddCheckContext("db", checks.SQLPing(db), health.Optional()) // shared by all instances
//	h.Follow(ctx) // main's context, from lifecycle.Run
//	mux.Handle("/healthz", h.Liveness())
//	mux.Handle("/readyz", h.Readiness())
//
// # Probes
//
// When liveness fails, the orchestrator kills and restarts the process. So it is
// 200 for as long as the process can answer, and never runs a check: restarting
// all clients of a database does not repair it.
//
// When readiness fails, the process gets no new traffic, but is not restarted. The
// process is ready if the lifecycle is Running, SetReady(false) was not called, and
// every check that is not optional passes. So a process that is stopping becomes not
// ready without further code, and SetReady(true) cannot override that.
//
// A dependency that all instances share, such as a database, fails for all of them at
// the same time, and then no instance is ready. Make its check [Optional].
//
// Until startup succeeds, the orchestrator does not send the other two probes; if
// that takes too long, it kills the process.
//
// Every answer is one JSON object (see [Response]):
//
//	{"status":"ok","state":"running","tool":"matchspec","version":"1.4.0","uptime":"3h42m18s","checks":{"db":"ok","disk":"ok"}}
//
// with status 200, or 503 if not ready. It has "state" if a lifecycle is followed,
// "reason" after [Handler.SetNotReady], and "checks" if checks were run.
//
// # Kubernetes
//
// The kubelet's timeoutSeconds is 1 by default, while a check may take 3 s: set
// timeoutSeconds above the longest check timeout, or lower the check timeout with
// [WithCheckTimeout]. The kubelet does not show the body of a failed probe, so which
// check failed, and why, is in the log ([WithLogger]). A check that hangs is logged
// at its timeout, even if the kubelet has disconnected by then (HEALTH-16).
// https://github.com/greynewell/mist-go/blob/main/docs/kubernetes.md has the details.
//
// # Options
//
// [FailAfter] tolerates a number of consecutive failures, [CacheFor] and
// [RefreshAhead] run a check less often, [Optional] lists a check without affecting
// readiness, and [Group] gives parts of a service separate readiness
// ([Handler.ReadinessOf]). [WithObserver] reports each change of a check.
//
// # Concurrency
//
// However many probes arrive, at most one run of each check is in progress, on one
// goroutine; a check that hangs occupies that goroutine and fails only itself. A
// run's timeout counts from the first probe that asked for it and is the same for
// every probe, so that probers never disagree (HEALTH-9, HEALTH-10). At most 64
// checks are started together; see [Handler.AddCheck].
//
// The package imports fsm and never lifecycle: it follows any [fsm.Source].
//
// IDs such as HEALTH-4 are clauses of the contract. docs/spec.md lists them, with the
// tests that check each:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
package health
