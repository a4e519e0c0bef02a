package lifecycle_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// handlersOfAllKinds use a response writer in every way. Each returns what it saw.
var handlersOfAllKinds = map[string]func(rw http.ResponseWriter, req *http.Request) string{
	"nothing":        func(http.ResponseWriter, *http.Request) string { return "" },
	"a header alone": func(rw http.ResponseWriter, _ *http.Request) string { rw.Header().Set("X-Own", "1"); return "" },
	"a status":       func(rw http.ResponseWriter, _ *http.Request) string { rw.WriteHeader(202); return "" },
	"status 413":     func(rw http.ResponseWriter, _ *http.Request) string { rw.WriteHeader(413); return "" },
	"status 200":     func(rw http.ResponseWriter, _ *http.Request) string { rw.WriteHeader(200); return "" },
	"status 204":     func(rw http.ResponseWriter, _ *http.Request) string { rw.WriteHeader(204); return "" },
	"status 999":     func(rw http.ResponseWriter, _ *http.Request) string { rw.WriteHeader(999); return "" },
	"two statuses": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.WriteHeader(202)
		rw.WriteHeader(201)
		return ""
	},
	"a status, late": func(rw http.ResponseWriter, _ *http.Request) string {
		fmt.Fprint(rw, "text")
		rw.WriteHeader(202)
		return ""
	},
	"an early hint": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.WriteHeader(103)
		rw.WriteHeader(202)
		return ""
	},
	"a hint too late": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.WriteHeader(202)
		rw.WriteHeader(103)
		return ""
	},
	"status 1000": func(rw http.ResponseWriter, _ *http.Request) (saw string) {
		defer func() { saw = fmt.Sprint(recover()) }()
		rw.WriteHeader(1000)
		return ""
	},
	"status 99, after another": func(rw http.ResponseWriter, _ *http.Request) (saw string) {
		defer func() { saw = fmt.Sprint(recover()) }()
		rw.WriteHeader(202)
		rw.WriteHeader(99)
		return ""
	},
	"headers and trailers": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.Header().Set("Trailer", "Sum")
		rw.Header().Set("Early", "yes")
		rw.WriteHeader(202)
		rw.Header().Set("Early", "changed")
		rw.Header().Set("Late", "yes")
		n, err := fmt.Fprint(rw, "text")
		rw.Header().Set("Sum", "4")
		return fmt.Sprint(n, err, len(rw.Header()))
	},
	"Write": func(rw http.ResponseWriter, _ *http.Request) string { return fmt.Sprint(rw.Write([]byte("text"))) },
	"WriteString": func(rw http.ResponseWriter, _ *http.Request) string {
		return fmt.Sprint(rw.(io.StringWriter).WriteString("text"))
	},
	"ReadFrom": func(rw http.ResponseWriter, _ *http.Request) string {
		return fmt.Sprint(rw.(io.ReaderFrom).ReadFrom(strings.NewReader("text")))
	},
	"Flush, and then more": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.Header().Set("X-Own", "1")
		rw.WriteHeader(202)
		rw.(http.Flusher).Flush()
		rw.Header().Set("X-Late", "1")
		return fmt.Sprint(io.WriteString(rw, "text"))
	},
	"FlushError": func(rw http.ResponseWriter, _ *http.Request) string {
		return fmt.Sprint(rw.(interface{ FlushError() error }).FlushError())
	},
	"a read deadline": func(rw http.ResponseWriter, req *http.Request) string {
		err := rw.(interface{ SetReadDeadline(time.Time) error }).SetReadDeadline(time.Now().Add(-1))
		body, failed := io.ReadAll(req.Body)
		return fmt.Sprintf("%v %s %v", err, body, failed)
	},
	"a write deadline": func(rw http.ResponseWriter, _ *http.Request) string {
		err := rw.(interface{ SetWriteDeadline(time.Time) error }).SetWriteDeadline(time.Now().Add(-1))
		return fmt.Sprint(err, http.NewResponseController(rw).Flush())
	},
	"full duplex": func(rw http.ResponseWriter, req *http.Request) string {
		err := rw.(interface{ EnableFullDuplex() error }).EnableFullDuplex()
		n, _ := io.WriteString(rw, "text")
		rw.(http.Flusher).Flush()
		body, failed := io.ReadAll(req.Body)
		return fmt.Sprintf("%v %d %s %v", err, n, body, failed)
	},
	"CloseNotify": func(rw http.ResponseWriter, req *http.Request) string {
		_, _ = io.Copy(io.Discard, req.Body)
		//lint:ignore SA1019 some frameworks ask for it
		gone := rw.(http.CloseNotifier).CloseNotify()
		select {
		case <-gone:
			return "gone"
		case <-time.After(time.Minute):
			return "still there"
		}
	},
	"Hijack": func(rw http.ResponseWriter, _ *http.Request) string { return hijackAndSay(rw, "text") },
	"Hijack with headers": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.Header().Set("X-Own", "1")
		rw.WriteHeader(202)
		return hijackAndSay(rw, "text")
	},
	"Hijack after a Write": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.WriteHeader(202)
		fmt.Fprint(rw, "text")
		return hijackAndSay(rw, ", and more")
	},
	"an upgrade": func(rw http.ResponseWriter, _ *http.Request) string {
		rw.Header().Set("Connection", "Upgrade")
		rw.Header().Set("Upgrade", "other")
		rw.WriteHeader(http.StatusSwitchingProtocols)
		return ""
	},
}

