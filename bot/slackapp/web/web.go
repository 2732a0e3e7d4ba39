package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/socket"
	"lbbot/zenlayer"
)

// Config configures a Client.
type Config struct {
	BotToken zenlayer.Secret // xoxb-…
	APIURL   string          // ends in a slash
	Log      *zap.Logger

	Registerer prometheus.Registerer // takes the metrics; may be nil
}

// Client calls the Web API. Two callers share its connections: quick is for the
// three seconds that a trigger lives and never waits or retries; patient is for
// everything else and obeys Retry-After.
type Client struct {
	quick   *caller
	patient *caller
	http    *http.Client
	hosts   []string // where response URLs may point
	apiURL  string
	log     *zap.Logger

	standing *refusedCalls
	calls    *calls
	who      atomic.Pointer[who] // nil: not known yet
}

const (
	quickWithin   = 2500 * time.Millisecond // Slack's trigger lives 3 s, and began before us
	patientWithin = 15 * time.Second        // one Web API call, its waiting for a rate limit excluded
	maxRetries    = 3                       // answers of 429 that one call waits for
)

// New makes a Client. It calls nothing.
func New(c Config) (*Client, error) {
	api, err := url.Parse(c.APIURL)
	if err != nil || api.Host == "" {
		return nil, fmt.Errorf("slack API address %q is not a URL", c.APIURL)
	}
	w := &Client{apiURL: c.APIURL, log: c.Log, calls: newCalls(c.Registerer),
		standing: &refusedCalls{log: c.Log, now: time.Now, faults: map[string]fault{}},
		hosts:    []string{"hooks.slack.com", "hooks.slack-gov.com"}}
	if host := api.Hostname(); host != "slack.com" && !strings.HasSuffix(host, ".slack.com") {
		w.hosts = append(w.hosts, api.Host) // a stand-in or proxy hands out response URLs of its own
	}
	// Slack answers no call with a redirect, and following one could send the
	// token to another host.
	noRedirects := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	transport := zenlayer.NewTransport()
	w.http = &http.Client{Transport: transport, Timeout: patientWithin, CheckRedirect: noRedirects}
	quick := &http.Client{Transport: transport, Timeout: quickWithin, CheckRedirect: noRedirects}
	current := &atomic.Pointer[token]{}
	current.Store(newToken(c.BotToken))
	w.quick = &caller{client: quick, apiURL: c.APIURL, token: current, noted: w.standing.noted, calls: w.calls}
	w.patient = &caller{client: w.http, apiURL: c.APIURL, token: current, retries: maxRetries,
		noted: w.standing.noted, calls: w.calls}
	return w, nil
}

// Close closes idle connections.
func (w *Client) Close() { w.http.CloseIdleConnections() }

// Post sends a message and returns its channel and timestamp. For a person's ID
// that is the channel of the direct message. thread is the timestamp of the first
// message of a thread; empty: the message stands in the channel.
func (w *Client) Post(ctx context.Context, to, thread string, m render.Message) (channel, ts string, err error) {
	answer, err := w.patient.say(ctx, "chat.postMessage", saying{message: messageOf(to, m), Thread: thread,
		UnfurlLinks: new(bool), UnfurlMedia: new(bool)})
	if err != nil {
		return "", "", fmt.Errorf("posting to %s: %w", to, err)
	}
	channel, ts = answer.Text("channel"), answer.Text("ts")
	if channel == "" || ts == "" {
		return "", "", fmt.Errorf("posting to %s: Slack's answer does not say where the message is", to)
	}
	return channel, ts, nil
}

// Edit replaces a message.
func (w *Client) Edit(ctx context.Context, channel, ts string, m render.Message) error {
	if _, err := w.patient.say(ctx, "chat.update", saying{message: messageOf(channel, m), TS: ts}); err != nil {
		return fmt.Errorf("editing %s in %s: %w", ts, channel, err)
	}
	return nil
}

// Remove deletes a message of the bot's.
func (w *Client) Remove(ctx context.Context, channel, ts string) error {
	if _, err := w.patient.call(ctx, "chat.delete", url.Values{"channel": {channel}, "ts": {ts}}); err != nil {
		return fmt.Errorf("deleting %s in %s: %w", ts, channel, err)
	}
	return nil
}

// Ephemeral sends a message that only one person sees. Slack shows it in a thread
// only if that has a reply already, and does not say if it was shown.
func (w *Client) Ephemeral(ctx context.Context, channel, thread, user string, m render.Message) error {
	private := saying{message: messageOf(channel, m), Thread: thread, User: user}
	private.Metadata = nil
	if _, err := w.patient.say(ctx, "chat.postEphemeral", private); err != nil {
		return fmt.Errorf("posting privately in %s: %w", channel, err)
	}
	return nil
}

