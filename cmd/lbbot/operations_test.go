package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// trailFile makes a database with three operations, whose bot is still
// running, and returns its URL and the head of its trail.
func trailFile(t *testing.T) (url string, head audit.Head) {
	t.Helper()
	url = "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db")
	j, err := journal.Open(t.Context(), journal.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	for i, person := range []string{"U0ANA", "U0BO", "U0ANA"} {
		op := operation.Operation{ID: fmt.Sprint("id-", i), Ref: fmt.Sprint("LBR-AAAAA", i+2), Version: 1,
			State: operation.Accepted,
			Request: zenlayer.RegisterBackendRequest{ListenerID: "lst-8f2c", InstanceID: fmt.Sprint("i-", i),
				ClientToken: fmt.Sprint("t-", i)},
			Listener: operation.Listener{ID: "lst-8f2c", Name: "https-443"},
			Server:   operation.Server{Name: "web\x1b[31m\tx"},
			Actor:    operation.Actor{UserID: person}, Place: operation.Place{ChannelID: "C1",
				ResponseURL: "https://hooks.slack.com/commands/planted"},
			Times: operation.Times{AskedAt: time.Now(), ClickedAt: time.Now().Add(time.Duration(i-3) * time.Hour)}}
		require.NoError(t, j.Accept(t.Context(), operation.Acceptance{Operation: op, Insert: true, Delivery: op.ID,
			Event: operation.Event{Kind: operation.EventAccepted, ActorID: person, ChannelID: "C1",
				Data: map[string]string{"purpose": "=1+1"}}}))
	}
	require.NoError(t, j.Record(t.Context(), operation.Event{Kind: operation.EventDenied, ActorID: `=HYPERLINK("x")`}))
	_, err = j.Link(t.Context())
	require.NoError(t, err)
	head, err = j.Head(t.Context())
	require.NoError(t, err)
	return url, head
}

func TestOperationsAreListedAndShownWithoutTokens(t *testing.T) {
	url, _ := trailFile(t)
	refs := func(args ...string) (found string) {
		code, out, said := runs(t, nil, append([]string{"operations", "list", "--database", url}, args...)...)
		require.Equal(t, exitFine, code, said)
		require.NotContains(t, out, "\x1b")
		for _, line := range strings.Split(strings.TrimSpace(out), "\n")[1:] {
			found += line[9:10]
			require.Contains(t, line, "https-443")
		}
		return found
	}
	require.Equal(t, "432", refs())
	require.Equal(t, "42", refs("--person", "U0ANA"))
	require.Equal(t, "4", refs("--person", "U0ANA", "--limit", "1"))
	require.Equal(t, "43", refs("--since", "150m"))
	require.Equal(t, "432", refs("--since", "2026-03-01", "--listener", "https-443", "--state", "accepted"))
	for _, word := range []string{"Waiting", "waiting", "accepted"} {
		require.Equal(t, "432", refs("--state", word), word)
	}
	for _, word := range []string{"added", "Not added", "waiting_approval", "removed"} {
		require.Empty(t, refs("--state", word), word)
	}
	require.Empty(t, refs("--listener", "other"))

	code, out, said := runs(t, map[string]string{"LBBOT_DATABASE_URL": url}, "operations", "show", "lbr-aaaaa3")
	require.Equal(t, exitFine, code, said)
	require.True(t, strings.HasPrefix(out, "LBR-AAAAA3  Waiting\n"), out)
	for _, part := range []string{"Server         web?[31m?x (i-1)", "Asked by       U0BO in C1, ",
		"Client token   t-1", "State          accepted, version 1",
		"Accepted  U0BO in C1  purpose==1+1"} {
		require.Contains(t, regexp.MustCompile(` +`).ReplaceAllString(out, " "),
			regexp.MustCompile(` +`).ReplaceAllString(part, " "))
	}
	require.NotContains(t, out, "\x1b")
	require.NotContains(t, out, "planted", "the response address lets anybody post")

	code, out, said = runs(t, nil, "operations", "show", "lbr-aaaaa3", "--json", "--database", url)
	require.Equal(t, exitFine, code, said)
	for _, part := range []string{`"id": "id-1"`, `"client_token": "t-1"`, `"kind": "accepted"`, `"user_id": "U0BO"`} {
		require.Contains(t, strings.ReplaceAll(out, "clientToken", "client_token"), part)
	}
	require.NotContains(t, out, "0001-01-01", "what has not happened has no time")
	require.NotContains(t, out, "planted", "the response address lets anybody post")
	code, _, said = runs(t, nil, "operations", "show", "LBR-NONE22", "--database", url)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "LBR-NONE22")
}

