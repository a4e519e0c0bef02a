package checks

import (
	"context"
	"database/sql"
	"fmt"
)

// SQLPing returns a check that passes when db answers a ping, on a connection
// of its pool or a new one, which then belongs to the pool. The error names
// the driver, since a [sql.DB] does not tell its address. If the driver's error
// contains "@" or "password=" or wraps a *url.Error, it could repeat a password:
// then only its kind or its type is shown, and errors.As still finds it.
//
// The ping waits for a connection when all that db may open are in use, and
// fails when ctx is done by then; the error says how many are in use. A
// process whose pool is exhausted cannot serve either, but a long transaction
// should not take it out of rotation: see sql.DB.SetMaxOpenConns.
//
// What a ping does is up to the driver: one that is no driver.Pinger is only
// asked for a connection, and one that does not honour ctx is waited for
// (HEALTH-9). A nil db is a check that fails and says so.
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
