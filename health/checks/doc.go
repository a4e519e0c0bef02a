// Package checks provides common health checks, for health.Handler.AddCheckContext:
//
//	h.AddCheckContext("db", checks.SQLPing(db), health.Optional()) // shared by all instances
//	h.AddCheckContext("search", checks.HTTPGet("http://search:9200/_cluster/health"), health.Optional())
//	h.AddCheckContext("disk", checks.FreeDisk("/var/lib/matchspec", 1<<30), health.CacheFor(10*time.Second))
//
// Each function returns a check. The check returns nil if it passes, or an error that
// says what was tried and, for a limit, what was found:
//
//	checks: FreeDisk /var/lib/matchspec: 12.0 MiB (12582912 bytes) free, at least 1.0 GiB (1073741824 bytes) wanted
//
// With an invalid argument the check always fails, with an error that says so, as for
// a nil function (HEALTH-13).
//
// A check runs until its context is done, which in a Handler is at the check's timeout,
// 3 s by default (HEALTH-9). Checks that use the network then fail immediately, with
// everything they opened closed; so does SQLPing if the driver observes the context.
// WritableDir and FreeDisk use the file system, which may block for longer. Only
// SQLPing and HTTPGetWith keep connections between runs, in the given pool or client;
// WritableDir leaves its file where deleting is forbidden. All checks are safe for
// concurrent use.
//
// # What to check
//
// While a check fails the process gets no new traffic; it is not restarted. So check
// what the process cannot serve without and does not share with other instances: its
// disk, its connections, its memory. A dependency that all instances share fails for
// all of them at the same time, and then no instance is ready; add such a check with
// health.Optional, so that it is shown but does not affect readiness.
//
// The error texts contain hosts, paths and URLs (without passwords). If the probes are
// public, use health.WithoutDetails.
//
// IDs such as HEALTH-9 are clauses of the contract, docs/spec.md:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
package checks
