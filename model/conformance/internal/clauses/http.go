package clauses

import (
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func httpClauses() []Clause {
	serve := []subject.Need{subject.NeedServe, subject.NeedParent}
	handler := []subject.Need{subject.NeedHandler, subject.NeedParent}
	listen := []subject.Need{subject.NeedListenAndServe, subject.NeedRunWith}
	// both makes a check of Serve, and the same one of Handler in a server
	// that is run in another way.
	both := func(name string, run func(c *checks.Checker, serve checks.ServeFunc)) []Check {
		return []Check{
			{name + ", with Serve", serve, func(c *checks.Checker) { run(c, c.Impl.Serve) }},
			{name + ", with Handler", handler, func(c *checks.Checker) { run(c, c.ServeBare) }},
		}
	}
	return []Clause{
		{
			ID: "HTTP-1", Level: Extended,
			Sentence: "Serve and ListenAndServe, with TLS too, return nil within 10 ms of the last response after the cancel (over HTTP/2 once the client has gone, or 1 s later), and also when requests were cut, which is reported in Run's result. They count as in-flight work until then, so the grace cuts nothing. A listen failure is returned at once, and a server closed before is http.ErrServerClosed. Several servers may run in one lifecycle, and one server on several listeners, but not in two runs or with different options. They end with the run whatever context they are given.",
			Checks: []Check{
				{"Serve returns with the last answer", serve, checks.ServedAtLastAnswer},
				{"a young connection that has had its answer", serve, checks.ServedWithYoungConnection},
				{"a young connection over HTTP/2 that has had its answer", serve, checks.YoungOverHTTP2},
				{"a request outlasts the grace", serve, checks.RequestOutlastsGrace},
				{"Serve returns nil when requests were cut, and Run an error", serve, checks.CutIsNoError},
				{"a server that was closed before", serve, checks.ClosedServer},
				{"two servers in one run", serve, checks.TwoServers},
				{"two servers with one handler", serve, checks.HandlerOfTwoServers},
				{"one server on several listeners", serve, checks.SeveralListeners},
				{"connections that are not comparable", serve, checks.UncomparableConnections},
				{"Serve inside a task", append(serve, subject.NeedGo), checks.ServeInTask},
				{"one of two listeners fails", serve, checks.OneOfTwoListenersFails},
				{"one server in two runs", serve, checks.ServerInTwoRuns},
				{"one server with different options", append(serve, subject.NeedUntilStopped), checks.ServerWithTwoOptions},
				{"over HTTP/2 Serve returns a second after the last answer", serve, checks.ServedOverHTTP2},
				{"Serve with a context that does not end with main's", serve, checks.AnyContext},
				{"Serve with a context that ends before main's", serve, checks.ContextThatEndsFirst},
				{"Serve returns, whatever has stopped the run", serve, checks.ServedWhateverStops},
				{"Serve after the cancel", serve, checks.LateServeReturns},
				{"a port in use", listen, checks.TakenPort},
				{"over TLS, a port in use", []subject.Need{subject.NeedListenTLS, subject.NeedRunWith}, checks.TakenPortTLS},
				{"a server that was closed before it listens", listen, checks.ClosedBeforeItListens},
				{"over TLS, a server that was closed before it listens", []subject.Need{subject.NeedListenTLS, subject.NeedRunWith}, checks.ClosedBeforeItListensTLS},
				{"ListenAndServe on a real port", append(listen, subject.NeedParent), checks.RealPort},
				{"over TLS Serve returns with the last answer", serve, checks.ServedOverTLS},
				{"ServeTLS", []subject.Need{subject.NeedServeTLS, subject.NeedParent}, checks.ServeTLS},
				{"ServeTLS returns nil when requests were cut, and Run an error", []subject.Need{subject.NeedServeTLS, subject.NeedParent}, checks.ServeTLSWhenCut},
				{"over TLS, a server that was closed before", []subject.Need{subject.NeedServeTLS, subject.NeedParent}, checks.ClosedServerTLS},
				{"ListenAndServeTLS on a real port", []subject.Need{subject.NeedListenTLS, subject.NeedParent}, checks.ListenTLS},
			},
		},
		{
			ID: "HTTP-2", Level: Extended,
			Sentence: "On cancel, and not before, the listener closes and idle connections are closed. A request under way, or on a connection accepted before, is answered, over HTTP/2 too; its context has the values of BaseContext, or else of the given context, and is live until the drain timeout runs out. Then the request is cut, before the first hook, which waits for that at most 100 ms and a tenth of the shutdown timeout. So are streams and hijacked connections, until their handlers return. The same holds when the listener has failed.",
			Checks: []Check{
				{"the listener closes, and idle connections go", serve, checks.IdleGoes},
				{"nothing closes in a drain delay", append(serve, subject.NeedDelay), checks.OpenInDelay},
				{"the listener of a server that begins after the cancel", serve, checks.LateServeCloses},
				{"the context of a request under way", serve, checks.RequestContext},
				{"a request on a connection that was accepted before", serve, checks.AcceptedBefore},
				{"a request that was read just before the stop", serve, checks.AskedAsItStops},
				{"answers over HTTP/2 are whole", serve, checks.HTTP2Answers},
				{"the first hook waits for a cut handler, but not for long", serve, checks.Cutting},
				{"the first hook waits for a cut handler for a tenth of the shutdown timeout at most", serve, checks.CuttingUnderAShortTimeout},
				{"a forced end of draining cuts too", append(serve, subject.NeedSignals), checks.CutWhenForced},
				{"a request that is cut looks cut", serve, checks.CutLooksCut},
				{"a request that is cut when draining is forced to end looks cut", append(serve, subject.NeedSignals), checks.CutLooksCutWhenForced},
				{"a connection whose Close blocks", serve, checks.CloseThatBlocks},
				{"a listener whose Close waits for its connections", serve, checks.ListenerThatWaits},
				{"a connection that is accepted after the cut", serve, checks.AcceptedAfterTheCut},
				{"requests of two servers are cut", serve, checks.TwoServersAreCut},
				{"streams of HTTP/2 are cut", serve, checks.StreamsAreCut},
				{"hijacked connections are waited for, and cut", serve, checks.HijackedIsFollowed},
				{"a hijacked connection over TLS is cut", serve, checks.HijackedOverTLS},
				{"a listener that fails", serve, checks.ListenerFails},
				{"requests of every shape are waited for", serve, func(c *checks.Checker) { checks.EachCounts(c, c.Impl.Serve) }},
				{"hundreds of requests are cut", serve, checks.ManyAreCut},
				{"each of many listeners closes", serve, checks.ManyListeners},
				{"the BaseContext of each listener", serve, checks.BaseContextOfEach},
				{"listeners on real sockets", serve, checks.SocketsClose},
			},
		},
		{
			ID: "HTTP-3", Level: Extended,
			Sentence: "While draining, and in a drain delay, but not while running, HTTP/1 responses other than informational ones carry Connection: close, even if the request came before the stop or the handler writes nothing. Over HTTP/2 the client is sent GOAWAY.",
			Checks: []Check{
				{"a request begun before the stop", serve, checks.CloseAfterStop},
				{"requests of every method, responses of every status", serve, checks.CloseWhateverIsAsked},
				{"a request in a drain delay", append(serve, subject.NeedDelay), checks.CloseInDelay},
				{"answers without a body, or with a header of their own", append(serve, subject.NeedDelay), checks.CloseOfUnusualAnswers},
				{"requests of every shape, over TLS too", serve, checks.CloseOfEveryShape},
				{"handlers that return at the stop", serve, checks.CloseAsItStops},
				{"a new request through Handler", handler, checks.HandlerCloses},
				{"GOAWAY over HTTP/2", serve, checks.GoAway},
				{"GOAWAY in a drain delay", append(serve, subject.NeedDelay), checks.GoAwayInDelay},
			},
		},
		{
			ID: "HTTP-4", Level: Extended,
			Sentence: "Handler counts a request from before its first byte is handled until the handler has returned, and serves requests that come while draining; after that it answers 503 with Retry-After.",
			Checks: []Check{
				{"hooks wait for a handler that has written nothing, or all", handler, checks.HandlerCounts},
				{"hooks wait for a request of every shape", handler, func(c *checks.Checker) { checks.EachCounts(c, c.ServeBare) }},
				{"hooks wait for a handler, whichever server calls it", handler, checks.HandlerCountsWhateverServes},
				{"as many requests as fill a counter", handler, checks.RequestsFillACounter},
				{"a request that comes while draining", handler, checks.RequestWhileDraining},
				{"a request after draining", handler, checks.RequestAfterDraining},
			},
		},
		{
			ID: "HTTP-5", Level: Extended,
			Sentence: "A panic in a handler, a hijacked or a streaming response leaks no count. http.Flusher, http.Hijacker and http.ResponseController keep working.",
			Checks: append(append(append(append(
				both("a handler that panics", checks.PanickingHandler),
				both("a hijacked connection", checks.Hijacked)...),
				both("a stream", checks.Stream)...),
				append(append(both("deadlines", checks.Deadlines), both("a body that is read after the answer has begun", checks.FullDuplex)...), both("what a ResponseWriter can do", checks.WriterPowers)...)...),
				Check{"answers through Handler are those of http.Server", handler, checks.AnswersThroughHandler}),
		},
		{
			ID: "HTTP-6", Level: Extended,
			Sentence: "Every request that http.Server.Shutdown would have answered is answered: on a connection accepted before the cancel, over HTTP/1.1, TLS, HTTP/2 and h2c, new or kept, with a fast reader or a slow one. A connection without a whole request is waited for until it is 500 ms old. What is cut is cut at the drain timeout, and is reported in Run's result.",
			Checks: []Check{
				{"connections whose request comes after the stop, over every protocol", serve, checks.AcceptedBeforeByAll},
				{"a young connection whose request comes late", serve, checks.LateRequestOfAYoungConnection},
				{"a request that comes in halves", serve, checks.HalfARequest},
				{"a request that comes after the stop, over real sockets", serve, checks.SilentOnSockets},
				{"hundreds of requests under way", serve, checks.ManyRequests},
				{"connections without a request", serve, checks.SilentIsNotWaitedFor},
				{"streams that begin just before the stop", serve, checks.StreamsOutlastTheStop},
				{"uploads", serve, checks.UploadsAreTaken},
				{"large responses", serve, checks.LargeAnswersAreWhole},
				{"slow readers", serve, checks.SlowReaders},
				{"responses that are not read in time", serve, checks.UnreadAnswers},
				{"a request that comes as its connection is closed", serve, checks.AskedAsItCloses},
			},
		},
		untilClause(),
		{
			ID: "HTTP-8", Level: Extended,
			Sentence: "ServeFunc calls serve and counts it as in-flight work. At the cancel it calls shutdown, once, with a context that ends with draining, and if that ends before both have returned, closeNow, before the first hook. serve's return before a stop requests one, a clean one if it returned nil. ServeFunc returns serve's error, or nil where that is clean after a stop. An early end and the errors of shutdown and closeNow are in the result, each once, and so is a panic; errors that are clean after a stop are not. closeNow may be nil.",
			Checks: []Check{
				{"a server that stops in its own time", []subject.Need{subject.NeedServeFunc, subject.NeedParent, subject.NeedDelay}, checks.ServeFuncStops},
				{"a server that does not stop", []subject.Need{subject.NeedServeFunc, subject.NeedParent}, checks.ServeFuncIsCut},
				{"errors of serve and shutdown", []subject.Need{subject.NeedServeFunc, subject.NeedParent}, checks.ServeFuncErrors},
				{"serve and shutdown both fail", []subject.Need{subject.NeedServeFunc}, checks.ServeFuncFailsTwice},
				{"a server that ends because of the parent's end", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith, subject.NeedParent}, checks.ServeFuncEndsWithParent},
				{"functions that panic", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncPanics},
				{"shutdown and closeNow fail with the same error", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncSameErrors},
				{"several servers", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncSeveral},
				{"serve ends by itself, with a drain delay", []subject.Need{subject.NeedServeFunc, subject.NeedDelay}, checks.ServeFuncEndsInDelay},
				{"shutdown fails at once, and serve ends in time", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncShutdownFails},
				{"several servers fail, and main returns their errors", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncErrorsAreJoinedOnce},
				{"a server that is begun in the drain delay", []subject.Need{subject.NeedServeFunc, subject.NeedParent, subject.NeedDelay}, checks.ServeFuncInDelay},
				{"a shutdown that hangs though serve has returned", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncShutdownHangs},
				{"closeNow is waited for", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncCloseNow},
				{"a shutdown that outlasts serve", []subject.Need{subject.NeedServeFunc, subject.NeedRunWith}, checks.ServeFuncShutdownOutlasts},
				{"a server that does not stop when a signal forces", []subject.Need{subject.NeedServeFunc, subject.NeedSignals}, checks.ServeFuncIsCutWhenForced},
			},
		},
		{
			ID: "HTTP-9", Level: Extended,
			Sentence: "With CancelOnStop, the context of a request ends when main's does, with its cause, and when its client goes. Other requests are not affected.",
			Checks: []Check{
				{"streams end at the stop", append(serve, subject.NeedCancelOnStop, subject.NeedDelay), checks.StreamsEndAtTheStop},
				{"requests before and after the stop, without a server", []subject.Need{subject.NeedCancelOnStop}, checks.CancelOnStopElsewhere},
				{"a request that comes after the stop", []subject.Need{subject.NeedCancelOnStop, subject.NeedRunWith, subject.NeedParent}, checks.CancelOnStopLate},
				{"hundreds of requests end at the stop", []subject.Need{subject.NeedCancelOnStop}, checks.ManyEndAtTheStop},
				{"requests of every shape end at the stop", []subject.Need{subject.NeedCancelOnStop, subject.NeedParent}, checks.CancelOnStopEach},
				{"answers are those of http.Server", []subject.Need{subject.NeedCancelOnStop, subject.NeedParent}, checks.AnswersThroughCancelOnStop},
			},
		},
		{
			ID: "HTTP-10", Level: Extended,
			Sentence: "What a handler can do under http.Server it can do under Serve: http.MaxBytesReader ends the connection, and http.Pusher, io.ReaderFrom, http.ResponseController, trailers, http.ErrAbortHandler, pipelining, OPTIONS * and Expect: 100-continue work. The server's own ConnState is called. ServeTLS uses the server's TLSConfig and offers HTTP/2. A listener is closed once.",
			Checks: []Check{
				{"the interfaces that a ResponseWriter implements", serve, checks.Powers},
				{"answers are those of http.Server", append(serve, subject.NeedDelay), checks.AnswersAreTheSame},
				{"a server without a handler, and one whose handler handles OPTIONS *", serve, checks.OfOtherServers},
				{"the server's ConnState", serve, checks.ConnStates},
				{"the server's ConnContext", serve, checks.ConnContexts},
				{"the server's Handler, called by a handler", serve, checks.ServersOwnHandler},
				{"clients that leave", append(serve, subject.NeedDelay), checks.ClientsLeave},
				{"a body that is too large", append(serve, subject.NeedDelay), checks.TooLargeEndsTheConnection},
				{"requests over TLS are those of http.Server", []subject.Need{subject.NeedServeTLS, subject.NeedParent}, checks.TLSRequests},
				{"a request that expects 100-continue", serve, checks.ExpectContinue},
				{"ReadFrom", serve, checks.ReadFrom},
				{"a listener is closed once", serve, checks.ClosedOnce},
			},
		},
	}
}

