package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// shownOperation is everything that is stored about an operation.
type shownOperation struct {
	Operation operation.Operation `json:"operation"`
	Card      operation.Card      `json:"card"`
	Asked     operation.Card      `json:"approval_card"` // in the approvers' channel, if there is one
	Events    []operation.Event   `json:"events"`
}

// readOperation reads an operation by its ID or Ref, without the response URL, which lets
// anybody post.
func readOperation(ctx context.Context, j *journal.Store, ref string) (s shownOperation, err error) {
	if s.Operation, err = j.Operation(ctx, ref); err != nil {
		return s, fmt.Errorf("%s: %w", ref, err)
	}
	if s.Card, err = j.Cards(journal.OwnCard).Card(ctx, s.Operation.ID); err != nil {
		return s, err
	}
	if s.Asked, err = j.Cards(journal.ApprovalCard).Card(ctx, s.Operation.ID); err != nil {
		return s, err
	}
	s.Operation.Place.ResponseURL, s.Operation.Place.ResponseBy = "", time.Time{}
	s.Events, err = j.Events(ctx, s.Operation.ID)
	return s, err
}

// ShowOperationJSON writes an operation, its cards and its events as JSON.
func ShowOperationJSON(ctx context.Context, w io.Writer, j *journal.Store, ref string) error {
	s, err := readOperation(ctx, j, ref)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(s)
}

