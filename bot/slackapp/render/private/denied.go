package private

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
)

const (
	FactYours     = "your account"
	denyMayNot    = "You may not %s."
	denyWhyOnly   = "*Why:* %s"
	denyGuestOnly = "Guests cannot use this command. Ask a full member of this workspace."
	DenyOther     = "You may not do this."
)

// Denied says no, why, and whom to ask. Only the asker sees it.
func Denied(e *intake.DeniedError, w render.Wording) render.Message {
	d, op := e.Decision, e.Operation
	sentence, why := Denial(d, op, w)
	can := whoCanLines(canLabel, e.Can)
	if words := onlyElsewhere(e); words != "" {
		sentence, can = words, nil
	}
	noted := denyNoted
	if op.Ref != "" {
		noted = fmt.Sprintf(denyNotedRef, op.Ref)
	}
	contact := ""
	if render.Clean(d.Contact) != "" && d.Code != operation.DeniedShared {
		contact = fmt.Sprintf(denyContact, whom(d.Contact))
	}
	list := []slack.Block{render.Section(fmt.Sprintf(notSentLine, sentence)),
		render.Section(append(append([]string{why}, can...), contact)...)}
	list = append(list, clauseSections(d)...)
	return render.Ephemeral(fmt.Sprintf(notSentText, denialText(d, op, sentence))+howManyCan(e.Can),
		append(list, handedOver(e), render.Actions(whoamiButton()), render.ContextLine(noted))...)
}

// DeniedText is the text of Denied for a person who asks from a place, and did not
// name a server yet.
func DeniedText(d operation.Decision, who operation.Actor, from operation.Place, w render.Wording) string {
	return Denied(&intake.DeniedError{Decision: d, Operation: operation.Operation{Actor: who, Place: from}}, w).Text
}

func whoamiButton() slack.BlockElement {
	return render.Button(render.ActWhoamiOpen, card.ButtonWhoami, card.LabelWhoami, "")
}

// whom shows a contact from the policy: a channel or group id as a link.
func whom(contact string) string {
	contact = render.Clean(contact)
	if render.SlackID(contact, "S") {
		return render.GroupMention(contact)
	}
	if render.SlackID(contact, "CGUW") {
		return render.Channel(contact)
	}
	return render.Prose(contact, render.NameLimit)
}

// Denial is the sentence for a code and, for those about rules, why.
func Denial(d operation.Decision, op operation.Operation, w render.Wording) (sentence, why string) {
	if words, ok := approvalDenial(d, render.Clock); ok {
		return words, approvalWhy(d)
	}
	switch d.Code {
	case operation.DeniedNoRule:
		if at := placesOf(d); at != "" {
			return withReason(d, fmt.Sprintf("You can ask for this only in %s; no rule allows it in this channel.",
				at)), ""
		}
		return fmt.Sprintf(denyMayNot, mayNot(d, op, render.Name)), reasons(d)
	case operation.DeniedForbidden:
		return fmt.Sprintf(denyMayNot, mayNot(d, op, render.Name)),
			fmt.Sprintf(denyWhyOnly, withReason(d, forbidden(d)))
	case operation.DeniedApproval:
		return "This change needs the approval of others, which it does not have.", approvalWhy(d)
	case operation.DeniedNoPolicy:
		return denyNoPolicy, fmt.Sprintf("The bot's owners can load them: %s.", w.Owners())
	case operation.DeniedRate:
		return rateWords(d, render.Clock), ""
	case operation.DeniedNotRequester:
		return "This preview belongs to someone else, and only they can use it. Type the command yourself for one of " +
			"your own.", ""
	}
	return Refusal(d, w), ""
}

// Refusal has the words for what no rule can allow.
func Refusal(d operation.Decision, w render.Wording) string {
	switch d.Code {
	case operation.DeniedGuest:
		if len(d.Groups) > 0 {
			return fmt.Sprintf("Guests cannot use this command. Ask a member of %s.", render.Groups(d.Groups))
		}
		return denyGuestOnly
	case operation.DeniedWorkspace:
		return "Your account belongs to another workspace or organization, so I do nothing here."
	case operation.DeniedBot:
		return "Bots, apps and workflows cannot use this command."
	case operation.DeniedDeactivated:
		return "This account is deactivated, so I do nothing."
	case operation.DeniedShared:
		if render.Clean(d.Contact) != "" {
			return fmt.Sprintf("This channel is shared with another organization, so I do nothing here. Use %s.",
				whom(d.Contact))
		}
		return "This channel is shared with another organization, so I do nothing here. Use an internal channel."
	case operation.DeniedChannel:
		if d.What == operation.FactDirect {
			return DenyDirect
		}
		return fmt.Sprintf("I cannot see this channel, or it is archived, so I do nothing here. Invite me with "+
			"/invite %s, or use another channel.", w.Mentioned())
	case operation.DeniedOutdated:
		return "I do not have the current policy yet, so I decide nothing. Try again in a minute."
	case operation.DeniedUnchecked:
		if d.What == operation.FactPolicyFile {
			return "The policy file changed a moment ago and I am still reading it, so I do nothing here. Try again " +
				"in a few seconds."
		}
		if d.What == operation.FactPorts {
			return "Its ports cannot be read, or are too many to check one by one, so I do not do it. Do it in the " +
				"Zenlayer console."
		}
		if d.Remedy != "" {
			return fmt.Sprintf("I could not check %s, so I do nothing here. Trying again does not help until %s "+
				"changes this: %s.", render.FactWords(d.What, FactYours), w.Owners(),
				render.Prose(d.Remedy, render.SaidLimit))
		}
		return fmt.Sprintf("I could not check %s, so I do nothing here. Try again in a minute.",
			render.FactWords(d.What, FactYours))
	}
	return DenyOther
}

