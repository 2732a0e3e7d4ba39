package slackapp

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	buttonAdd      = "Add server"
	previewDoPress = "*What to do:* check it, then press *%s*. Nothing changes before that."
	confirmTitle   = "Add to a protected listener?"
)

// previewMessage shows its asker what would be sent. Only they see it, and
// nothing happens until they press Add server.
func previewMessage(op operation.Operation, w wording) message {
	text := fmt.Sprintf("Checking done: add %s to %s, %s. %s. %s.", serverName(op, short), listenerPort(op, short),
		weightPhrase(op.Request.Weight), previewLast(op), op.Ref)
	if op.Rehearsal {
		text += " " + rehearsalText
	}
	return private(text,
		section(previewTop(op), previewDo(op)),
		section(previewLines(op)...),
		section(previewApproval(op, w)...),
		section(previewNotes(op)...),
		rehearsalSection(op),
		section(riskLines(op, "*Risk:* %s")...),
		actions(previewButtons(op)...),
		previewSmall(op))
}

func previewTop(op operation.Operation) string {
	return fmt.Sprintf("*Checking done. Nothing is changed yet.*   %s", op.Ref)
}

// previewDo is what its reader has to do.
func previewDo(op operation.Operation) string {
	switch a := op.Approval; {
	case op.DryRun:
		return "There is nothing to do: this only shows what would be sent."
	case a == nil:
		return fmt.Sprintf(previewDoPress, buttonAdd)
	case enough(*a):
		return fmt.Sprintf(previewDoPress, buttonAsk)
	}
	return "*What to do:* press *Change*, or ask somebody who may add it."
}

// previewLines are what would be sent, what the listener says, and by which
// right.
func previewLines(op operation.Operation) []string {
	r := op.Request
	lines := []string{
		fmt.Sprintf("*Add* %s *to* %s, ports %s, weight %s, name %s.", serverFacts(op), listenerFacts(op),
			portCode(r.PortList), weightCode(r.Weight), code(r.BackendName)),
		fmt.Sprintf("*Listener now:* %s.", listenerNow(op.Listener)),
	}
	if len(op.Policies) > 0 && op.Approval == nil {
		lines = append(lines, fmt.Sprintf("*Allowed* by rule %s.", names(op.Policies)))
	}
	if p := prose(op.Purpose, reasonLimit); p != "" {
		lines = append(lines, fmt.Sprintf("*Reason:* %s", p))
	}
	if op.DryRun {
		lines = append(lines, "Dry run: nothing was sent.")
	}
	return lines
}

// portCode and weightCode are numbers in code style, or the words for none.
func portCode(ports []int) string {
	if len(ports) == 0 {
		return wordOwnPorts
	}
	return fmt.Sprintf("`%s`", portWords(ports)) // of digits only, and never cut
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
	for _, s := range []string{clean(l.Protocol + " " + l.Port), schedulerWords(l.Scheduler), kindWords(l.Kind),
		l.Status, l.Zone} {
		if clean(s) != "" {
			parts = append(parts, name(s))
		}
	}
	switch {
	case l.HealthCheck == nil:
		parts = append(parts, "health check not known")
	case *l.HealthCheck:
		parts = append(parts, "health check on")
	default:
		parts = append(parts, "health check off")
	}
	switch {
	case l.Servers == 0:
		parts = append(parts, previewNoServer)
	case l.Servers == 1:
		parts = append(parts, "1 server on it")
	case l.Servers > 1:
		parts = append(parts, fmt.Sprintf("%d servers on it", l.Servers))
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

func previewNotes(op operation.Operation) []string {
	var lines []string
	notes := plainNotes(op)
	for i, n := range notes {
		if i == maxAlerts {
			lines = append(lines, fmt.Sprintf(inputMore, len(notes)-maxAlerts))
			break
		}
		lines = append(lines, fmt.Sprintf("• %s", prose(n, noteLimit)))
	}
	return lines
}

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
	list = append(list, button(actReqChange, "Change", fmt.Sprintf("Change before adding %s", serverName(op, bareName)),
		buttonValue(op)))
	if !op.DryRun {
		list = append(list, button(actReqCancel, "Cancel", fmt.Sprintf("Cancel adding %s", serverName(op, bareName)),
			buttonValue(op)))
	}
	return append(list, more(op, moreCopy, moreWhy))
}

// addButton carries Slack's confirm dialog on a protected listener. It runs in
// the client only, so it is a courtesy and protects nothing.
func addButton(op operation.Operation) slack.BlockElement {
	b := primaryUnlessRisky(op, button(actReqSend, buttonAdd,
		fmt.Sprintf("Add %s to %s, %s", serverName(op, bareName), listenerName(op, bareName),
			weightPhrase(op.Request.Weight)), buttonValue(op)))
	if op.Listener.Protected {
		b.Confirm = slack.NewConfirmationBlockObject(plainText(confirmTitle, maxConfirmTitle),
			plainText(fmt.Sprintf("%s will take new connections on %s.", serverName(op, bareName),
				listenerPort(op, bareName)), maxConfirmText),
			plainText("Add server", maxButton), plainText("Not yet", maxButton))
	}
	return b
}

func previewSmall(op operation.Operation) slack.Block {
	if op.DryRun {
		return contextLine("Nothing is posted.")
	}
	if op.ExpiresAt.IsZero() {
		return contextLine(fmt.Sprintf("Posts to %s.", channel(op.Place.ResultID)))
	}
	return contextLine(fmt.Sprintf("Posts to %s. Good until %s.", channel(op.Place.ResultID), both(op.ExpiresAt)))
}