// Permalink returns the address of a message, empty if Slack does not say.
func (w *Client) Permalink(ctx context.Context, channel, ts string) string {
	if channel == "" || ts == "" {
		return ""
	}
	answer, err := w.quick.call(ctx, "chat.getPermalink", url.Values{"channel": {channel}, "message_ts": {ts}})
	if err != nil {
		return ""
	}
	return answer.Label("permalink")
}

// Deleted reports whether Slack says that a message does not exist.
func (w *Client) Deleted(ctx context.Context, channel, ts string) bool {
	_, err := w.patient.call(ctx, "chat.getPermalink", url.Values{"channel": {channel}, "message_ts": {ts}})
	return ErrorCode(err) == CodeMessageNotFound
}

// PastMessage is a message in a channel's history, with what the bot's own messages
// have in their metadata.
type PastMessage struct {
	TS        string
	Event     string
	Operation string
	Version   int64
	State     string
}

// History returns messages of a channel, or of a thread in it if thread is not
// empty, since a moment; all says that there are no more. Of a thread they are the
// oldest ones and its first message, of a channel the newest ones without replies.
func (w *Client) History(
	ctx context.Context, channel, thread string, since time.Time,
) (list []PastMessage, all bool, err error) {
	args := url.Values{"channel": {channel}, "limit": {"200"}, "include_all_metadata": {"true"},
		"oldest": {fmt.Sprintf("%d.000000", since.Unix())}}
	var answer socket.Fields
	if thread == "" {
		answer, err = w.patient.call(ctx, "conversations.history", args)
	} else {
		args.Set("ts", thread)
		answer, err = w.patient.call(ctx, "conversations.replies", args)
	}
	if err != nil {
		return nil, false, err
	}
	for _, m := range answer.Objects("messages") {
		metadata := m.Part("metadata")
		payload := metadata.Part("event_payload")
		p := PastMessage{TS: m.Label("ts"), Event: metadata.Label("event_type"), Operation: payload.Label("id"),
			State: payload.Label("state")}
		p.Version, _ = strconv.ParseInt(payload.Label("version"), 10, 64)
		list = append(list, p)
	}
	all = !answer.Flag("has_more")
	return list, all, answer.Err()
}

// Response is the body of a request to a response URL.
type Response struct {
	Text            string        `json:"text,omitempty"`
	Blocks          []slack.Block `json:"blocks,omitempty"`
	ResponseType    string        `json:"response_type,omitempty"`
	ReplaceOriginal bool          `json:"replace_original"`
	DeleteOriginal  bool          `json:"delete_original,omitempty"`
}

// responseAddress reports whether an address may be posted to: one of Slack's
// own, encrypted but for a stand-in on this machine.
func (w *Client) responseAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || !slices.Contains(w.hosts, u.Host) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" &&
		slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname())
}

// Respond posts to a response URL: five times within 30 minutes, says Slack.
// Delivered is status 200 with a body that says so, or with none; any other
// body is a failure, because those of used-up URLs are not documented. The
// address is in no error.
func (w *Client) Respond(ctx context.Context, address string, r Response) error {
	if !w.responseAddress(address) {
		return errors.New("answering an interaction: the address is not one of Slack's")
	}
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("answering an interaction: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return errors.New("answering an interaction: the address is malformed")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	start := time.Now()
	resp, err := w.http.Do(req)
	if err != nil {
		w.calls.made("response_url", start, err)
		return fmt.Errorf("answering an interaction: %w", scrub(err))
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("answering an interaction: %w", scrub(err))
	}
	if !delivered(resp.StatusCode, answer) {
		w.calls.made("response_url", start, &callError{Status: resp.StatusCode})
		return fmt.Errorf("answering an interaction: Slack answered with status %d", resp.StatusCode)
	}
	w.calls.made("response_url", start, nil)
	return nil
}

// delivered reads the answer of a response URL: plain text, JSON or nothing. A
// missing body counts as success, because a proxy may drop it and a failure would
// send the message a second time.
func delivered(status int, body []byte) bool {
	text := strings.TrimSpace(string(body))
	var said struct {
		OK bool `json:"ok"`
	}
	return status == http.StatusOK && (text == "" || text == "ok" ||
		json.Unmarshal([]byte(text), &said) == nil && said.OK)
}

// Opener asks for Socket Mode connections with the app-level token.
func (w *Client) Opener(appToken zenlayer.Secret) socket.Opener {
	open := socket.HTTPOpener(w.http, w.apiURL, appToken.Reveal())
	return func(ctx context.Context) (string, error) {
		start := time.Now()
		address, err := open(ctx)
		w.calls.made("apps.connections.open", start, err)
		return address, err
	}
}
