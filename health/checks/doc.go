// Package checks has the checks that most services need, made for
// health.Handler.AddCheckContext:
//
//	h.AddCheckContext("db", checks.SQLPing(db))
//	h.AddCheckContext("search", checks.HTTPGet("http://search:9200/_cluster/health"))
//	h.AddCheckContext("disk", checks.FreeDisk("/var/lib/matchspec", 1<<30), health.CacheFor(10*time.Second))
//
// Each function returns a check: nil says that it passes, an error that it
// fails, what was tried, and what was found where a limit is set:
//
//	checks: FreeDisk /var/lib/matchspec: 12.0 MiB (12582912 bytes) free, at least 1.0 GiB (1073741824 bytes) wanted
//
// An argument that makes no sense is a check that always fails and says so, as
// a nil function is (HEALTH-13).
//
// A check takes as long as its context allows, which for the ones a Handler
// runs is the check's timeout, 3 s by default (HEALTH-9). It fails at once when
// the context is done, and has then closed what it opened. It keeps nothing
// from one run to the next: no connection, no goroutine, no file. All checks
// may be run from any goroutine, several at once too.
//
// # What to check
//
// A failing check takes the process out of rotation; it does not restart it.
// So check what the process cannot serve without and what its peers have of
// their own: its disk, its connections, its memory. A dependency that all
// peers share fails for all of them at once, and then none is in rotation;
// add such a check with health.Optional, to be seen and not to be acted upon.
//
// The error texts name hosts, paths and URLs (without a password). Where
// strangers can see the probes, use health.WithoutDetails.
package checks
