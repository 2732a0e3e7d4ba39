package render

import (
	"fmt"
	"strings"
	"time"

	"lbbot/bot/operation"
)

const (
	FirstUnknown      = "Cannot tell"
	FirstAdding       = "Adding"
	FirstAdded        = "Added"
	FirstNotAdded     = "Not added"
	FirstRemoving     = "Removing"
	FirstRemoved      = "Removed"
	FirstNotRemoved   = "Not removed"
	FirstNothing      = "Nothing to do"
	FirstPreview      = "Preview"
	FirstAsked        = "Asked"
	FirstWaiting      = "Waiting"
	FirstNotConfirmed = "Not confirmed"
	FirstNeedsPerson  = "Needs a person"
)

// Wording is what the words need to know besides the operation.
type Wording struct {
	Bot        string    // how people mention the bot, such as "@lbbot"
	Owner      string    // id of the owner's channel; empty when there is none
	ConsoleURL string    // where people see the load balancer for themselves; empty: no button
	At         time.Time // when the message is made; zero leaves out what depends on it

	Late    time.Duration // how late a card is posted; shown from lateFrom on
	Refused string        // channel id the card was meant for, when it had to go elsewhere
	// the card was meant for a thread that Slack refuses, such as one whose first message is deleted
	NoThread bool
	Link     string // address of the card; empty: not known, or not needed
	// it is posted, not edited in: Slack may refuse every later edit, so nothing on it may become untrue
	Posted   bool
	Replaces bool // an earlier card of the same operation may exist
	Untold   bool // the card of a result could not be shown for more than a day

	Approvers bool            // it is the card in the approvers' channel
	Reminders []time.Duration // after asking for approval
	Within    time.Duration   // how long an approval is waited for; zero: not said
}

// FirstWord is the word a card of that kind in that state starts with. That of a
// kind or a state which this version does not know belongs to no other.
func FirstWord(k operation.ChangeKind, s operation.State) string {
	doing, done, not := FirstAdding, FirstAdded, FirstNotAdded
	switch k {
	case operation.ChangeAdd:
	case operation.ChangeRemove:
		doing, done, not = FirstRemoving, FirstRemoved, FirstNotRemoved
	default:
		return FirstUnknown
	}
	switch s {
	case operation.Draft:
		return FirstPreview
	case operation.Waiting, operation.Accepted:
		return FirstWaiting
	case operation.Sending:
		return doing
	case operation.Unconfirmed:
		return FirstNotConfirmed
	case operation.NeedsPerson:
		return FirstNeedsPerson
	case operation.Done:
		return done
	case operation.NothingToDo:
		return FirstNothing
	case operation.NotDone:
		return not
	}
	return FirstUnknown
}

// Owners is where the owners are: their channel, or just a word for them.
func (w Wording) Owners() string {
	if w.Owner == "" {
		return "the bot's owners"
	}
	return Channel(w.Owner)
}

// ReadAgain is what to do about an answer to a reading that is not known.
func (w Wording) ReadAgain() string {
	return fmt.Sprintf("try again in a minute; if the answer is the same, ask %s.", w.Owners())
}

// Mentioned is how to address the bot.
func (w Wording) Mentioned() string {
	if s := strings.TrimPrefix(Clean(w.Bot), "@"); s != "" {
		return "@" + InText(s)
	}
	return "@lbbot"
}
