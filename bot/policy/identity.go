package policy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"lbbot/bot/operation"
)

// LookupTimeout is how long one decision waits for all of Slack's answers
// together. What Slack has not answered by then could not be checked.
const LookupTimeout = 5 * time.Second

var errLookupTimeout = errors.New("policy lookup timeout")

// slackbot is the one bot whose is_bot is false; see docs.slack.dev, user object.
const slackbot = "USLACKBOT"

// identity is what Slack says about who asks from where.
type identity struct {
	workspace operation.Workspace
	person    operation.Person
	channel   operation.Channel
	incident  bool
}

// identify reads who asks from where and denies what no policy can allow. The
// decision's Code is empty if nothing is denied. The error says why something
// could not be checked.
func (g *Gate) identify(ctx context.Context, a operation.Actor,
	p operation.Place) (identity, operation.Decision, error) {
	w, err := g.workspace(ctx)
	if err != nil {
		return identity{}, operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactWorkspace}, err
	}
	f := identity{workspace: w}
	var personErr, channelErr error
	var personCode, channelCode operation.DenialCode
	f.person, personErr = g.person(ctx, w, a.UserID)
	if personErr == nil {
		personCode = refusePerson(w, f.person, a, p)
	}
	if personErr == nil && personCode == "" {
		f.person.TeamID = w.TeamID // in an organization, Slack may name another workspace as their home
	}
	f.channel, channelErr = g.where(ctx, p)
	if channelErr == nil {
		channelCode = refuseChannel(f.channel, p.ChannelID)
		f.incident = g.isIncident(f.channel)
	}

	d := operation.Decision{
		Person:   personErr == nil && personCode == "",
		Channel:  channelErr == nil && channelCode == "",
		PersonID: f.person.PersonID,
	}
	switch {
	case personErr != nil:
		d.Code, d.What = operation.DeniedUnchecked, operation.FactPerson
	case personCode != "":
		d.Code = personCode
	case channelErr != nil:
		d.Code, d.What = operation.DeniedUnchecked, operation.FactChannel
	default:
		d.Code = channelCode
		if channelCode == operation.DeniedChannel && strings.HasPrefix(p.ChannelID, "D") {
			d.What = operation.FactDirect
		}
	}
	return f, d, errors.Join(personErr, channelErr)
}

// workspace reads the workspace of the bot.
func (g *Gate) workspace(ctx context.Context) (operation.Workspace, error) {
	w, err := g.directory.Workspace(ctx)
	if err == nil && w.TeamID == "" {
		err = errors.New("no id was given")
	}
	if err != nil {
		return w, fmt.Errorf("reading the workspace: %w", err)
	}
	return w, nil
}

func (g *Gate) person(ctx context.Context, w operation.Workspace, id string) (operation.Person, error) {
	if id == "" {
		return operation.Person{}, errors.New("reading a person: no id was given")
	}
	p, err := g.directory.Person(ctx, id)
	if err != nil {
		return p, fmt.Errorf("reading person %s: %w", id, err)
	}
	ours := w.EnterpriseID != "" && p.EnterpriseID == w.EnterpriseID
	if p.ID != id || p.TeamID == "" && !ours {
		return p, fmt.Errorf("reading person %s: the answer is about %q in workspace %q", id, p.ID, p.TeamID)
	}
	if ours && p.PersonID == "" {
		return p, fmt.Errorf("reading person %s: the answer does not say who that is in the organization", id)
	}
	if w.EnterpriseID == "" {
		p.PersonID = "" // outside an organization a person has one id
	}
	return p, nil
}

// where reads the channel of a place. Where Slack names none, the bot itself was
// asked: that is a direct message with it.
func (g *Gate) where(ctx context.Context, p operation.Place) (operation.Channel, error) {
	if p.NoChannel && p.ChannelID == "" {
		return operation.Channel{Direct: true, Private: true, Member: true}, nil
	}
	return g.channel(ctx, p.ChannelID)
}

func (g *Gate) channel(ctx context.Context, id string) (operation.Channel, error) {
	if id == "" {
		return operation.Channel{}, errors.New("reading a channel: no id was given")
	}
	c, err := g.directory.Channel(ctx, id)
	if err != nil {
		return c, fmt.Errorf("reading channel %s: %w", id, err)
	}
	if c.ID == id && c.Name == "" && !c.Direct && !c.Shared && !c.Archived {
		return c, fmt.Errorf("reading channel %s: the answer has no name", id)
	}
	return c, nil
}

