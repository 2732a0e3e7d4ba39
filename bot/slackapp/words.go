package slackapp

import (
	"fmt"
	"strings"
	"time"

	"lbbot/bot/operation"
)

// The catalogue: every sentence of the bot stands in words*.go, so that
// another language is another catalogue and a missing text does not build.
// This file has the words of the public cards; words_private.go those that
// only one person sees; words_safe.go makes values fit to stand in them.

// wording is what the words need to know beside the operation.
type wording struct {
	Bot        string    // how people mention the bot, such as "@lbbot"
	Owner      string    // id of the owner's channel; empty when there is none
	ConsoleURL string    // where people see the load balancer for themselves; empty: no button
	At         time.Time // when the message is made; zero leaves out what depends on it

	Late     time.Duration // how late a card is posted; shown from lateFrom on
	Refused  string        // channel id the card was meant for, when it had to go elsewhere
	Link     string        // address of the card; empty: not known, or not needed
	Posted   bool          // it is posted, not edited in: Slack may refuse every later edit, so nothing on it may become untrue
	Replaces bool          // an earlier card of the same operation may exist
	Untold   bool          // the card of a result could not be shown for more than a day

	Approvers bool            // it is the card in the approvers' channel
	Reminders []time.Duration // after asking for approval
	Within    time.Duration   // how long an approval is waited for; zero: not said
}

// lateFrom is the delay that is worth a word.
const lateFrom = 10 * time.Second

// First words. Each belongs to one state, so that a card works without
// colour, in a push notification and in a screen reader.
const (
	firstChecked      = "Checking done"
	firstNotSent      = "Not sent"
	firstNothing      = "Nothing to do"
	firstAsked        = "Asked"
	firstWaiting      = "Waiting"
	firstAdding       = "Adding"
	firstAdded        = "Added"
	firstNotAdded     = "Not added"
	firstNotConfirmed = "Not confirmed"
	firstNeedsPerson  = "Needs a person"
	firstUnknown      = "Cannot tell"
)

// firstWord is the word a card in that state starts with. That of a state which
// this version does not know belongs to no other.
func firstWord(s operation.State) string {
	switch s {
	case operation.Draft:
		return firstChecked
	case operation.Waiting, operation.Accepted:
		return firstWaiting
	case operation.Sending:
		return firstAdding
	case operation.Unconfirmed:
		return firstNotConfirmed
	case operation.NeedsPerson:
		return firstNeedsPerson
	case operation.Added:
		return firstAdded
	case operation.AlreadyThere:
		return firstNothing
	case operation.NotAdded:
		return firstNotAdded
	}
	return firstUnknown
}

// Pieces.
const (
	wordNone      = "(none)"
	wordSomebody  = "somebody"
	wordDirect    = "a direct message"
	wordOwners    = "the bot's owners"
	wordBareMetal = "bare metal"
	wordVirtual   = "virtual machine"
	wordDefault   = "Zenlayer's default"
	wordOwnPorts  = "the listener's own"
	wordUnknown   = "not known"
	wordNotNeeded = "not needed"
	andMore       = " and %d more"
)

// Buttons and the entries of the menu.
const (
	buttonStop       = "Stop"
	buttonCheckNow   = "Check now"
	buttonThere      = "It is there"
	buttonNotThere   = "It is not there"
	buttonAdd        = "Add server"
	buttonChange     = "Change"
	buttonCancel     = "Cancel"
	buttonAgain      = "Try again"
	buttonAgainForm  = "Try again with changes"
	buttonFixForm    = "Open form with these values"
	buttonContinue   = "Continue in the form"
	buttonHelp       = "Help"
	buttonWhoami     = "What may I do?"
	buttonOpen       = "Open"
	buttonConsole    = "Open the console"
	labelStop        = "Stop adding %s to %s"
	labelCheckNow    = "Look now whether %s is on %s"
	labelThere       = "Yes, %s is on %s"
	labelNotThere    = "No, %s is not on %s"
	labelAdd         = "Add %s to %s, %s"
	labelChange      = "Change before adding %s"
	labelCancel      = "Cancel adding %s"
	labelAgain       = "Try again to add %s to %s"
	labelAgainForm   = "Change the values and try again to add %s"
	labelFixForm     = "Open the form with the values that were understood"
	labelContinue    = "Open the form with your values"
	labelHelp        = "Help for /lb-register"
	labelWhoami      = "Show what I may do and the ids of my groups"
	labelOpenCard    = "Open the card of %s"
	labelConsoleCard = "Open the Zenlayer console"
)

