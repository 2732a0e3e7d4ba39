package slackapp

// The words of approvals and break-glass.

// The preview of what needs approval.
const (
	buttonAsk          = "Ask for approval"
	buttonGlass        = "Use break-glass"
	labelAsk           = "Ask for approval to add %s to %s"
	labelGlass         = "Add %s without approval, with break-glass"
	previewNeeds       = "*Needs approval:* %s, by rule %s."
	previewNeedsPlain  = "*Needs approval:* %s."
	previewNobody      = "*Needs approval* by %s, and there are not that many people who could give it."
	previewAsked       = "Asked in %s. It ends %s after you ask."
	previewAskedPlain  = "Asked in %s."
	previewMayBreak    = "*Break-glass* is possible: it adds at once, and they are told."
	previewNeedsText   = "Not sent yet; it needs approval by %s"
	previewNeedsTextNo = "Not sent yet; it needs approval, and there are not enough people who could give it"
	changedLine        = "Something changed since you looked: %s. Here is the new picture."
	changedNeeds       = "approval is needed now"
	changedFree        = "approval is not needed any more"
)

// Why, with approval.
const (
	whyAgreedText = "Allowed by rule %s for %s, once agreed to by %s."
	whyAgreed     = "*Why you are allowed:* rule %s permits it for %s here, once agreed to by %s other than you. It is asked again at each click and right before the call."
)

// People who may approve.
const (
	peopleOf      = "%d of %s"
	peopleAnybody = "%s; anybody in this workspace whom no rule excludes"
	peopleUnknown = "%s; I cannot name who could"
	peopleIn      = "the members of %s"
	peopleOthers  = " and possibly others"
	countPerson   = "1 person"
	countPeople   = "%d people"
	countOrMore   = "%d or more people"
)

// Asking.
const (
	askText   = "Waiting: %s asks to add %s to %s. Needs %s, until %s. %s."
	askHeader = "Waiting for approval · %s"

	// The first post, of which each sentence stays true.
	askPostedText   = "Asked: %s asks to add %s to %s, with approval by %s until %s. %s."
	askPostedHeader = "Asked for approval · %s"
	askFollows      = "The result follows here."

	askWhat      = "%s asks to *add* %s *to* %s, ports %s, %s%s."
	askShare     = " (about %d %% of new connections)"
	askReason    = "*Reason:* %s   ·   asked in %s"
	askNeeds     = "*Please approve or deny:* %s. Not %s, who asks."
	askNote      = "*Note:* %s"
	askIDs       = "%s is %s · %s is %s"
	askTimes     = "Asked %s. Ends %s at the latest."
	askReminder  = " Reminder at %s if it is not decided."
	askProgress  = "%d of %d: %s. %s"
	askVote      = "%s at %s"
	askOneMore   = "One more."
	askMore      = "%d more."
	askAgainNew  = "Approved, but something changed since: %s. %sstill ok?"
	askAgainText = "Approved, but something changed since."
	askStill     = "%s, "
	askRules     = "*Waiting:* rules changed; %s."
	askRulesText = "Rules changed; %s."
	askLost      = "*Waiting:* %s Needed: %s."
	askLostText  = "%s Needed: %s."
	askRulesOne  = "one more approval"
	askRulesMore = "%d more approvals"
	askDenied    = "Denied by %s: %s"

	waitingAsked = "*Waiting* for approval, asked in %s. Nothing is sent yet."
	waitingNeeds = "Needs %s, until %s."

	buttonApprove    = "Approve"
	buttonApproveNew = "Approve new picture"
	buttonDeny       = "Deny"
	buttonQuestion   = "Ask a question"
	labelApprove     = "Approve adding %s to %s"
	labelDeny        = "Deny adding %s to %s"
	labelQuestion    = "Ask a question about adding %s to %s"
	approveTitle     = "Approve?"
	approveConfirm   = "Approve adding %s to %s? It runs at once."
	approveFirst     = "Approve adding %s to %s? It runs when %s agree."
	approveNotYet    = "Not yet"

	poolEntry  = "Show pool before and after"
	poolText   = "%s: before %s, after %s."
	poolTitle  = "*Pool of %s*, as it was when approval was asked for"
	poolBefore = "*Before:* %s."
	poolAfter  = "*After:* %s%s."
	poolOne    = "1 server, weight %d"
	poolMany   = "%d servers, weights %d together"
	poolOwn    = "1 server, with Zenlayer's default weight"
	poolMore   = "%d servers, the new one with Zenlayer's default weight"
	poolShare  = "; %s would take about %d %% of new connections"

	askHealthOpen = "Zenlayer did not say whether this listener has health checks."
)