// ShowOperation writes a page about an operation: its state, its request, its people, its
// ids, its calls and its events.
func ShowOperation(ctx context.Context, w io.Writer, j *journal.Store, ref string) error {
	s, err := readOperation(ctx, j, ref)
	if err != nil {
		return err
	}
	p := page{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	op := s.Operation
	fmt.Fprintf(p.w, "%s  %s\n", op.Ref, printable(render.Plain(op)))
	p.what(op)
	p.people(op)
	p.ids(s)
	p.attempts(op)
	p.events(s.Events)
	return p.w.Flush()
}

// page writes aligned lines; tabwriter keeps the first error for Flush.
type page struct{ w *tabwriter.Writer }

// field writes a line, unless it has no value.
func (p page) field(label, value string) {
	if value != "" {
		fmt.Fprintf(p.w, "  %s\t%s\n", label, printable(value))
	}
}

func (p page) title(text string) { fmt.Fprintf(p.w, "\n%s\n", text) }

func (p page) what(op operation.Operation) {
	p.field("Change", changeOf(op))
	p.field("Server", named(op.Server.Name, cmp.Or(op.Server.ID, op.Request.InstanceID),
		string(op.Request.InstanceType)))
	p.field("Listener", named(op.Listener.Name, cmp.Or(op.Listener.ID, op.Request.ListenerID),
		op.Listener.Protocol+" "+op.Listener.Port))
	p.field("Load balancer", named(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID, op.Listener.Zone))
	ports := make([]string, len(op.Request.PortList))
	for i, n := range op.Request.PortList {
		ports[i] = strconv.Itoa(n)
	}
	p.field("Ports", cmp.Or(strings.Join(ports, ", "), "the listener's own"))
	weight := "Zenlayer's default"
	if op.Request.Weight > 0 {
		weight = strconv.Itoa(op.Request.Weight)
	}
	p.field("Weight", weight)
	p.field("Backend name", op.Request.BackendName)
	p.field("Reason", op.Purpose)
	if op.Rehearsal {
		p.field("Rehearsal", "nothing is sent to Zenlayer")
	}
}

func (p page) people(op operation.Operation) {
	p.title("People")
	p.field("Asked by", who(op.Actor, op.Place.ChannelID, op.AskedAt))
	if op.ClickedAt.After(op.AskedAt) {
		p.field("Last click", clock(op.ClickedAt))
	}
	if a := op.Approval; a != nil {
		p.field("Approval", fmt.Sprintf("%d of %d, asked in %s, until %s", len(a.Votes), a.Needed, a.Channel,
			clock(a.ExpiresAt)))
		for _, v := range a.Votes {
			p.field("Approved by", who(v.By, v.Place.ChannelID, v.At))
		}
		for _, l := range a.Lost {
			p.field("No longer counts", fmt.Sprintf("approval of %s: %s", named(l.By.Name, l.By.UserID, ""), l.Code))
		}
		if a.Denied != nil {
			p.field("Denied by", who(a.Denied.By, a.Denied.Place.ChannelID, a.Denied.At)+": "+a.Denied.Reason)
		}
	}
	if op.Glass != nil {
		p.field("Break-glass", op.Glass.Why+", incident "+op.Glass.Incident)
	}
	p.field("Stopped by", op.StopBy)
	if op.Answer != "" {
		p.field("Answered by", op.AnswerBy+": "+op.Answer)
	}
	if op.Denial != nil {
		p.field("Denied at the last check", string(op.Denial.Code)+" "+string(op.Denial.What))
	}
	p.field("Policies", strings.Join(op.Policies, ", "))
	p.field("Policy digest", op.PolicyDigest)
}

func (p page) ids(s shownOperation) {
	op := s.Operation
	p.title("IDs")
	p.field("Operation", op.ID)
	if op.Change == operation.ChangeAdd { // the call of a removal has none
		p.field("Client token", op.Request.ClientToken)
	}
	p.field("Backend", op.BackendID)
	p.field("Request", op.RequestID)
	p.field("Account", op.Account)
	p.field("State", fmt.Sprintf("%s, version %d", strings.TrimSpace(stateOf(op)+" "+string(op.Reason)),
		op.Version))
	p.field("Finished", clock(op.FinishedAt))
	p.field("Status at Zenlayer", op.BackendStatus)
	p.field("Card", cardAt(s.Card))
	p.field("Approvers' card", cardAt(s.Asked))
}

func cardAt(c operation.Card) string {
	if c.TS == "" {
		return ""
	}
	return fmt.Sprintf("%s, message %s, shows version %d", c.Channel, c.TS, c.Shown)
}

func (p page) attempts(op operation.Operation) {
	if len(op.Attempts) == 0 {
		return
	}
	call := "RegisterBackend"
	if op.Change == operation.ChangeRemove {
		call = "DeregisterBackend"
	}
	p.title("Calls of " + call)
	for _, a := range op.Attempts {
		fault := ""
		if a.Fault.Status > 0 {
			fault = "HTTP " + strconv.Itoa(a.Fault.Status)
		}
		words := strings.Join([]string{"sent", clock(a.SentAt) + ",", answer(a), fault,
			a.Fault.Code, a.Fault.RequestID, a.Fault.Message}, " ")
		p.field(strconv.Itoa(a.Number), strings.Join(strings.Fields(words), " "))
	}
}

// answer says how a call ended. A connection that was closed without an HTTP
// status is no answer.
func answer(a operation.Attempt) string {
	text := "answered " + clock(a.AnsweredAt) + ": " + a.Outcome
	switch {
	case a.AnsweredAt.IsZero():
		text = "no answer"
	case a.Outcome == operation.OutcomeUnknown && a.Fault.Status == 0:
		text = "no answer by " + clock(a.AnsweredAt)
	}
	if a.Unsent {
		text += ", never sent"
	}
	return text
}

// events writes a line for each event: time, kind, person and the data that the page does
// not have yet.
func (p page) events(events []operation.Event) {
	p.title("Events")
	known := []string{"ref", "team", "listener", "instance", "listener_name", "instance_name", "requester",
		"requester_channel", "asked", "asked_at", "clicked_at", "policy_digest"}
	for _, e := range events {
		by, recorded := e.Who()
		switch {
		case !recorded:
			by = "by whom was not recorded"
		case by == "":
			by = operation.SystemActor
		case e.ChannelID != "":
			by += " in " + e.ChannelID
		}
		var data []string
		for _, key := range slices.Sorted(maps.Keys(e.Data)) {
			if !slices.Contains(known, key) {
				data = append(data, key+"="+e.Data[key])
			}
		}
		fmt.Fprintf(p.w, "  %s\t%s\t%s\t%s\n", clock(e.At), printable(render.PlainStep(e.Kind)), printable(by),
			printable(strings.Join(data, "  ")))
	}
	if len(events) == 0 {
		fmt.Fprintln(p.w, "  none are stored")
	}
}

// named returns a name with id and detail in parentheses.
func named(name, id, detail string) string {
	detail = strings.TrimSpace(detail)
	if name == "" {
		name, id = id, ""
	}
	if more := strings.Trim(id+", "+detail, ", "); more != "" {
		return name + " (" + more + ")"
	}
	return name
}

// who returns a person, a channel and a time.
func who(a operation.Actor, channel string, at time.Time) string {
	s := named(a.Name, a.UserID, "")
	if channel != "" {
		s += " in " + channel
	}
	if at := clock(at); at != "" {
		s += ", " + at
	}
	return s
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000 UTC")
}
