// Package suggest finds what a form and the help may offer to one person: the
// listeners that they may change, servers, what a form says about a chosen
// listener, and the commands that they may use.
//
//	slackapp ──► Suggester ──► Lists: everything there is, in memory
//	                 ├───────► operation.Offers: which of it the person may change
//	                 ├───────► Journal: which of it was used lately in the channel
//	                 └───────► operation.Pools: the servers on a chosen listener
//
// It only shapes what a person is shown. It decides nothing, writes nothing to the
// audit trail, and remembers for half a minute what a person may change. The preview
// of a request reads and decides everything again.
package suggest
