package cases

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/zenlayer"
)

// Result is the result of one case.
type Result struct {
	Name     string
	Place    string // file and line
	Want     string
	Got      string
	Decision operation.Decision
	Passed   bool
}

// noon is the default time of a case, a Wednesday.
func noon() time.Time { return time.Date(2026, time.March, 18, 12, 0, 0, 0, time.UTC) }

// incidents are the default patterns, those of the setting.
func incidents() []string { return []string{"inc-*", "incident-*"} }

// Run decides each case by the policy file at this path. The error means that the
// policy file cannot be used.
func (f *File) Run(ctx context.Context, path string) ([]Result, error) {
	now := &stage{}
	patterns := f.IncidentChannels
	if patterns == nil {
		patterns = incidents()
	}
	gate, err := policy.New(policy.Config{AtOnce: true, Path: path, Directory: now, Now: noon,
		IncidentChannels: patterns, IncidentCreators: f.IncidentCreators})
	if err != nil {
		return nil, err
	}
	if err := gate.Status().Problem; err != nil {
		return nil, err
	}
	results := make([]Result, len(f.Cases))
	for i, c := range f.Cases {
		w, q := f.scene(c)
		now.world = w
		results[i] = f.judge(c, gate.Decide(ctx, q))
	}
	return results, nil
}

// stage is the world of the current case.
type stage struct{ *world }

// scene returns the world and the question of a case.
func (f *File) scene(c Case) (*world, operation.Question) {
	w := &world{People: f.People, Channels: f.Channels, Members: f.Groups}
	person, channel := c.Person.id, c.Channel.id
	if p := c.Person.whole; p != nil {
		person = p.ID
		w.People = append([]Person{*p}, w.People...)
	}
	if ch := c.Channel.whole; ch != nil {
		channel = ch.ID
		w.Channels = append([]Channel{*ch}, w.Channels...)
	}
	q := operation.Question{
		Action: cmp.Or(operation.Action(c.Action), operation.ActionRegister), Account: cmp.Or(f.Account, "default"),
		Actor: operation.Actor{UserID: person}, Place: operation.Place{ChannelID: channel},
		Ports: c.Ports, At: c.At.Time,
	}
	if c.Listener.whole != nil { // the bot is paused without one
		q.Listener = c.Listener.whole.listener()
	}
	var server Instance
	if c.Instance != nil {
		server = *c.Instance
	}
	q.Server = operation.Server{ID: cmp.Or(server.ID, "i-unnamed"),
		Type: zenlayer.InstanceType(strings.ToUpper(cmp.Or(server.Type, "bm")))}
	if c.Weight != nil {
		q.Weight = *c.Weight
	}
	if q.At.IsZero() {
		q.At = noon()
	}
	return w, q
}

func (f *File) judge(c Case, d operation.Decision) Result {
	r := Result{Name: c.Name, Place: fmt.Sprintf("%s:%d", f.name, c.line), Want: c.Want.String(), Decision: d}
	got := Want{Allow: d.Allowed, Approvals: d.Approvals, Policies: d.Policies, Reason: d.Reason}
	if !d.Allowed && d.Code != operation.DeniedApproval {
		got.Deny = d.Code
	}
	r.Passed = c.Want.Allow == got.Allow && c.Want.Approvals == got.Approvals &&
		(c.Want.Deny == got.Deny || c.Want.Deny == anyDenial && got.Deny != "") &&
		(c.Want.Policies == nil || slices.Equal(c.Want.Policies, got.Policies)) &&
		(c.Want.Reason == "" || c.Want.Reason == got.Reason)
	if c.Want.Reason == "" {
		got.Reason = ""
	}
	r.Got = got.String()
	if d.What != "" {
		r.Got += ", because this could not be checked: " + string(d.What)
	}
	return r
}

// String describes the decision.
func (w Want) String() string {
	out := "deny"
	switch {
	case w.Allow:
		out = "allow"
	case w.Approvals == 1:
		out = "1 approval"
	case w.Approvals > 1:
		out = fmt.Sprintf("%d approvals", w.Approvals)
	case w.Deny != "" && w.Deny != anyDenial:
		out += " " + string(w.Deny)
	}
	if len(w.Policies) > 0 {
		out += " by " + strings.Join(w.Policies, ", ")
	}
	if w.Reason != "" {
		out += fmt.Sprintf(" with the reason %q", w.Reason)
	}
	return out
}

// Account writes the clauses of a decision, a line for each, indented.
func Account(clauses []operation.Clause, more int) string {
	var b strings.Builder
	for _, c := range clauses {
		fmt.Fprintf(&b, "    %-14s %s\n", Holds(c.Held), c.Text)
	}
	if more > 0 {
		fmt.Fprintf(&b, "    and %d more\n", more)
	}
	return b.String()
}

// Holds returns "holds" or "does not hold".
func Holds(is bool) string {
	if is {
		return "holds"
	}
	return "does not hold"
}
