// Package systemd notifies systemd of how far a service is: that it is ready,
// that it reloads, that it is stopping, what it is waiting for and how long
// that may still take, and that it is alive.
//
// [Run] takes the place of lifecycle.Run, and that is all:
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
// systemctl start then returns when the service is Running and not before, and
// systemctl status shows what a stop is waiting for. Neither TimeoutStartSec
// nor TimeoutStopSec need be kept longer than what the program may take: a
// start that takes long, and each phase of the stop, ask for the time. With
// WatchdogSec, a service whose lifecycle hangs is ended. [OnReload] registers
// what systemctl reload does; a service without it has Type=notify.
//
// It is a module of its own: the protocol is spoken by
// github.com/coreos/go-systemd/v22/daemon, which reaches nobody who does not
// import it. The directory example has a whole service and its unit.
package systemd
