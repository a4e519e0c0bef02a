package checks

import (
	"context"
	"database/sql"
	"fmt"
)

// SQLPing returns a check that passes if db answers a ping, on a connection from its
// pool or a new one, which is then added to the pool. The error names the driver, since
// a [sql.DB] does not have its address. If the driver's error contains "@" or
// "password=" or wraps a *url.Error, it could repeat a password: then only its kind or
// type is shown, and errors.As still finds it.
//
// If all connections that db may open are in use, the ping waits for one and fails when
// ctx is done; the error shows how many are in use. A process whose pool is exhausted
// cannot serve, but a long transaction should not make it not ready: see
// sql.DB.SetMaxOpenConns.
//
// What a ping does depends on the driver: for one that is not a driver.Pinger it only
// gets a connection, and one that ignores ctx is waited for (HEALTH-9). With a nil db
// the check always fails.
func SQLPing(db *sql.DB) func(ctx context.Context) error {
	if db == nil {
		return bad("SQLPing: the database is nil")
	}
	return named(fmt.Sprintf("SQLPing %T", db.Driver()), func(ctx context.Context) error {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		err = driverError(err)
		if over(ctx) != nil {
			if s := db.Stats(); s.MaxOpenConnections > 0 && s.InUse >= s.MaxOpenConnections {
				return fmt.Errorf("%w (%d of %d connections are in use)", err, s.InUse, s.MaxOpenConnections)
			}
		}
		return err
	})
}
