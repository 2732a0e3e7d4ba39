package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// attempts limits how often a write is tried whose conflict disappears before it can
// be named.
const attempts = 3

// errNoConflict means that the conflicting row no longer exists.
var errNoConflict = errors.New("the conflicting row no longer exists")

// SaveDraft inserts a draft with its event, bounded as by RecordBounded. ErrRefTaken
// asks for another Ref; *StaleError means that the draft is stored already.
func (s *Store) SaveDraft(ctx context.Context, draft operation.Operation, e operation.Event) error {
	op := &draft
	e.OperationID = cmp.Or(e.OperationID, op.ID)
	bounded := func(ctx context.Context, q *query.Queries, record string) error {
		if err := s.insert(op, time.Time{})(ctx, q, record); err != nil {
			return err
		}
		alone, err := s.note(ctx, q, e)
		if err != nil || alone {
			return err
		}
		_, err = q.DropDraftsOf(ctx, query.DropDraftsOfParams{ActorID: op.Actor.UserID,
			Before: s.now().Add(-2 * operation.DraftLife).UnixMilli(), MaxRows: pruneRows})
		return err
	}
	return s.put(ctx, "saving draft", op, bounded, operation.Event{})
}

// Accept stores an accepted operation with the key of the delivery and its event; see
// operation.Journal for the errors. It is accepted at Operation.ClickedAt, or now if
// that is zero, and its first run belongs to this process. An insert can also fail
// with ErrRefTaken.
//
// After any other error the operation may be stored: the confirmation of the commit
// is lost when the connection breaks or ctx ends at that moment. Read Operation
// before you tell the person.
func (s *Store) Accept(ctx context.Context, acceptance operation.Acceptance) error {
	a := &acceptance // an operation is large, and what follows keeps it
	op := &a.Operation
	if a.Delivery == "" {
		return fmt.Errorf("accepting operation %s in journal: the delivery has no key", op.Ref)
	}
	at := op.ClickedAt
	if at.IsZero() {
		at = s.now()
	}
	change := s.acceptDraft(op, at)
	if a.Insert {
		change = s.insert(op, at)
	}
	post := query.BeginOwnPostParams{OperationID: op.ID, PostingAt: millis(s.now()), UpdatedAt: s.now().UnixMilli()}
	claimed := func(ctx context.Context, q *query.Queries, record string) error {
		if err := s.claimDelivery(ctx, q, a.Delivery, op.ID); err != nil {
			return err
		}
		if err := s.withinLimit(ctx, q, a); err != nil {
			return err
		}
		if err := nameListener(ctx, q, op); err != nil {
			return err
		}
		if err := change(ctx, q, record); err != nil {
			return err
		}
		if a.Previewed.Kind != "" {
			if err := s.appendEvent(ctx, q, a.Previewed); err != nil {
				return err
			}
		}
		return q.BeginOwnPost(ctx, post)
	}
	return s.put(ctx, "accepting operation", op, claimed, a.Event)
}

// Save stores a changed operation with its event if the stored version is
// op.Version-1 and the stored run is op.Run; otherwise it returns *StaleError. It
// refuses another client token. With an EventAttempt it returns a
// *operation.PausedError, and stores nothing, if the bot is paused.
func (s *Store) Save(ctx context.Context, changed operation.Operation, e operation.Event) error {
	op := &changed
	return s.put(ctx, "saving operation", op, func(ctx context.Context, q *query.Queries, record string) error {
		n, err := q.SaveOperation(ctx, query.SaveOperationParams{
			ID: op.ID, Was: op.Version - 1, Run: op.Run, ClientToken: op.Request.ClientToken,
			Version: op.Version, State: string(op.State), Open: op.State.Open(), Subject: op.Subject(),
			UpdatedAt: s.now().UnixMilli(), Record: packed.Text(record),
		})
		return moved(ctx, q, op, n, err)
	}, e)
}

// change is the part of a transaction that writes the operation.
type change func(ctx context.Context, q *query.Queries, record string) error

