// Package zenlayertest is a stand-in for the load balancer part of the Zenlayer
// Cloud API v2, for tests and for trying things out.
//
// It answers POST /api/v2/bmc and /api/v2/vm, checks signatures with its own code,
// keeps load balancers, listeners, instances and backends in memory, and counts
// what each client token created. [Server.Inject] scripts the faults that a client
// must survive. [Server.SetOnCall] installs a hook before and after each effect.
//
// Where the public documentation says nothing, [Rules] or a comment names the
// stand-in's choice. Such a choice is not a fact about the real service.
//
// Start runs one HTTP server. Close stops it and waits for it; nothing else runs in
// the background. The package uses the client's types, but not the client.
package zenlayertest