func moreWords(what string) string {
	switch what {
	case moreCopy:
		return "Copy as /lb-register"
	case moreWhy:
		return "Why am I allowed?"
	case moreZeno:
		return "Copy as zeno command"
	case moreDetails:
		return "Copy details for support"
	case morePool:
		return poolEntry
	}
	return what
}

// The first post of a card. Slack may refuse every later edit, so each sentence
// stays true whatever becomes of the request.
const (
	askedText   = "Asked: %s asks to add %s to %s. The result follows. %s."
	askedLine   = "*Asked:* add %s to %s"
	follows     = "The result follows here. Until then there is nothing to do; please do not repeat it."
	askedOthers = "Approval by %s was asked for in %s, until %s."
)

// Waiting and Adding.
const (
	waitingText   = "Waiting: last checks for %s on %s (%s, by %s). Nothing is sent yet."
	waitingLine   = "*Waiting* for the last checks. Nothing is sent yet."
	waitingStop   = "Stopping, as %s asked."
	waitingSmall  = "Asked %s."
	addingText    = "Adding %s to %s (%s, by %s)."
	addingLine    = "*Adding* %s to %s"
	addingBy      = "by %s"
	addingSent    = "Sent to Zenlayer %s."
	addingNotSent = "Not sent yet. Asked %s."
	addingStop    = "%s pressed Stop: no further attempts. What was sent is still settled."
	addingSlow    = "Zenlayer has not answered yet, %s so far. Do not repeat it."
	waitRate      = "Zenlayer asks to wait %s. Trying again at %s."
	waitRateOnly  = "Zenlayer asks to wait. Trying again at %s."
	waitNetwork   = "Zenlayer cannot be reached. Nothing was changed. Trying again at %s."
	waitRules     = "I do not have the newest rules yet, so I decide nothing. Nothing was sent. Asking again at %s."
	waitRefused   = "Zenlayer did not take it (HTTP %d). Nothing was changed. Trying again at %s."
	waitInLine    = "In line for a free call to Zenlayer since %s. I start by %s, or not at all."
	waitOthers    = "Other requests in line for this account: %d (at %s)."
	resumedLine   = "The bot restarted at %s and picked this up again."
)

// Said on any card when true.
const (
	rehearsalLine = "*Rehearsal:* everything is checked, nothing is sent to Zenlayer."
	rehearsalText = "Rehearsal: nothing is sent to Zenlayer."
	lateLine      = "Posted %s late; times show when it happened."
	refusedLine   = "This was meant for %s, where I could not post."
	replacesLine  = "This replaces any earlier card of %s."
	asOfSmall     = "As of %s."
)

// Added.
const (
	addedText     = "Added: %s on %s as %s, %s, by %s, in %s. %s."
	addedHeader   = "Added %s to %s"
	addedRepeated = "*Added* as %s (confirmed %s: Zenlayer answered the %s try)."
	addedSeen     = "*Added:* %s is on the listener. The answer was lost, so I cannot tell who added it."
	addedDoubted  = "*Added:* %s is on the listener. Zenlayer had answered with an error (HTTP %d), so I cannot tell who added it."
	addedPerson   = "*Added:* %s said that it is there, and a reading shows %s."
	fieldBackend  = "Backend ID"
	fieldServer   = "Server"
	fieldListener = "Listener"
	fieldPorts    = "Ports · weight"
	fieldBy       = "By · approved by"
	fieldReason   = "Reason"
	fieldWhen     = "When · took"
	fieldRequest  = "Request ID"
	fieldName     = "Backend name"
	fieldAsker    = "Asked by"
	fieldCard     = "Card"
	fieldToken    = "Client token"
	addedDo       = "There is nothing more to do."
	addedDoRisk   = "*What to do:* make sure that the server is ready for traffic."
	addedDoLook   = "*What to do:* look in the console for the backend; I did not find it in the list."
	requestLost   = "not known: the answer was lost"
	reasonNone    = "none given"
	statusSeen    = "*Status at Zenlayer:* \"%s\" (read %s). I cannot see traffic"
	statusTest    = "; test %s."
	statusPending = "Zenlayer gave backend %s; it was not in the list when I last looked. %s shows its status later."
	statusFirst   = "*Status at Zenlayer:* not known at that time. %s shows it later."
	statusNever   = "Zenlayer gave backend %s; it was not in the list when I stopped looking."
	statusUnread  = "Zenlayer gave backend %s; I could not read the list when I last looked. %s shows its status later."
	statusFault   = "The error was: %s"
	statusOff     = "*Status:* not watched, as asked."
	statusBlank   = "*Status at Zenlayer:* none shown (read %s). I cannot see traffic"
)