// Decided.
const (
	approvedDecided = "*Approved* by %s %s (asked %s, %s). Adding…"
	approvedText    = "Approved: %s on %s, by %s. Adding… %s."
	approvedLine    = "Approved by %s %s (asked %s, %s)."

	notApprovedText = "Not added: %s denied %s on %s: %s %s %s."
	notApprovedLine = "Denied by %s: %s"
	nobodyText      = "Not added: nobody answered about %s on %s by %s. %s %s."
	nobodyLine      = "Nobody answered by %s."
	nobodyPart      = "%d of %d agreed by %s (%s), and nobody else answered."
	nobodyPartly    = "Not added: %d of %d people agreed to %s on %s by %s. %s %s."
	buttonAskAgain  = "Ask again"
	labelAskAgain   = "Ask again to add %s to %s"

	reminderLine  = "*Reminder:* %s asks to add %s to %s, %s. Please approve or deny: %s, until %s."
	reminderText  = "Reminder: %s asks to add %s to %s. Please approve or deny: %s, until %s. %s."
	questionLine  = "%s has a question for %s about %s. Please answer here."
	questionAbout = "%s has a question for %s about %s: adding %s to %s."
)

// Break-glass.
const (
	glassBadge   = "*Break-glass* by %s: \"%s\". Incident: %s."
	glassAdded   = "*Added* with *break-glass* by %s: \"%s\". Incident: %s."
	glassTold    = " Told: %s."
	glassTelling = " This message tells %s."
	glassToldIn  = " Told in %s: %s."
	glassHere    = "those who read this"
	glassText    = "With break-glass: %s"
	glassBy      = "break-glass"

	skippedText = "Break-glass: %s asked to add %s to %s without approval: %s Incident: %s. %s."
	skippedLine = "*Break-glass:* %s asked to add %s to %s *without approval*: \"%s\""
	skippedWhy  = "*Incident:* %s. You could have approved it, so you are told at once."
	skippedCard = "Its card is in %s."

	glassTitle    = "Break-glass"
	glassSubmit   = "Add without approval"
	glassAlert    = "This skips approval. %s will be told at once. You have used %d of %d %s."
	glassAlertOff = "This skips approval. %s will be told at once."
	glassAlertAll = "Those who may approve"
	glassThisWeek = "this week"
	glassWindow   = "in %s"
	glassDenied   = "The rules do not let you add %s to %s without approval."
	glassAnd      = " and "
	glassMore     = "%d more"

	fieldWhy         = "Why can this not wait?"
	fieldWhyHint     = "At least 20 characters. Everybody who is told reads it."
	fieldIncident    = "Incident"
	fieldIncidentEg  = "inc-1234"
	fieldTakes       = "Responsibility"
	fieldTakesOption = "I looked at the preview and take responsibility."

	denyTitle    = "Deny"
	denyWhoSees  = "Why? (%s will see this)"
	denyWhoAsked = "Who asked"
)

// Private answers.
const (
	decidedApproved = "Already approved by %s at %s."
	decidedDenied   = "Already denied by %s at %s."
	decidedStopped  = "Already stopped by %s."
	decidedExpired  = "The time for an answer was over at %s."
	decidedOther    = "This is decided already. %s is now: %s."
	questionStands  = "Your question stands in the thread of this card already. Write there."
	picturesOld     = "This picture is out of date: something changed since. Look at the card as it is now, then answer there."
	notOnList       = "You are not on the list for this listener."
	denyNotOnWhy    = "*Why:* %s"

	denyNobodyOne    = "This needs the approval of another person, and nobody could give it."
	denyNobody       = "This needs the approval of %s, and there are not that many who could give it."
	denyListenerRate = "This listener had %d changes in %s, which is the limit. Next one at %s."
	denyListenerSoon = "This listener had %d changes in %s, which is the limit. Try again later."
	denyBudget       = "You have used break-glass %d times in %s, which is the limit. Next one at %s."
	denyBudgetSoon   = "You have used break-glass %d times in %s, which is the limit. Try again later."
	denyBudgetNone   = "Break-glass is switched off here."
	denyReasonNeeded = "A reason is required for this listener. One line is enough."
	denySelf         = "You asked for this yourself, so somebody else has to approve it."

	deniedNobody      = "At the last check there were not enough people who could approve it, so I stopped. %s"
	deniedReasonLate  = "At the last check the rules asked for a reason, which this request does not have, so I stopped. %s"
	deniedGlassGone   = "At the last check the rules did not let %s use break-glass, so I stopped. %s"
	statusApprovals   = "*Approval:* %s"
	statusApprovalNow = "%d of %d agreed, until %s."
	statusApprovalEnd = "%d of %d agreed."
)
