package bot_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/audit"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Dev asks in the incident channel, Chen approves in the approvers' channel:
// whatever shows the approval names Chen and where Chen pressed.
func TestEveryViewOfAnApprovalNamesTheApprover(t *testing.T) {
	t.Parallel()
	h := withLeads(t, func(c *bot.Config) {
		c.AuditChannel = ops
		require.NoError(t,
			os.WriteFile(c.Policy, []byte(rules+leadsMay+`@id("see") permit (principal, action == `+
				`Action::"viewHistory", resource is Listener);`), 0o600))
	})
	h.start()
	h.clicks(chen, h.asksForApproval(), "ap_yes")
	h.sees(dev, incident, "Added")
	line := h.sees(ana, ops, "*Approved*", inBlocks("<@U0CHEN> in <#C0APPROVE>"),
		inBlocks("asked by <@U0DEV> in <#C0INC2041>"))
	ref := regexp.MustCompile(`LBR-\w+`).FindString(string(line.Blocks))
	h.sees(ana, ops, "*Added*", inBlocks("asked by <@U0DEV> in <#C0INC2041>"))

	h.types(ana, incident, "status "+ref)
	status := h.sees(ana, incident, ref, inBlocks("Approved · <@U0CHEN>"))
	require.NotContains(t, string(status.Blocks), inBlocks("Approved · <@U0DEV>"))
	h.types(ana, incident, "history api-lb/https-443")
	h.sees(ana, incident, inBlocks("approved by <@U0CHEN>"))
	h.types(ana, incident, "history api-lb/https-443 timeline")
	h.sees(ana, incident, inBlocks("Approved by <@U0CHEN>."))

	require.NoError(t, h.stop())
	j := h.reader()
	var list, shown, lines, table bytes.Buffer
	require.NoError(t, bot.ListOperations(t.Context(), &list, j, journal.Filter{Limit: 10}))
	require.Regexp(t, ref+`.*U0DEV +C0INC2041 +U0CHEN`, list.String())
	require.NoError(t, bot.ShowOperation(t.Context(), &shown, j, ref))
	require.Regexp(t, `Approved by +chen \(U0CHEN\) in C0APPROVE`, shown.String())
	require.Regexp(t, `Approved +U0CHEN in C0APPROVE`, shown.String())
	require.Regexp(t, `Asked by +dev \(U0DEV\) in C0INC2041`, shown.String())
	require.Regexp(t, `Sent to Zenlayer +system`, shown.String())
	shown.Reset()
	require.NoError(t, bot.ShowOperationJSON(t.Context(), &shown, j, ref))
	require.Regexp(t, `(?s)"kind": "approved",[^}]*"actor_id": "U0CHEN",\s*"channel_id": "C0APPROVE"`, shown.String())

	_, err := audit.Export(t.Context(), &lines, j, audit.FormatJSONL)
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
		var e struct {
			Kind      string
			ActorID   string `json:"actor_id"`
			ChannelID string `json:"channel_id"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		requireWho(t, e.Kind, e.ActorID, e.ChannelID)
	}
	_, err = audit.Export(t.Context(), &table, j, audit.FormatCSV)
	require.NoError(t, err)
	rows, err := csv.NewReader(&table).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"kind", "operation_id", "actor_id", "channel_id"}, rows[0][7:11])
	for _, row := range rows[1:] {
		requireWho(t, row[7], row[9], row[10])
	}
	trail, err := audit.VerifyExport(&lines, audit.Expected{})
	require.NoError(t, err)
	reported(t, trail)
}

// inBlocks is a text as the JSON of blocks has it.
func inBlocks(text string) string {
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`).Replace(text)
}

// requireWho compares an event of TestEveryViewOfAnApprovalNamesTheApprover
// with who caused it.
func requireWho(t *testing.T, kind, actor, channel string) {
	t.Helper()
	want := [2]string{operation.SystemActor, ""}
	switch kind {
	case operation.EventPreviewed, operation.EventAccepted:
		want = [2]string{dev, incident}
	case operation.EventApproved:
		want = [2]string{chen, approvals}
	}
	require.Equal(t, want, [2]string{actor, channel}, kind)
}

