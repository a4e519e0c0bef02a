// Package systemd tells systemd how far a service is: that it is ready, that
// it is stopping and what it is waiting for, and how long that may still take.
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
//	Type=notify
//	ExecStart=/usr/local/bin/orders
//	TimeoutStopSec=10
//
// systemctl start then returns when the service is Running and not before, and
// systemctl status shows what a stop is waiting for. TimeoutStopSec need not
// be kept longer than the drain and shutdown timeouts of the program: each
// phase of the stop asks for the time that it may take.
//
// The protocol is spoken by github.com/coreos/go-systemd/v22/daemon. Package
// lifecycle does not import this one: a program that does without it has
// nothing of either in it.
package systemd
