// Command timeline draws what happens to a service that is sent SIGTERM: when the
// context is cancelled, what is waited for, what is cut, what Run returns, and
// which line to change. What it draws is what package model predicts.
//
//	go run ./docs/timeline -main 8s -work export=20s -hook db=3s -hook flush=12s
//
// Say how long things take, and with which options Run is called:
//
//	-main time            how long main takes to return after the cancel
//	-work [name=]time     work in flight, and how long it still takes at the stop
//	-hook [name=]time     how long a hook takes; in the order of registration
//	-drain time           WithDrainTimeout, 15s
//	-shutdown time        WithShutdownTimeout, 10s
//	-grace time           WithReturnGrace, 5s
//	-delay time           WithDrainDelay, 0
//	-interrupt-at time    a SIGINT so long after the stop, which ends a phase
//	-svg file             write the drawing to a file too, as SVG
//
// What takes time may take "never", and -main and -hook may end in "/fail": they
// return an error. A hook's own timeout comes last: -hook flush=12s@5s. The flags
// -work, -hook and -interrupt-at may be repeated. Instants in the drawing are
// offsets from the stop.
package main
