package slackapp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// previewMessage shows its asker what would be sent. Only they see it, and
// nothing happens until they press Add server.
func previewMessage(op operation.Operation, w wording) message {
	text := fmt.Sprintf(previewText, serverName(op, short), listenerPort(op, short), weightPhrase(op.Request.Weight), previewLast(op), op.Ref)
	if op.Rehearsal {
		text += " " + rehearsalText
	}
	return private(text,
		section(previewTop(op), previewDo(op)),
		section(previewLines(op)...),
		section(previewApproval(op, w)...),
		section(previewNotes(op)...),
		rehearsalSection(op),
		section(riskLines(op, riskNow)...),
		actions(previewButtons(op)...),
		previewSmall(op))
}

func previewTop(op operation.Operation) string { return fmt.Sprintf(previewTitle, op.Ref) }

// previewDo is what its reader has to do.
func previewDo(op operation.Operation) string {
	switch a := op.Approval; {
	case op.DryRun:
		return previewDoNone
	case a == nil:
		return fmt.Sprintf(previewDoPress, buttonAdd)
	case enough(*a):
		return fmt.Sprintf(previewDoPress, buttonAsk)
	}
	return previewDoChange
}

// riskLines are what may go wrong, one line each.
func riskLines(op operation.Operation, format string) []string {
	var lines []string
	for _, r := range op.Risks() {
		lines = append(lines, fmt.Sprintf(format, prose(r, noteLimit)))
	}
	return lines
}

// primaryUnlessRisky makes a button the one to press, unless there are risks:
// then nothing is the obvious next press.
func primaryUnlessRisky(op operation.Operation, b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	if len(op.Risks()) > 0 {
		return b
	}
	return primary(b)
}

// plainNotes are the notes that are no risks. Earlier versions stored both.
func plainNotes(op operation.Operation) []string {
	return slices.DeleteFunc(slices.Clone(op.Notes), func(n string) bool { return slices.Contains(op.Risks(), n) })
}

// previewLines are what would be sent, what the listener says, and by which
// right.
func previewLines(op operation.Operation) []string {
	r := op.Request
	lines := []string{
		fmt.Sprintf(previewWhat, serverFacts(op), listenerFacts(op), portCode(r.PortList), weightCode(r.Weight), code(r.BackendName)),
		fmt.Sprintf(previewListener, listenerNow(op.Listener)),
	}
	if len(op.Policies) > 0 && op.Approval == nil {
		lines = append(lines, fmt.Sprintf(previewAllowed, names(op.Policies)))
	}
	if p := prose(op.Purpose, reasonLimit); p != "" {
		lines = append(lines, fmt.Sprintf(previewReason, p))
	}
	if op.DryRun {
		lines = append(lines, previewEnd)
	}
	return lines
}

// portCode and weightCode are numbers in code style, or the words for none.
func portCode(ports []int) string {
	if len(ports) == 0 {
		return wordOwnPorts
	}
	return fmt.Sprintf(previewCode, portWords(ports)) // of digits only, and never cut
}

func weightCode(weight int) string {
	if weight == 0 {
		return wordDefault
	}
	return code(weightWords(weight))
}

// listenerNow is what was read about the listener, in words.
func listenerNow(l operation.Listener) string {
	var parts []string
	for _, s := range []string{clean(l.Protocol + " " + l.Port), schedulerWords(l.Scheduler), kindWords(l.Kind), l.Status, l.Zone} {
		if clean(s) != "" {
			parts = append(parts, name(s))
		}
	}
	switch {
	case l.HealthCheck == nil:
		parts = append(parts, previewHealthOpen)
	case *l.HealthCheck:
		parts = append(parts, previewHealthOn)
	default:
		parts = append(parts, previewHealthOff)
	}
	switch {
	case l.Servers == 0:
		parts = append(parts, previewNoServer)
	case l.Servers == 1:
		parts = append(parts, previewServer)
	case l.Servers > 1:
		parts = append(parts, fmt.Sprintf(previewServers, l.Servers))
	}
	return strings.Join(parts, " · ")
}

// schedulerWords and kindWords say in words what Zenlayer abbreviates; what is
// not known stays as it is.
func schedulerWords(s string) string {
	switch strings.ToLower(s) {
	case "wrr":
		return "weighted round robin"
	case "rr":
		return "round robin"
	}
	return s
}

func kindWords(s string) string {
	switch strings.ToUpper(s) {
	case "FNAT":
		return "full NAT"
	case operation.DirectRouting:
		return "direct routing"
	}
	return s
}

// names lists names, each made fit on its own.
func names(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = name(s)
	}
	return clampMarkup(strings.Join(out, ", "), saidLimit)
}

func previewNotes(op operation.Operation) []string {
	var lines []string
	notes := plainNotes(op)
	for i, n := range notes {
		if i == maxAlerts {
			lines = append(lines, fmt.Sprintf(inputMore, len(notes)-maxAlerts))
			break
		}
		lines = append(lines, fmt.Sprintf(previewNote, prose(n, noteLimit)))
	}
	return lines
}

const noteLimit = 240

func rehearsalSection(op operation.Operation) slack.Block {
	if !op.Rehearsal {
		return nil
	}
	return section(rehearsalLine)
}

func previewButtons(op operation.Operation) []slack.BlockElement {
	var list []slack.BlockElement
	if !op.DryRun {
		list = append(list, sendButtons(op)...)
	}
	list = append(list, button(actReqChange, buttonChange, fmt.Sprintf(labelChange, serverName(op, bareName)), buttonValue(op)))
	if !op.DryRun {
		list = append(list, button(actReqCancel, buttonCancel, fmt.Sprintf(labelCancel, serverName(op, bareName)), buttonValue(op)))
	}
	return append(list, more(op, moreCopy, moreWhy))
}

// addButton carries Slack's confirm dialog on a protected listener. It runs in
// the client only, so it is a courtesy and protects nothing.
func addButton(op operation.Operation) slack.BlockElement {
	b := primaryUnlessRisky(op, button(actReqSend, buttonAdd,
		fmt.Sprintf(labelAdd, serverName(op, bareName), listenerName(op, bareName), weightPhrase(op.Request.Weight)), buttonValue(op)))
	if op.Listener.Protected {
		b.Confirm = slack.NewConfirmationBlockObject(plainText(confirmTitle, maxConfirmTitle),
			plainText(fmt.Sprintf(confirmText, serverName(op, bareName), listenerPort(op, bareName)), maxConfirmText),
			plainText(confirmYes, maxButton), plainText(confirmNo, maxButton))
	}
	return b
}

func previewSmall(op operation.Operation) slack.Block {
	if op.DryRun {
		return contextLine(previewPostsNot)
	}
	if op.ExpiresAt.IsZero() {
		return contextLine(fmt.Sprintf(previewPostsHere, channel(op.Place.ResultID)))
	}
	return contextLine(fmt.Sprintf(previewPosts, channel(op.Place.ResultID), both(op.ExpiresAt)))
}
