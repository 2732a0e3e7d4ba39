package slackapp

import (
	"fmt"

	"lbbot/bot/operation"
)

// The words of what only one person sees.

// Preview.
const (
	previewText      = "Checking done: add %s to %s, %s. %s. %s."
	previewNotSent   = "Not sent yet"
	previewDryRun    = "Dry run: nothing was sent"
	previewTitle     = "*Checking done. Nothing is changed yet.*   %s"
	previewWhat      = "*Add* %s *to* %s, ports %s, weight %s, name %s."
	previewDoPress   = "*What to do:* check it, then press *%s*. Nothing changes before that."
	previewDoChange  = "*What to do:* press *Change*, or ask somebody who may add it."
	previewDoNone    = "There is nothing to do: this only shows what would be sent."
	riskNow          = "*Risk:* %s"
	riskAlert        = "Risk: %s"
	riskAsked        = "*Risk when it was asked:* %s"
	riskThen         = "*Risk when it was added:* %s"
	previewCode      = "`%s`"
	previewListener  = "*Listener now:* %s."
	previewServers   = "%d servers on it"
	previewServer    = "1 server on it"
	previewNoServer  = "no server on it yet"
	previewHealthOn  = "health check on"
	previewHealthOff = "health check off"
	previewAllowed   = "*Allowed* by rule %s."
	previewReason    = "*Reason:* %s"
	previewNote      = "• %s"
	previewPosts     = "Posts to %s. Good until %s."
	previewPostsNot  = "Nothing is posted."
	previewPostsHere = "Posts to %s."
	previewEnd       = "Dry run: nothing was sent."
	confirmTitle     = "Add to a protected listener?"
	confirmText      = "%s will take new connections on %s."
	confirmYes       = "Add server"
	confirmNo        = "Not yet"
	protectedAlert   = "This is a protected listener."

	previewHealthOpen = "health check not known"
)

// Typing mistakes.
const (
	inputText      = "Not sent: %s to fix in your command. %s"
	inputTitle     = "*Not sent.* %s to fix:"
	inputProblem   = "• %s: %s"
	inputSentence  = "• %s"
	inputCorrected = "Corrected, as far as I can tell (names and ids are never guessed, only exact matches are taken):"
	inputMore      = "• and %d more"
	pickOne        = "Pick one to see its preview. Nothing is sent before you press *Add server* there."
	labelPick      = "Preview with %s"
)

