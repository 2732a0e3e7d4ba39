package slackapp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	waitingStop  = "Stopping, as %s asked."
	reasonNone   = "none given"
	askText      = "Waiting: %s asks to add %s to %s. Needs %s, until %s. %s."
	askProgress  = "%d of %d: %s. %s"
	askDenied    = "Denied by %s: %s"
	approvedLine = "Approved by %s %s (asked %s, %s)."
	glassBadge   = "*Break-glass* by %s: \"%s\". Incident: %s."
	glassAnd     = " and "
)

// approvalEvent names the metadata of the card in the approvers' channel, as
// metadataEvent does for the operation's own.
const approvalEvent = "lbbot_approval"

// approvalMessage is the card in the approvers' channel. Once it is decided it
// is the card of the operation.
func approvalMessage(op operation.Operation, w wording) message {
	w.Approvers = true
	m := cardMessage(op, w)
	m.Metadata.EventType = approvalEvent
	return m
}

// waitingForPeople is the card of an operation that others must agree to: the
// one on which they do, or a short one that says where they are asked.
func waitingForPeople(op operation.Operation, w wording) card {
	if op.Approval == nil {
		return waitingCard(op)
	}
	if asksElsewhere(op) && !w.Approvers {
		return askedCard(op, w)
	}
	return approvalCard(op, w)
}

