package checks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/checks"
)

// probe adds the check to a handler and prints its result in a probe, with the parts
// that vary between runs replaced.
func probe(check func(ctx context.Context) error, replaced ...string) {
	h := health.New("matchspec", "1.4.0", health.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	h.AddCheckContext("it", check)
	response, ready := h.Check(context.Background())
	fmt.Println(ready, strings.NewReplacer(replaced...).Replace(response.Checks["it"]))
}

func Example() {
	h := health.New("matchspec", "1.4.0")
	h.AddCheckContext("goroutines", checks.MaxGoroutines(10_000))
	h.AddCheckContext("memory", checks.MaxMemory(8<<30))
	h.AddCheckContext("disk", checks.FreeDisk(os.TempDir(), 1), health.CacheFor(10*time.Second))
	// All instances share it: shown, but without effect on readiness.
	h.AddCheckContext("search", checks.TCPDial("127.0.0.1"), health.Optional())

	response, ready := h.Check(context.Background())
	fmt.Println(ready)
	fmt.Println(response.Checks["goroutines"], response.Checks["memory"], response.Checks["disk"])
	fmt.Println(response.Checks["search"])
	// Output:
	// true
	// ok ok ok
	// checks: TCPDial "127.0.0.1": address 127.0.0.1: missing port in address
}

func ExampleTCPDial() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ln.Close()
	probe(checks.TCPDial(ln.Addr().String()))
	// Output: true ok
}

func ExampleHTTPGet() {
	search := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer search.Close()
	probe(checks.HTTPGet(search.URL + "/health"))
	probe(checks.HTTPGet(search.URL+"/other"), search.URL, "http://search:9200")
	// Output:
	// true ok
	// false checks: HTTPGet http://search:9200/other: answered 500 Internal Server Error, 200 to 299 wanted
}

func ExampleHTTPGetWith() {
	search := httptest.NewTLSServer(http.RedirectHandler("https://elsewhere.invalid/", http.StatusFound))
	defer search.Close()
	client := search.Client() // knows the server's certificate
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("no redirects, please") }
	probe(checks.HTTPGetWith(client, search.URL), search.URL, "https://search")
	// Output: false checks: HTTPGetWith https://search: no redirects, please
}

func ExampleSQLPing() {
	db := sql.OpenDB(connector{}) // or sql.Open with the driver of your database
	defer db.Close()
	probe(checks.SQLPing(db))
	// Output: true ok
}

func ExampleDNSLookup() {
	probe(checks.DNSLookup("localhost"))
	probe(checks.DNSLookup("127.0.0.1"))
	// Output:
	// true ok
	// false checks: DNSLookup 127.0.0.1: an IP address, which is not looked up
}

func ExampleDNSLookupWith() {
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return nil, errors.New("10.0.0.2 does not answer")
		},
	}
	check := checks.DNSLookupWith(resolver, "db.internal.")
	fmt.Println(strings.Contains(check(context.Background()).Error(), "10.0.0.2 does not answer"))
	// Output: true
}

func ExampleWritableDir() {
	dir, err := os.MkdirTemp("", "matchspec")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "file")
	probe(checks.WritableDir(dir))
	fmt.Println(os.WriteFile(file, nil, 0o600))
	probe(checks.WritableDir(file), file, "/data")
	// Output:
	// true ok
	// <nil>
	// false checks: WritableDir /data: not a directory
}

func ExampleFreeDisk() {
	probe(checks.FreeDisk(os.TempDir(), 1))
	check := checks.FreeDisk(os.TempDir(), math.MaxUint64)
	_, text, _ := strings.Cut(check(context.Background()).Error(), " free, ")
	fmt.Println(text)
	// Output:
	// true ok
	// at least 16.0 EiB (18446744073709551615 bytes) wanted
}

func ExampleMaxGoroutines() {
	probe(checks.MaxGoroutines(10_000))
	probe(checks.MaxGoroutines(0))
	// Output:
	// true ok
	// false checks: MaxGoroutines: the limit 0 is not positive
}

func ExampleMaxMemory() {
	probe(checks.MaxMemory(8 << 30))
	probe(checks.MaxMemory(0))
	// Output:
	// true ok
	// false checks: MaxMemory: the limit is 0 bytes
}
