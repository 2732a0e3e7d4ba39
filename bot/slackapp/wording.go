package slackapp

import (
	"fmt"
	"strings"
	"time"

	"lbbot/bot/operation"
)

const (
	firstChecked      = "Checking done"
	firstAsked        = "Asked"
	firstWaiting      = "Waiting"
	firstAdding       = "Adding"
	firstAdded        = "Added"
	firstNotConfirmed = "Not confirmed"
	firstNeedsPerson  = "Needs a person"
)

// wording is what the words need to know beside the operation.
type wording struct {
	Bot        string    // how people mention the bot, such as "@lbbot"
	Owner      string    // id of the owner's channel; empty when there is none
	ConsoleURL string    // where people see the load balancer for themselves; empty: no button
	At         time.Time // when the message is made; zero leaves out what depends on it

	Late    time.Duration // how late a card is posted; shown from lateFrom on
	Refused string        // channel id the card was meant for, when it had to go elsewhere
	Link    string        // address of the card; empty: not known, or not needed
	// it is posted, not edited in: Slack may refuse every later edit, so nothing on it may become untrue
	Posted   bool
	Replaces bool // an earlier card of the same operation may exist
	Untold   bool // the card of a result could not be shown for more than a day

	Approvers bool            // it is the card in the approvers' channel
	Reminders []time.Duration // after asking for approval
	Within    time.Duration   // how long an approval is waited for; zero: not said
}

// lateFrom is the delay that is worth a word.
const lateFrom = 10 * time.Second

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

// owners is where the owners are: their channel, or just a word for them.
func (w wording) owners() string {
	if w.Owner == "" {
		return "the bot's owners"
	}
	return channel(w.Owner)
}

// readAgain is what to do about an answer to a reading that is not known.
func (w wording) readAgain() string {
	return fmt.Sprintf("try again in a minute; if the answer is the same, ask %s.", w.owners())
}

// mentioned is how to address the bot.
func (w wording) mentioned() string {
	if s := strings.TrimPrefix(clean(w.Bot), "@"); s != "" {
		return "@" + short(s)
	}
	return "@lbbot"
}

const (
	firstNotSent  = "Not sent"
	deniedUnnamed = "a fact that the rules need"
)
