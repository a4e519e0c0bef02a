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
			Sentence: "Serve and ListenAndServe return nil within 10 ms of the last answer after the cancel, and also when requests were cut, which is in Run's result; they count as work in flight until then, so the grace cuts nothing. A port that cannot be had is an error at once, and a server closed before is http.ErrServerClosed. Several servers may run in one lifecycle.",
			checks: []check{
				{"Serve returns with the last answer", serve, checkServedAtLastAnswer},
				{"a request outlasts the grace", serve, checkRequestOutlastsGrace},
				{"nil when requests were cut, but an error of Run's", serve, checkCutIsNoError},
				{"a server that somebody else has closed", serve, checkClosedServer},
				{"two servers in one run", serve, checkTwoServers},
				{"a port that is taken", listen, checkTakenPort},
				{"ListenAndServe on a real port", listen, checkRealPort},
			},
		},
		{
			ID: "HTTP-2", Level: Extended,
			Sentence: "On cancel the listener closes and idle connections go. A request under way, or on a connection accepted before, is answered, over HTTP/2 too; its context has the values of BaseContext, or else of the context given, and is live until the drain timeout runs out. Then it is cut, before the first hook, which waits at most 100 ms for that. So it is when the listener has failed.",
			checks: []check{
				{"the listener closes, and idle connections go", serve, checkIdleGoes},
				{"the context of a request under way", serve, checkRequestContext},
				{"a request on a connection that was accepted before", serve, checkAcceptedBefore},
				{"answers over HTTP/2 are whole", serve, checkHTTP2Answers},
				{"the first hook waits for a cut handler, and not for long", serve, checkCutting},
				{"a request that is cut looks cut", serve, checkCutLooksCut},
				{"a listener that fails", serve, checkListenerFails},
			},
		},
		{
			ID: "HTTP-3", Level: Extended,
			Sentence: "While draining, responses carry Connection: close, in a drain delay too, and also when the request came before the stop.",
			checks: []check{
				{"a request begun before the stop", serve, checkCloseAfterStop},
				{"in a drain delay", serve, checkCloseInDelay},
				{"a new request through Handler", handler, checkHandlerCloses},
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
	}
}
