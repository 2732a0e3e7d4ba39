package private

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
)

const (
	canOthers = "%s and %s."
	HandOver  = "The same request, to be typed here by someone who can:"
)

// maxShown is how many people are named; the rest is counted.
const maxShown = 8

// whoCan names those who could do something, as far as the rules let them be
// named.
func whoCan(label string, p *operation.People) string {
	if p == nil {
		return ""
	}
	words := ""
	switch shown, rest := len(p.Shown), len(p.IDs)-len(p.Shown); {
	case p.Nobody():
		words = "nobody, here and now."
	case p.Everybody:
		words = "any member of this workspace whom no rule excludes."
	case shown > 0:
		words = namedPeople(p.Shown, rest)
	case len(p.IDs) == 0:
		return ""
	case len(p.Groups) > 0:
		words = fmt.Sprintf("members of %s (%s).", render.Groups(p.Groups), render.CountPeople(len(p.IDs)))
	default:
		words = fmt.Sprintf("%s, whom the policy does not let me name.", render.CountPeople(len(p.IDs)))
	}
	if p.More {
		words += " There may be more."
	}
	return fmt.Sprintf(label, words)
}

// whoCanLines is whoCan, and who could with the approval of others. That
// nobody can is said only when nobody could ask for it either.
func whoCanLines(label string, p *operation.People) []string {
	if p == nil {
		return nil
	}
	asking := whoCan("*Who can ask, with approval:* %s", p.WithApproval)
	if asking != "" && p.Nobody() {
		return []string{asking}
	}
	return []string{whoCan(label, p), asking}
}

// nobodyAtAll reports whether nobody can, nor could with approval.
func nobodyAtAll(p *operation.People) bool {
	return p != nil && p.Nobody() && (p.WithApproval == nil || p.WithApproval.Nobody())
}

func namedPeople(ids []string, rest int) string {
	if len(ids) > maxShown {
		rest += len(ids) - maxShown
		ids = ids[:maxShown]
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = render.Mention(id)
	}
	said := strings.Join(list, ", ")
	switch rest {
	case 0:
		return fmt.Sprintf("%s.", said)
	case 1:
		return fmt.Sprintf(canOthers, said, "1 other person")
	}
	return fmt.Sprintf(canOthers, said, fmt.Sprintf("%d other people", rest))
}

// howManyCan is whoCan for the fallback text, with a space in front.
func howManyCan(p *operation.People) string {
	switch {
	case p == nil:
		return ""
	case nobodyAtAll(p):
		return " Nobody can, here and now."
	case p.Nobody():
		return howManyAsk(*p.WithApproval)
	case p.Everybody:
		return " Other members of this workspace can."
	case len(p.IDs) == 0:
		return ""
	case p.More:
		return fmt.Sprintf(" At least %s can.", render.CountPeople(len(p.IDs)))
	}
	return fmt.Sprintf(" %s can.", render.CountPeople(len(p.IDs)))
}

func howManyAsk(p operation.People) string {
	switch {
	case p.Everybody:
		return " Other members of this workspace can ask, with approval."
	case len(p.IDs) == 0:
		return ""
	}
	return fmt.Sprintf(" %s can ask, with approval.", render.CountPeople(len(p.IDs)))
}

// handedOver is the request as a line to pass on. It is shown rather than put
// behind a button: what was denied is stored nowhere, so that a button would
// stop working with the process.
func handedOver(e *intake.DeniedError) slack.Block {
	byRules := e.Decision.Code == operation.DeniedNoRule || e.Decision.Code == operation.DeniedForbidden
	if !byRules || render.Clean(e.Operation.Command) == "" || nobodyAtAll(e.Can) ||
		e.Can == nil && e.Decision.Code == operation.DeniedForbidden {
		return nil
	}
	return render.Section(HandOver, render.CodeBlock(e.Operation.Command))
}
