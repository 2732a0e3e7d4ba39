package slackapp

// The lines of the audit channel.
const (
	auditDone     = "*%s*"
	auditApproved = "*Approved*"
	auditAsked    = "asked by %s"
	auditGlass    = "*Break-glass*"

	auditDeniedMore  = "*Denied %d more times* · %s"
	auditNotApproved = "*Not approved*"

	auditWhy      = "%s: %s"
	auditBackend  = "backend %s"
	auditRequests = "request %s"
	auditDenied   = "*Denied* · %s"
	auditAbout    = "about %s"
	auditBetween  = "between %s and %s"
	auditVote     = "deciding on %s"
	auditRules    = "rules %s"
	auditBy       = "%s in %s"
	auditPolicy   = "*Rules changed* · digest %s is in force"
	auditBroken   = "*Rules not changed* · the policy file cannot be used; digest %s stays in force"
	auditAbsent   = "*Rules not changed* · the policy file is absent; digest %s stays in force"
	auditNoRules  = "*No rules* · the policy file cannot be used, so nobody may change anything"
	auditStarted  = "*Bot started* · version %s"
	auditStopped  = "*Bot stopped* · version %s"
	auditReplica  = "replica %s"
	auditHead     = "*Audit trail* · head %s"
	auditSkipped  = "*%d older lines are not posted.* They are in the trail: `lbbot operations export` shows them."
	auditMore     = "%s · %d more lines"
)
