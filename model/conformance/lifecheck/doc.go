// Command lifecheck tests a whole process, in any language, against the contract in
// docs/spec.md, from outside: it sends signals, probes and requests, and checks the
// answers and the exit code. IDs such as DRAIN-4 are clauses of the contract.
//
//	go run github.com/greynewell/mist-go/model/conformance/lifecheck \
//	    -ready http://127.0.0.1:8080/readyz \
//	    -live http://127.0.0.1:8080/healthz \
//	    -work http://127.0.0.1:8080/slow \
//	    -delay 5s -budget 30s -profile kubernetes -- ./my-service -its -flags
//
// It starts the service, waits until it is ready, sends requests until some are in
// flight, sends the signal that an orchestrator sends, and observes the process until
// it exits. One such run is called a life. There are several, which differ in how the
// service is stopped. Each finding has a name and a clause, and says what was observed
// and what to change. docs/lifecheck.md lists the findings and shows a run.
//
// # The command
//
// The command after -- is started without a shell, in the current directory and
// environment, in a process group that is killed at the end with everything that
// the service has started. Signals are sent to the process only. Its input is open
// and empty; the end of its output is shown if the service does not become ready.
// Nothing else may listen at its addresses.
//
// # Flags
//
//	-ready URL     readiness, which also says when the service is up. Required.
//	               "output:TEXT" is for a service without HTTP: it is up when it
//	               has printed the text. Then give -work none.
//	-live URL      liveness. Without it, liveness is not tested.
//	-work URL      work: a GET that takes a while to answer, best from 0.2 to 10
//	               seconds. Required; may be given several times. "none" says that
//	               the service takes no requests.
//	-upload URL    a URL that reads the body of a POST. Default: the first -work,
//	               if it does. "none": no POST is sent. Each life sends dozens.
//	-hang URL      a GET that is never answered. Default: an upload that is not
//	               finished, if the service waits for the rest of it.
//	-delay D       how long the service keeps serving after the signal. Default: not
//	               known; then the listener may stay open, but not until the exit.
//	               0: it closes at once.
//	-budget D      from the signal to the exit. Default 30s. A process that runs a
//	               quarter longer (at least 0.5s, at most 5s) is killed.
//	-start D       from the start to readiness. Default 1m.
//	-code N        an exit code that means a clean stop, besides 0. 143 allows a
//	               process to end by SIGTERM itself, once its work is done, and
//	               130 after SIGINT.
//	-profile P     kubernetes or standalone. Default standalone.
//	-runs N        how often it is stopped under load, and in start-up. Default 3.
//	-json          write the report as JSON; its durations are nanoseconds.
//	-markdown      write it as Markdown. Not with -json.
//	-q             no progress on standard error.
//
// Durations are written as in Go: 500ms, 5s, 1m30s. A probe must be answered within
// one second, the kubelet's default. Certificates are not verified. HTTP/2 is used
// beside HTTP/1.1 with https, and with http if the service supports it with prior
// knowledge. A unix socket is written http+unix://%2Frun%2Fservice.sock/readyz.
//
// # Profiles
//
// The profiles differ only in the delay. With standalone the listener may close at any
// time. With kubernetes it must stay open after the signal, for at least half a second
// or for -delay, since proxies notice the stop later than the service. If a preStop
// hook waits instead, give -delay 0.
//
// # Exit codes
//
//	0   the service stops as it should
//	1   there are findings
//	2   inconclusive: nothing was in flight at the signal in some life, the
//	    command does not start, it never gets ready, or this machine was too busy;
//	    or a flag is invalid
//
// # How long it takes
//
// The number of lives, 2×runs+5, times the time that the service takes to start
// and to stop, and that of the work. Findings that depend on how long something took
// must occur twice, which may take some more lives; those that depend on how the
// service usually answers take one more. A life in which a timer on this machine was
// more than half a second late does not count and is repeated, at most twice; so is a
// life in which nothing was in flight, four times in all.
package main

//go:generate go test -count=1 -run=TestTheTableOfFindingsIsThatOfTheCode -update .
