// Package operation is the heart of lbbot: the life of one accepted request to
// add a server to a load balancer's listener, from the preview a person sees
// to the final words in the channel.
//
//	          Preview                Send                  attempt
//	(person) ────────► draft ────────────────► accepted ───────────► sending
//	                     │ 5 minutes              │                     │
//	                     ▼                        │ denied, too late,   │ the call
//	                 (expires)                    │ stopped, broken     │
//	                                              ▼                     │
//	      already_there ◄──── look ────────── not_added ◄── refused ────┤
//	                                              ▲                     │
//	                                              │      no answer      ├──► added
//	                                 proven, or a │   ┌─────────────────┘     ▲
//	                                  person and  │   ▼                       │
//	                                  a reading   ├─ unconfirmed ─────────────┤
//	                                              │   │ cannot be settled     │
//	                                              │   ▼                       │
//	                                              └─ needs_person ────────────┘
//
// Where other people must agree, there is one more state before accepted:
//
//	       Send                     enough agree
//	draft ──────► waiting_approval ──────────────► accepted
//	               │      ▲                           │
//	               │      └───────────────────────────┘
//	               │       by now the rules ask for more, or
//	               │       the listener is not as they saw it
//	               ▼
//	           not_added (a no, nobody in time, Stop)
//
// It promises:
//
//   - Accepted means on disk: Send and Submit return an accepted operation only
//     after the journal has committed it, in one transaction with the key of
//     the Slack delivery that asked for it.
//   - One operation, one client token: made with the draft, stored before the
//     first call and sent with every attempt.
//   - Every accepted operation ends in a message, and the message says the
//     truth. An unanswered call is never called failed: it is unconfirmed until
//     a repeat with the same token, complete readings of the listener, or a
//     person and a reading settle it.
//   - Nothing is sent late: the first call goes out within StartWithin of the
//     last click; after an unanswered attempt there are at most MaxRepeats
//     repeats within RepeatWithin, each after a look, and then only reading.
//   - When calls are scarce, who clicked first goes first (Line), accepted
//     operations go before previews, and what does not get its turn within
//     StartWithin ends as not added. What is checked before a call is read then,
//     never taken from what previews share (Shared).
//   - Permission is asked at preview, at each click, and again before the call:
//     of the asker, of everybody who agreed, and of who breaks the glass. That is
//     the last thing before the call. An agreement makes up for no rule's no.
//
// Everything durable is in the Journal. The engine that runs Execute only
// remembers how far it got. The package starts two kinds of goroutines: while a
// call is under way, the one that says when it takes long, which the step that
// made the call waits for; and one for each question that previews share, which
// Shared.Close waits for.
//
// It must not know Block Kit, envelopes, SQL, HTTP statuses or environment
// variables.
package operation
