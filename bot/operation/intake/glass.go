package intake

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// minWhy is how many characters the reason for break-glass must have.
const minWhy = 20

// Justification is what a person says who skips approval.
type Justification struct {
	Why         string
	Incident    string
	Responsible bool // they ticked that they looked and take responsibility
}

// The fields of a Justification, for the problems of *commands.InputError.
const (
	FieldWhy         = "why"
	FieldIncident    = "incident"
	FieldResponsible = "responsible"
)

// GlassUsed returns how many operations with break-glass this person had
// accepted lately, how many they may have, and in which time: "0 of 2 in a
// week". Errors: *UnavailableError.
func (i *Intake) GlassUsed(ctx context.Context, a operation.Actor) (used, limit int, window time.Duration, err error) {
	times, err := i.Journal.BrokenSince(ctx, a.UserID, i.Now().Add(-i.Settings.GlassIn))
	if err != nil {
		return 0, 0, 0, &UnavailableError{What: "journal", Err: err}
	}
	return len(times), i.Settings.Glass, i.Settings.GlassIn, nil
}

// Break accepts a draft that needs approval without it. The rules must permit
// the request with approval, so that what is forbidden stays so, and let this
// person skip it. Errors as of Send, and *commands.InputError with a problem
// for each field. What is skipped is people, not the look at what changed since
// the preview.
func (i *Intake) Break(ctx context.Context, c Click, b Justification) (operation.Operation, error) {
	clicked := i.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if err := b.check(); err != nil {
		return operation.Operation{}, err
	}
	op, err := i.draft(ctx, c)
	if err != nil {
		return operation.Operation{}, err
	}
	if !op.Change.MayBreakGlass() {
		return operation.Operation{}, i.deny(ctx, operation.Decision{Code: operation.DeniedNoRule,
			Action: operation.ActionBreakGlass, Person: true, Channel: true}, op)
	}
	if c.unread(op) {
		return operation.Operation{}, &ChangedError{Operation: op}
	}
	q := clickQuestion(op, c, clicked)
	d := i.Permission.Decide(ctx, q)
	switch {
	case d.Allowed, d.Code == operation.DeniedApproval && op.Approval == nil:
		return operation.Operation{}, i.previewAgain(ctx, i.lookAgain(ctx, op), d, c)
	case d.Code != operation.DeniedApproval:
		return operation.Operation{}, i.deny(ctx, d, op)
	}
	q.Action = operation.ActionBreakGlass
	glass := i.Permission.Decide(ctx, q)
	if glass.Allowed && i.Settings.Glass < 1 {
		return operation.Operation{}, i.tooMany(ctx, op, &operation.LimitError{Of: operation.LimitGlass})
	}
	if !glass.Allowed {
		glass.Action = operation.ActionBreakGlass
		return operation.Operation{}, i.deny(ctx, glass, op)
	}
	if now := i.lookAgain(ctx, op); len(now.moved) > 0 {
		return operation.Operation{}, i.previewAgain(ctx, now, d, c)
	}
	op.State, op.ClickedAt, op.ExpiresAt = operation.Accepted, clicked, time.Time{}
	op.DecidedBy(d)
	op.Version++
	op.Approval.Needed, op.Approval.Skipped, op.Approval.AskedAt = d.Approvals, true, clicked
	op.Glass = &operation.BreakGlass{Why: b.Why, Incident: b.Incident, Policies: glass.Policies}
	return i.enter(ctx, i.acceptance(op, c, operation.EventBreakGlass, map[string]string{"why": b.Why,
		"incident": b.Incident, "skipped": strings.Join(op.Approval.Who.IDs, " "),
		"approvals": strconv.Itoa(d.Approvals), "rules": strings.Join(glass.Policies, " ")}))
}

// check returns every problem at once. It takes the spaces off.
func (b *Justification) check() error {
	b.Why, b.Incident = operation.Clip(strings.TrimSpace(b.Why), 300), operation.Clip(strings.TrimSpace(b.Incident),
		100)
	var problems []commands.Problem
	if utf8.RuneCountInString(b.Why) < minWhy {
		problems = append(problems, commands.Problem{Field: FieldWhy,
			Text: "Say in at least " + strconv.Itoa(minWhy) + " characters why this cannot wait."})
	}
	if commands.LooksLikeToken(b.Why) {
		problems = append(problems, commands.Problem{Field: FieldWhy, Text: commands.TokenText})
	}
	if commands.LooksLikeToken(b.Incident) {
		problems = append(problems, commands.Problem{Field: FieldIncident, Text: commands.TokenText})
	}
	if b.Incident == "" {
		problems = append(problems, commands.Problem{Field: FieldIncident,
			Text: "Name the incident, for example inc-1234."})
	}
	if !b.Responsible {
		problems = append(problems, commands.Problem{Field: FieldResponsible,
			Text: "Tick this if you looked at the preview."})
	}
	if len(problems) == 0 {
		return nil
	}
	return &commands.InputError{Problems: problems}
}
