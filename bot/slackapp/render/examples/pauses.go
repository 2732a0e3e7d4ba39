package examples

import (
	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
)

// pauseAnswers are the answers to pause and resume, and what the owners are told.
func pauseAnswers(n Names) map[string]render.Message {
	leo := named(n, operation.Actor{UserID: "U0LEO", Name: "leo"})
	pause := named(n, operation.Pause{By: leo, At: Moment(19, 10, 0), Why: "Zenlayer maintenance"})
	sending := named(n, []operation.Operation{Sample(InState(operation.Sending)), Sample(InState(operation.Sending))})
	paused := intake.PauseAnswer{Pause: &pause, Changed: true}
	one, two, again := paused, paused, paused
	one.Sending, two.Sending, again.Again = sending[:1], sending, true
	there := intake.PauseAnswer{Pause: &pause}
	return map[string]render.Message{
		"paused":          private.Paused(paused),
		"paused_sending":  private.Paused(one),
		"paused_sending2": private.Paused(two),
		"paused_again":    private.Paused(again),
		"paused_already":  private.Paused(there),
		"pause_edited":    private.EditedPause(),
		"paused_over":     private.Paused(intake.PauseAnswer{}),
		"resumed":         private.Resumed(paused),
		"resumed_again":   private.Resumed(intake.PauseAnswer{Changed: true}),
		"resumed_already": private.Resumed(intake.PauseAnswer{}),
		"resumed_since":   private.Resumed(there),
		"pause_notice":    private.PauseNotice(paused, leo, false),
		"resume_notice":   private.PauseNotice(paused, leo, true),
	}
}
