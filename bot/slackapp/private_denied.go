package slackapp

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// deniedMessage says no, why, and whom to ask. Only the asker sees it.
func deniedMessage(e *operation.DeniedError, w wording) message {
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
	list := []slack.Block{section(fmt.Sprintf(notSentLine, sentence)), section(append(append([]string{why}, can...), contact)...)}
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
			return fmt.Sprintf(denyPlace, at), reasons(d, denyNotHere, denyNo, denyOK)
		}
		return fmt.Sprintf(denyMayNot, deniedTarget(op, name)), reasons(d, noRule(d), okOr(d.Channel), denyNo)
	case operation.DeniedForbidden:
		return fmt.Sprintf(denyMayNot, deniedTarget(op, name)), fmt.Sprintf(denyWhyOnly, withReason(d, forbidden(d)))
	case operation.DeniedApproval:
		return denyApproval, approvalWhy(d)
	case operation.DeniedNoPolicy:
		return denyNoPolicy, fmt.Sprintf(denyNoPolicyDo, w.owners())
	case operation.DeniedRate:
		return rateWords(d, clock), ""
	case operation.DeniedNotRequester:
		return denyRequester, ""
	}
	return refusal(d, w), ""
}

// refusal has the words for what no rule can allow.
func refusal(d operation.Decision, w wording) string {
	switch d.Code {
	case operation.DeniedGuest:
		if len(d.Groups) > 0 {
			return fmt.Sprintf(denyGuest, groups(d.Groups))
		}
		return denyGuestOnly
	case operation.DeniedWorkspace:
		return denyWorkspace
	case operation.DeniedBot:
		return denyBot
	case operation.DeniedDeactivated:
		return denyGone
	case operation.DeniedShared:
		if clean(d.Contact) != "" {
			return fmt.Sprintf(denyShared, whom(d.Contact))
		}
		return denySharedOnly
	case operation.DeniedChannel:
		if d.What == operation.WhatDirect {
			return denyDirect
		}
		return fmt.Sprintf(denyChannel, w.mentioned())
	case operation.DeniedOutdated:
		return denyOutdated
	case operation.DeniedUnchecked:
		if d.What == operation.WhatReading {
			return denyReading
		}
		if d.Remedy != "" {
			return fmt.Sprintf(denySetup, factWords(d.What, factYours), w.owners(), prose(d.Remedy, saidLimit))
		}
		return fmt.Sprintf(denyUnchecked, factWords(d.What, factYours))
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
			return fmt.Sprintf(denyPlaceText, deniedTarget(op, short))
		}
		return fmt.Sprintf(denyMayNotText, deniedTarget(op, short))
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
	return fmt.Sprintf(denyWhy, withReason(d, why), channel, person)
}

// withReason adds the words of the rule, as a sentence.
func withReason(d operation.Decision, why string) string {
	if r := capital(prose(d.Reason, reasonLimit)); r != "" {
		return fmt.Sprintf(denyReason, why, r)
	}
	return why
}

// onlyElsewhere is the sentence of a denial for somebody who may ask elsewhere,
// while others may ask here: said apart, the two read as a contradiction.
func onlyElsewhere(e *operation.DeniedError) string {
	at := placesOf(e.Decision)
	if e.Decision.Code != operation.DeniedNoRule || at == "" || e.Can == nil || !e.Can.Nobody() {
		return ""
	}
	return whoCan(fmt.Sprintf(denyPlaceAsk, strings.ReplaceAll(at, "%", "%%"), "%s"), e.Can.Ask)
}

// placesOf names where it would be permitted; nothing when the place is not
// what is missing.
func placesOf(d operation.Decision) string {
	var list []string
	for _, id := range d.Channels {
		list = append(list, channel(id))
	}
	if d.Incident {
		list = append(list, denyIncident)
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return fmt.Sprintf(denyPlaceOr, strings.Join(list[:last], ", "), list[last])
}

func okOr(ok bool) string {
	if ok {
		return denyOK
	}
	return denyNo
}

func noRule(d operation.Decision) string {
	if len(d.Groups) == 0 {
		return denyNoRule
	}
	needs := fmt.Sprintf(denyNeedsAny, groups(d.Groups))
	if len(d.Groups) == 1 {
		needs = fmt.Sprintf(denyNeedsOne, groups(d.Groups))
	}
	if d.GroupsAsk {
		needs = fmt.Sprintf(denyAskToo, needs)
	}
	in := denyInNone
	if len(d.In) > 0 {
		in = groups(d.In)
	}
	return fmt.Sprintf(denyNeeds, needs, in)
}

func forbidden(d operation.Decision) string {
	if len(d.Policies) == 0 {
		return denyForbids
	}
	return fmt.Sprintf(denyForbidden, names(d.Policies))
}

func approvalWhy(d operation.Decision) string {
	if len(d.Policies) == 0 || d.Approvals == 0 {
		return ""
	}
	return fmt.Sprintf(denyWhyOnly, fmt.Sprintf(denyApprovals, names(d.Policies), others(d.Approvals)))
}

func rateWords(d operation.Decision, at func(time.Time) string) string {
	if d.Until.IsZero() {
		return fmt.Sprintf(denyRateSoon, d.Limit, short(d.Window))
	}
	return fmt.Sprintf(denyRate, d.Limit, short(d.Window), at(d.Until))
}

// maxGroups is how many groups are named; nobody reads more.
const maxGroups = 12

func groups(ids []string) string {
	rest := 0
	if len(ids) > maxGroups {
		ids, rest = ids[:maxGroups], len(ids)-maxGroups
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = userGroup(id)
	}
	s := strings.Join(list, ", ")
	if rest > 0 {
		s += fmt.Sprintf(andMore, rest)
	}
	return s
}

// denialBlock is for whoami: the refusal, if there is one.
func denialBlock(d operation.Decision, w wording) slack.Block {
	if d.Code == "" {
		return nil
	}
	return section(fmt.Sprintf(whoamiRefused, refusal(d, w)))
}
