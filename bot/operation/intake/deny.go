package intake

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// deny records a denial and returns it, also when the trail cannot be written.
func (i *Intake) deny(ctx context.Context, d operation.Decision, op operation.Operation) *DeniedError {
	i.Metrics.refused.WithLabelValues(string(d.Code)).Inc()
	data := operation.WithPolicies(map[string]string{"code": string(d.Code), "listener": op.Listener.ID,
		"instance": op.Server.ID, "what": string(d.What), "action": string(d.Action),
		"listener_name": op.Listener.Name, "instance_name": op.Server.Name, "name": op.Actor.Name}, d.Policies,
		d.Digest)
	// Many denials are made because time ran out; they are recorded all the same.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), recordWithin,
		fmt.Errorf("the journal did not answer within %s", recordWithin))
	defer cancel()
	e := i.event(operation.EventDenied, op, op.Actor, op.Place, data)
	delete(e.Data, "requester") // op has who is denied, not who asked
	delete(e.Data, "requester_channel")
	if err := i.Journal.RecordBounded(ctx, e); err != nil {
		i.Log.Error("denial could not be recorded", zap.String("actor", op.Actor.UserID),
			zap.String("code", string(d.Code)), zap.Error(err))
	}
	i.Log.Info("request denied", zap.String("actor", op.Actor.UserID), zap.String("channel", op.Place.ChannelID),
		zap.String("code", string(d.Code)), zap.String("what", string(d.What)), zap.Strings("policies", d.Policies))
	return &DeniedError{Decision: d, Operation: op}
}

// Admit checks that a person may be here at all: nil, or a *DeniedError that is
// in the audit trail. ref is of the operation that they ask about, if any.
func (i *Intake) Admit(ctx context.Context, a operation.Actor, p operation.Place, ref string) error {
	if d := i.Permission.Admit(ctx, a, p); !d.Allowed {
		return i.deny(ctx, d, operation.Operation{Ref: ref, Actor: a, Place: p})
	}
	return nil
}

// Refuse records a denial that its caller found, and returns it as a *DeniedError.
func (i *Intake) Refuse(ctx context.Context, code operation.DenialCode, by operation.Actor,
	from operation.Place) error {
	return i.deny(ctx, operation.Decision{Code: code, Person: true, Action: operation.ActionRegister},
		operation.Operation{Actor: by, Place: from})
}

// refuse is deny for a question about rules: the person is told who could do
// it. That is asked after the denial is recorded, and left out when Slack is slow.
func (i *Intake) refuse(ctx context.Context, d operation.Decision, op operation.Operation, q operation.Question) error {
	denied := i.deny(ctx, d, op)
	if d.Code == operation.DeniedNoRule || d.Code == operation.DeniedForbidden {
		denied.Can = i.peopleWho(ctx, q, q.Action)
	}
	return denied
}
