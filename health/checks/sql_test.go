package checks_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
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

func TestSQLPingSaysWhatTheDriverSays(t *testing.T) {
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

func TestSQLPingOfADatabaseThatWasClosedFails(t *testing.T) {
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

func TestSQLPingOfADatabaseThatHangsEndsWithItsContext(t *testing.T) {
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

func TestSQLPingOfAPoolThatIsExhaustedSaysSo(t *testing.T) {
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
