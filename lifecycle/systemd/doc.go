// Package systemd notifies systemd of a service's state: that it is ready, reloading
// or stopping, what it is waiting for and how long that may still take, and that it
// is alive.
//
// Call [Run] instead of lifecycle.Run; nothing else is needed:
//
//	if err := systemd.Run(run); err != nil {
//		log.Fatal(err)
//	}
//
// with a unit such as
//
//	[Service]
//	Type=notify-reload
//	ExecStart=/usr/local/bin/orders
//	TimeoutStopSec=10
//	WatchdogSec=10
//
// systemctl start then returns once the service is Running, and systemctl status
// shows what a stop is waiting for. TimeoutStartSec and TimeoutStopSec need not be
// as long as the program may take: a slow start and each phase of the stop ask for
// more time. With WatchdogSec, systemd kills a service whose lifecycle hangs.
// [OnReload] registers what systemctl reload does; for a service without it, use
// Type=notify.
//
// The package is a separate module, because it depends on
// github.com/coreos/go-systemd/v22/daemon for the protocol. The directory example
// has a complete service and its unit.
package systemd