// put writes the change and its event, if it has a kind, in one transaction. After the
// violation of a unique key, it returns the error that names the conflict.
func (s *Store) put(ctx context.Context, doing string, op *operation.Operation, c change, e operation.Event) error {
	doing += " " + op.Ref + " in journal"
	record, err := json.Marshal(op)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if e.OperationID == "" {
		e.OperationID = op.ID
	}
	for range attempts {
		err := s.write(ctx, func(ctx context.Context, tx query.DBTX, q *query.Queries) error {
			if e.Kind == operation.EventAttempt {
				if err := s.maySend(ctx, tx); err != nil {
					return err
				}
			}
			if err := c(ctx, q, string(record)); err != nil || e.Kind == "" {
				return err
			}
			return s.appendEvent(ctx, q, e)
		})
		if !isUnique(err) {
			return s.explain(doing, err)
		}
		if err := s.conflict(ctx, op); !errors.Is(err, errNoConflict) {
			return s.explain(doing, err)
		}
	}
	return s.explain(doing, errors.New("other requests conflicted several times: try again"))
}

func (s *Store) insert(op *operation.Operation, acceptedAt time.Time) change {
	runner := ""
	if !acceptedAt.IsZero() {
		runner = s.process
	}
	return func(ctx context.Context, q *query.Queries, record string) error {
		return q.InsertOperation(ctx, query.InsertOperationParams{
			ID: op.ID, Ref: strings.ToUpper(op.Ref), Version: op.Version,
			State: string(op.State), Open: op.State.Open(), Subject: op.Subject(),
			ClientToken: op.Request.ClientToken, ActorID: op.Actor.UserID,
			ListenerID: op.Request.ListenerID, ChannelID: op.Place.ChannelID, Glass: op.Glass != nil,
			Run: op.Run, Runner: runner, AcceptedAt: millis(acceptedAt), UnreportedSince: millis(acceptedAt),
			UpdatedAt: s.now().UnixMilli(), Record: packed.Text(record),
		})
	}
}

func (s *Store) acceptDraft(op *operation.Operation, at time.Time) change {
	return func(ctx context.Context, q *query.Queries, record string) error {
		n, err := q.AcceptDraft(ctx, query.AcceptDraftParams{
			ID: op.ID, Was: op.Version - 1, ClientToken: op.Request.ClientToken,
			Version: op.Version, State: string(op.State), Open: op.State.Open(), Subject: op.Subject(),
			ActorID: op.Actor.UserID, ListenerID: op.Request.ListenerID, ChannelID: op.Place.ChannelID,
			Glass: op.Glass != nil, Run: op.Run, Runner: s.process,
			AcceptedAt: millis(at), UnreportedSince: millis(at),
			UpdatedAt: s.now().UnixMilli(), Record: packed.Text(record),
		})
		return moved(ctx, q, op, n, err)
	}
}

// claimDelivery records the delivery as accepted for the operation. A second
// acceptance for the delivery is a *DuplicateError.
func (s *Store) claimDelivery(ctx context.Context, q *query.Queries, key, id string) error {
	n, err := q.ClaimDelivery(ctx, query.ClaimDeliveryParams{Key: key, OperationID: id, At: s.now().UnixMilli()})
	if err != nil || n > 0 {
		return err
	}
	first, err := q.AcceptedFor(ctx, key)
	if err != nil {
		return err
	}
	op, err := find(ctx, q, first)
	if err != nil {
		return err
	}
	return &operation.DuplicateError{Operation: op}
}

// moved returns why a compare-and-set changed no row.
func moved(ctx context.Context, q *query.Queries, op *operation.Operation, changed int64, err error) error {
	if err != nil || changed > 0 {
		return err
	}
	current, err := find(ctx, q, op.ID)
	if err != nil {
		return err
	}
	if current.Version == op.Version-1 && current.Request.ClientToken != op.Request.ClientToken {
		return errors.New("an operation keeps its client token")
	}
	return &operation.StaleError{Operation: current}
}

// conflict returns an error that names the row which violates a unique key: the stored
// operation itself, one with its Ref, or another open operation with its subject.
func (s *Store) conflict(ctx context.Context, op *operation.Operation) error {
	current, err := find(ctx, s.q, op.ID)
	if err == nil && current.Version >= op.Version {
		return &operation.StaleError{Operation: current}
	}
	if err != nil && !errors.Is(err, operation.ErrNotFound) {
		return err
	}
	if op.State.Open() {
		other, err := inRun(s.q.OpenOperation(ctx, op.Subject()))
		if err == nil && other.ID != op.ID {
			return &operation.BusyError{Operation: other}
		}
		if err != nil && !errors.Is(err, operation.ErrNotFound) {
			return err
		}
	}
	other, err := find(ctx, s.q, op.Ref)
	if err == nil && other.ID != op.ID {
		return operation.ErrRefTaken
	}
	if err != nil && !errors.Is(err, operation.ErrNotFound) {
		return err
	}
	return errNoConflict
}

// millis converts a time to a column; zero is null.
func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}
