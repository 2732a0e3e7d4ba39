package render

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// warningWords says a warning in a sentence, as markup.
func warningWords(w operation.Warning) string {
	switch w.Code {
	case operation.WarnHealthChecksOff:
		return "Health checks are off: the server gets traffic at once, even if it is not ready."
	case operation.WarnServerDown:
		if why := ServerDown(w.Status); why != "" {
			return fmt.Sprintf("The server is %s.", why)
		}
		return fmt.Sprintf("The server is not running (state: %s).", Prose(w.Status, stateLimit))
	case operation.WarnBalancerDown:
		return fmt.Sprintf("This load balancer is not running (state: %s). Zenlayer may refuse to add servers "+
			"until it is.", Prose(w.Status, stateLimit))
	case operation.WarnPorts:
		return otherPorts(w)
	case operation.WarnWeight:
		words := fmt.Sprintf("Weight %d", w.Weight)
		if w.Usual > 0 {
			words += fmt.Sprintf(" is %s times the usual %d", strconv.FormatFloat(
				math.Round(10*float64(w.Weight)/float64(w.Usual))/10, 'f', -1, 64), w.Usual)
		}
		return fmt.Sprintf("%s: the new server would take %s of traffic.", words, Percent(w.Percent, ""))
	case operation.WarnExpires:
		if w.Past {
			return fmt.Sprintf("The server expired on %s.", date(w.At))
		}
		return fmt.Sprintf("The server expires on %s.", soon(w))
	case operation.WarnZones:
		return fmt.Sprintf("The server is in %s, the load balancer in %s.", InText(w.ServerZone),
			InText(w.BalancerZone))
	case operation.WarnDirectRouting:
		return "Direct routing: ports follow the listener, and the server itself must be set up for the virtual IP."
	case operation.WarnRoundRobin:
		return fmt.Sprintf("This listener shares traffic equally (round robin): weight %d has no effect now.", w.Weight)
	case operation.WarnElsewhere:
		if w.Listeners == 1 {
			return "This server is already on 1 other listener."
		}
		return fmt.Sprintf("This server is already on %d other listeners.", w.Listeners)
	case operation.WarnPaused:
		return pausedWarning(w)
	case operation.WarnLast:
		return "No other server on this listener is available. Without this one, the listener may be out of service."
	case operation.WarnUnchecked:
		return "Health checks are off: Zenlayer does not know whether the other servers work."
	}
	return ""
}

const stateLimit = 40

// otherPorts says which ports the other servers have, "The 4 other servers on
// this listener use port 8080, not 443."
func otherPorts(w operation.Warning) string {
	o := w.Others
	who, use, port := fmt.Sprintf("%d of the %d other servers on this listener", o.Differ, o.Servers), "use", "port"
	switch {
	case o.Servers == 1:
		who, use = "The other server on this listener", "uses"
	case o.Differ == o.Servers:
		who = fmt.Sprintf("The %d other servers on this listener", o.Servers)
	}
	if strings.ContainsAny(o.Usual, ",- ") {
		port = "ports"
	}
	asked := make([]string, min(len(w.Ports), maxEntries))
	for i := range asked {
		asked[i] = strconv.Itoa(w.Ports[i])
	}
	not := strings.Join(asked, ", ")
	if more := len(w.Ports) - len(asked); more > 0 {
		not += fmt.Sprintf(" and %d more", more)
	}
	if o.Have < o.Differ {
		return fmt.Sprintf("%s %s other ports than %s, for example %s.", who, use, not, InText(o.Usual))
	}
	return fmt.Sprintf("%s %s %s %s, not %s.", who, use, port, InText(o.Usual), not)
}

// soon is when a server expires, "7 Dec (in 7 days)".
func soon(w operation.Warning) string {
	switch {
	case w.Days < 1:
		return date(w.At) + " (in less than a day)"
	case w.Days == 1:
		return date(w.At) + " (in 1 day)"
	}
	return fmt.Sprintf("<!date^%d^{date_short}|%s> (in %d days)", w.At.Unix(), w.At.UTC().Format("2 Jan"), w.Days)
}

// date is a day and a time in the reader's own zone.
func date(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short} {time}|%s>", t.Unix(), t.UTC().Format("2006-01-02 15:04 UTC"))
}

// Risks are the warnings about what may go wrong.
func Risks(op operation.Operation) []operation.Warning {
	return slices.DeleteFunc(op.Warnings(), func(w operation.Warning) bool { return !w.Risk() })
}

// RiskLines are what may go wrong, one line each.
func RiskLines(op operation.Operation, format string) []string {
	var lines []string
	for _, w := range Risks(op) {
		lines = append(lines, fmt.Sprintf(format, warningWords(w)))
	}
	return lines
}

// PrimaryUnlessRisky makes a button the one to press, unless there are risks:
// then nothing is the obvious next press.
func PrimaryUnlessRisky(op operation.Operation, b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	if len(Risks(op)) > 0 {
		return b
	}
	return Primary(b)
}

