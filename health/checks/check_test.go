package checks_test

import (
	"context"
	"database/sql"
	"math"
	"testing"
	"testing/synctest"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/checks"
)

const notHostPort = "checks: TCPDial: the address is not host:port; not shown because it may contain a password"

// HEALTH-13, as it is for a nil function.
func TestInvalidArgumentIsACheckThatAlwaysFails(t *testing.T) {
	for name, tc := range map[string]struct {
		check check
		want  string
	}{
		"TCPDial without an address":      {checks.TCPDial(""), `checks: TCPDial "": missing port in address`},
		"TCPDial without a port":          {checks.TCPDial("db"), `checks: TCPDial "db": address db: missing port in address`},
		"TCPDial with an empty port":      {checks.TCPDial("db:"), `checks: TCPDial "db:": the port is empty`},
		"TCPDial with a bare IPv6":        {checks.TCPDial("::1"), notHostPort},
		"TCPDial with IPv6 and no port":   {checks.TCPDial("[::1]"), notHostPort},
		"TCPDial of a user and a host":    {checks.TCPDial("admin:s3cret:db:5432"), notHostPort},
		"TCPDial of a user in brackets":   {checks.TCPDial("[admin:s3cret]:5432"), notHostPort},
		"TCPDial of a user in a zone":     {checks.TCPDial("[::1%admin:s3cret]:5432"), notHostPort},
		"TCPDial with an unknown service": {checks.TCPDial("admin:s3cret"), notHostPort},
		"TCPDial with a port too large":   {checks.TCPDial("127.0.0.1:99999"), notHostPort},
		"HTTPGet without a URL":           {checks.HTTPGet(""), `checks: HTTPGet "": the scheme is "", not http or https`},
		"HTTPGet without a scheme":        {checks.HTTPGet("search/health"), `checks: HTTPGet "search/health": the scheme is "", not http or https`},
		"HTTPGet of a host and a port":    {checks.HTTPGet("search:9200"), `checks: HTTPGet "search:9200": the scheme is "search", not http or https`},
		"HTTPGet of ftp":                  {checks.HTTPGet("ftp://u:secret@search/"), `checks: HTTPGet "…@search/": the scheme is not http or https`},
		"HTTPGet without a host":          {checks.HTTPGet("http://:9200/"), `checks: HTTPGet "http://:9200/": there is no host`},
		"HTTPGet of no URL, password":     {checks.HTTPGet("http://u:secret@search:x/"), `checks: HTTPGet "http://…@search:x/": invalid port ":x" after host`},
		"HTTPGet of a user and a host":    {checks.HTTPGet("admin:s3cret@search:9200/health"), `checks: HTTPGet "…@search:9200/health": the scheme is not http or https`},
		"HTTPGet, a slash in a password":  {checks.HTTPGet("http://admin:s3cret/x@search/"), `checks: HTTPGet "http://…@search/": the text before the "@" is not valid user information; special characters must be escaped`},
		"HTTPGet, a mark in a password":   {checks.HTTPGet("http://admin:s3cret?x@search/"), `checks: HTTPGet "http://…@search/": the text before the "@" is not valid user information; special characters must be escaped`},
		"HTTPGet, a hash in a password":   {checks.HTTPGet("http://admin:s3cret#x@search/"), `checks: HTTPGet "http://…@search/": the text before the "@" is not valid user information; special characters must be escaped`},
		"HTTPGet with one slash":          {checks.HTTPGet("http:/admin:s3cret@search/"), `checks: HTTPGet "…@search/": there is no host`},
		"HTTPGet without a slash":         {checks.HTTPGet("https:admin:s3cret@search/"), `checks: HTTPGet "…@search/": there is no host`},
		"HTTPGet with a line break":       {checks.HTTPGet("http://a/\n"), `checks: HTTPGet "http://a/\n": net/url: invalid control character in URL`},
		"HTTPGetWith without a client":    {checks.HTTPGetWith(nil, "http://search/"), `checks: HTTPGetWith: the client is nil`},
		"SQLPing without a database":      {checks.SQLPing(nil), `checks: SQLPing: the database is nil`},
		"DNSLookup without a host":        {checks.DNSLookup(""), `checks: DNSLookup: the host is empty`},
		"DNSLookup of a user":             {checks.DNSLookup("admin:s3cret"), `checks: DNSLookup: the host is not a name; not shown because it may contain a password`},
		"DNSLookupWith of a user's zone":  {checks.DNSLookupWith(nil, "::1%admin:s3cret"), `checks: DNSLookupWith: the host is not a name; not shown because it may contain a password`},
		"DNSLookup of IPv4":               {checks.DNSLookup("127.0.0.1"), `checks: DNSLookup 127.0.0.1: an IP address, which is not looked up`},
		"DNSLookupWith of IPv6":           {checks.DNSLookupWith(nil, "fe80::1%eth0"), `checks: DNSLookupWith fe80::1%eth0: an IP address, which is not looked up`},
		"WritableDir without a directory": {checks.WritableDir(""), `checks: WritableDir: the directory is empty`},
		"FreeDisk without a path":         {checks.FreeDisk("", 1), `checks: FreeDisk: the path is empty`},
		"FreeDisk of nothing":             {checks.FreeDisk("/", 0), `checks: FreeDisk /: at least 0 bytes are always free`},
		"MaxGoroutines of none":           {checks.MaxGoroutines(0), `checks: MaxGoroutines: the limit 0 is not positive`},
		"MaxGoroutines of fewer":          {checks.MaxGoroutines(-1), `checks: MaxGoroutines: the limit -1 is not positive`},
		"MaxMemory of none":               {checks.MaxMemory(0), `checks: MaxMemory: the limit is 0 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				if err := tc.check(t.Context()); err == nil || err.Error() != tc.want {
					t.Errorf("\nwant %q\ngot  %v", tc.want, err)
				}
			}
		})
	}
}

// every returns one check of each kind, none of which can pass or fail for
// another reason than its context.
func every(t *testing.T) map[string]check {
	db := sql.OpenDB(connector{})
	t.Cleanup(func() { _ = db.Close() })
	return map[string]check{
		"TCPDial 127.0.0.1:1":          checks.TCPDial("127.0.0.1:1"),
		"HTTPGet http://127.0.0.1:1/":  checks.HTTPGet("http://127.0.0.1:1/"),
		"SQLPing checks_test.pingable": checks.SQLPing(db),
		"DNSLookup mist.invalid.":      checks.DNSLookup("mist.invalid."),
		"WritableDir .":                checks.WritableDir("."),
		"FreeDisk .":                   checks.FreeDisk(".", 1),
		"MaxGoroutines":                checks.MaxGoroutines(math.MaxInt),
		"MaxMemory":                    checks.MaxMemory(math.MaxUint64),
	}
}

// In a bubble of virtual time a check that did any real work in the network
// would be found out: nothing outside can wake it.
func TestCheckWithDoneContextFailsImmediately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		expired, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		for name, c := range every(t) {
			for _, ctx := range []context.Context{canceled, expired} {
				err := c(ctx)
				if want := "checks: " + name + ": " + ctx.Err().Error(); err == nil || err.Error() != want {
					t.Errorf("\nwant %q\ngot  %v", want, err)
				}
				expectIs(t, err, ctx.Err())
			}
		}
	})
}

func TestEveryCheckCanBeAddedToAHandler(t *testing.T) {
	h := health.New("matchspec", "1.4.0")
	h.AddCheckContext("dir", checks.WritableDir(t.TempDir()))
	h.AddCheckContext("goroutines", checks.MaxGoroutines(math.MaxInt))
	if r, ready := h.Check(t.Context()); !ready || len(r.Checks) != 2 {
		t.Errorf("want ready, got %+v", r)
	}
}