// denialText is the sentence for the fallback text, without mentions.
func denialText(d operation.Decision, op operation.Operation, sentence string) string {
	if words, ok := approvalDenial(d, render.UTC); ok {
		return words
	}
	switch d.Code {
	case operation.DeniedNoRule, operation.DeniedForbidden:
		words := "you may not %s."
		if d.Code == operation.DeniedNoRule && placesOf(d) != "" {
			words = "you may not %s from this channel."
		}
		return render.WithStop(withReason(d, fmt.Sprintf(words, mayNot(d, op, render.InText))))
	case operation.DeniedGuest:
		return denyGuestOnly
	case operation.DeniedRate:
		return rateWords(d, render.UTC)
	}
	return sentence
}

// mayNot is what a person may not do, and where.
func mayNot(d operation.Decision, op operation.Operation, show render.Shown) string {
	what := map[operation.Action]string{operation.ActionRegister: "add servers to %s",
		operation.ActionUndo: "take back additions to %s", operation.ActionRemove: "remove servers from %s",
		operation.ActionBreakGlass: "add servers to %s without approval"}
	if d.Action == operation.ActionPause {
		return "pause the bot, or resume"
	}
	words, known := what[cmp.Or(d.Action, op.Action())]
	if !known {
		words = "change %s"
	}
	return fmt.Sprintf(words, deniedTarget(op, show))
}

// deniedTarget is the listener, as far as it is known.
func deniedTarget(op operation.Operation, show render.Shown) string {
	if render.FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID) == "" {
		return denyThis
	}
	return render.ListenerName(op, show)
}

// reasons is why no rule allows it, and what was checked before the rules.
func reasons(d operation.Decision) string {
	channel := "ok"
	if !d.Channel {
		channel = "no"
	}
	return fmt.Sprintf("*Why:* %s (Workspace: ok · channel: %s · person: no)", withReason(d, noRule(d)), channel)
}

// withReason adds the words of the rule, as a sentence.
func withReason(d operation.Decision, why string) string {
	if r := render.Capital(render.Prose(d.Reason, render.ReasonLimit)); r != "" {
		return fmt.Sprintf("%s %s", why, r)
	}
	return why
}

// onlyElsewhere is the sentence of a denial for someone who may ask elsewhere,
// while others may ask here: said apart, the two read as a contradiction.
func onlyElsewhere(e *intake.DeniedError) string {
	at := placesOf(e.Decision)
	if e.Decision.Code != operation.DeniedNoRule || at == "" || e.Can == nil || !e.Can.Nobody() {
		return ""
	}
	return whoCan(fmt.Sprintf("You can ask for this only in %s. Here these people can ask, with approval: %s",
		strings.ReplaceAll(at, "%", "%%"), "%s"), e.Can.WithApproval)
}

// placesOf names where it would be permitted; nothing when the place is not
// what is missing.
func placesOf(d operation.Decision) string {
	var list []string
	for _, id := range d.Channels {
		list = append(list, render.Channel(id))
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

func noRule(d operation.Decision) string {
	if len(d.Groups) == 0 {
		return "no rule allows it."
	}
	needs := fmt.Sprintf("one of the groups %s", render.Groups(d.Groups))
	if len(d.Groups) == 1 {
		needs = fmt.Sprintf("the group %s", render.Groups(d.Groups))
	}
	if d.GroupsAsk {
		needs = fmt.Sprintf("%s and an approval", needs)
	}
	in := "none of the groups that the policy names"
	if len(d.In) > 0 {
		in = render.Groups(d.In)
	}
	return fmt.Sprintf("it needs %s; you are in %s.", needs, in)
}

func forbidden(d operation.Decision) string {
	if len(d.Policies) == 0 {
		return "a rule forbids it."
	}
	return fmt.Sprintf("rule %s forbids it.", render.Names(d.Policies))
}

func approvalWhy(d operation.Decision) string {
	if len(d.Policies) == 0 || d.Approvals == 0 {
		return ""
	}
	return fmt.Sprintf(denyWhyOnly, fmt.Sprintf("rule %s asks for approval by %s.", render.Names(d.Policies),
		render.CountPeople(d.Approvals)))
}

func rateWords(d operation.Decision, at func(time.Time) string) string {
	if d.Until.IsZero() {
		return fmt.Sprintf("You have made %d changes in %s, which is the limit. Try again later.", d.Limit,
			render.Window(d.Window))
	}
	return fmt.Sprintf("You have made %d changes in %s, which is the limit. Next one at %s.", d.Limit,
		render.Window(d.Window), at(d.Until))
}

// denialBlock is for whoami: the refusal, if there is one.
func denialBlock(d operation.Decision, w render.Wording) slack.Block {
	if d.Code == "" {
		return nil
	}
	return render.Section(fmt.Sprintf("*Refused:* %s", Refusal(d, w)))
}
