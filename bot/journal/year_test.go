package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// year makes operations as the bot stores them, with their events, links and cards:
// the same ones for the same seed.
type year struct {
	random *rand.Rand
	begin  time.Time
	every  time.Duration // between two operations
	text   bool          // store text, as versions before 0.2 did
	head   audit.Head
	only   int             // not 0: all are of this kind, see next
	names  map[string]bool // of listeners, that are stored
	n      int
	seq    int64
}

// The sizes of the workspace that a year is about.
const (
	yearListeners = 300
	yearPeople    = 200
	yearChannels  = 400
	yearBatch     = 500 // operations of one transaction
	yearSeed      = 7
)

func newYear(n int, text bool) *year {
	end := time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
	const within = 390 * 24 * time.Hour
	return &year{
		random: rand.New(rand.NewPCG(yearSeed, yearSeed)),
		begin:  end.Add(-within),
		every:  within / time.Duration(n),
		names:  map[string]bool{},
		text:   text,
		head:   audit.Head{Hash: strings.Repeat("0", 64)},
	}
}

// yearly is one operation with what belongs to it.
type yearly struct {
	op       operation.Operation
	accepted sql.NullInt64
	events   []operation.Event
}

// next is the next operation: of a hundred, two are previews that nobody sent, six were
// not added, three were there already, and the others were added.
func (y *year) next() yearly {
	y.n++
	at := y.begin.Add(time.Duration(y.n) * y.every)
	id := uuid.UUID(y.bytes16())
	for i, ms := 5, at.UnixMilli(); i >= 0; i, ms = i-1, ms>>8 { // UUIDv7
		id[i] = byte(ms) //nolint:gosec // the lowest byte
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	op := y.request(id.String(), at)
	actor, place := op.Actor, op.Place
	policy := func(more map[string]string) map[string]string {
		return operation.WithPolicies(more, op.Policies, op.PolicyDigest)
	}
	events := []operation.Event{
		operation.NewEvent(at, operation.EventPreviewed, op, actor, place, policy(map[string]string{})),
	}
	chance := y.chance()
	if chance < 2 {
		return yearly{op: op, events: events}
	}
	op.Version, op.Run, op.ExpiresAt = 5, 1, time.Time{}
	op.ClickedAt = at.Add(4*time.Second + time.Duration(y.random.IntN(1e9)))
	ms := time.Millisecond
	events = append(events, operation.NewEvent(
		op.ClickedAt.Add(2*ms),
		operation.EventAccepted,
		op,
		actor,
		place,
		policy(
			map[string]string{
				"delivery": fmt.Sprintf(
					"click:%s:%d.052202:req_send:%d.056987",
					actor.UserID,
					at.Unix(),
					at.Unix(),
				),
				"purpose": op.Purpose,
			},
		),
	))
	op.FinishedAt = op.ClickedAt.Add(300 * ms)
	switch {
	case chance < 8:
		op.State, op.Reason = operation.NotDone, operation.ReasonDenied
	case chance < 11:
		op.State = operation.NothingToDo
	default:
		y.add(&op)
		events = append(events, operation.SystemEvent(op.ClickedAt.Add(7*ms), operation.EventAttempt, op,
			policy(map[string]string{"attempt": "1"})))
	}
	finished := map[string]string{
		"backend_id":    op.BackendID,
		"evidence":      string(op.Evidence),
		"instance_name": op.Server.Name,
		"listener_name": op.Listener.Name,
		"request_id":    op.RequestID,
		"request_ids":   op.RequestID,
		"state":         string(op.State),
		"reason":        string(op.Reason),
	}
	events = append(events, operation.SystemEvent(op.FinishedAt, operation.EventFinished, op, policy(finished)))
	if op.State == operation.Done {
		events = append(events, operation.SystemEvent(op.StatusAt, operation.EventStatus, op,
			map[string]string{"status": op.BackendStatus}))
	}
	return yearly{op: op, accepted: column(op.ClickedAt), events: events}
}

func (y *year) chance() int {
	if y.only > 0 {
		return y.only
	}
	return y.random.IntN(100)
}

func (y *year) request(id string, at time.Time) operation.Operation {
	r := y.random
	l, person, channel, server := r.IntN(yearListeners), r.IntN(yearPeople), r.IntN(yearChannels), r.IntN(100_000)
	name := fmt.Sprintf("web-%05d", server)
	op := operation.Operation{
		ID:      id,
		Ref:     fmt.Sprintf("LBR-%06X", y.n),
		Version: 1,
		State:   operation.Draft,
		Account: "default",
		Request: zenlayer.RegisterBackendRequest{
			ListenerID:  fmt.Sprintf("lst-%08x", l*7919),
			BackendName: name,
			InstanceID: fmt.Sprintf(
				"i-%09x",
				server*7919,
			),
			ClientToken: uuid.UUID(y.bytes16()).String(),
			PortList:    []int{8443},
			Weight:      20,
		},
		Listener: operation.Listener{
			ID:                 fmt.Sprintf("lst-%08x", l*7919),
			Name:               fmt.Sprintf("https-%d", 443+l%40),
			Protocol:           "TCP",
			Port:               "443",
			Scheduler:          "wrr",
			Kind:               "FNAT",
			Status:             "Available",
			HealthCheck:        new(true),
			LoadBalancerID:     fmt.Sprintf("lb-%08x", l/4*104729),
			LoadBalancerName:   fmt.Sprintf("api-%d", l/4),
			LoadBalancerStatus: "Available",
			Zone:               "SIN1",
			Servers:            8,
		},
		Server: operation.Server{ID: fmt.Sprintf("i-%09x", server*7919), Name: name, Type: "BM",
			IP: fmt.Sprintf("10.0.%d.%d", server/256%256, server%256), Zone: "SIN1", Status: "RUNNING"},
		Actor: operation.Actor{
			UserID: fmt.Sprintf("U%010d", person*7919),
			TeamID: "T0123456789",
			Name:   fmt.Sprintf("person%d", person),
		},
		Place: operation.Place{
			TeamID:      "T0123456789",
			ChannelID:   fmt.Sprintf("C%010d", channel*7919),
			ChannelName: fmt.Sprintf("inc-%d", channel),
			ResultID:    fmt.Sprintf("C%010d", channel*7919),
			ResponseURL: fmt.Sprintf(
				"https://hooks.slack.com/commands/T0123456789/%013d/%024x",
				r.Int64N(1e13),
				y.bytes16(),
			),
			ResponseBy: at.Add(29 * time.Minute),
		},
		Purpose:      fmt.Sprintf("inc-%d add capacity", channel),
		Policies:     []string{"sre-in-incidents"},
		PolicyDigest: fmt.Sprintf("%x", sha256.Sum256([]byte{byte(y.n / 10_000)})),
	}
	op.AskedAt, op.ExpiresAt, op.Watch = at, at.Add(5*time.Minute), true
	op.Command = fmt.Sprintf("/lb-register %s/%s %s ports=8443 weight=20 reason=%q", op.Listener.LoadBalancerName,
		op.Listener.Name, name, op.Purpose)
	op.Shown = &operation.Picture{
		Read:     true,
		Settings: "TCP 443, wrr, FNAT, health check true",
		Servers:  8,
		Weights:  400,
		Usual:    50,
	}
	return op
}

// add makes an operation one whose server was added.
func (y *year) add(op *operation.Operation) {
	op.State, op.Evidence = operation.Done, "answered"
	op.BackendID, op.RequestID = fmt.Sprintf("be-%012x", y.n*7919), strings.ToUpper(uuid.UUID(y.bytes16()).String())
	op.Attempts = []operation.Attempt{{Number: 1, SentAt: op.ClickedAt.Add(7 * time.Millisecond),
		AnsweredAt: op.FinishedAt.Add(-1234), Outcome: operation.OutcomeAccepted}}
	op.BackendStatus, op.StatusAt, op.StatusLooks = "Available", op.FinishedAt.Add(200*time.Millisecond), 1
}

func (y *year) bytes16() (b [16]byte) {
	for i := range b {
		b[i] = byte(y.random.Uint32()) //nolint:gosec // the lowest byte
	}
	return b
}

// rows are the rows of one transaction, by table.
type rows map[string][][]any

// yearColumns are the columns that are written, by table, in the order of writing.
func yearColumns() []struct{ table, columns string } {
	return []struct{ table, columns string }{
		{
			"operations",
			"id, ref, version, state, open, subject, client_token, actor_id, listener_id, channel_id, glass, run, " +
				"accepted_at, updated_at, record",
		},
		{"cards", "operation_id, kind, channel, ts, shown_version, closed, updated_at"},
		{"events", "seq, at, kind, operation_id, actor_id, channel_id, data"},
		{"links", "position, seq, linked_at, hash"},
		{"listener_names", "name, listener_id"},
	}
}

// batch makes the rows of the next n operations.
func (y *year) batch(tb testing.TB, n int) rows {
	tb.Helper()
	out := rows{}
	put := func(table string, row ...any) { out[table] = append(out[table], row) }
	var entries []audit.Entry
	linked := y.begin
	for range n {
		s := y.next()
		op := s.op
		record, err := json.Marshal(op)
		require.NoError(tb, err)
		put(
			"operations",
			op.ID,
			op.Ref,
			op.Version,
			string(op.State),
			false,
			op.Subject(),
			op.Request.ClientToken,
			op.Actor.UserID,
			op.Request.ListenerID,
			op.Place.ChannelID,
			false,
			op.Run,
			s.accepted,
			op.AskedAt.UnixMilli(),
			y.cell(record),
		)
		if key := op.Listener.Name + op.Listener.ID; s.accepted.Valid && !y.names[key] && !y.text {
			y.names[key] = true
			put("listener_names", op.Listener.Name, op.Listener.ID)
		}
		if s.accepted.Valid {
			put(
				"cards",
				op.ID,
				"operation",
				op.Place.ChannelID,
				fmt.Sprintf("%d.%06d", op.AskedAt.Unix(), y.n%1e6),
				op.Version,
				true,
				op.FinishedAt.UnixMilli(),
			)
		}
		for _, e := range s.events {
			data, err := json.Marshal(e.Data)
			require.NoError(tb, err)
			y.seq++
			put("events", y.seq, e.At.UnixMilli(), e.Kind, e.OperationID, e.ActorID, e.ChannelID, y.cell(data))
			entries = append(
				entries,
				audit.Entry{Seq: y.seq, At: e.At.UnixMilli(), Kind: e.Kind, OperationID: e.OperationID,
					ActorID: e.ActorID, ChannelID: e.ChannelID, Data: string(data)},
			)
			linked = e.At
		}
	}
	y.head = audit.Extend(y.head, linked, entries)
	for _, e := range entries {
		put("links", e.Position, e.Seq, e.LinkedAt, y.hash(e.Hash))
	}
	return out
}

func (y *year) cell(text []byte) any {
	if y.text {
		return string(text)
	}
	return packed.Pack(string(text))
}

func (y *year) hash(digits string) any {
	if y.text {
		return digits
	}
	raw, _ := hex.DecodeString(digits) // of the chain
	return raw
}

// fillYear stores n operations.
func fillYear(tb testing.TB, db *sql.DB, y *year, n int) {
	tb.Helper()
	ctx := tb.Context()
	conn, err := db.Conn(ctx)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, conn.Close()) }()
	for done := 0; done < n; done += yearBatch {
		data := y.batch(tb, min(yearBatch, n-done))
		require.NoError(tb, store(ctx, conn, data, y.head))
	}
}