// Nothing to do.
const (
	nothingText   = "Nothing to do: %s is already on %s with the same ports and weight, as %s. %s."
	nothingHeader = "Nothing to do: %s is on %s"
	nothingLine   = "%s is already on this listener with the same ports and weight: %s."
	nothingSeen   = "Nothing to do: %s is on %s with the ports and weight asked for, as %s. I cannot tell who added it. %s."
	nothingWho    = "%s is on this listener with the ports and weight asked for: %s. Zenlayer had answered my call with HTTP %d, so I cannot tell who added it."
)

// Not confirmed and Needs a person.
const (
	unconfirmedText   = "Not confirmed: %s on %s was sent but no answer came. Being checked. Do not repeat. %s."
	unconfirmedHeader = "Not confirmed: %s to %s"
	unconfirmedWithin = "The request was sent at %s and no answer came within %s. It may or may not have worked."
	unconfirmedNone   = "The request was sent at %s and no answer came. It may or may not have worked."
	unconfirmedBroke  = "The request was sent at %s and the connection broke before an answer came. It may or may not have worked."
	unconfirmedStatus = "The request was sent at %s and its answer (HTTP %d) does not tell. It may or may not have worked."
	checkingRepeat    = "*I am checking:* I look at the listener first, then ask again with the same token."
	checkingLook      = "*I am checking:* I look at the listener; nothing more is sent."
	checkingNext      = " Next look %s."
	checkingLast      = "Last complete reading %s."
	checkingFault     = "The last reading was not complete: %s"
	doNotRepeat       = "*Please do not repeat it* by hand or in the console until the result is here."
	attemptSmall      = "attempt %d"
	needsText         = "Needs a person: I could not settle %s on %s. Look in the console, then answer on the card. %s."
	needsHeader       = "Needs a person: %s to %s"
	needsLine         = "*What to do:* look in the console for %s on %s, then press *%s* or *%s*. Please do not repeat it."
	needsNothing      = "There is nothing to do until that reading."
	needsUnsettled    = "I could not settle it."
	needsMatches      = "*Why:* several entries fit: %s."
	needsUnread       = "*Why:* the listener could not be read: %s"
	needsSent         = "Sent at %s. The menu has the same call for the shell, with the client token of this request."
	needsYesUnseen    = "%s says yes; I do not see it."
	needsNoSeen       = "%s says no; I see it: %s."
	needsNoSeenOnly   = "%s says no; I see it."
	needsReadingYes   = "%s says that it is there. I am reading the listener again."
	needsReadingNo    = "%s says that it is not there. I am reading the listener again."
	needsOwners       = "The bot's owners are told (%s)."
)

// ordinal is the word for an attempt.
func ordinal(n int) string {
	switch n {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	}
	return "last"
}

// owners is where the owners are: their channel, or just a word for them.
func (w wording) owners() string {
	if w.Owner == "" {
		return wordOwners
	}
	return channel(w.Owner)
}

// readAgain is what to do about an answer to a reading that is not known.
func (w wording) readAgain() string { return fmt.Sprintf(readAgainDo, w.owners()) }

// mentioned is how to address the bot.
func (w wording) mentioned() string {
	if s := strings.TrimPrefix(clean(w.Bot), "@"); s != "" {
		return "@" + short(s)
	}
	return "@lbbot"
}
