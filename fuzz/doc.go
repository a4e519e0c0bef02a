// Package fuzz holds the fuzz targets of the module and their corpora, storms of
// real signals and faults on real processes, and services that are restarted
// behind real proxies. It has nothing to import.
//
//	go test ./fuzz -fuzz FuzzMachine -fuzztime 1m
//
// docs/reliability.md says how each of the others is repeated at length.
package fuzz