func hijackAndSay(rw http.ResponseWriter, text string) string {
	conn, buf, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	_, _ = buf.WriteString(text)
	return fmt.Sprint(buf.Flush())
}

// exchange is all that a client and a handler see of one request, which is answered
// before the stop or after it.
func exchange(t *testing.T, delay time.Duration, expect, stopped bool, handle func(http.ResponseWriter, *http.Request) string) (seen string) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		var complaints lines
		srv := &http.Server{ErrorLog: log.New(&complaints, "", 0), Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			sleep(1)
			saw := handle(rw, req)
			w.note("%s", saw)
		})}
		_ = w.run(func(ctx context.Context) error {
			go func() {
				defer lifecycle.Stop(ctx, nil)
				conn, _ := ln.dial(ctx, "", "")
				header := "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
				if !stopped {
					header += "Connection: close\r\n"
				} else {
					time.AfterFunc(500*time.Millisecond, func() { lifecycle.Stop(ctx, nil) })
				}
				if expect {
					header += "Expect: 100-continue\r\n"
				}
				go fmt.Fprint(conn, header+"\r\n")
				time.AfterFunc(2*time.Second, func() { fmt.Fprint(conn, "body") })
				time.AfterFunc(5*time.Second, func() { _ = conn.Close() })
				raw, err := io.ReadAll(conn)
				seen = fmt.Sprint(string(raw), err)
			}()
			return lifecycle.Serve(ctx, srv, ln)
		}, lifecycle.WithDrainDelay(delay))
		sleep(100)
		synctest.Wait()
		seen += fmt.Sprint(w.notes, complaints)
	})
	headers := strings.Split(regexp.MustCompile(`Date: .*GMT|call from .* \(.*\.go:\d+\)`).ReplaceAllString(seen, ""), "\r\n")
	slices.Sort(headers) // in which order net/http writes them depends on who has set them
	return strings.Join(headers, "\n")
}

// HTTP-5, HTTP-10: with a drain delay the response writer is wrapped. Neither the
// client nor the handler nor the server's log sees a difference.
func TestResponsesAreTheSameWithADrainDelay(t *testing.T) {
	for name, handle := range handlersOfAllKinds {
		for _, stopped := range []bool{false, true} {
			if stopped && (name == "an upgrade" || name == "Hijack with headers") {
				continue // without a drain delay, their connection is closed
			}
			for _, expect := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, stopped: %v, 100-continue: %v", name, stopped, expect), func(t *testing.T) {
					want, got := exchange(t, 0, expect, stopped, handle), exchange(t, time.Minute, expect, stopped, handle)
					if got != want {
						t.Errorf("with a drain delay\n%s\nand without\n%s", got, want)
					}
				})
			}
		}
	}
}
