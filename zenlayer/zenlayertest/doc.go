// Package zenlayertest is a stand-in for the load balancer part of the Zenlayer
// Cloud API v2, for tests and for trying things out.
//
// It answers POST /api/v2/bmc and /api/v2/vm, checks signatures with code of its
// own, keeps load balancers, listeners, instances and backends in memory, and
// counts what each client token created. Every fault a client must survive can
// be scripted with [Server.Inject], and [Server.SetOnCall] stops the world at
// the moment before or after an effect.
//
// Where the public documentation is silent the stand-in makes a choice, named at
// the switch in [Rules] or at the code; such a choice is not a fact about the
// real service.
//
// Start runs one HTTP server, which Close ends and waits for; nothing else runs
// in the background. The package knows the client's types, but never uses the
// client to check the client.
package zenlayertest
