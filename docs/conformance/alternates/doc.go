// Package alternates holds libraries that people use today to the contract in
// docs/spec.md: oklog/run, fx, errgroup and controller-runtime. It is a module
// of its own, so that they are dependencies of nothing else.
//
// Each library has a file with its adapter: how the library fits behind a
// conformance.Implementation. An adapter uses what the library has, in the way
// that its documentation shows, and adds as little as the suite cannot do
// without. What it adds is written down in its Note.
//
// The tests examine each library, and compare the results with the reports in
// docs/conformance. go generate writes the reports and the tables of
// docs/conformance/README.md anew.
//
// What else in the documents needs Kubernetes is checked here too, since its
// types take long to build: the manifest of docs/kubernetes.md, client-go's part
// of the guide to leader election, and the programs in migration.
package alternates

//go:generate go test -count=1 -timeout=30m -run=TestReports -update .
