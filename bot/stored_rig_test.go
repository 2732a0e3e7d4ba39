package bot_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

// stored is what a running lbbot left behind when it was killed: its rows, its
// messages, and the servers it added. The files in testdata were recorded with
// the real binary, SQLite and the stand-ins.
type stored struct {
	name string // of its files

	RecordedAt int64                                   `json:"recorded_at"` // Unix milliseconds
	Instances  []struct{ ID, Name string }             `json:"instances"`
	Backends   []zenlayer.Backend                      `json:"backends"`
	Rows       map[string][]map[string]json.RawMessage `json:"rows"`
	Messages   []storedMessage                         `json:"messages"`
}

type storedMessage struct {
	Channel  string          `json:"channel"`
	To       string          `json:"to"` // its only reader; empty: everybody
	TS       string          `json:"ts"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks"`
	Metadata json.RawMessage `json:"metadata"`
}

// buttons are the action ids of a message, each with the values that a menu
// offers; a button offers "".
func (m storedMessage) buttons() map[string][]string {
	var blocks []struct {
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string
			Options  []struct{ Value string }
		}
	}
	_ = json.Unmarshal(m.Blocks, &blocks) // a block of another shape has no buttons
	found := map[string][]string{}
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.ActionID == "" {
				continue
			}
			if len(e.Options) == 0 {
				found[e.ActionID] = append(found[e.ActionID], "")
			}
			for _, o := range e.Options {
				found[e.ActionID] = append(found[e.ActionID], o.Value)
			}
		}
	}
	return found
}

var (
	storedMillis = regexp.MustCompile(`\b1\d{12}\b`)
	storedTime   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
)

// readStored reads a recording as if it had been made a moment ago.
func readStored(t *testing.T, name string) (s stored) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &s))
	later := time.Since(time.UnixMilli(s.RecordedAt))
	text = storedMillis.ReplaceAllFunc(text, func(number []byte) []byte {
		ms, err := strconv.ParseInt(string(number), 10, 64)
		require.NoError(t, err)
		return strconv.AppendInt(nil, ms+later.Milliseconds(), 10)
	})
	text = storedTime.ReplaceAllFunc(text, func(moment []byte) []byte {
		at, err := time.Parse(time.RFC3339Nano, string(moment))
		require.NoError(t, err)
		return []byte(at.Add(later).Format(time.RFC3339Nano))
	})
	s = stored{name: name}
	require.NoError(t, json.Unmarshal(text, &s))
	return s
}

// restore puts a recording where it was: the servers, the messages, the tables
// of that version and their rows. The bot does not run.
func (h *house) restore(s stored) {
	h.t.Helper()
	for n, i := range s.Instances {
		h.cloud.AddInstance(zenlayer.Instance{ID: i.ID, Name: i.Name, ZoneID: "SIN1", Status: "RUNNING",
			Type: zenlayer.InstanceBM, PublicIPs: []string{}, PrivateIPs: []string{fmt.Sprintf("10.8.0.%d", n+1)},
			ResourceGroupName: "default"})
	}
	for _, b := range s.Backends {
		h.cloud.AddBackend(b)
	}
	var moved []string // the time stamps of the messages, and their new ones
	for n, m := range s.Messages {
		s.Messages[n].TS = h.post(m)
		moved = append(moved, m.TS, s.Messages[n].TS)
	}
	db := h.database()
	h.tables(db, s.name)
	for _, table := range []string{"operations", "cards", "approval_cards", "kept_choices"} {
		for _, row := range s.Rows[table] {
			insert(h.t, db, table, row, strings.NewReplacer(moved...))
		}
	}
}

// tables makes the tables of the journal as that version had them.
func (h *house) tables(db *sql.DB, name string) {
	h.t.Helper()
	kind := ".postgres.sql"
	if strings.HasPrefix(h.config.DatabaseURL, "sqlite:") {
		kind = ".sqlite.sql"
	}
	text, err := os.ReadFile(filepath.Join("testdata", name+kind))
	require.NoError(h.t, err)
	_, err = db.ExecContext(h.t.Context(), string(text))
	require.NoError(h.t, err)
}

// insert stores one row, with other time stamps of messages.
func insert(t *testing.T, db *sql.DB, table string, row map[string]json.RawMessage, moved *strings.Replacer) {
	t.Helper()
	var columns, places []string
	var values []any
	for column, value := range row {
		d := json.NewDecoder(bytes.NewReader(value))
		d.UseNumber()
		var v any
		require.NoError(t, d.Decode(&v))
		switch x := v.(type) {
		case json.Number:
			n, err := x.Int64()
			require.NoError(t, err)
			v = n
		case string:
			v = moved.Replace(x)
		}
		columns, values = append(columns, column), append(values, v)
		places = append(places, "$"+strconv.Itoa(len(values)))
	}
	statement := fmt.Sprintf("insert into %s (%s) values (%s)", table, strings.Join(columns, ", "),
		strings.Join(places, ", "))
	_, err := db.ExecContext(t.Context(), statement, values...)
	require.NoError(t, err, "%s: %s", table, row)
}

// post has the bot's app post a message, and returns its time stamp.
func (h *house) post(m storedMessage) string {
	h.t.Helper()
	method := "chat.postMessage"
	form := url.Values{"token": {"xoxb-planted-bot-token"}, "channel": {m.Channel}, "text": {m.Text},
		"blocks": {string(m.Blocks)}}
	if m.To != "" {
		method = "chat.postEphemeral"
		form.Set("user", m.To)
	}
	if len(m.Metadata) > 0 {
		form.Set("metadata", string(m.Metadata))
	}
	answer, err := http.PostForm(h.slack.APIURL()+method, form)
	require.NoError(h.t, err)
	defer answer.Body.Close()
	var said struct {
		OK    bool
		Error string
		TS    string
		Own   string `json:"message_ts"`
	}
	require.NoError(h.t, json.NewDecoder(answer.Body).Decode(&said))
	require.True(h.t, said.OK, said.Error)
	return said.TS + said.Own
}

// about finds the stored message about a server that has a button.
func (s stored) about(t *testing.T, server, button string) storedMessage {
	t.Helper()
	i := slices.IndexFunc(s.Messages, func(m storedMessage) bool {
		return strings.Contains(m.Text+string(m.Blocks), server) && len(m.buttons()[button]) > 0
	})
	require.GreaterOrEqual(t, i, 0, "no message about %s has %s", server, button)
	return s.Messages[i]
}

// has reports whether a recording has a request for a server.
func (s stored) has(server string) bool {
	return slices.ContainsFunc(s.Instances, func(i struct{ ID, Name string }) bool { return i.Name == server })
}
