package control

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lbbot/zenlayer/zenlayertest"
)

// The kinds of Entry.
const (
	Envelope = "envelope"
	AckKind  = "ack"
	WebAPI   = "web-api"
	Zenlayer = "zenlayer"
)

func entryKinds() []string { return []string{Envelope, AckKind, WebAPI, Zenlayer} }

// Entry is one thing that was sent between the stand-ins and the bot.
type Entry struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Name string    `json:"name"` // type of the envelope, or the method or action that was called
	ID   string    `json:"id,omitempty"`
	// Result says how it ended, for example "acked", "timed out" or "not_in_channel".
	Result string `json:"result"`
	Failed bool   `json:"failed"`
	// Took is the time in milliseconds, of an ack that from its envelope: Slack waits 3,000.
	Took   int64           `json:"took_ms"`
	Sent   json.RawMessage `json:"sent,omitempty"` // by the one who began
	Answer json.RawMessage `json:"answer,omitempty"`
}

// Filter chooses entries. Empty fields choose everything.
type Filter struct {
	Kinds    []string
	Contains string    // anywhere in the entry, upper or lower case
	Since    time.Time // later than this
}

// Log lists envelopes, acks, calls of the Web API and of Zenlayer, oldest first,
// with secrets masked.
func (p *Panel) Log(f Filter) []Entry {
	all := slices.Concat(p.envelopes(), p.webCalls(), p.cloudCalls())
	slices.SortStableFunc(all, func(a, b Entry) int { return a.At.Compare(b.At) })
	chosen := []Entry{}
	for _, e := range all {
		e.Sent, e.Answer = p.masked(e.Sent), p.masked(e.Answer)
		if (len(f.Kinds) == 0 || slices.Contains(f.Kinds, e.Kind)) && e.At.After(f.Since) && e.contains(f.Contains) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

func (e Entry) contains(text string) bool {
	text = strings.ToLower(text)
	for _, part := range []string{e.Kind, e.Name, e.ID, e.Result, string(e.Sent), string(e.Answer)} {
		if strings.Contains(strings.ToLower(part), text) {
			return true
		}
	}
	return false
}

// envelopes are the envelopes and their acks.
func (p *Panel) envelopes() []Entry {
	var all []Entry
	for _, d := range p.slack.Deliveries() {
		result := fmt.Sprintf("to connection %d", d.Connection)
		if d.Connection == 0 {
			result = d.Ended
		}
		if d.Attempt > 0 {
			result += fmt.Sprintf(", retry %d", d.Attempt)
		}
		all = append(all, Entry{At: d.At, Kind: Envelope, Name: string(d.Kind), ID: d.ID, Result: result,
			Failed: d.Connection == 0, Sent: d.Frame})
		if d.Connection != 0 && d.Ended != "" {
			all = append(all, Entry{At: d.At.Add(d.After), Kind: AckKind, Name: string(d.Kind), ID: d.ID,
				Result: d.Ended, Failed: d.Ended != "acked", Took: d.After.Milliseconds(), Answer: d.Answer})
		}
	}
	return all
}

func (p *Panel) webCalls() []Entry {
	var all []Entry
	for _, c := range p.slack.APICalls() {
		sent, _ := json.Marshal(c.Args) // was decoded from JSON
		all = append(all, Entry{At: c.At, Kind: WebAPI, Name: c.Method, Took: c.Took.Milliseconds(), Failed: !c.OK,
			Result: strings.Join(append([]string{cmp.Or(c.Error, "ok")}, c.Details...), "; "), Sent: sent})
	}
	return all
}

func (p *Panel) cloudCalls() []Entry {
	var all []Entry
	for _, c := range p.cloud.Calls() {
		result := fmt.Sprintf("HTTP %d", c.Status)
		if c.Status == 0 {
			result = "no answer"
		}
		if c.Fault != "" {
			result += ", fault: " + string(c.Fault)
		}
		all = append(all, Entry{At: c.Time, Kind: Zenlayer, Name: c.Action, Result: result,
			Failed: c.Status != 200 || c.Fault == zenlayertest.AnswerLost, Sent: rawText(c.Request),
			Answer: rawText(c.Answer)})
	}
	return all
}

// rawText is JSON as it is, and other text as a JSON string.
func rawText(text string) json.RawMessage {
	if text == "" || json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // a string cannot fail
	return quoted
}

func (p *Panel) masked(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	return json.RawMessage(p.mask(string(raw)))
}

// What the stand-ins would accept from anybody who has it, besides Options.Secrets:
// tokens and response addresses.
var (
	anyToken    = regexp.MustCompile(`x(?:app|ox[a-z])-[\w-]+`)
	responseURL = regexp.MustCompile(`(/(?:commands|actions|app-actions)/\w+/\w+/)\w+`)
)

// masker replaces secrets in a text.
func masker(secrets []string) func(string) string {
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			inJSON, _ := json.Marshal(s) // a string cannot fail
			pairs = append(pairs, s, "[masked]", string(inJSON[1:len(inJSON)-1]), "[masked]")
		}
	}
	given := strings.NewReplacer(pairs...)
	return func(text string) string {
		return responseURL.ReplaceAllString(anyToken.ReplaceAllString(given.Replace(text), "[masked]"), "${1}[masked]")
	}
}
