package slackapp

import (
	"context"

	"lbbot/bot/operation"
)

// Remind implements operation.Reporter.
func (b *Board) Remind(context.Context, operation.Operation) error { return nil }

// TellSkipped implements operation.Reporter.
func (b *Board) TellSkipped(context.Context, operation.Operation) error { return nil }

// Question implements operation.Reporter.
func (b *Board) Question(context.Context, operation.Operation, operation.Actor) error { return nil }
