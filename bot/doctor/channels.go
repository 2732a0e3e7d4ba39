package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// groups checks the user groups that the policy names.
func (x *exam) groups(ctx context.Context) finding {
	if len(x.policy.Groups) == 0 {
		return passed("the policy names none")
	}
	all, err := x.directory.Groups(ctx)
	if err != nil {
		return fails(remedyOf(err), "Slack does not say who is in the user groups that the policy names: %v",
			plain(err))
	}
	var wrong, names []string
	for _, id := range x.policy.Groups {
		problem, name := id+" does not exist", id
		for _, g := range all {
			if g.ID != id {
				continue
			}
			name = "@" + g.Handle
			switch problem = ""; {
			case g.Unread != "":
				problem = fmt.Sprintf("%s (%s) cannot be read: %s", id, name, g.Unread)
			case g.Disabled:
				problem = fmt.Sprintf("%s (%s) is disabled", id, name)
			case g.External:
				problem = fmt.Sprintf("%s (%s) belongs to another organization", id, name)
			}
		}
		if names = append(names, name); problem != "" {
			wrong = append(wrong, problem)
		}
	}
	if len(wrong) == len(names) {
		return fails("take the bot token of the workspace for which "+x.Policy+" is written, or correct the ids",
			"%s has none of the user groups that the policy names: %s", x.workspace(), strings.Join(wrong, "; "))
	}
	if len(wrong) > 0 {
		return fails("correct the id in "+x.Policy+"; in Slack, /lb-register whoami prints the ids of your own groups",
			"of the user groups that the policy names, in %s: %s", x.workspace(), strings.Join(wrong, "; "))
	}
	return passed("%s", strings.Join(names, ", "))
}

// channelOf is the check of a channel that a setting names.
func channelOf(setting string, id func(*exam) string, need string) func(*exam, context.Context) finding {
	return func(x *exam, ctx context.Context) finding {
		if c := id(x); c != "" {
			return x.channel(ctx, setting, c)
		}
		if need != "" {
			return fails("set "+setting+" to the id of a channel of the bot's owners, "+findID,
				"%s is not set: %s", setting, need)
		}
		return passed("%s is not set", setting)
	}
}

// What to do about a channel.
const (
	findID = "which Slack shows at the end of the channel's details"
	invite = "in the channel, type /invite @lbbot"
)

// channel checks that the bot can post in a channel.
func (x *exam) channel(ctx context.Context, setting, id string) finding {
	c, err := x.directory.Channel(ctx, id)
	switch {
	case err != nil:
		return fails(remedyOf(err), "%s: %v", setting, plain(err))
	case c.ID == "":
		return fails("check the id, "+findID+", and that the bot token is of the right workspace; if the channel is "+
			"private, type /invite @lbbot in it",
			"%s: Slack shows the bot no channel %s in %s", setting, id, x.workspace())
	case c.Archived:
		return fails("choose another channel for "+setting+", or unarchive this one",
			"%s: #%s (%s) is archived", setting, c.Name, id)
	case c.Shared:
		return fails("choose a channel of your own organization for "+setting,
			"%s: #%s (%s) is shared with another organization", setting, c.Name, id)
	case !c.Member:
		return fails(invite, "%s: the bot is not a member of #%s (%s)", setting, c.Name, id)
	case c.Direct:
		return passed("direct messages with %s", c.Creator)
	}
	return passed("#%s (%s)", c.Name, id)
}

// ruleChannels checks the channels in which rules ask for approval.
func (x *exam) ruleChannels(ctx context.Context) finding {
	var good []string
	seen := map[string]bool{}
	for _, r := range x.policy.Rules {
		if r.Approvers == "" || seen[r.Approvers] {
			continue
		}
		seen[r.Approvers] = true
		found := x.channel(ctx, fmt.Sprintf("@approvers_channel of rule %s", r.ID), r.Approvers)
		if found.verdict != OK {
			return found
		}
		good = append(good, found.found)
	}
	if len(good) == 0 {
		return passed("the policy names none")
	}
	return passed("%s", strings.Join(slices.Compact(good), ", "))
}
