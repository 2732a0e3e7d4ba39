package page

import (
	"net/http"
	"slices"
	"time"

	"lbbot/bot/sandbox/control"
)

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
		l.Entries = append(l.Entries, logEntry{e, e.At.In(zone).Format("15:04:05.000"),
			e.At.UTC().Format(time.RFC3339Nano), indented(string(e.Sent)), indented(string(e.Answer))})
	}
	p.render(w, "log", l)
}