// Denied.
const (
	notSentLine    = "*" + firstNotSent + ".* %s"
	notSentText    = firstNotSent + ": %s"
	denyWhy        = "*Why:* %s (Workspace: ok · channel: %s · person: %s)"
	denyWhyOnly    = "*Why:* %s"
	denyContact    = "*Ask:* %s"
	denyNoted      = "Noted in the audit log."
	denyNotedRef   = "Noted in the audit log. %s"
	denyOK         = "ok"
	denyNo         = "no"
	denyMayNot     = "You may not add servers to %s."
	denyMayNotText = "you may not add servers to %s."
	denyThis       = "this listener"
	denyGuest      = "Guests cannot use this command. Ask a member of %s."
	denyGuestOnly  = "Guests cannot use this command. Ask a full member of this workspace."
	denyWorkspace  = "Your account belongs to another workspace or organisation, so I do nothing here."
	denyBot        = "Bots, apps and workflows cannot use this command."
	denyGone       = "This account is deactivated, so I do nothing."
	denyShared     = "This channel is shared with another organisation, so I do nothing here. Use %s."
	denySharedOnly = "This channel is shared with another organisation, so I do nothing here. Use an internal channel."
	denyChannel    = "I cannot see this channel, or it is archived, so I do nothing here. Invite me with /invite %s, or use another channel."
	denyUnchecked  = "I could not check %s, so I do nothing here. Try again in a minute."
	denyReading    = "The policy file changed a moment ago and I am still reading it, so I do nothing here. Try again in a few seconds."
	denyDirect     = "I am not in this direct message, and nobody can invite me to it. Use a channel, or a direct message with me."
	denySetup      = "I could not check %s, so I do nothing here. Trying again does not help until %s changes this: %s."
	denyOutdated   = "I do not have the newest rules yet, so I decide nothing. Try again in a minute."
	denyNoPolicy   = "No rules are loaded, so nobody may change anything through me."
	denyNoPolicyDo = "The bot's owners can load them: %s."
	denyNoRule     = "no rule allows it."
	denyPlace      = "You can ask for this only from %s."
	denyPlaceAsk   = "You can ask for this only from %s; here only these people can, with approval: %s"
	denyPlaceText  = "you may not add servers to %s from this channel."
	denyPlaceOr    = "%s or %s"
	denyIncident   = "an incident channel"
	denyNotHere    = "no rule allows it in this channel."
	denyAskToo     = "%s and an approval"
	denyNeeds      = "it needs %s; you are in %s."
	denyNeedsOne   = "the group %s"
	denyNeedsAny   = "one of the groups %s"
	denyInNone     = "none of the groups that the rules name"
	denyForbidden  = "rule %s forbids it."
	denyForbids    = "a rule forbids it."
	denyReason     = "%s %s"
	denyApproval   = "This change needs the approval of others, which it does not have."
	denyApprovals  = "rule %s asks for approval by %s."
	denyRate       = "You have made %d changes in %s, which is the limit. Next one at %s."
	denyRateSoon   = "You have made %d changes in %s, which is the limit. Try again later."
	denyRequester  = "This preview belongs to somebody else, and only they can use it. Type the command yourself for one of your own."
	denyOther      = "You may not do this."
)

// Answers to clicks and commands.
const (
	busyText      = "Not sent: %s is already adding %s here: %s."
	busyLine      = "*Not sent.* %s is already adding %s here: %s. Nothing new is started."
	busyMineText  = "Not sent: you asked for %s here already: %s. Nothing new is started."
	busyMine      = "*Not sent.* You asked for %s here already: %s. Nothing new is started."
	busyMineWaits = "*Not sent.* You asked for %s here already: it waits for approval: %s. Nothing new is started."
	busyWaitsText = "Not sent: %s asked for %s here already, and it waits for approval: %s."
	busyWaits     = "*Not sent.* %s asked for %s here already, and it waits for approval: %s. Nothing new is started."
	presentSame   = "%s is already on this listener with the same ports and weight: %s."
	presentText   = "Nothing to do: %s is already on %s with the same ports and weight, as %s."
	differText    = "Not sent: %s is already on %s as %s with weight %d."
	differWeight  = "*Not sent.* It is there with weight %d; you asked for %s. This load balancer cannot change a weight in place."
	expiredText   = "Not sent: the preview %s is older than 5 minutes. Nothing was sent."
	expiredLine   = "*Not sent.* The preview %s is older than 5 minutes, so I did not use it. Nothing was sent."
	staleText     = "This card is out of date. %s is now: %s."
	staleSent     = "Nothing was done by this click."
	duplicateText = "Nothing to do: this was already accepted as %s."
	duplicateLine = "*Nothing to do.* This was already accepted as %s. It is done once."
	cancelledText = "Not sent: %s was cancelled, as you asked. Nothing was changed."
	cancelledLine = "*Not sent.* %s was cancelled, as you asked. Nothing was changed."
	stillSeen     = "*Now:* %s."

	unavailableText    = "%s did not answer, so I could not check. Nothing was changed. Try again in a minute."
	readingText        = "I could not check, since %s: %s. What to do: %s"
	readingLine        = "I could not check, since %s. Nothing was changed."
	unavailableSetup   = "%s refuses what I have to ask, so I could not check. Nothing was changed. Trying again does not help until this is changed: %s."
	unavailableBusy    = "%s is being asked a lot right now, so I could not check in time. Nothing was changed. Try again in a minute."
	unavailableJournal = "I cannot write requests down right now, so I do nothing. Nothing was changed. Try again in a minute."
	unavailableMoved   = "The bot's database file was moved, deleted or overwritten, so nothing was accepted and nothing is sent. Ask whoever runs the bot to repair it; its log and /readyz say how."
	uncertainText      = "Not confirmed: I could not find out whether %s was accepted."
	uncertainLine      = "*Not confirmed.* I could not find out whether %s was accepted. Pressing the same button again is safe: a preview is accepted once."
	uncertainClick     = "I could not find out whether this was stored. If nothing has changed in a minute, press the button again."
	uncertainLook      = "To see what became of it: %s"
	statusCommand      = "/lb-register status %s"

	stillChecking = "Still checking. The answer comes here. If there is none in a minute, type the command again."
	stillStoring  = "Still storing this. If nothing has changed in a minute, press the button again."
	againText     = "I am busy. Nothing was changed. Try again in a moment."
	faultText     = "Not added: something broke in the bot before anything was sent. Quote token %s to %s."
	faultLine     = "*Not added.* Something broke in the bot before anything was sent. Quote token %s to %s."
	triggerText   = "Slack gives me 3 seconds to open a form, and they were over. Your values are kept."
	goneText2     = "This has expired. Nothing was changed. Type /lb-register to start again."
	unknownRef    = "I know no request %s."

	notYetMention  = "I do not answer mentions yet. Type /lb-register in a channel or in a direct message with me."
	notYetShortcut = "This shortcut does not work yet. Type /lb-register in a channel or in a direct message with me."
	notYetSuggest  = "I have no list to choose from yet. Type the name or the ID."
	notYetThread   = "Slash commands do not work in threads. Type /lb-register in the channel or in a direct message with me."
	notYetOther    = "I cannot do this yet. Type /lb-register help for what I can do."

	channelNotIn    = "I am not in %s, so I cannot post there. Invite me with /invite %s, or choose another channel."
	channelUnseen   = "I cannot see the channel %s, so I cannot post there. Invite me with /invite %s, or choose another channel."
	channelArchived = "%s is archived, so I cannot post there. Choose another channel."
	channelRefused  = "Slack does not let me post in %s. Choose another channel."
	movedText       = "I could not post in %s, so the card of %s comes to you as a direct message."
	movedInvite     = "To have cards there, invite me with /invite %s."
)

