package conformance

func httpClauses() []Clause {
	serve := []Need{NeedServe, NeedRunWith}
	handler := []Need{NeedHandler, NeedRunWith}
	listen := []Need{NeedListenAndServe, NeedRunWith}
	// both makes a check of Serve, and the same one of Handler in a server
	// that is run in another way.
	both := func(name string, run func(c *checker, serve serveFunc)) []check {
		return []check{
			{name + ", with Serve", serve, func(c *checker) { run(c, c.impl.Serve) }},
			{name + ", with Handler", handler, func(c *checker) { run(c, c.serveBare) }},
		}
	}
	return []Clause{
		{
			ID: "HTTP-1", Level: Extended,
			Sentence: "Serve and ListenAndServe, over TLS too, return nil within 10 ms of the last answer after the cancel (over HTTP/2 once the client has gone, or 1 s later), and also when requests were cut, which is in Run's result; they count as work in flight until then, so the grace cuts nothing. A port that cannot be had is an error at once, and a server closed before is http.ErrServerClosed. Several servers may run in one lifecycle, and one on several listeners, but not in two runs or with different options. They end with the run whatever context they are given.",
			checks: []check{
				{"Serve returns with the last answer", serve, checkServedAtLastAnswer},
				{"a request outlasts the grace", serve, checkRequestOutlastsGrace},
				{"nil when requests were cut, but an error of Run's", serve, checkCutIsNoError},
				{"a server that somebody else has closed", serve, checkClosedServer},
				{"two servers in one run", serve, checkTwoServers},
				{"one server on two listeners", serve, checkTwoListeners},
				{"one server in two runs", serve, checkServerInTwoRuns},
				{"one server with different options", append(serve, NeedUntilStopped), checkServerWithTwoOptions},
				{"over HTTP/2 it returns a second after the last answer", serve, checkServedOverHTTP2},
				{"a context that does not end with main's", serve, checkAnyContext},
				{"a port that is taken", listen, checkTakenPort},
				{"ListenAndServe on a real port", listen, checkRealPort},
				{"ServeTLS", []Need{NeedServeTLS, NeedRunWith}, checkServeTLS},
				{"ListenAndServeTLS on a real port", []Need{NeedListenTLS, NeedRunWith}, checkListenTLS},
			},
		},
		{
			ID: "HTTP-2", Level: Extended,
			Sentence: "On cancel the listener closes and idle connections go. A request under way, or on a connection accepted before, is answered, over HTTP/2 too; its context has the values of BaseContext, or else of the context given, and is live until the drain timeout runs out. Then it is cut, before the first hook, which waits at most 100 ms for that, and a tenth of the shutdown timeout. So are streams and hijacked connections, until their handlers return. So it is when the listener has failed.",
			checks: []check{
				{"the listener closes, and idle connections go", serve, checkIdleGoes},
				{"the context of a request under way", serve, checkRequestContext},
				{"a request on a connection that was accepted before", serve, checkAcceptedBefore},
				{"answers over HTTP/2 are whole", serve, checkHTTP2Answers},
				{"the first hook waits for a cut handler, and not for long", serve, checkCutting},
				{"nor for longer than a tenth of the shutdown timeout", serve, checkCuttingUnderAShortTimeout},
				{"a request that is cut looks cut", serve, checkCutLooksCut},
				{"streams of HTTP/2 are cut", serve, checkStreamsAreCut},
				{"hijacked connections are waited for, and cut", serve, checkHijackedIsFollowed},
				{"a listener that fails", serve, checkListenerFails},
			},
		},
		{
			ID: "HTTP-3", Level: Extended,
			Sentence: "While draining, responses of HTTP/1 but informational ones carry Connection: close, in a drain delay too, also when the request came before the stop or the handler writes nothing. Over HTTP/2 the client is sent GOAWAY.",
			checks: []check{
				{"a request begun before the stop", serve, checkCloseAfterStop},
				{"in a drain delay", serve, checkCloseInDelay},
				{"answers without a body, or with a header of their own", serve, checkCloseOfOddAnswers},
				{"a new request through Handler", handler, checkHandlerCloses},
				{"GOAWAY over HTTP/2", serve, checkGoAway},
			},
		},
		{
			ID: "HTTP-4", Level: Extended,
			Sentence: "Handler counts a request from before its first byte is handled until the handler has returned, and serves those that come while draining; after that it answers 503 with Retry-After.",
			checks: []check{
				{"hooks wait for a handler that has written nothing, or all", handler, checkHandlerCounts},
				{"a request that comes while draining", handler, checkRequestWhileDraining},
				{"a request after draining", handler, checkRequestAfterDraining},
			},
		},
		{
			ID: "HTTP-5", Level: Extended,
			Sentence: "A panic in a handler, a hijacked or a streaming response leaks no count. http.Flusher, http.Hijacker and http.ResponseController keep working.",
			checks: append(append(append(
				both("a handler that panics", checkPanickingHandler),
				both("a hijacked connection", checkHijacked)...),
				both("a stream", checkStream)...),
				both("what a ResponseWriter can do", checkWriterPowers)...),
		},
		{
			ID: "HTTP-6", Level: Extended,
			Sentence: "Whatever request http.Server.Shutdown would have answered is answered: of a connection that was accepted before the cancel, over HTTP/1.1, TLS, HTTP/2 and h2c, new or kept, with a fast reader or a slow one. A connection without a request is waited for until it is 500 ms old. What is cut is cut at the drain timeout, and is in Run's result.",
			checks: []check{
				{"connections that speak after the stop, over every protocol", serve, checkAcceptedBeforeByAll},
				{"one that speaks late, and is young", serve, checkLateRequestOfAYoungConnection},
				{"streams that begin just before the stop", serve, checkStreamsOutlastTheStop},
				{"uploads", serve, checkUploadsAreTaken},
				{"slow readers", serve, checkSlowReaders},
			},
		},
		untilClause(),
		{
			ID: "HTTP-8", Level: Extended,
			Sentence: "ServeFunc calls serve, which is work in flight; at the cancel it calls shutdown, once, whose context ends with draining, and when that ends first closeNow, before the first hook. serve's return before a stop is one: nil a clean one. It returns serve's error, nil where that is clean after a stop. Early ends, and what shutdown returns, are in the result, each once. closeNow may be nil.",
			checks: []check{
				{"a server that stops in its own time", []Need{NeedServeFunc, NeedRunWith}, checkServeFuncStops},
				{"one that does not", []Need{NeedServeFunc, NeedRunWith}, checkServeFuncIsCut},
				{"its errors", []Need{NeedServeFunc, NeedRunWith}, checkServeFuncErrors},
				{"several servers", []Need{NeedServeFunc, NeedRunWith}, checkServeFuncSeveral},
			},
		},
		{
			ID: "HTTP-9", Level: Extended,
			Sentence: "With CancelOnStop, the context of a request ends when main's does, with its cause, and when its client goes, as ever. Other requests are as without it.",
			checks: []check{
				{"streams end at the stop", append(serve, NeedCancelOnStop), checkStreamsEndAtTheStop},
				{"before and after the stop, without a server", []Need{NeedCancelOnStop}, checkCancelOnStopElsewhere},
			},
		},
		{
			ID: "HTTP-10", Level: Extended,
			Sentence: "What a handler can do under http.Server it can do under Serve: http.MaxBytesReader ends the connection, and http.Pusher, io.ReaderFrom, http.ResponseController and Expect: 100-continue work. A listener is closed once.",
			checks: []check{
				{"what a ResponseWriter is", serve, checkPowers},
				{"a body that is too large", serve, checkTooLargeEndsTheConnection},
				{"a request that expects 100-continue", serve, checkExpectContinue},
				{"ReadFrom", serve, checkReadFrom},
				{"a listener is closed once", serve, checkClosedOnce},
			},
		},
	}
}

func untilClause() Clause {
	until := []Need{NeedUntilStopped, NeedRunWith}
	return Clause{
		ID: "HTTP-7", Level: Extended,
		Sentence: "With UntilStopped a server is no work in flight: it answers through draining and hooks, without Connection: close, and is stopped when no hook is left to run, whether main is back or not, or when hooks end in another way. Then connections are cut; requests' contexts live until then. That it fails before the stop requests one. Inside Go it is refused, or warned of.",
		checks: []check{
			{"it answers in every phase", append(until, NeedTrack), checkUntilAnswersThroughout},
			{"its requests are no work", until, checkUntilIsNoWork},
			{"main stays out, or a hook does", until, checkUntilWhenHooksEndOtherwise},
			{"it fails before the stop", until, checkUntilFails},
			{"it is begun inside a task", append(until, NeedGo, NeedStop), checkUntilInGo},
			{"it is begun when the run is over", until, checkUntilWhenItIsOver},
		},
	}
}
