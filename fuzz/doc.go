// Package fuzz holds the fuzz targets of the module and their corpora, and
// storms of real signals on real processes. It has nothing to import.
//
//	go test ./fuzz -fuzz FuzzMachine -fuzztime 1m
package fuzz