// status and whoami.
const (
	statusText     = "%s: %s. %s to %s, by %s."
	statusState    = "*Now:* %s."
	statusWhat     = "%s to %s, by %s"
	statusNoEvents = "No steps are stored."
	statusEarlier  = "(%d earlier steps are left out.)"
	stepLost       = "no longer counts: the approval of %s"
	whoUnrecorded  = "by whom was not recorded"
	whoamiText     = "You are %s in workspace %s; %s."
	whoamiMay      = "%d rules fit you here"
	whoamiOne      = "1 rule fits you here"
	whoamiNone     = "no rule fits you here"
	whoamiPerson   = "*You:* %s\n%s"
	whoamiPlace    = "*Workspace:* %s · *Channel:* %s"
	whoamiGroups   = "*Your groups, ready for the policy:*"
	whoamiNoGroups = "*Your groups:* none that I can see."
	whoamiGroup    = "• %s %s"
	whoamiRefused  = "*Refused:* %s"
	whoamiRules    = "*Rules that fit you here:* %s. Weight, ports, time and listener are looked at when you ask."
	whoamiNoRules  = "*Rules that fit you here:* none, so I would say no."
	whoamiPolicy   = "Rule set %s"
	whoamiIncident = "incident channel"
	whoamiDM       = "direct message"
	whoamiInternal = "internal"
	whoamiShared   = "shared with another organisation"
	whoamiArchived = "archived"
	whoamiPrivate  = "private"
	whoamiNotIn    = "I am not in it"
)

