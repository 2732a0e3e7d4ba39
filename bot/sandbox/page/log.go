package page

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"lbbot/bot/sandbox/control"
)

// ackWithin is how long Slack waits for an ack
// (docs.slack.dev/interactivity/handling-user-interaction).
const ackWithin = 3 * time.Second

// logMax is how many entries the log page shows, the newest ones.
const logMax = 500

// logLook is what the template of the log page shows.
type logLook struct {
	Kinds    []logKind
	Contains string
	Entries  []logEntry
	More     bool // older entries are left out
}

type logKind struct {
	Name string
	On   bool
}

type logEntry struct {
	control.Entry
	Anchor       string // its id on the page
	Late         bool   // an ack that Slack did not wait for
	Time, Exact  string
	Sent, Answer string
}

// log answers the page that lists what was sent, newest first.
func (p *site) log(w http.ResponseWriter, r *http.Request) {
	filter := control.Filter{Kinds: r.URL.Query()["kind"], Contains: r.FormValue("contains")}
	found := p.options.Control.Log(filter)
	l := logLook{Contains: filter.Contains, More: len(found) > logMax}
	for _, kind := range []string{control.Envelope, control.AckKind, control.WebAPI, control.Zenlayer} {
		l.Kinds = append(l.Kinds, logKind{kind, len(filter.Kinds) == 0 || slices.Contains(filter.Kinds, kind)})
	}
	zone := zone(r)
	for _, e := range slices.Backward(found[max(0, len(found)-logMax):]) {
		l.Entries = append(l.Entries, logEntry{Entry: e,
			Anchor: fmt.Sprintf("%s-%d-%s", e.Kind, e.At.UnixNano(), e.ID),
			Late:   e.Kind == control.AckKind && e.Took > ackWithin.Milliseconds(),
			Time:   e.At.In(zone).Format("15:04:05.000"), Exact: e.At.UTC().Format(time.RFC3339Nano),
			Sent: indented(string(e.Sent)), Answer: indented(string(e.Answer))})
	}
	p.render(w, "log", l)
}
