// Package catalog keeps in memory what a form may offer: the listeners of all load balancers, and all bare metal and
// virtual machines. One goroutine reads the lists from Zenlayer in the background, so no person waits for a reading:
//
//	Run ──► refresh ──► listeners: DescribeLoadBalancers          ──► index ──► replaces the old list at once
//	 ▲        │   └───► servers: DescribeInstances of bmc and vm  ──► index ──► replaces the old list at once
//	 │        ▼
//	 │     5 minutes, or less after a failure
//	Wake (somebody opened a form) ends the pause if the last reading ended 30 s ago or more,
//	and the time is over that Zenlayer asked to wait
//
// A list that cannot be read stays as it was, and counts as not loaded once it is 15 minutes old. The two lists are
// independent. What is offered decides nothing: the preview reads and checks everything again.
//
// Readers never wait for a reading: they search the last complete list. Its memory is bounded by what the client
// reads, zenlayer.MaxItems of each kind.
package catalog