// The req_more menu.
const (
	copyText     = "%s as a command: %s"
	copyLine     = "%s as a command. It opens a new preview; nothing is sent without it:"
	copyNone     = "I have no command for %s."
	whyText      = "Allowed by rule %s for %s."
	whyLine      = "*Why you are allowed:* rule %s permits it for %s here. It is asked again at your click and right before the call."
	whyNone      = "No rule is noted for %s."
	zenoText     = "%s for the shell, with its token: %s"
	zenoLine     = "The same call for the shell, *with the token of this request* (%s), so that it does not add the server twice:"
	zenoCare     = "It is for now only: how long the API remembers a token is not documented. Look in the console first."
	detailsText  = "Details of %s: %s"
	detailsTitle = "*Details of %s for support*"
)

// For the owner's channel.
const (
	ownerText    = "%s: %s, %s to %s. %s"
	ownerLine    = "*%s* %s: %s to %s, asked by %s."
	ownerNeeds   = "*What to do:* look in the console, then answer on its card. Please do not repeat it."
	ownerKey     = "*What to do:* repair the bot's access to Zenlayer: %s Nothing can be added before."
	ownerClock   = "*What to do:* set the bot's clock right; it is off by more than Zenlayer allows. Nothing can be added before."
	ownerBlocked = "*What to do:* look at the network path and at the address the bot calls from. Something in front of Zenlayer's API stopped the call."
	ownerBroken  = "*What to do:* look for this id in the log. Something broke in the bot before anything was sent."
	ownerUnseen  = "*What to do:* look in the console for backend %s. Zenlayer gave it, and it was not in the list when I stopped looking."
	ownerCard    = "Its card is in %s."
	ownerUntold  = "It has been over for more than a day, and Slack has not taken its card: not in %s and not as a direct message. The log says why. I try on once an hour. /lb-register status %s shows what came of it."
	ownerOther   = "Please have a look."
)

// Help and unspecific texts.
const (
	helpText  = "Help: %s"
	helpLabel = "*%s*"
)

// factWords names what could not be checked, for the words the policy has for
// its facts.
// whose says whose account the person is.
func factWords(what, whose string) string {
	switch what {
	case "workspace":
		return "which workspace I belong to"
	case "person":
		return whose
	case "channel":
		return "whether this channel is internal"
	case "groups":
		return "the user groups that the rules name"
	case "listener":
		return "the listener and its load balancer"
	case "server":
		return "the server"
	case "weight":
		return "the weight"
	case "ports":
		return "the ports"
	case "policy":
		return "the rules"
	case operation.WhatAsker:
		return "whether somebody else asked"
	case operation.WhatNewest:
		return "whether I have the newest rules"
	case operation.WhatReading:
		return "the policy file, which was changed a moment ago"
	}
	return firstOf(prose(what, saidLimit), deniedUnnamed)
}

// stepWords names a kind of event in a status answer.
func stepWords(kind string) string {
	switch kind {
	case operation.EventPreviewed:
		return "Preview shown"
	case operation.EventDenied:
		return "Denied"
	case operation.EventAccepted:
		return "Accepted"
	case operation.EventCancelled:
		return "Cancelled"
	case operation.EventStopped:
		return "Stop pressed"
	case operation.EventAttempt:
		return "Sent to Zenlayer"
	case operation.EventAnswered:
		return "Zenlayer answered"
	case operation.EventWaiting:
		return "Waiting for the next try"
	case operation.EventLook:
		return "Looked at the listener"
	case operation.EventPerson:
		return "A person answered"
	case operation.EventFinished:
		return "Finished"
	case operation.EventStatus:
		return "Status read"
	case operation.EventResumed:
		return "Picked up after a restart"
	case operation.EventApprovalAsked:
		return "Approval asked for again"
	case operation.EventReminded:
		return "Reminded"
	case operation.EventQuestion:
		return "Question asked"
	case operation.EventApproved:
		return "Approved"
	case operation.EventNotApproved:
		return "Not approved"
	case operation.EventBreakGlass:
		return "Break-glass"
	case operation.EventPreviewedMore:
		return "More previews shown"
	case operation.EventDeniedMore:
		return "Denied more times"
	}
	return fmt.Sprintf(unknownStep, code(kind))
}