// askedCard says where approval is asked for.
func askedCard(op operation.Operation, w wording) card {
	a := op.Approval
	if w.Posted {
		c := firstCard(op)
		c.body = append(c.body, section(fmt.Sprintf("Approval by %s was asked for in %s, until %s.",
			needsCount(a.Needed, a.Who), channel(a.Channel), clock(a.ExpiresAt))))
		return c
	}
	c := card{text: askingText(op, askText), small: []string{op.Ref, fmt.Sprintf(waitingSmall, both(a.AskedAt))}}
	lines := []string{
		fmt.Sprintf("*Waiting* for approval, asked in %s. Nothing is sent yet.", channel(a.Channel)), follows,
		headline(op, serverName(op, name)+" to "+listenerName(op, name)),
		fmt.Sprintf("Needs %s, until %s.", needsCount(a.Needed, a.Who), clock(a.ExpiresAt)),
		askedAgain(op), progress(*a), resumed(op),
	}
	if ending := decidedSoon(op); ending != "" {
		lines = append(lines, ending)
	} else {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// approvalCard asks for agreement, and has the buttons for it.
func approvalCard(op operation.Operation, w wording) card {
	a := op.Approval
	text, header, after := askText, "Waiting for approval · %s", ""
	if w.Posted {
		text, header, after = "Asked: %s asks to add %s to %s, with approval by %s until %s. %s.",
			"Asked for approval · %s", "The result follows here."
	}
	please := decidedSoon(op)
	if please == "" {
		please = fmt.Sprintf("*Please approve or deny:* %s. Not %s, who asks.", needsOf(a.Needed, a.Who),
			person(op.Actor.UserID))
	}
	c := card{
		text: askingText(op, text), header: fmt.Sprintf(header, op.Ref),
		body: []slack.Block{
			section(please, askedAgain(op), askedFor(op)),
			section(
				fmt.Sprintf("*Reason:* %s   ·   asked in %s", firstOf(prose(op.Purpose, reasonLimit), reasonNone),
					channel(op.Place.ChannelID)),
				progress(*a), resumed(op), after),
			contextLine(askNotes(op)...),
			section(riskLines(op, "*Risk when it was asked:* %s")...),
		},
		stays: w.Posted && len(a.Votes) == 0 && a.Again == "" && decidedSoon(op) == "",
		small: []string{
			fmt.Sprintf("%s is %s · %s is %s", serverName(op, name), code(firstOf(op.Server.ID, op.Request.InstanceID)),
				listenerName(op, name), code(firstOf(op.Listener.ID, op.Request.ListenerID))),
			askTimesOf(*a, w),
		},
	}
	if decidedSoon(op) == "" {
		c.buttons = approvalButtons(op)
		if !asksElsewhere(op) {
			c.buttons = append(c.buttons, stopButton(op))
		}
		c.buttons = append(c.buttons, approvalMenu(op))
	}
	return c
}

// askingText tells the whole story in one line.
func askingText(op operation.Operation, format string) string {
	a := op.Approval
	text := fmt.Sprintf(format, actorName(op.Actor), serverName(op, short), listenerPort(op, short),
		needsCount(a.Needed, a.Who), utc(a.ExpiresAt), op.Ref)
	if n := len(a.Votes); n > 0 {
		text += " " + fmt.Sprintf(askProgress, n, a.Needed, voters(a.Votes, actorName), missing(a.Missing()))
	}
	switch a.Again {
	case operation.AgainPicture:
		text += " " + "Approved, but something changed since."
	case operation.AgainRules:
		if lost := lostWords(op, actorName); lost != "" {
			text += " " + fmt.Sprintf("%s Needed: %s.", lost, moreApprovals(a.Missing()))
			break
		}
		text += " " + fmt.Sprintf("Rules changed; %s.", moreApprovals(a.Missing()))
	}
	return text
}

// askedFor is what is asked: who, what, where, and how much of the traffic.
func askedFor(op operation.Operation) string {
	share := ""
	if percent, known := op.Approval.Picture.Share(op.Request.Weight, op.Listener.Scheduler); known {
		share = fmt.Sprintf(" (about %d %% of new connections)", percent)
	}
	return fmt.Sprintf("%s asks to *add* %s *to* %s, ports %s, %s%s.", person(op.Actor.UserID), serverName(op, name),
		listenerName(op, name),
		portWords(op.Request.PortList), weightPhrase(op.Request.Weight), share)
}

// askedAgain says why people who agreed are asked once more.
func askedAgain(op operation.Operation) string {
	a := op.Approval
	switch a.Again {
	case operation.AgainPicture:
		who := ""
		if list := lastVoters(*a); len(list) > 0 {
			who = fmt.Sprintf("%s, ", persons(list))
		}
		changes := make([]string, len(a.Changes))
		for i, s := range a.Changes {
			changes[i] = prose(s, saidLimit)
		}
		return fmt.Sprintf("Approved, but something changed since: %s. %sstill ok?",
			clampMarkup(strings.Join(changes, "; "), commandLimit), who)
	case operation.AgainRules:
		if lost := lostWords(op, mentionOf); lost != "" {
			return fmt.Sprintf("*Waiting:* %s Needed: %s.", lost, moreApprovals(a.Missing()))
		}
		return fmt.Sprintf("*Waiting:* rules changed; %s.", moreApprovals(a.Missing()))
	}
	return ""
}

// lastVoters are those whose agreement was taken back, each once.
func lastVoters(a operation.Approval) []string {
	var ids []string
	seen := map[string]bool{}
	for _, v := range a.Past {
		if !seen[v.By.UserID] {
			ids, seen[v.By.UserID] = append(ids, v.By.UserID), true
		}
	}
	return ids
}

func moreApprovals(n int) string {
	if n == 1 {
		return "one more approval"
	}
	return fmt.Sprintf("%d more approvals", n)
}

// progress is who agreed so far, and how many are missing.
func progress(a operation.Approval) string {
	if len(a.Votes) == 0 {
		return ""
	}
	list := make([]string, len(a.Votes))
	for i, v := range a.Votes {
		list[i] = fmt.Sprintf("%s at %s", person(v.By.UserID), clock(v.At))
	}
	return fmt.Sprintf(askProgress, len(a.Votes), a.Needed, strings.Join(list, ", "), missing(a.Missing()))
}

func missing(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "One more."
	}
	return fmt.Sprintf("%d more.", n)
}

// decidedSoon is what was said that ends the waiting, until the run has taken
// it; empty while an answer still counts.
func decidedSoon(op operation.Operation) string {
	switch {
	case op.StopBy != "":
		return fmt.Sprintf(waitingStop, person(op.StopBy))
	case op.Approval.Denied != nil:
		return fmt.Sprintf(askDenied, person(op.Approval.Denied.By.UserID), sentence(op.Approval.Denied.Reason))
	}
	return ""
}

func askNotes(op operation.Operation) []string {
	var notes []string
	if op.Listener.HealthCheck == nil {
		notes = append(notes, fmt.Sprintf("*Note:* %s",
			"Zenlayer did not say whether this listener has health checks."))
	}
	for i, n := range plainNotes(op) {
		if i == maxAlerts {
			break
		}
		notes = append(notes, prose(n, noteLimit))
	}
	return notes
}

// askTimesOf is when it was asked, ends, and is said again.
func askTimesOf(a operation.Approval, w wording) string {
	s := fmt.Sprintf("Asked %s. Ends %s at the latest.", both(a.AskedAt), clock(a.ExpiresAt))
	var at []string
	for _, d := range w.Reminders {
		if t := a.AskedAt.Add(d); t.Before(a.ExpiresAt) {
			at = append(at, clock(t))
		}
	}
	if len(at) > 0 {
		s += fmt.Sprintf(" Reminder at %s if it is not decided.", strings.Join(at, glassAnd))
	}
	return s
}

func approvalButtons(op operation.Operation) []slack.BlockElement {
	server, listener := serverName(op, bareName), listenerName(op, bareName)
	text, confirm := "Approve", fmt.Sprintf("Approve adding %s to %s? It runs at once.", server,
		listenerPort(op, bareName))
	if op.Approval.Again == operation.AgainPicture {
		text = "Approve new picture"
	}
	if n := op.Approval.Missing(); n > 1 {
		confirm = fmt.Sprintf("Approve adding %s to %s? It runs when %s agree.", server, listenerPort(op, bareName),
			others(n))
	}
	yes := primaryUnlessRisky(op, button(actApYes, text, fmt.Sprintf("Approve adding %s to %s", server, listener),
		buttonValue(op)))
	yes.Confirm = slack.NewConfirmationBlockObject(plainText("Approve?", maxConfirmTitle),
		plainText(confirm, maxConfirmText),
		plainText(text, maxButton), plainText("Not yet", maxButton))
	return []slack.BlockElement{
		yes,
		button(actApNo, buttonDeny, fmt.Sprintf("Deny adding %s to %s", server, listener), buttonValue(op)),
		button(actApQuestion, "Ask a question", fmt.Sprintf("Ask a question about adding %s to %s", server, listener),
			buttonValue(op)),
	}
}

// approvalMenu offers the pool, where it was read.
func approvalMenu(op operation.Operation) slack.BlockElement {
	if !op.Approval.Picture.Read {
		return nil
	}
	return &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: actApMore,
		Options: []*slack.OptionBlockObject{
			slack.NewOptionBlockObject(moreValue(morePool, op), plainText(moreWords(morePool), maxOption), nil)}}
}

// asksElsewhere reports whether those who may approve op have a card of their
// own.
func asksElsewhere(op operation.Operation) bool {
	return op.State != operation.Draft && op.Approval != nil && op.Approval.Channel != "" &&
		op.Approval.Channel != op.Place.ResultID
}

// plainNotes are the notes that are no risks. Earlier versions stored both.
func plainNotes(op operation.Operation) []string {
	return slices.DeleteFunc(slices.Clone(op.Notes), func(n string) bool { return slices.Contains(op.Risks(), n) })
}

const noteLimit = 240

const maxAlerts = 10 // notes shown in a view

const (
	buttonDeny     = "Deny"
	denyTitle      = "Deny"
	questionStands = "Your question stands in the thread of this card already. Write there."
	formClose      = "Cancel"
)