// Public implements operation.Permission. A channel that the bot does not see
// is not public. It blocks for Slack, at most for LookupTimeout.
func (g *Gate) Public(ctx context.Context, channelID string) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	c, err := g.channel(ctx, channelID)
	return err == nil && c.ID == channelID && !c.Private && !c.Direct, err
}

// refusePerson returns why no policy can allow this person. Slack's stranger
// flag is not enough to find people of another organization: it is not set for
// those who share a channel with us. Therefore the home workspace, the
// organization and the origin of the click are compared too. In an organization
// a person may have another home workspace and be a member of ours.
func refusePerson(w operation.Workspace, p operation.Person, a operation.Actor,
	at operation.Place) operation.DenialCode {
	member := p.TeamID == w.TeamID
	if w.EnterpriseID != "" {
		member = slices.Contains(p.Teams, w.TeamID)
	}
	foreign := func(team string) bool { return team != "" && team != w.TeamID && team != w.EnterpriseID }
	switch {
	case p.Stranger, !member, p.EnterpriseID != w.EnterpriseID,
		foreign(a.TeamID) && (w.EnterpriseID == "" || !slices.Contains(p.Teams, a.TeamID)),
		foreign(at.TeamID), a.EnterpriseID != "" && a.EnterpriseID != w.EnterpriseID:
		return operation.DeniedWorkspace
	case p.Guest:
		return operation.DeniedGuest
	case p.Bot, p.ID == slackbot, p.ID == w.BotUserID:
		return operation.DeniedBot
	case p.Deactivated:
		return operation.DeniedDeactivated
	}
	return ""
}

// refuseChannel returns why no policy can allow anything in this channel.
// Direct messages with the bot are allowed.
func refuseChannel(c operation.Channel, id string) operation.DenialCode {
	switch {
	case c.Shared:
		return operation.DeniedShared
	case c.ID != id, c.Archived, c.Private && !c.Direct && !c.Member:
		return operation.DeniedChannel
	}
	return ""
}

// isIncident reports whether a channel is an incident channel. Anyone can name
// a channel inc-…, so its creator is checked too.
func (g *Gate) isIncident(c operation.Channel) bool {
	if c.Direct || c.Creator == "" || !slices.Contains(g.creators, c.Creator) {
		return false
	}
	return slices.ContainsFunc(g.incidents, func(glob string) bool {
		ok, err := path.Match(glob, c.Name)
		return ok && err == nil
	})
}

// groups returns which of the named user groups the person is in, in the
// order of names. The error is that of vouched.
func (g *Gate) groups(ctx context.Context, names []string, p operation.Person) ([]string, error) {
	all, err := g.vouched(ctx, names)
	return memberOf(all, p), err
}

// vouched returns the named user groups with their members, in the order of
// names. It is an error if one of them is missing, disabled, unreadable or of
// another organization: a forbid that names it would have no effect.
func (g *Gate) vouched(ctx context.Context, names []string) ([]operation.Group, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := g.directory.Groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading user groups: %w", err)
	}
	named := make([]operation.Group, 0, len(names))
	for _, id := range names {
		i := slices.IndexFunc(all, func(x operation.Group) bool { return x.ID == id })
		switch {
		case i < 0:
			return nil, fmt.Errorf("reading user groups: the policy names %s, which Slack does not know", id)
		case all[i].Unread != "":
			return nil, fmt.Errorf("reading user group %s, which the policy names: %s", id, all[i].Unread)
		case all[i].Disabled:
			return nil, fmt.Errorf("reading user groups: the policy names %s, which is disabled", id)
		case all[i].External:
			return nil, fmt.Errorf("reading user groups: the policy names %s, which belongs to another organization",
				id)
		}
		named = append(named, all[i])
	}
	return named, nil
}

// memberOf returns the ids of those groups that the person is in.
func memberOf(groups []operation.Group, p operation.Person) []string {
	var in []string
	for _, x := range groups {
		if has(x, p) {
			in = append(in, x.ID)
		}
	}
	return in
}

// has reports whether a person is in a group, under either of their ids.
func has(x operation.Group, p operation.Person) bool {
	return slices.Contains(x.Members, p.ID) || p.PersonID != "" && slices.Contains(x.Members, p.PersonID)
}
