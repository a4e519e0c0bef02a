package loopback

import (
	"net"
	"runtime"
	"testing"
)

func TestEachServerHasAHostOfItsOwn(t *testing.T) {
	hosts := map[string]bool{}
	for range 20 {
		ln, err := net.Listen("tcp", Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		host, _, _ := net.SplitHostPort(ln.Addr().String())
		hosts[host] = true
	}
	if runtime.GOOS == "linux" && len(hosts) < 19 { // two may be equal, once in a lifetime
		t.Errorf("20 servers have %d hosts", len(hosts))
	}
}

func TestAFreeAddressCanBeListenedOn(t *testing.T) {
	for range 20 {
		ln, err := net.Listen("tcp", FreeAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
	}
}
