package operation

import (
	"crypto/rand"
	"encoding/base32"
	"time"

	"lbbot/zenlayer"
)

// Operation is one request from its preview until its result was reported. The
// journal stores it whole, as one flat JSON object: the embedded groups have no
// key of their own. Add fields, never rename or move one (testdata/operation.json).
type Operation struct {
	// ID is a UUIDv7, made with the draft.
	ID string `json:"id"`
	// Ref is the reference people use: LBR- and six characters, unique in the journal.
	Ref string `json:"ref"`
	// Version counts how often the operation was stored.
	Version int64 `json:"version"`
	// Run is the number of the run that owned the operation when it was read; see Lease.
	Run int64 `json:"-"`
	// State is where the operation stands.
	State State `json:"state"`
	// Reason says why a NotDone operation was not carried out.
	Reason Reason `json:"reason,omitempty"`

	// Account names whose load balancers are meant; it is part of Subject.
	Account string `json:"account"`
	// Change is what is done to the listener.
	Change ChangeKind `json:"change,omitempty"`
	// Request names the listener and the server. It is what ChangeAdd sends, with
	// the client token; another kind adds a field for what else it sends.
	Request zenlayer.RegisterBackendRequest `json:"request"`
	// Target is the entry that a removal takes off the listener; nil for ChangeAdd.
	// Request has its server, name, ports and weight as well.
	Target *Target `json:"target,omitempty"`
	// Undoes is the id of the operation that a removal takes back; empty: none.
	Undoes string `json:"undoes,omitempty"`
	// Addition is what its readers see of the operation that Undoes names; nil: none.
	Addition *Addition `json:"addition,omitempty"`
	// Listener is the listener as it was last read.
	Listener Listener `json:"listener"`
	// Server is the server as it was read for the preview.
	Server Server `json:"server"`
	// Actor is the person who asked.
	Actor Actor `json:"actor"`
	// Place is where the person asked and where the result goes.
	Place Place `json:"place"`
	// Purpose is the reason the person gave, if any.
	Purpose string `json:"purpose,omitempty"`
	// Notes are sentences of the preview: what was corrected in what was typed.
	// Earlier versions stored other sentences here as well.
	Notes []string `json:"notes,omitempty"`

	// Policies are the ids of the policies that permitted the request.
	Policies []string `json:"policies,omitempty"`
	// PolicyDigest is the SHA-256 of the policy file that Policies are part of.
	PolicyDigest string `json:"policy_digest,omitempty"`

	// Unsearched is the error of the search among virtual machines, if that was
	// refused and the server was found as bare metal.
	Unsearched Fault `json:"unsearched,omitzero"`

	// Shown is the pool as the preview showed it to the person who asked; nil if
	// it could not be read, or if an earlier version stored the operation.
	Shown *Picture `json:"shown,omitempty"`
	// Moved is what changed since the person looked at an earlier preview of this
	// draft.
	Moved []Difference `json:"moved,omitempty"`
	// There are entries of the same server that were on the listener already, with
	// other ports.
	There []Entry `json:"there,omitempty"`
	// Elsewhere is how many other listeners the server was on; 0: none, or not known.
	Elsewhere int `json:"elsewhere,omitempty"`
	// UsualWeight says that the person gave no weight, so that the request has the
	// one that most servers on the listener have.
	UsualWeight bool `json:"usual_weight,omitempty"`
	// Unseen says that nobody was shown the listener before this was accepted: what the
	// request leaves to it is filled in by the last check before the call.
	Unseen bool `json:"unseen,omitempty"`
	// PoolFault is why the pool could not be read for the preview.
	PoolFault Fault `json:"pool_fault,omitzero"`

	// Approval is nil if nobody else has to agree.
	Approval *Approval `json:"approval,omitempty"`
	// Glass is set if the approvals were skipped by break-glass.
	Glass *BreakGlass `json:"break_glass,omitempty"`
	// MayBreak says, in a draft, that the policy lets the actor use break-glass.
	MayBreak bool `json:"may_break,omitempty"`

	Options
	Times
	Calls
	Wait
	Settling
	Result
}

// Options are how a request is to be carried out.
type Options struct {
	// DryRun shows the preview only; the draft cannot be sent.
	DryRun bool `json:"dry_run,omitempty"`
	// Watch reads the backend's status after it was added.
	Watch bool `json:"watch,omitempty"`
	// Rehearsal does everything but the write (test mode).
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Command is the same request as a /lb-register line.
	Command string `json:"command,omitempty"`
}

// Times are when the operation was requested, sent and finished. Zero: not yet.
type Times struct {
	// AskedAt is when the preview was requested.
	AskedAt time.Time `json:"asked_at"`
	// ExpiresAt is when the draft can no longer be sent; zero once it was.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// ClickedAt is the last click that lets the request be sent: Send, or the
	// last approval that was needed. StartWithin counts from it.
	ClickedAt time.Time `json:"clicked_at,omitzero"`
	// FinishedAt is when the operation reached its final state.
	FinishedAt time.Time `json:"finished_at,omitzero"`
}