func TestTheTrailIsExportedAndVerifiedOnTheCommandLine(t *testing.T) {
	url, head := trailFile(t)
	file := filepath.Join(t.TempDir(), "trail.jsonl")
	code, out, said := runs(t, nil, "operations", "export", "--database", url, "--output", file)
	require.Equal(t, exitFine, code, said)
	require.Empty(t, out)
	require.Contains(t, said, "4 events exported")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	code, _, said = runs(t, nil, "operations", "export", "--database", url, "--output", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "must not exist yet")

	code, out, said = runs(t, nil, "operations", "verify", "--file", file, "--head", head.String())
	require.Equal(t, exitFine, code, said)
	require.Contains(t, out, "fine: up to position 4 nothing was altered, deleted or moved")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text[:len(text)-40], 0o600))
	code, _, said = runs(t, nil, "operations", "verify", "--file", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "line 4 ends in its middle: the export was not written to its end, or was cut. "+
		"The 3 events before it are unbroken")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "U0BO", "U0EVE", 1)), 0o600))
	code, _, said = runs(t, nil, "operations", "verify", "--file", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "broken at position 2, event 2 (accepted")

	code, out, said = runs(t, nil, "operations", "export", "--database", url, "--person", "U0BO")
	require.Equal(t, exitFine, code, said)
	require.Contains(t, said, strconv.Itoa(strings.Count(out, "\n"))+" events exported")
	for line := range strings.Lines(out) {
		require.Contains(t, line, "U0BO")
	}
	require.Less(t, strings.Count(out, "\n"), 4, "not those of others")

	code, out, said = runs(t, nil, "operations", "export", "--database", url, "--format", "csv")
	require.Equal(t, exitFine, code, said)
	require.True(t, strings.HasPrefix(out, "position,previous,hash,"), out)
	require.Contains(t, out, `"'=HYPERLINK(""x"")"`)
	require.NoError(t, os.WriteFile(file, []byte(out), 0o600))
	code, _, said = runs(t, nil, "operations", "verify", "--file", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "line 1 is not JSON: only an export as JSON lines can be verified")
}

func TestVerifyNamesTheBrokenLinkAndFailsBesideARunningBot(t *testing.T) {
	url, head := trailFile(t)
	code, out, said := runs(t, nil, "operations", "verify", "--database", url, "--head", head.String())
	require.Equal(t, exitFine, code, said)
	require.Contains(t, out, "4 events checked, positions 1 to 4\nhead "+head.String())

	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	require.NoError(t, err)
	for _, statement := range []string{"drop trigger events_never_updated",
		"update events set actor_id = 'U0EVE' where seq = 3"} {
		_, err = db.Exec(statement)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	code, out, said = runs(t, nil, "operations", "verify", "--database", url)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "the audit trail is broken at position 3, event 3 (accepted, ")
	require.Contains(t, said, "altered")
	for _, next := range []string{"Keep a copy of the database", "--head", "--file", "security"} {
		require.Contains(t, said, next, "what to do")
	}
	require.Contains(t, out, "2 events checked")
}

func TestListSaysWhatItsFlagsTake(t *testing.T) {
	all := "as on the card: Waiting, Adding, Removing, Not confirmed, Needs a person, Added, Removed, Not added, " +
		"Not removed, Nothing to do; or as stored: waiting_approval, accepted, sending, unconfirmed, needs_person, " +
		"already_there"
	code, _, said := runs(t, nil, "operations", "list", "--state", "foo", "--person", "ana", "--since", "yesterday",
		"--limit", "0", "--listener", "api-lb/https-443")
	require.Equal(t, exitUsage, code)
	for _, part := range []string{`--state "foo": a word ` + all,
		"the id or the name alone, without the load balancer: --listener https-443",
		`--person "ana": the Slack user id, U… or W…, not a name`,
		`--since "yesterday": a duration such as 36h`, "--limit 0: 1 or more"} {
		require.Contains(t, said, part)
	}
	_, _, said = runs(t, nil, "operations", "list", "--since", "yesterday")
	require.NotContains(t, said, "--limit")
	code, out, _ := runs(t, nil, "operations", "list", "--help")
	require.Equal(t, exitFine, code)
	require.Contains(t, out, all)
	url, _ := trailFile(t)
	shown, stored := bot.StateWords()
	for _, state := range append(shown, stored...) {
		code, out, said := runs(t, nil, "operations", "list", "--database", url, "--state", state, "--person",
			"W0123ABCD")
		require.Equal(t, exitFine, code, said)
		require.Equal(t, "No request matches.\n", out)
	}
}

func TestWrongArgumentsOfOperationsAreUsageErrors(t *testing.T) {
	for _, args := range [][]string{{"list", "--since", "yesterday"}, {"list", "--limit", "0"}, {"show"},
		{"export", "--format", "xml"}, {"export", "--person", "ana"},
		{"verify", "--head", "7"}, {"verify", "--public-key", "x"}, {"verify", "--file", "none"},
		{"list", "--database", "mysql://x"}} {
		code, _, said := runs(t, nil, append([]string{"operations"}, args...)...)
		require.Equal(t, exitUsage, code, "%v: %s", args, said)
	}
	code, _, said := runs(t, nil, "operations", "list")
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "there is no such file")
}
