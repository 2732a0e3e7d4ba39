package card

import (
	"fmt"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// lateDenial says what the last check denied, to whom, as far as the channel
// may know.
func lateDenial(op operation.Operation, who func(operation.Actor) string, at func(time.Time) string) string {
	d := operation.Decision{}
	if op.Denial != nil {
		d = *op.Denial
	}
	lost, approver := lostWords(op, who), d.Action == operation.ActionApprove
	switch {
	case d.Code == operation.DeniedUnchecked && approver && op.Approval != nil && len(op.Approval.Lost) > 0:
		by := who(op.Approval.Lost[0].By)
		return fmt.Sprintf("At the last check I could not check %s, so I do not know whether the approval of %s "+
			"still counts, and stopped. %s", render.FactWords(d.What, fmt.Sprintf("the account of %s", by)), by,
			sentOrNot(op))
	case d.Code == operation.DeniedUnchecked:
		return fmt.Sprintf("At the last check I could not check %s, so I stopped. %s", render.FactWords(d.What,
			render.FactAskers),
			sentOrNot(op))
	case d.Code == operation.DeniedOutdated:
		return fmt.Sprintf("At the last check I did not have the current policy, so I stopped. %s", sentOrNot(op))
	case d.Code == operation.DeniedNobody && lost != "":
		return fmt.Sprintf("%s There are not enough other people who could approve it, so I stopped. %s", lost,
			sentOrNot(op))
	case d.Code == operation.DeniedNobody:
		return fmt.Sprintf("At the last check there were not enough people who could approve it, so I stopped. %s",
			sentOrNot(op))
	case d.Code == operation.DeniedApproval && lost != "":
		return fmt.Sprintf("%s I stopped. %s", lost, sentOrNot(op))
	case d.Code == operation.DeniedApproval:
		return fmt.Sprintf("At the last check the policy asked for an approval that this request does not have, so I "+
			"stopped. %s", sentOrNot(op))
	case d.Code == operation.DeniedShared, d.Code == operation.DeniedChannel:
		return fmt.Sprintf("At the last check this channel was shared with another organization or could not be "+
			"seen, so I stopped. %s", sentOrNot(op))
	case d.Code == operation.DeniedReason:
		return fmt.Sprintf("At the last check the policy asked for a reason, which this request does not have, so I "+
			"stopped. %s", sentOrNot(op))
	case d.Action == operation.ActionBreakGlass:
		return fmt.Sprintf("At the last check the policy did not allow %s to use break-glass, so I stopped. %s",
			who(op.Actor), sentOrNot(op))
	case !d.Code.Known():
		return fmt.Sprintf("At the last check this was not allowed%s, so I stopped. %s", optionalCode(d.Code),
			sentOrNot(op))
	}
	return fmt.Sprintf("At the last check (%s) %s was no longer allowed to change this listener (%s), so I stopped. %s",
		at(op.FinishedAt), who(op.Actor), render.DenialWords(d.Code), sentOrNot(op))
}

// optionalCode is a code that this version does not know, in parentheses.
func optionalCode(c operation.DenialCode) string {
	if c == "" {
		return ""
	}
	return " (" + render.Name(render.DenialWords(c)) + ")"
}

// lostWords says whose agreement the last check did not count, and why; empty
// if it counted all.
func lostWords(op operation.Operation, who func(operation.Actor) string) string {
	if op.Approval == nil {
		return ""
	}
	var list []string
	for _, l := range op.Approval.Lost {
		if l.Certain() {
			list = append(list, fmt.Sprintf("The approval of %s no longer counts (%s).", who(l.By),
				render.DenialWords(l.Code)))
		}
	}
	return strings.Join(list, " ")
}