// Calls are the calls that were made for the operation, and what prevents more.
type Calls struct {
	// Attempts are all calls, oldest first; each is stored before it is made.
	Attempts []Attempt `json:"attempts,omitempty"`
	// Baseline are the backend ids that this server had before the first attempt.
	Baseline []string `json:"baseline,omitempty"`
	// StopBy is the user id of the person who pressed Stop.
	StopBy string `json:"stop_by,omitempty"`
	// StopAt is when that person pressed it; zero if 0.1 stored it.
	StopAt time.Time `json:"stop_at,omitzero"`
	// Denial is why permission was refused at the last check.
	Denial *Decision `json:"denial,omitempty"`
	// Fault is the last error from Zenlayer.
	Fault Fault `json:"fault,omitzero"`
}

// Wait is what the operation waits for before its next step.
type Wait struct {
	// WaitUntil is the time of the next try or the next reading.
	WaitUntil time.Time `json:"wait_until,omitzero"`
	// WaitFor is what is waited for, one of the Wait… constants.
	WaitFor string `json:"wait_for,omitempty"`
	// Pause is the pause that was on at the preview, or that it waits for the end of.
	Pause *Pause `json:"pause,omitempty"`
	// InLine is when it began to wait for a free call; kept if it ends there.
	InLine time.Time `json:"in_line,omitzero"`
	// Others is how many other operations waited at that time; 0 if unknown.
	Others int `json:"others,omitempty"`
	// Tries counts tries that certainly changed nothing.
	Tries int `json:"tries,omitempty"`
	// FirstTry is when the first of these was made.
	FirstTry time.Time `json:"first_try,omitzero"`
	// ResumedAt is when a restarted process found an attempt without an answer.
	ResumedAt time.Time `json:"resumed_at,omitzero"`
}

// Settling is what was found out about an attempt without an answer.
type Settling struct {
	// Looks counts the readings of the listener.
	Looks int `json:"looks,omitempty"`
	// LastLook is the time of the last complete reading.
	LastLook time.Time `json:"last_look,omitzero"`
	// ClockBack says that the clock was set back: no call is repeated.
	ClockBack bool `json:"clock_back,omitempty"`
	// LookFault is why the last reading was incomplete, as text.
	LookFault string `json:"look_fault,omitempty"`
	// Unread is the answer to the last reading if it was an error; see Fault.Answered.
	Unread Fault `json:"unread,omitzero"`
	// Matches are the backend ids that may be the result, if it is not clear which.
	Matches []string `json:"matches,omitempty"`
	// Answer is what a person saw in the console: AnswerThere or AnswerNotThere.
	Answer string `json:"person_answer,omitempty"`
	// AnswerBy is the user id of that person.
	AnswerBy string `json:"answer_by,omitempty"`
	// PersonSince is the Version that last asked a person to settle it.
	PersonSince int64 `json:"ask_since,omitempty"`
	// Mismatch says that the reading after the answer contradicted it.
	Mismatch bool `json:"mismatch,omitempty"`
}

// Result is what the operation led to.
type Result struct {
	// BackendID is the id of the backend at Zenlayer.
	BackendID string `json:"backend_id,omitempty"`
	// RequestID is Zenlayer's id of the successful call.
	RequestID string `json:"request_id,omitempty"`
	// Evidence says how it is known that the change was carried out.
	Evidence Evidence `json:"evidence,omitempty"`
	// BackendStatus is the backend's status, in Zenlayer's words.
	BackendStatus string `json:"backend_status,omitempty"`
	// StatusAt is when the status was read. For a removal, it is when the list was
	// read, and Listed says what it showed.
	StatusAt time.Time `json:"status_at,omitzero"`
	// Listed says that the list still showed the entry at StatusAt, although Zenlayer
	// had answered that it was removed.
	Listed bool `json:"listed,omitempty"`
	// StatusLooks counts the readings made for the status.
	StatusLooks int `json:"status_looks,omitempty"`
	// TakenBack is the undo that took an addition off again; nil: none did.
	TakenBack *TakenBack `json:"taken_back,omitempty"`
	// OwnerTold is when the bot's owner was told about the operation.
	OwnerTold time.Time `json:"owner_told,omitzero"`
	// FoundWeight is the weight that was found, for NothingToDo and ReasonDiffers.
	FoundWeight int `json:"found_weight,omitempty"`
	// Found is the entry of a removal as the last complete reading showed it, if that
	// was not as in Target: for ReasonDiffers, and while it is being settled. It may
	// equal Target if Zenlayer said that the entry does not exist.
	Found *Target `json:"found,omitempty"`
}

// Subject is what an operation is about: two open operations never have the
// same one. It is opaque to the journal.
func (o Operation) Subject() string {
	return o.Account + "|" + o.Request.ListenerID + "|" + o.Request.InstanceID
}

// RefPrefix starts every reference that people read.
const RefPrefix = "LBR-"

// NewRef makes a reference of six random base32 characters. References are
// unique in the journal; on ErrRefTaken another one is made.
func NewRef() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return RefPrefix + base32.StdEncoding.EncodeToString(b[:])[:6]
}

// NoteReading notes why the last reading failed; nil: it did not.
func (o *Operation) NoteReading(err error) {
	f := FaultOf(err)
	o.LookFault, o.Unread = f.Message, Fault{}
	if f.Answered() {
		o.LookFault, o.Unread = f.Words(), f
	}
}
