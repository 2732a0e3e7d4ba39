package slackapp

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

const (
	canLabel      = "*Who can:* %s"
	factYours     = "your account"
	denyWhyOnly   = "*Why:* %s"
	denyOK        = "ok"
	denyNo        = "no"
	denyMayNot    = "You may not add servers to %s."
	denyThis      = "this listener"
	denyGuestOnly = "Guests cannot use this command. Ask a full member of this workspace."
	denyNoPolicy  = "No rules are loaded, so nobody may change anything through me."
	denyOther     = "You may not do this."
)

// deniedMessage says no, why, and whom to ask. Only the asker sees it.
func deniedMessage(e *intake.DeniedError, w wording) message {
	d, op := e.Decision, e.Operation
	sentence, why := denial(d, op, w)
	can := whoCanLines(canLabel, e.Can)
	if words := onlyElsewhere(e); words != "" {
		sentence, can = words, nil
	}
	noted := denyNoted
	if op.Ref != "" {
		noted = fmt.Sprintf(denyNotedRef, op.Ref)
	}
	contact := ""
	if clean(d.Contact) != "" && d.Code != operation.DeniedShared {
		contact = fmt.Sprintf(denyContact, whom(d.Contact))
	}
	list := []slack.Block{section(fmt.Sprintf(notSentLine, sentence)),
		section(append(append([]string{why}, can...), contact)...)}
	list = append(list, clauseSections(d)...)
	return private(fmt.Sprintf(notSentText, denialText(d, op, sentence))+howManyCan(e.Can),
		append(list, handedOver(e), actions(whoamiButton()), contextLine(noted))...)
}

func whoamiButton() slack.BlockElement { return button(actWhoamiOpen, buttonWhoami, labelWhoami, "") }

// whom shows a contact from the policy: a channel or group id as a link.
func whom(contact string) string {
	contact = clean(contact)
	if slackID(contact, "S") {
		return userGroup(contact)
	}
	if slackID(contact, "CGUW") {
		return channel(contact)
	}
	return prose(contact, nameLimit)
}

// denial is the sentence for a code and, for those about rules, why.
func denial(d operation.Decision, op operation.Operation, w wording) (sentence, why string) {
	if words, ok := approvalDenial(d, clock); ok {
		return words, approvalWhy(d)
	}
	switch d.Code {
	case operation.DeniedNoRule:
		if at := placesOf(d); at != "" {
			return fmt.Sprintf("You can ask for this only from %s.", at),
				reasons(d, "no rule allows it in this channel.", denyNo, denyOK)
		}
		return fmt.Sprintf(denyMayNot, deniedTarget(op, name)), reasons(d, noRule(d), okOr(d.Channel), denyNo)
	case operation.DeniedForbidden:
		return fmt.Sprintf(denyMayNot, deniedTarget(op, name)), fmt.Sprintf(denyWhyOnly, withReason(d, forbidden(d)))
	case operation.DeniedApproval:
		return "This change needs the approval of others, which it does not have.", approvalWhy(d)
	case operation.DeniedNoPolicy:
		return denyNoPolicy, fmt.Sprintf("The bot's owners can load them: %s.", w.owners())
	case operation.DeniedRate:
		return rateWords(d, clock), ""
	case operation.DeniedNotRequester:

		return "This preview belongs to somebody else, and only they can use it. Type the command yourself for one of your own.", ""
	}
	return refusal(d, w), ""
}

// refusal has the words for what no rule can allow.
func refusal(d operation.Decision, w wording) string {
	switch d.Code {
	case operation.DeniedGuest:
		if len(d.Groups) > 0 {
			return fmt.Sprintf("Guests cannot use this command. Ask a member of %s.", groups(d.Groups))
		}
		return denyGuestOnly
	case operation.DeniedWorkspace:
		return "Your account belongs to another workspace or organisation, so I do nothing here."
	case operation.DeniedBot:
		return "Bots, apps and workflows cannot use this command."
	case operation.DeniedDeactivated:
		return "This account is deactivated, so I do nothing."
	case operation.DeniedShared:
		if clean(d.Contact) != "" {
			return fmt.Sprintf("This channel is shared with another organisation, so I do nothing here. Use %s.", whom(d.Contact))
		}
		return "This channel is shared with another organisation, so I do nothing here. Use an internal channel."
	case operation.DeniedChannel:
		if d.What == operation.WhatDirect {
			return denyDirect
		}
		return fmt.Sprintf("I cannot see this channel, or it is archived, so I do nothing here. Invite me with /invite %s, or use another channel.", w.mentioned())
	case operation.DeniedOutdated:
		return "I do not have the newest rules yet, so I decide nothing. Try again in a minute."
	case operation.DeniedUnchecked:
		if d.What == operation.WhatReading {
			return "The policy file changed a moment ago and I am still reading it, so I do nothing here. Try again in a few seconds."
		}
		if d.Remedy != "" {
			return fmt.Sprintf("I could not check %s, so I do nothing here. Trying again does not help until %s changes this: %s.", factWords(d.What, factYours), w.owners(), prose(d.Remedy, saidLimit))
		}
		return fmt.Sprintf("I could not check %s, so I do nothing here. Try again in a minute.", factWords(d.What, factYours))
	}
	return denyOther
}

