package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/operation"
)

// The trail is a chain. Each event, in the order in which it was linked, has a
// position, counted from 1 without a gap, and a hash over itself and the
// previous hash. Rows of events never change: positions and hashes are in the
// table links.
//
// The canonical form. The hash at a position is the SHA-256, in lower case
// hexadecimal digits, over these eleven values in this order, each as its
// length in bytes in decimal digits, a colon, its bytes (UTF-8), and a comma:
//
//	 1  the words "lbbot audit 1"
//	 2  the hash at the previous position; 64 zeros for position 1
//	 3  links.position       in decimal digits, as all numbers
//	 4  links.linked_at      Unix milliseconds, the sequencer's clock
//	 5  events.seq
//	 6  events.at            Unix milliseconds, the clock of who decided
//	 7  events.kind
//	 8  events.operation_id
//	 9  events.actor_id
//	10  events.channel_id
//	11  events.data          the JSON text, byte for byte; it may be packed in its column
//
// What retention deleted is represented by the last row of checkpoints. Its
// signature is Ed25519 over these values in the same form: the words
// "lbbot checkpoint 1", position, hash, at, public key (as stored).
const (
	entryForm      = "lbbot audit 1"
	checkpointForm = "lbbot checkpoint 1"
)

// noHash is the previous hash of the first position.
const noHash = "0000000000000000000000000000000000000000000000000000000000000000"

// Head is a position of the chain and the hash there. A head that is kept
// outside of the database proves later whether anything up to it was altered,
// even if all hashes after the alteration were computed again.
type Head struct {
	Position int64
	Hash     string
}

// String writes POSITION:HASH, which ParseHead reads.
func (h Head) String() string { return strconv.FormatInt(h.Position, 10) + ":" + h.Hash }

// ParseHead reads a head as it is posted, POSITION:HASH.
func ParseHead(s string) (Head, error) {
	number, hash, ok := strings.Cut(strings.TrimSpace(s), ":")
	position, err := strconv.ParseInt(number, 10, 64)
	hash = strings.ToLower(hash)
	if _, hexErr := hex.DecodeString(hash); !ok || err != nil || position < 0 || hexErr != nil ||
		len(hash) != len(noHash) {
		return Head{}, fmt.Errorf("%q is not a head: a position, a colon and 64 hexadecimal digits, as the bot "+
			"posts it", s)
	}
	return Head{position, hash}, nil
}

// Entry is one event of the trail with its link.
type Entry struct {
	Position    int64
	Previous    string // hash at the previous position
	Hash        string // as stored
	LinkedAt    int64  // Unix milliseconds
	Seq         int64  // of the event
	At          int64  // Unix milliseconds
	Kind        string
	OperationID string
	ActorID     string
	ChannelID   string
	Data        string // the stored text, JSON
}

// Sum computes the hash of the entry's canonical form.
func (e *Entry) Sum() string {
	h := sha256.Sum256(e.form(nil))
	return hex.EncodeToString(h[:])
}

// form appends the canonical form.
func (e *Entry) form(form []byte) []byte {
	form = appendText(appendText(form, entryForm), e.Previous)
	for _, n := range [...]int64{e.Position, e.LinkedAt, e.Seq, e.At} {
		form = appendNumber(form, n)
	}
	for _, v := range [...]string{e.Kind, e.OperationID, e.ActorID, e.ChannelID, e.Data} {
		form = appendText(form, v)
	}
	return form
}

// Event returns what was recorded. It is an error if its data cannot be read.
func (e Entry) Event() (operation.Event, error) {
	event := operation.Event{At: time.UnixMilli(e.At).UTC(), Kind: e.Kind, OperationID: e.OperationID,
		ActorID: e.ActorID, ChannelID: e.ChannelID}
	if err := json.Unmarshal([]byte(e.Data), &event.Data); err != nil {
		return event, fmt.Errorf("the data of a stored event cannot be read: %w", err)
	}
	return event, nil
}

// Extend gives entries that follow head their positions and hashes, and
// returns the new head.
func Extend(head Head, linkedAt time.Time, entries []Entry) Head {
	for i := range entries {
		e := &entries[i]
		e.Position, e.Previous, e.LinkedAt = head.Position+1, head.Hash, linkedAt.UnixMilli()
		e.Hash = e.Sum()
		head = Head{e.Position, e.Hash}
	}
	return head
}

func canonical(values ...string) []byte {
	size := 0
	for _, v := range values {
		size += len(v) + 8
	}
	form := make([]byte, 0, size)
	for _, v := range values {
		form = appendText(form, v)
	}
	return form
}

func appendText(form []byte, v string) []byte {
	form = strconv.AppendInt(form, int64(len(v)), 10)
	return append(append(append(form, ':'), v...), ',')
}

func appendNumber(form []byte, n int64) []byte {
	var digits [20]byte
	v := strconv.AppendInt(digits[:0], n, 10)
	form = strconv.AppendInt(form, int64(len(v)), 10)
	return append(append(append(form, ':'), v...), ',')
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// Break is the first place at which the trail differs from what was recorded.
type Break struct {
	Position int64     // 0: not in the chain
	Seq      int64     // of the event; 0: not known
	Kind     string    // empty: not known
	At       time.Time // of the event; zero: not known
	Problem  string    // what is wrong
}

// Error says where the trail is broken and how.
func (b *Break) Error() string {
	where := "outside the chain"
	if b.Position > 0 {
		where = "at position " + decimal(b.Position)
	}
	if b.Seq != 0 {
		where += ", event " + decimal(b.Seq)
	}
	if b.Kind != "" {
		where += " (" + b.Kind
		if !b.At.IsZero() {
			where += ", " + b.At.UTC().Format("2006-01-02 15:04:05.000 UTC")
		}
		where += ")"
	}
	return "the audit trail is broken " + where + ": " + b.Problem
}

// broken reports a break at an entry.
func (e *Entry) broken(format string, args ...any) *Break {
	b := &Break{Position: e.Position, Seq: e.Seq, Kind: e.Kind, Problem: fmt.Sprintf(format, args...)}
	if e.At != 0 {
		b.At = time.UnixMilli(e.At).UTC()
	}
	return b
}

// ErrNoEnd says that the row with the end of the chain is gone.
var ErrNoEnd = errors.New("the end of the chain is missing: the table chain was emptied")