// oldTrail is a trail as versions before 0.2 wrote it: whatever happened to a
// request is stored under its asker and the asker's channel.
func oldTrail(t *testing.T) *journal.Store {
	t.Helper()
	url := "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db")
	j, err := journal.Open(t.Context(), journal.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	op := operation.Operation{ID: "id-1", Ref: "LBR-AAAAA2", Version: 1, State: operation.Waiting,
		Times:    operation.Times{AskedAt: at, ClickedAt: at},
		Request:  zenlayer.RegisterBackendRequest{ListenerID: listener, InstanceID: "i-55a1", ClientToken: "t-1"},
		Actor:    operation.Actor{UserID: dev, TeamID: "T1"},
		Place:    operation.Place{TeamID: "T1", ChannelID: incident, ResultID: incident},
		Approval: &operation.Approval{Needed: 1, Channel: approvals, AskedAt: at, ExpiresAt: at.Add(time.Hour)}}
	event := func(kind string, pairs ...string) operation.Event {
		data := map[string]string{"ref": op.Ref, "team": "T1", "listener": listener, "instance": "i-55a1"}
		for n := 0; n < len(pairs); n += 2 {
			data[pairs[n]] = pairs[n+1]
		}
		return operation.Event{At: at, Kind: kind, OperationID: op.ID, ActorID: dev, ChannelID: incident, Data: data}
	}
	require.NoError(t, j.Record(t.Context(), operation.Event{At: at, Kind: operation.EventStarted,
		Data: map[string]string{"version": "0.1.0"}}))
	require.NoError(t, j.Accept(t.Context(), operation.Acceptance{Operation: op, Insert: true, Delivery: "d",
		Event: event(operation.EventAccepted)}))
	for _, e := range []operation.Event{event(operation.EventApproved, "requester", dev), event(operation.EventStopped),
		event(operation.EventFinished, "state", "not_added", "reason", "stopped")} {
		op.Version++
		if e.Kind == operation.EventFinished {
			op.State, op.Reason = operation.NotDone, operation.ReasonStopped
		}
		require.NoError(t, j.Save(t.Context(), op, e))
	}
	_, err = j.Link(t.Context())
	require.NoError(t, err)
	return j
}

func TestAnOldTrailStaysValidAndClaimsNothingFalse(t *testing.T) {
	t.Parallel()
	j := oldTrail(t)
	var lines, table bytes.Buffer
	trail, err := audit.Verify(t.Context(), j, audit.Expected{})
	require.NoError(t, err)
	reported(t, trail)
	n, err := audit.Export(t.Context(), &lines, j, audit.FormatJSONL)
	require.NoError(t, err)
	require.Equal(t, int64(5), n)
	require.Contains(t, lines.String(), `"kind":"approved","operation_id":"id-1","actor_id":"U0DEV"`,
		"what is chained is exported as it is")
	trail, err = audit.VerifyExport(&lines, audit.Expected{})
	require.NoError(t, err)
	reported(t, trail)
	_, err = audit.Export(t.Context(), &table, j, audit.FormatCSV)
	require.NoError(t, err)
	require.Contains(t, table.String(), "approved,id-1,U0DEV")
	var shown bytes.Buffer
	require.NoError(t, bot.ShowOperation(t.Context(), &shown, j, "id-1"))
	require.Regexp(t, `Approved +by whom was not recorded`, shown.String())
	require.Regexp(t, `Stop pressed +by whom was not recorded`, shown.String())
	require.Regexp(t, `Finished +system`, shown.String())
	require.NotRegexp(t, `(Approved|Stop pressed|Finished) +U0DEV`, shown.String())
}

func TestTheCommandLineDoesNotGuessWhatAnotherVersionStored(t *testing.T) {
	t.Parallel()
	j := oldTrail(t)
	op, err := j.Operation(t.Context(), "id-1")
	require.NoError(t, err)
	op.Version, op.State, op.Reason = op.Version+1, "paused", ""
	require.NoError(t, j.Save(t.Context(), op, operation.Event{At: op.AskedAt, Kind: "teleported", ActorID: chen}))
	var shown, list bytes.Buffer
	require.NoError(t, bot.ShowOperation(t.Context(), &shown, j, "id-1"))
	require.Contains(t, shown.String(),
		"LBR-AAAAA2  Cannot tell: this version does not know how it stands (state paused)\n")
	require.Contains(t, shown.String(), "Event teleported, which this version does not know")
	require.NoError(t, bot.ListOperations(t.Context(), &list, j, journal.Filter{Limit: 9}))
	require.Contains(t, list.String(), "paused, unknown to this version")
}

func TestTheCommandLineTellsARemovalFromAnAddition(t *testing.T) {
	t.Parallel()
	j := oldTrail(t)
	op, err := j.Operation(t.Context(), "id-1")
	require.NoError(t, err)
	op.Version, op.Change, op.State, op.Reason = op.Version+1, operation.ChangeRemove, operation.Done, ""
	op.Target = &operation.Target{BackendID: "be-1"}
	op.Attempts = []operation.Attempt{{Number: 1, SentAt: op.AskedAt}}
	require.NoError(t, j.Save(t.Context(), op, operation.Event{At: op.AskedAt, Kind: operation.EventFinished}))
	var shown, list bytes.Buffer
	require.NoError(t, bot.ShowOperation(t.Context(), &shown, j, "id-1"))
	require.Contains(t, shown.String(), "Calls of DeregisterBackend")
	require.Regexp(t, `Change +remove\n`, shown.String())
	require.Regexp(t, `State +removed, `, shown.String())
	require.NoError(t, bot.ListOperations(t.Context(), &list, j, journal.Filter{Limit: 9}))
	require.Regexp(t, `remove +Removed `, list.String())
	require.NotContains(t, list.String(), "added")
	for word, found := range map[string]bool{"Removed": true, "added": false, "Not removed": false} {
		list.Reset()
		states, shownSo := bot.StateNamed(word)
		require.NoError(t, bot.ListOperations(t.Context(), &list, j, journal.Filter{Limit: 9, Is: shownSo}, states...))
		require.Equal(t, found, strings.Contains(list.String(), "LBR-AAAAA2"), "%s: %s", word, list.String())
	}
}
