package slackapp

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
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
		c.body = append(c.body, section(fmt.Sprintf(askedOthers, needsCount(a.Needed, a.Who), channel(a.Channel), clock(a.ExpiresAt))))
		return c
	}
	c := card{text: askingText(op, askText), small: []string{op.Ref, fmt.Sprintf(waitingSmall, both(a.AskedAt))}}
	lines := []string{
		fmt.Sprintf(waitingAsked, channel(a.Channel)), follows,
		headline(op, serverName(op, name)+" to "+listenerName(op, name)),
		fmt.Sprintf(waitingNeeds, needsCount(a.Needed, a.Who), clock(a.ExpiresAt)),
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
	text, header, after := askText, askHeader, ""
	if w.Posted {
		text, header, after = askPostedText, askPostedHeader, askFollows
	}
	please := decidedSoon(op)
	if please == "" {
		please = fmt.Sprintf(askNeeds, needsOf(a.Needed, a.Who), person(op.Actor.UserID))
	}
	c := card{
		text: askingText(op, text), header: fmt.Sprintf(header, op.Ref),
		body: []slack.Block{
			section(please, askedAgain(op), askedFor(op)),
			section(
				fmt.Sprintf(askReason, firstOf(prose(op.Purpose, reasonLimit), reasonNone), channel(op.Place.ChannelID)),
				progress(*a), resumed(op), after),
			contextLine(askNotes(op)...),
			section(riskLines(op, riskAsked)...),
		},
		stays: w.Posted && len(a.Votes) == 0 && a.Again == "" && decidedSoon(op) == "",
		small: []string{
			fmt.Sprintf(askIDs, serverName(op, name), code(firstOf(op.Server.ID, op.Request.InstanceID)),
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
	text := fmt.Sprintf(format, actorName(op.Actor), serverName(op, short), listenerPort(op, short), needsCount(a.Needed, a.Who), utc(a.ExpiresAt), op.Ref)
	if n := len(a.Votes); n > 0 {
		text += " " + fmt.Sprintf(askProgress, n, a.Needed, voters(a.Votes, actorName), missing(a.Missing()))
	}
	switch a.Again {
	case operation.AgainPicture:
		text += " " + askAgainText
	case operation.AgainRules:
		if lost := lostWords(op, actorName); lost != "" {
			text += " " + fmt.Sprintf(askLostText, lost, moreApprovals(a.Missing()))
			break
		}
		text += " " + fmt.Sprintf(askRulesText, moreApprovals(a.Missing()))
	}
	return text
}

// askedFor is what is asked: who, what, where, and how much of the traffic.
func askedFor(op operation.Operation) string {
	share := ""
	if percent, known := op.Approval.Picture.Share(op.Request.Weight, op.Listener.Scheduler); known {
		share = fmt.Sprintf(askShare, percent)
	}
	return fmt.Sprintf(askWhat, person(op.Actor.UserID), serverName(op, name), listenerName(op, name),
		portWords(op.Request.PortList), weightPhrase(op.Request.Weight), share)
}

// askedAgain says why people who agreed are asked once more.
func askedAgain(op operation.Operation) string {
	a := op.Approval
	switch a.Again {
	case operation.AgainPicture:
		who := ""
		if list := lastVoters(*a); len(list) > 0 {
			who = fmt.Sprintf(askStill, persons(list))
		}
		changes := make([]string, len(a.Changes))
		for i, s := range a.Changes {
			changes[i] = prose(s, saidLimit)
		}
		return fmt.Sprintf(askAgainNew, clampMarkup(strings.Join(changes, "; "), commandLimit), who)
	case operation.AgainRules:
		if lost := lostWords(op, mentionOf); lost != "" {
			return fmt.Sprintf(askLost, lost, moreApprovals(a.Missing()))
		}
		return fmt.Sprintf(askRules, moreApprovals(a.Missing()))
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
		return askRulesOne
	}
	return fmt.Sprintf(askRulesMore, n)
}

// progress is who agreed so far, and how many are missing.
func progress(a operation.Approval) string {
	if len(a.Votes) == 0 {
		return ""
	}
	list := make([]string, len(a.Votes))
	for i, v := range a.Votes {
		list[i] = fmt.Sprintf(askVote, person(v.By.UserID), clock(v.At))
	}
	return fmt.Sprintf(askProgress, len(a.Votes), a.Needed, strings.Join(list, ", "), missing(a.Missing()))
}

func missing(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return askOneMore
	}
	return fmt.Sprintf(askMore, n)
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
		notes = append(notes, fmt.Sprintf(askNote, askHealthOpen))
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
	s := fmt.Sprintf(askTimes, both(a.AskedAt), clock(a.ExpiresAt))
	var at []string
	for _, d := range w.Reminders {
		if t := a.AskedAt.Add(d); t.Before(a.ExpiresAt) {
			at = append(at, clock(t))
		}
	}
	if len(at) > 0 {
		s += fmt.Sprintf(askReminder, strings.Join(at, glassAnd))
	}
	return s
}

func approvalButtons(op operation.Operation) []slack.BlockElement {
	server, listener := serverName(op, bareName), listenerName(op, bareName)
	text, confirm := buttonApprove, fmt.Sprintf(approveConfirm, server, listenerPort(op, bareName))
	if op.Approval.Again == operation.AgainPicture {
		text = buttonApproveNew
	}
	if n := op.Approval.Missing(); n > 1 {
		confirm = fmt.Sprintf(approveFirst, server, listenerPort(op, bareName), others(n))
	}
	yes := primaryUnlessRisky(op, button(actApYes, text, fmt.Sprintf(labelApprove, server, listener), buttonValue(op)))
	yes.Confirm = slack.NewConfirmationBlockObject(plainText(approveTitle, maxConfirmTitle), plainText(confirm, maxConfirmText),
		plainText(text, maxButton), plainText(approveNotYet, maxButton))
	return []slack.BlockElement{
		yes,
		button(actApNo, buttonDeny, fmt.Sprintf(labelDeny, server, listener), buttonValue(op)),
		button(actApQuestion, buttonQuestion, fmt.Sprintf(labelQuestion, server, listener), buttonValue(op)),
	}
}

// approvalMenu offers the pool, where it was read.
func approvalMenu(op operation.Operation) slack.BlockElement {
	if !op.Approval.Picture.Read {
		return nil
	}
	return &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: actApMore, Options: []*slack.OptionBlockObject{
		slack.NewOptionBlockObject(moreValue(morePool, op), plainText(moreWords(morePool), maxOption), nil)}}
}

// approvedCard is the approvers' card between their agreement and the call.
func approvedCard(op operation.Operation) card {
	c := waitingCard(op)
	c.text = fmt.Sprintf(approvedText, serverName(op, short), listenerPort(op, short), voters(op.Approval.Votes, actorName), op.Ref)
	lines := []string{agreed(op, approvedDecided), follows, headline(op, serverName(op, name)+" to "+listenerName(op, name)), waitLine(op), resumed(op)}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(waitingStop, person(op.StopBy)))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// wasApproved reports whether op goes on because others agreed.
func wasApproved(op operation.Operation) bool {
	return op.Approval != nil && !op.Approval.Skipped && op.State != operation.Waiting && op.Approval.Needed > 0 && op.Approval.Missing() == 0
}

// agreed is who agreed and when, in one of two sentences.
func agreed(op operation.Operation, format string) string {
	a := op.Approval
	last := a.Votes[len(a.Votes)-1].At
	return fmt.Sprintf(format, voters(a.Votes, mentionOf), clock(last), clock(a.AskedAt), lasting(last.Sub(a.AskedAt)))
}

// approvalAside is the line about approval on a card of any later state.
func approvalAside(op operation.Operation, w wording) string {
	switch {
	case op.Glass != nil && op.State != operation.Added:
		return glassLine(op, glassBadge, w)
	case op.State == operation.Added || !wasApproved(op) || op.State == operation.Accepted && w.Approvers && !w.Posted:
		return ""
	}
	return agreed(op, approvedLine)
}

// approvedBy is for the field of an added card.
func approvedBy(op operation.Operation) string {
	switch {
	case op.Glass != nil:
		return glassBy
	case wasApproved(op):
		return voters(op.Approval.Votes, mentionOf)
	}
	return wordNotNeeded
}

// glassLine is the badge: who went without approval, why, and who knows.
func glassLine(op operation.Operation, format string, w wording) string {
	return fmt.Sprintf(format, person(op.Actor.UserID), prose(op.Glass.Why, reasonLimit), prose(op.Glass.Incident, nameLimit)) + toldWords(op, w)
}

// toldWords names those who are told that they were passed over. On the
// operation's own card they are named once it is done, so that its first post
// calls nobody a second time.
func toldWords(op operation.Operation, w wording) string {
	a := op.Approval
	if a == nil || a.ToldAt.IsZero() && !w.Approvers && (asksElsewhere(op) || len(a.Who.IDs) > 0) {
		return ""
	}
	who, here := peopleWords(a.Who), a.Channel
	if len(a.Who.IDs) == 0 {
		who = glassHere
	}
	switch {
	case asksElsewhere(op) && !w.Approvers:
		return fmt.Sprintf(glassToldIn, channel(here), who)
	case a.ToldAt.IsZero() && len(a.Who.IDs) > 0:
		return fmt.Sprintf(glassTelling, who)
	}
	return fmt.Sprintf(glassTold, who)
}

// approvalEnding is "not added" because of what people said, or did not say.
func approvalEnding(op operation.Operation) ending {
	a := op.Approval
	if a == nil {
		a = &operation.Approval{ExpiresAt: op.FinishedAt}
	}
	if op.Reason == operation.ReasonNotApproved {
		no := operation.Vote{}
		if a.Denied != nil {
			no = *a.Denied
		}
		return ending{
			text: fmt.Sprintf(notApprovedText, actorName(no.By), serverName(op, short), listenerPort(op, short), sentence(no.Reason), sentOrNot(op), op.Ref),
			what: []string{fmt.Sprintf(notApprovedLine, person(no.By.UserID), sentence(no.Reason)), sentOrNot(op)}, againForm: true,
		}
	}
	e := ending{
		text:  fmt.Sprintf(nobodyText, serverName(op, short), listenerPort(op, short), utc(a.ExpiresAt), sentOrNot(op), op.Ref),
		what:  []string{fmt.Sprintf(nobodyLine, clock(a.ExpiresAt)), sentOrNot(op)},
		again: true, askAgain: true,
	}
	if n := len(a.Votes); n > 0 {
		e.text = fmt.Sprintf(nobodyPartly, n, a.Needed, serverName(op, short), listenerPort(op, short), utc(a.ExpiresAt), sentOrNot(op), op.Ref)
		e.what[0] = fmt.Sprintf(nobodyPart, n, a.Needed, clock(a.ExpiresAt), voters(a.Votes, mentionOf))
	}
	return e
}