func untilClause() Clause {
	until := []subject.Need{subject.NeedUntilStopped, subject.NeedParent}
	return Clause{
		ID: "HTTP-7", Level: Extended,
		Sentence: "With UntilStopped a server is not in-flight work: it answers through draining and hooks, without Connection: close, and is stopped when no hook is left to run, whether main is back or not, or when hooks end in another way. Then its connections are cut, and a request that is cut looks cut; its requests' contexts, whose values are those of Serve, live until then. Its failure before the stop requests one. Inside Go it is refused, or warned about.",
		Checks: []Check{
			{"a server with UntilStopped answers in every phase", append(until, subject.NeedTrack, subject.NeedDelay), checks.UntilAnswersThroughout},
			{"requests to a server with UntilStopped do not count as work", until, checks.UntilIsNoWork},
			{"a server with UntilStopped stops though main or a hook does not return", until, checks.UntilWhenHooksEndOtherwise},
			{"a server with UntilStopped stops when hooks are forced to end", append(until, subject.NeedSignals), checks.UntilWhenForced},
			{"a request that is cut looks cut", until, checks.UntilCutLooksCut},
			{"a server with UntilStopped fails before the stop", until, checks.UntilFails},
			{"Run waits for a server with UntilStopped to return", until, checks.UntilReturnIsAwaited},
			{"UntilStopped with a server that was closed before", until, checks.UntilClosedBefore},
			{"a server with UntilStopped is begun inside a task", append(until, subject.NeedGo, subject.NeedStop, subject.NeedLog), checks.UntilInGo},
			{"a server with UntilStopped is begun when the run is over", until, checks.UntilWhenItIsOver},
			{"a server with UntilStopped after a drain timeout", append(until, subject.NeedTrack), checks.UntilAfterDrainTimeout},
			{"several servers with UntilStopped in one run", until, checks.UntilSeveral},
			{"a server with UntilStopped is begun while draining", until, checks.UntilBegunWhileDraining},
			{"answers are those of http.Server", until, checks.AnswersUntilStopped},
			{"clients that leave", until, checks.ClientsLeaveUntilStopped},
			{"a hijacked connection", until, checks.UntilCutsHijacked},
		},
	}
}