// denialText is the sentence for the fallback text, without mentions.
func denialText(d operation.Decision, op operation.Operation, sentence string) string {
	if words, ok := approvalDenial(d, utc); ok {
		return words
	}
	switch d.Code {
	case operation.DeniedNoRule, operation.DeniedForbidden:
		if d.Code == operation.DeniedNoRule && placesOf(d) != "" {
			return fmt.Sprintf("you may not add servers to %s from this channel.", deniedTarget(op, short))
		}
		return fmt.Sprintf("you may not add servers to %s.", deniedTarget(op, short))
	case operation.DeniedGuest:
		return denyGuestOnly
	case operation.DeniedRate:
		return rateWords(d, utc)
	}
	return sentence
}

// deniedTarget is the listener, as far as it is known.
func deniedTarget(op operation.Operation, show shown) string {
	if firstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID) == "" {
		return denyThis
	}
	return listenerName(op, show)
}

// reasons is the "why" of a rule, with what the gates said.
func reasons(d operation.Decision, why, channel, person string) string {
	return fmt.Sprintf("*Why:* %s (Workspace: ok · channel: %s · person: %s)", withReason(d, why), channel, person)
}

// withReason adds the words of the rule, as a sentence.
func withReason(d operation.Decision, why string) string {
	if r := capital(prose(d.Reason, reasonLimit)); r != "" {
		return fmt.Sprintf("%s %s", why, r)
	}
	return why
}

// onlyElsewhere is the sentence of a denial for somebody who may ask elsewhere,
// while others may ask here: said apart, the two read as a contradiction.
func onlyElsewhere(e *intake.DeniedError) string {
	at := placesOf(e.Decision)
	if e.Decision.Code != operation.DeniedNoRule || at == "" || e.Can == nil || !e.Can.Nobody() {
		return ""
	}
	return whoCan(fmt.Sprintf("You can ask for this only from %s; here only these people can, with approval: %s", strings.ReplaceAll(at, "%", "%%"), "%s"), e.Can.WithApproval)
}

// placesOf names where it would be permitted; nothing when the place is not
// what is missing.
func placesOf(d operation.Decision) string {
	var list []string
	for _, id := range d.Channels {
		list = append(list, channel(id))
	}
	if d.Incident {
		list = append(list, "an incident channel")
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return fmt.Sprintf("%s or %s", strings.Join(list[:last], ", "), list[last])
}

func okOr(ok bool) string {
	if ok {
		return denyOK
	}
	return denyNo
}

func noRule(d operation.Decision) string {
	if len(d.Groups) == 0 {
		return "no rule allows it."
	}
	needs := fmt.Sprintf("one of the groups %s", groups(d.Groups))
	if len(d.Groups) == 1 {
		needs = fmt.Sprintf("the group %s", groups(d.Groups))
	}
	if d.GroupsAsk {
		needs = fmt.Sprintf("%s and an approval", needs)
	}
	in := "none of the groups that the rules name"
	if len(d.In) > 0 {
		in = groups(d.In)
	}
	return fmt.Sprintf("it needs %s; you are in %s.", needs, in)
}

func forbidden(d operation.Decision) string {
	if len(d.Policies) == 0 {
		return "a rule forbids it."
	}
	return fmt.Sprintf("rule %s forbids it.", names(d.Policies))
}

func approvalWhy(d operation.Decision) string {
	if len(d.Policies) == 0 || d.Approvals == 0 {
		return ""
	}
	return fmt.Sprintf(denyWhyOnly, fmt.Sprintf("rule %s asks for approval by %s.", names(d.Policies), others(d.Approvals)))
}

func rateWords(d operation.Decision, at func(time.Time) string) string {
	if d.Until.IsZero() {
		return fmt.Sprintf("You have made %d changes in %s, which is the limit. Try again later.", d.Limit, short(d.Window))
	}
	return fmt.Sprintf("You have made %d changes in %s, which is the limit. Next one at %s.", d.Limit, short(d.Window), at(d.Until))
}

// denialBlock is for whoami: the refusal, if there is one.
func denialBlock(d operation.Decision, w wording) slack.Block {
	if d.Code == "" {
		return nil
	}
	return section(fmt.Sprintf("*Refused:* %s", refusal(d, w)))
}
