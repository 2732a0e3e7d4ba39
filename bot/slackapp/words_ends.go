package slackapp

// The words of "Not added", one group for each reason.
const (
	nothingWasSent = "Nothing was sent."
	nothingChanged = "Nothing changed."
	notAddedHeader = "Not added: %s to %s"
	notAddedSaid   = "*What it said:* %s"
	notAddedDo     = "*What to do:* %s"
	notAddedPress  = "nothing, or press *%s* if it is still needed."
	notAddedRight  = "nothing here. Press *What may I do?* to see what the policy allows."
	notAddedNone   = "nothing."

	refusedText    = "Not added: Zenlayer refused %s on %s. Nothing changed. %s."
	refusedRead    = "Zenlayer refused it. %s is not on this listener (read %s)."
	refusedPlain   = "Zenlayer refused it. Nothing changed."
	refusedUnknown = "I do not know this code yet."
	refusedQuote   = "\"%s\""
	refusedSilent  = "nothing that I could read."
	refusedDo      = "look at what it said, then try again with changes, or ask %s."

	differsText   = "Not added: %s is already on %s with weight %s. %s %s."
	differsWeight = "%s is there with weight %s; you asked for %s. This load balancer cannot change a weight in place."
	differsAs     = "It is there as %s. %s"
	differsDo     = "remove the entry in the console first, then try again; or leave it as it is."

	tooLateText = "Not added: I could not start %s on %s within 5 minutes of the click, so I did not start at all. %s."
	tooLateLine = "I could not start within 5 minutes of your click, so I did not start at all."

	lateInLineText = "Not added: I could not start %s on %s within 5 minutes of the click, because it was in line for a free call to Zenlayer, so I did not start at all. %s."
	lateInLineWhy  = "*Why:* it was in line for a free call to Zenlayer from %s on, and its turn did not come in time. Zenlayer takes only so many calls."
	lateInLineDo   = "try again in a few minutes."

	stoppedText    = "Not added: stopped adding %s to %s. %s %s."
	stoppedLine    = "Stopped by %s before anything was sent."
	stoppedRefused = "Stopped by %s. What was tried before was refused, so nothing changed."

	deniedText      = "Not added: %s to %s. %s %s."
	deniedRemoved   = "At the last check (%s) %s was no longer allowed to change this listener (%s), so I stopped. %s"
	deniedNo        = "At the last check this was not allowed%s, so I stopped. %s"
	deniedUnchecked = "At the last check I could not check %s, so I stopped. %s"
	undecidedText   = "Not added: I could not decide about %s on %s at the last check. %s %s."
	deniedOutdated  = "At the last check I did not have the newest rules, so I stopped. %s"
	deniedApproval  = "At the last check the rules asked for the approval of others, which this request does not have, so I stopped. %s"
	deniedShared    = "At the last check this channel was shared with another organisation or could not be seen, so I stopped. %s"
	deniedLost      = "%s I stopped. %s"

	deniedNobodyLeft        = "%s There are not enough other people who could approve it, so I stopped. %s"
	deniedApproverUnchecked = "At the last check I could not check %s, so I do not know whether the approval of %s still counts, and stopped. %s"

	lostApproval = "The approval of %s no longer counts (%s)."
	factYours    = "your account"
	factAskers   = "the asker's account"
	factOf       = "the account of %s"

	deniedUnnamed = "a fact that the rules need"

	rateText     = "Not added: Zenlayer kept asking to wait with %s on %s. Nothing changed. %s."
	rateLine     = "Zenlayer kept asking to wait; I stopped at %s. Nothing changed."
	rateSmall    = "%d tries in %s"
	requestSmall = "request %s"
	statusSmall  = "HTTP %d"
	unreadAnswer = "At the last reading %s: %s *What to do:* %s (%s)"

	rateDo = "wait a minute, then try again."

	readAgainDo   = "try again in a minute; if the answer is the same, ask %s."
	answerRefused = "Zenlayer refused what I asked it"
	answerInFront = "something answered in Zenlayer's place"
	answerOdd     = "Zenlayer gave an answer that I cannot use"

	keyText     = "Not added: Zenlayer refused the bot's key or its rights for %s on %s. Nothing changed. %s."
	keyLine     = "Zenlayer refused the bot's key or its rights. Nothing changed. This is not your fault."
	ownersLook  = "nothing on your side; the bot's owners have to look at it."
	ownersKnow  = "They are told (%s), and repeating it before they repaired this does not help."
	ownersAsk   = "Tell %s. Repeating it before this is repaired does not help."
	ownersTold  = "nothing. The bot's owners are told (%s), and repeating it before they repaired this does not help."
	ownersTell  = "tell %s. Repeating it before this is repaired does not help."
	clockText   = "Not added: the bot's clock is off, so Zenlayer refuses its calls for %s on %s. Nothing changed. %s."
	clockLine   = "The bot's clock is off by more than Zenlayer allows, so Zenlayer refuses its calls. Nothing changed. This is not your fault."
	blockedText = "Not added: %s on %s was stopped in front of Zenlayer's API. Nothing changed. %s."
	blockedLine = "Something in front of Zenlayer's API stopped the call, not Zenlayer itself. Nothing changed. This is not your fault."

	unreachableText = "Not added: Zenlayer cannot be reached from the bot for %s on %s. %s %s."
	unreachableLine = "Zenlayer cannot be reached from the bot. %s"
	unreadText      = "Not added: I could not read the listener for %s on %s. %s %s."
	unreachableRead = "I could not read the listener, so I stopped. %s"
	unreachableDo   = "try again in a few minutes."

	goneText = "Not added: the listener for %s, %s, no longer exists. %s %s."
	goneLine = "The listener no longer exists. %s"
	goneDo   = "pick the listener again; it may have been recreated."

	provenText = "Not added: %s is not on %s in complete readings until %s. %s."
	provenLine = "Not on the listener in complete readings until %s."

	personText = "Not added: %s is not on %s; %s said so, and a reading agrees. %s."
	personLine = "%s said that it is not there, and a complete reading agrees (%s)."

	rehearsedText = "Not added: rehearsal of %s on %s. Every check passed and nothing was sent. %s."
	rehearsedLine = "This was a rehearsal: every check passed, and nothing was sent to Zenlayer."

	brokenText = "Not added: something broke in the bot before %s was sent to %s. Nothing changed. Quote %s."
	brokenLine = "Something broke in the bot before anything was sent."
	brokenDo   = "press *%s*. If it happens again, quote token %s to %s."
)
