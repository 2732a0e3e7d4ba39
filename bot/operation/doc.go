// Package operation is the heart of lbbot: the model of a request, what is stored of it, and the interfaces that
// intake and runner call. What is done to the listener is a Change: Add puts a server on it, Remove takes an entry off
// it. Both live by the same rules. Package intake makes requests and accepts them; package runner carries them out;
// package sweep finds those that nothing carries out.
//
//	          Preview                Send                  attempt
//	(person) ────────► Draft ────────────────► Accepted ───────────► Sending
//	                     │ 5 minutes              │                     │
//	                     ▼                        │ denied, too late,   │ the call
//	                 (expires)                    │ stopped, broken     │
//	                                              ▼                     │
//	        NothingToDo ◄──── look ────────── NotDone ◄──── refused ────┤
//	                                              ▲                     │
//	                                              │      no answer      ├──► Done
//	                                 proven, or a │   ┌─────────────────┘     ▲
//	                                  person and  │   ▼                       │
//	                                  a reading   ├─ Unconfirmed ─────────────┤
//	                                              │   │ cannot be settled     │
//	                                              │   ▼                       │
//	                                              └─ NeedsPerson ─────────────┘
//
// Where other people must approve, there is one more state before accepted:
//
//	       Send                  enough agree
//	Draft ──────► Waiting ──────────────────────► Accepted
//	               │   ▲                             │
//	               │   └─────────────────────────────┘
//	               │    the policy asks for more approvals, the listener has changed,
//	               │    or a removal would leave no server that is available
//	               ▼
//	            NotDone (denied, no answer in time, stopped)
//
// It promises:
//
//   - Accepted means on disk: an operation is accepted in one transaction with the
//     key of the Slack delivery that asked for it.
//   - One operation, one client token: made with the draft, stored before the
//     first call and sent with every attempt of an addition. A removal's call has
//     none: it names the entry.
//   - Every accepted operation ends in a message, and the message says the
//     truth. An unanswered call is never called failed: it is unconfirmed until
//     the answer to a repeat, complete readings of the listener, or a person and a
//     reading settle it.
//   - Nothing is sent late: the first call goes out within StartWithin of the
//     last click; after an unanswered attempt there are at most MaxRepeats
//     repeats within RepeatWithin, each after a look, and then only reading. A
//     removal is repeated only if that look shows its entry unchanged.
//   - When calls are scarce, operations take their turns in the order of their
//     clicks (Line). An operation without a turn within StartWithin ends as not
//     added. The checks before a call read everything themselves.
//   - The last server that is available is not removed without a second person,
//     also when several removals run at once.
//   - Permission is checked again as the last thing before the call: of the
//     requester, of each approver, and of the person who used break-glass. An
//     approval never overrides a denial.
//
// Everything durable is in the Journal. The engine that runs Runner.Execute stores nothing
// but which process runs an operation; a new run goes on from what the Journal has.
//
// It must not know Block Kit, envelopes, SQL, HTTP statuses or environment
// variables.
package operation