// store writes rows in one transaction: on PostgreSQL by COPY.
func store(ctx context.Context, conn *sql.Conn, data rows, head audit.Head) error {
	copied := false
	err := conn.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if copied = ok; !ok {
			return nil
		}
		return pgx.BeginFunc(ctx, pg.Conn(), func(tx pgx.Tx) error {
			for _, t := range yearColumns() {
				if len(data[t.table]) == 0 {
					continue
				}
				if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, strings.Split(t.columns, ", "),
					pgx.CopyFromRows(data[t.table])); err != nil {
					return err
				}
			}
			return linkedUpTo(
				head,
				func(q string, args ...any) error { _, err := tx.Exec(ctx, q, args...); return err },
			)
		})
	})
	if err != nil || copied {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // fails after the commit
	for _, t := range yearColumns() {
		if err := insertAll(ctx, tx, t.table, t.columns, data[t.table]); err != nil {
			return err
		}
	}
	err = linkedUpTo(
		head,
		func(q string, args ...any) error { _, err := tx.ExecContext(ctx, q, args...); return err },
	)
	if err != nil {
		return err
	}
	return tx.Commit()
}

func insertAll(ctx context.Context, tx *sql.Tx, table, columns string, all [][]any) error {
	if len(all) == 0 {
		return nil
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", strings.Count(columns, ",")+1), ", ")
	insert, err := tx.PrepareContext(ctx, "insert into "+table+" ("+columns+") values ("+marks+")")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }() // with the transaction
	for _, row := range all {
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

func linkedUpTo(head audit.Head, exec func(q string, args ...any) error) error {
	if err := exec("delete from events_pending"); err != nil {
		return err
	}
	return exec("update chain set position = $1, hash = $2", head.Position, head.Hash)
}
