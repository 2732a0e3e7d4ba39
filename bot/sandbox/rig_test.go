package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
	"lbbot/bot/sandbox/webapi"
)

// clock is a hand-moved clock.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// sentToBot is one envelope the fake bot took.
type sentToBot struct {
	socket.Envelope
	Payload map[string]any // as the bot reads it
}

// fakeLink is a bot that answers at once, without a connection.
type fakeLink struct {
	mu    sync.Mutex
	got   []sentToBot
	reply func(sentToBot) socket.Ack // nil acks empty
}

func (f *fakeLink) deliver(_ context.Context, e socket.Envelope) socket.Ack {
	var decoded map[string]any
	if err := json.Unmarshal(mustJSON(e.Payload), &decoded); err != nil {
		panic(err)
	}
	d := sentToBot{e, decoded}
	f.mu.Lock()
	f.got = append(f.got, d)
	reply := f.reply
	f.mu.Unlock()
	if reply == nil {
		return socket.Ack{Acked: true, After: time.Millisecond}
	}
	return reply(d)
}

func (f *fakeLink) last() sentToBot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got[len(f.got)-1]
}

func (f *fakeLink) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.got) }

func (f *fakeLink) answer(payload string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reply = func(sentToBot) socket.Ack {
		return socket.Ack{Acked: true, Payload: json.RawMessage(payload), After: time.Millisecond}
	}
}

func (f *fakeLink) fail(r socket.Ack) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reply = func(sentToBot) socket.Ack { return r }
}

// repeat is a JSON array of n equal items.
func repeat(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

// rig is a stand-in with a fake socket half, served over HTTP, and an
// unmodified client.
type rig struct {
	*Slack
	t     *testing.T
	link  *fakeLink
	clock *clock
	api   *slack.Client
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	c := &clock{t: time.Unix(1_795_430_000, 0)}
	o := Options{Now: c.now, NoRateLimits: true}
	for _, f := range change {
		f(&o)
	}
	s := New(o)
	link := &fakeLink{}
	s.deliver = link.deliver
	_, err := s.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &rig{Slack: s, t: t, link: link, clock: c,
		api: slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()))}
}

// call posts a JSON body with the bot token and returns the answer.
func (r *rig) call(method string, args any) map[string]any {
	r.t.Helper()
	return r.callAs(method, args, r.BotToken())
}

func (r *rig) callAs(method string, args any, token string) map[string]any {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.APIURL()+method,
		bytes.NewReader(mustJSON(args)))
	require.NoError(r.t, err)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	_, _, answer := r.do(request)
	return answer
}

func (r *rig) do(request *http.Request) (int, http.Header, map[string]any) {
	r.t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(r.t, err)
	defer response.Body.Close()
	var answer map[string]any
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&answer))
	return response.StatusCode, response.Header, answer
}

// ok is call for an answer that must succeed.
func (r *rig) ok(method string, args any) map[string]any {
	r.t.Helper()
	answer := r.call(method, args)
	require.Equal(r.t, true, answer["ok"], "%s: %v", method, answer)
	return answer
}

// post posts to a response address.
func (r *rig) post(address, body string) (int, string) {
	r.t.Helper()
	response, err := http.Post(address, "application/json", bytes.NewReader([]byte(body)))
	require.NoError(r.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	return response.StatusCode, string(text)
}

// texts are the texts a viewer sees.
func (r *rig) texts(channelID, viewerID string) []string {
	out := []string{}
	for _, m := range r.Messages(channelID, viewerID) {
		out = append(out, m.Text)
	}
	return out
}

// command types the command and returns the interaction.
func (r *rig) command(text string) Interaction {
	return r.TypeCommand(r.t.Context(), "U0ANA", "C0OPS", "/lb-register", text)
}

const buttons = `[{"type":"section","text":{"type":"mrkdwn","text":"Send?"}},
	{"type":"actions","block_id":"acts","elements":[
	{"type":"button","action_id":"req_send","text":{"type":"plain_text","text":"Send"},"value":"r1","style":"primary"},
	{"type":"overflow","action_id":"req_more","options":[{"text":{"type":"plain_text","text":"Copy"},"value":"copy"},
  {"text":{"type":"plain_text","text":"Why"},"value":"why"}]}]}]`

const form = `{"type":"modal","callback_id":"lb","notify_on_close":true,"private_metadata":"m1","external_id":"x1",
	"title":{"type":"plain_text","text":"Add server"},"submit":{"type":"plain_text","text":"Check"},"blocks":[
	{"type":"input","block_id":"host_b","label":{"type":"plain_text","text":"Server"},
  "element":{"type":"plain_text_input","action_id":"host_a","max_length":10}},
	{"type":"input","block_id":"weight_b","optional":true,"dispatch_action":true,"label":{"type":"plain_text",
  "text":"Weight"},"element":{"type":"number_input","action_id":"weight_a","is_decimal_allowed":false,"min_value":"1",
   "max_value":"100"}},
	{"type":"input","block_id":"pool_b","label":{"type":"plain_text","text":"Pool"},"element":{"type":"external_select",
  "action_id":"pool_a","min_query_length":0}},
	{"type":"input","block_id":"chan_b","label":{"type":"plain_text","text":"Where"},
  "element":{"type":"conversations_select","action_id":"chan_a","default_to_current_conversation":true}},
	{"type":"input","block_id":"opt_b","optional":true,"label":{"type":"plain_text","text":"After"},
  "element":{"type":"checkboxes","action_id":"opt_a","options":[{"text":{"type":"plain_text","text":"Watch"},
   "value":"watch"}]}},
	{"type":"actions","block_id":"type_b","elements":[{"type":"button","action_id":"type_ids",
  "text":{"type":"plain_text","text":"Type IDs instead"}}]}]}`

// argumentsOf are the arguments of a call with these values.
func argumentsOf(values object) webapi.Arguments { return webapi.Arguments{Values: values} }
