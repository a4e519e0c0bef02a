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
// runs is the check's timeout, 3 s by default (HEALTH-9). Those that use the
// network fail at once when the context is done, and have then closed what they
// opened; so does SQLPing if the driver heeds the context. WritableDir and
// FreeDisk ask the file system, which takes as long as it takes. Only SQLPing and
// HTTPGetWith keep connections from one run to the next, in the pool or the
// client that they are given, and WritableDir its file where deleting is
// forbidden. All checks may be run from any goroutine, several at once too.
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
