package examples

import (
	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
)

// ownersAnswers are the answers to pause, resume and doctor, and what the owners are told.
func ownersAnswers(n Names) map[string]render.Message {
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
		"doctor":          private.Doctor(named(n, Checks())),
		"doctor_fine":     private.Doctor(Checks()[2:5]),
		"doctor_not": private.OwnersOnly(private.Denied(&intake.DeniedError{Decision: operation.Decision{
			Code: operation.DeniedNoRule, Action: operation.ActionPause, Person: true, Channel: true}}, Wording())),
	}
}

// Checks are what an examination may find.
func Checks() []render.Check {
	return []render.Check{
		{Verdict: "failed", Name: "owner channel",
			Found: "LBBOT_OWNER_CHANNEL: the bot is not a member of #lb-bot (C0123ABCD)",
			Next:  "in the channel, type /invite @lbbot"},
		{Verdict: "warning", Name: "clock",
			Found: "the clock of this machine is 1m30s behind that of Zenlayer; Zenlayer refuses calls from 5m on",
			Next:  "let this machine take the time from the network, for example: timedatectl set-ntp true"},
		{Verdict: "ok", Name: "bot token", Found: "@lbbot in the workspace Sandbox (T0LOCAL)"},
		{Verdict: "ok", Name: "database", Found: "lbbot.db can be read"},
		{Verdict: "not checked", Name: "VM servers", Found: "it needs Zenlayer credentials"},
	}
}
