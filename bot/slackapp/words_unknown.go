package slackapp

// Another version may have stored what this one does not know. It is shown as
// it is stored, with where to look; never in the words of something known.
const (
	unknownText     = firstUnknown + ": this version of the bot does not know how %s on %s stands (%s). Do not repeat it. %s."
	unknownHeader   = firstUnknown + ": %s to %s"
	unknownLine     = "This version of the bot does not know how this stands. It is stored as %s."
	unknownDo       = "*What to do:* do not repeat it. Look in the console, at %s, or run %s where the bot runs."
	busyUnknownText = "Not sent: %s asked for %s here already: %s. It is now: %s. Nothing new is started."
	unknownPlain    = firstUnknown + ": this version does not know how it stands (%s)"
	unknownState    = "state %s"
	unknownReason   = "state %s, reason %s"
	unknownValue    = "%s, which this version does not know"
	addedUnknown    = "*Added* as %s. How that is known is stored as %s."
	unknownStep     = "Event %s, which this version does not know"
	unknownAudit    = "*" + firstUnknown + "* what this event is: %s. Look with %s."
	busyUnknown     = "*Not sent.* %s asked for %s here already: %s. It is now: %s. Nothing new is started."
	unknownOwner    = "This version of the bot does not know how it stands (%s). Look with %s where the bot runs."
	showCommand     = "lbbot operations show %s"
	listCommand     = "lbbot operations export"
)
