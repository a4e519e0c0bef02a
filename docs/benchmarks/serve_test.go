package benchmarks

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// servedBy starts a server of the handler, and returns its address.
var servedBy = map[string]func(testing.TB, http.Handler) string{
	"bare": func(tb testing.TB, h http.Handler) string {
		ln, srv := listen(tb), &http.Server{Handler: h}
		ended := make(chan error, 1)
		go func() { ended <- srv.Serve(ln) }()
		tb.Cleanup(func() {
			_ = srv.Shutdown(context.Background())
			<-ended
		})
		return ln.Addr().String()
	},
	"serve": func(tb testing.TB, h http.Handler) string { return serve(tb, h) },
	"serve-delay": func(tb testing.TB, h http.Handler) string {
		return serve(tb, h, lifecycle.WithDrainDelay(time.Millisecond))
	},
}

func listen(tb testing.TB) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return ln
}

func serve(tb testing.TB, h http.Handler, opts ...lifecycle.Option) string {
	ctx, ln := running(tb, opts...), listen(tb)
	lifecycle.Go(ctx, func(ctx context.Context) error { return lifecycle.Serve(ctx, &http.Server{Handler: h}, ln) })
	return ln.Addr().String()
}

// askServer sends a request over conn n times and reads the answers, without
// allocating.
func askServer(tb testing.TB, conn net.Conn, n int) {
	request := []byte("GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
	from := bufio.NewReader(conn)
	for range n {
		if _, err := conn.Write(request); err != nil {
			tb.Error(err)
			return
		}
		for line := []byte("---"); len(line) > 2; { // to the empty one: there is no body
			var err error
			if line, err = from.ReadSlice('\n'); err != nil {
				tb.Error(err)
				return
			}
		}
	}
}

// BenchmarkServe is one request and its answer over a connection that is kept,
// which is the whole way through both network stacks. What is compared is asked
// in turn, a hundred requests at a time: from one second to the next the machine
// changes by more than the library adds. So all are measured in one loop, and
// have metrics of their own.
func BenchmarkServe(b *testing.B) {
	const batch = 100
	names := []string{"bare", "serve", "serve-delay"}
	conns, allocs := map[string]net.Conn{}, map[string]float64{}
	for _, name := range names {
		conn, err := net.Dial("tcp", servedBy[name](b, noop))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		conns[name] = conn
		askServer(b, conn, 1000)
		allocs[name] = testing.AllocsPerRun(10, func() { askServer(b, conn, batch) }) / batch
	}
	took := map[string]time.Duration{}
	rounds := 0
	for b.Loop() {
		for i := range names {
			name := names[(i+rounds)%len(names)]
			began := time.Now()
			askServer(b, conns[name], batch)
			took[name] += time.Since(began)
		}
		rounds++
	}
	for _, name := range names {
		b.ReportMetric(float64(took[name].Nanoseconds())/float64(rounds*batch), name+"-ns")
		b.ReportMetric(math.Round(allocs[name]), name+"-allocs")
	}
}

func TestEveryServerAnswers(t *testing.T) {
	for name, start := range servedBy {
		t.Run(name, func(t *testing.T) {
			called := 0
			conn, err := net.Dial("tcp", start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called++ })))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			askServer(t, conn, 3)
			if called != 3 {
				t.Error(fmt.Sprint("the handler was called ", called, " times"))
			}
		})
	}
}
