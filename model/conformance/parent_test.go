package conformance_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// addressVariable has the address that a child of TestNothingIsLeftOfAParentThatIsKilled
// connects to.
const addressVariable = "LIFECYCLE_CONFORMANCE_ADDRESS"

func TestNothingIsLeftOfAParentThatIsKilled(t *testing.T) {
	if address := os.Getenv(addressVariable); address != "" {
		hangs := with(func(i *implementation) {
			i.Run = func(mainFunc, time.Duration, time.Duration) error {
				if _, err := os.CreateTemp("", "of the implementation"); err != nil {
					return err
				}
				conn, err := net.Dial("tcp", address)
				if err != nil {
					return err
				}
				_, err = conn.Read(make([]byte, 1)) // until the process ends
				return err
			}
		})
		conformance.Examine(t, hangs, conformance.StepLimit(time.Hour), conformance.Limit(time.Hour))
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer ln.Close()
	dir := t.TempDir()
	parent := alone(t)
	parent.Env = append(parent.Env, addressVariable+"="+ln.Addr().String(), "TMPDIR="+dir)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := ln.Accept() // the child is in Run
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = parent.Process.Kill()
	_ = parent.Wait()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 1)); os.IsTimeout(err) {
		t.Error("the child is still there after a minute")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
}
