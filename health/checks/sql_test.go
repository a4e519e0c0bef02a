package checks_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health/checks"
)

// connector is a driver with no database behind it. A real one is in the
// module below sqltest.
type connector struct {
	refuse error
	ping   func(ctx context.Context) error
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return connection{ping: c.ping}, c.refuse
}
func (connector) Driver() driver.Driver { return pingable{} }

type pingable struct{}

func (pingable) Open(string) (driver.Conn, error) { return nil, errors.ErrUnsupported }

type connection struct {
	driver.Conn
	ping func(ctx context.Context) error
}

func (connection) Close() error { return nil }

func (c connection) Ping(ctx context.Context) error {
	if c.ping == nil {
		return nil
	}
	return c.ping(ctx)
}

func open(t *testing.T, c connector) *sql.DB {
	db := sql.OpenDB(c)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestSQLPingReturnsTheDriversError(t *testing.T) {
	down := errors.New("the server is down")
	fails := func(context.Context) error { return down }
	expectPass(t, checks.SQLPing(open(t, connector{})))
	for name, c := range map[string]connector{
		"no connection can be had":   {refuse: down},
		"the connection fails later": {ping: fails},
	} {
		t.Run(name, func(t *testing.T) {
			err := checks.SQLPing(open(t, c))(t.Context())
			expectFailure(t, err, "checks: SQLPing checks_test.pingable: the server is down")
			expectIs(t, err, down)
		})
	}
}

func TestSQLPingOfAClosedDatabaseFails(t *testing.T) {
	db := open(t, connector{})
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context()) // which is no excuse
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = db.Close()
	err = checks.SQLPing(db)(t.Context())
	if want := "checks: SQLPing checks_test.pingable: sql: database is closed"; err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
}

func TestSQLPingOfAHungDatabaseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, connector{ping: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		db.SetMaxOpenConns(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := checks.SQLPing(db)(ctx)
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v", took)
		}
		expectIs(t, err, context.DeadlineExceeded)
		if want := "checks: SQLPing checks_test.pingable: context deadline exceeded"; err.Error() != want {
			t.Errorf("want %q, got %q", want, err)
		}
	})
}

func TestSQLPingOfAnExhaustedPoolReportsThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, connector{})
		db.SetMaxOpenConns(2)
		for range 2 {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := checks.SQLPing(db)(ctx)
		expectFailure(t, err, "context deadline exceeded (2 of 2 connections are in use)")
		expectIs(t, err, context.DeadlineExceeded)
		if n := db.Stats().InUse; n != 2 {
			t.Errorf("the check keeps a connection: %d in use", n)
		}
	})
}

// Drivers repeat a data source name that they cannot parse, as lib/pq does.
func TestSQLPingHidesErrorsThatMayHaveAPassword(t *testing.T) {
	//lint:ignore SA1007 the test
	_, noURL := url.Parse("postgres://admin:s3cr%et@db:5432/x")
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
	const because = "; not shown because it may contain a password"
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a URL that cannot be parsed":   {noURL, "cannot parse a URL" + because},
		"one in a text without it":      {hiding{noURL}, "cannot parse a URL" + because},
		"a name with an @":              {errors.New("cannot open admin:s3cr%et@tcp(db)/x"), "an error of type *errors.errorString" + because},
		"a name with an escaped @":      {errors.New("cannot open admin:s3cr%et%2540db"), "an error of type *errors.errorString" + because},
		"a name of keys and values":     {errors.New("cannot parse host=db Password = s3cr%et"), "an error of type *errors.errorString" + because},
		"an error around another":       {fmt.Errorf("s3cr%%et@db: %w", sql.ErrConnDone), "an error of type *errors.errorString" + because},
		"a connection that is refused":  {fmt.Errorf("s3cr%%et@db: %w", refused), "cannot dial"},
		"a host that cannot be found":   {&url.Error{Op: "Post", URL: "https://s3cr%et", Err: &net.DNSError{Name: "s3cr%et"}}, "DNS lookup failed"},
		"a connection with its address": {refused, "dial tcp: refused"},
		"a request to a server of HTTP": {&url.Error{Op: "Post", URL: "https://s3cr%et", Err: sql.ErrConnDone}, "an error of type *errors.errorString" + because},
		"a text about passwords":        {errors.New("access denied (using password: YES)"), "access denied (using password: YES)"},
		"errors that are joined, a URL": {errors.Join(errors.New("down"), noURL), "cannot parse a URL" + because},
	} {
		t.Run(name, func(t *testing.T) {
			err := checks.SQLPing(open(t, connector{refuse: tc.err}))(t.Context())
			if want := "checks: SQLPing checks_test.pingable: " + tc.want; err == nil || err.Error() != want {
				t.Errorf("\nwant %q\ngot  %v", want, err)
			}
			expectIs(t, err, tc.err)
		})
	}
}

// hiding is an error that wraps another, and does not repeat its text.
type hiding struct{ err error }

func (hiding) Error() string   { return "cannot open the database" }
func (h hiding) Unwrap() error { return h.err }
