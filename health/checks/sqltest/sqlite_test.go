// Package sqltest holds checks.SQLPing to a real database. It is a module of
// its own so that the driver reaches nobody who does not run it.
package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/checks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a database in a file of that name, which need not exist.
func open(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func expect(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("want an error with %q, got a pass", parts)
	}
	for _, part := range append(parts, "checks: SQLPing *sqlite.Driver: ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("want %q in the error, got %q", part, err)
		}
	}
}

func TestSQLPingPassesAndKeepsNoConnection(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "matchspec.db"))
	for range 3 {
		if err := checks.SQLPing(db)(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if s := db.Stats(); s.InUse != 0 || s.OpenConnections != 1 {
		t.Errorf("%d connections, %d in use; want 1 and 0", s.OpenConnections, s.InUse)
	}
}

func TestSQLPingFailsIfTheDatabaseCannotBeOpened(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "missing", "matchspec.db"))
	expect(t, checks.SQLPing(db)(t.Context()), "unable to open database file")
}

func TestSQLPingFailsForAFileThatIsNotADatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "matchspec.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, "file:"+filepath.ToSlash(file)+"?_pragma=journal_mode(wal)") // which reads the file
	expect(t, checks.SQLPing(db)(t.Context()), "file is not a database")
}

func TestSQLPingFailsForAClosedDatabase(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "matchspec.db"))
	if err := checks.SQLPing(db)(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	expect(t, checks.SQLPing(db)(t.Context()), "database is closed")
}

// A transaction holds the only connection.
func TestSQLPingOfAnExhaustedPoolEndsWithItsContext(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "matchspec.db"))
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = checks.SQLPing(db)(ctx)
	expect(t, err, "context deadline exceeded (1 of 1 connections are in use)")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%q is no context.DeadlineExceeded", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := checks.SQLPing(db)(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestReadinessFollowsTheDatabase(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "matchspec.db"))
	h := health.New("matchspec", "1.4.0")
	h.AddCheckContext("db", checks.SQLPing(db))
	if r, ready := h.Check(t.Context()); !ready || r.Checks["db"] != "ok" {
		t.Errorf("want ready, got %+v", r)
	}
	_ = db.Close()
	r, ready := h.Check(t.Context())
	if ready || r.Status != "degraded" {
		t.Errorf("want degraded, got %+v", r)
	}
	expect(t, errors.New(r.Checks["db"]), "database is closed")
}