// Notes are the warnings that are no risks, then what was filled in, corrected
// or could not be read; as markup, one sentence or two each.
func Notes(op operation.Operation) []string {
	var said, notes []string
	for _, w := range op.Warnings() {
		if said = append(said, warningWords(w)); !w.Risk() {
			notes = append(notes, warningWords(w))
		}
	}
	plain := []string{poolNote(op), thereNote(op), unsearchedNote(op), weightNote(op)}
	for _, n := range append(plain, op.Notes...) {
		n = Prose(n, NoteLimit)
		if n != "" && !slices.Contains(said, n) { // earlier versions stored these sentences as notes
			said, notes = append(said, n), append(notes, n)
		}
	}
	return notes
}

func poolNote(op operation.Operation) string {
	if op.PoolFault == (operation.Fault{}) {
		return ""
	}
	note := "I could not read which servers are on this listener now"
	if op.PoolFault.Answered() {
		note += ": " + op.PoolFault.Words()
	}
	return note + SayKind(op.Change, "; I look again before I {add} anything.")
}

func unsearchedNote(op operation.Operation) string {
	if op.Unsearched == (operation.Fault{}) {
		return ""
	}
	return "I could not search virtual machines for the same name: " + op.Unsearched.Words() + "."
}

func weightNote(op operation.Operation) string {
	switch {
	case !op.UsualWeight, op.Listener.Scheduler == operation.RoundRobin: // its warning says what the weight does
		return ""
	case op.Seen().Servers == 1 && len(op.Seen().Same) == 1:
		return fmt.Sprintf("Weight %d, as its other entry on this listener.", op.Request.Weight)
	case op.Seen().Servers == 1:
		return fmt.Sprintf("Weight %d, as the other server on this listener.", op.Request.Weight)
	}
	which := "most"
	if op.Seen().Usual != op.Request.Weight {
		which = "some" // no weight has a majority
	}
	return fmt.Sprintf("Weight %d, as %s servers on this listener.", op.Request.Weight, which)
}

// thereNote names the entries of the server that are on the listener already.
func thereNote(op operation.Operation) string {
	if len(op.There) == 0 {
		return ""
	}
	entries := make([]string, 0, maxEntries)
	for _, e := range op.There[:min(len(op.There), maxEntries)] {
		entries = append(entries, fmt.Sprintf("%s (%s)", e.BackendID, Ports(e.Ports)))
	}
	as := strings.Join(entries, ", ")
	if more := len(op.There) - len(entries); more > 0 {
		as += fmt.Sprintf(andMore, more)
	}
	return fmt.Sprintf("%s is already on this listener as %s. Zenlayer may refuse this. Choose another "+
		"server.", ServerName(op, BareName), as)
}

// maxEntries is how many entries of a server, or ports of a request, are named.
const maxEntries = 3

// NoteLimit is the most characters of a note.
const NoteLimit = 240

// Differences says what is different since somebody looked, as markup.
func Differences(list []operation.Difference) string {
	return ClampMarkup(strings.Join(DifferenceLines(list), "; "), CommandLimit)
}

// DifferenceLines are Differences, one each.
func DifferenceLines(list []operation.Difference) []string {
	var lines []string
	for _, d := range list {
		for _, words := range differenceWords(d) {
			lines = append(lines, Prose(words, SaidLimit))
		}
	}
	return lines
}

func differenceWords(d operation.Difference) []string {
	switch d.Code {
	case operation.DiffSettings:
		return settingWords(operation.KnownSettings(d.From, d.To))
	case operation.DiffServer:
		return []string{fmt.Sprintf("the same server is on the listener as %s", d.To)}
	case operation.DiffName:
		return []string{fmt.Sprintf("the name %s is taken by %s", d.From, d.To)}
	case operation.DiffShare:
		if d.Before == operation.ShareNotKnown {
			return []string{fmt.Sprintf("it would take %s of new connections, which was not known before",
				Percent(d.After, ""))}
		}
		return []string{fmt.Sprintf("it would take %s of new connections instead of %s", Percent(d.After, ""),
			strings.TrimPrefix(Percent(d.Before, ""), "about "))}
	case operation.DiffApproval:
		return []string{"approval is needed now"}
	case operation.DiffNoApproval:
		return []string{"approval is not needed any more"}
	}
	return []string{entryDifference(d)}
}

// settingWords names the settings that differ.
func settingWords(from, to operation.ListenerSettings) (list []string) {
	onOff := map[string]string{"true": "on", "false": "off"}
	from.Check, to.Check = onOff[from.Check], onOff[to.Check]
	for _, s := range [][3]string{{"the port", from.Port, to.Port},
		{"scheduling", Scheduler(from.Scheduler), Scheduler(to.Scheduler)},
		{"routing", Kind(from.Kind), Kind(to.Kind)}, {"the health check", from.Check, to.Check}} {
		if s[1] != s[2] {
			list = append(list, fmt.Sprintf("%s changed from %s to %s", s[0], FirstOf(s[1], notKnown),
				FirstOf(s[2], notKnown)))
		}
	}
	return list
}

const notKnown = "not known"

// Percent is a rounded share of new connections, "about 20 %", with marks around
// the number. Weights are 100 at most, so only a server that is alone has 100.
func Percent(n int, mark string) string {
	switch n {
	case 0:
		return fmt.Sprintf("less than %s1 %%%s", mark, mark)
	case 100:
		return fmt.Sprintf("%s100 %%%s", mark, mark)
	}
	return fmt.Sprintf("about %s%d %%%s", mark, n, mark)
}

// MaxAlerts is how many notes are shown.
const MaxAlerts = 10
