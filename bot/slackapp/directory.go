package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	// groupsFor is how old the list of user groups may be: usergroups.list
	// allows 20 calls a minute only.
	groupsFor = 5 * time.Minute

	// groupsAtSteps is how old it may be at a click and at the last check. Slack
	// tells of changes, but each event to one replica only, and not for sure.
	groupsAtSteps = 30 * time.Second

	// factsFor merges the look-ups of one moment. A right that is taken away
	// must be gone at the next step, so clicks and the last check forget first.
	factsFor = 2 * time.Second

	slackbot = "USLACKBOT" // the one bot that users.info does not call a bot
)

// Directory answers who and where from Slack. What cannot be read is an error,
// never an old or an empty answer. It is safe for concurrent use and starts no
// goroutines.
type Directory struct {
	web      *Web
	now      func() time.Time
	people   *recent[operation.Person]
	channels *recent[operation.Channel]
	groups   *recent[[]operation.Group]
	home     *recent[operation.Workspace]
}

// NewDirectory makes a directory with empty caches.
func NewDirectory(w *Web, now func() time.Time) *Directory {
	d := &Directory{web: w, now: now}
	d.people = newRecent(now, factsFor, d.readPerson)
	d.channels = newRecent(now, factsFor, d.readChannel)
	d.groups = newRecent(now, groupsFor, d.readGroups)
	d.home = newRecent(now, time.Hour, d.readHome)
	return d
}

// Person implements operation.Directory.
func (d *Directory) Person(ctx context.Context, id string) (operation.Person, error) {
	return d.people.get(ctx, id)
}

// Channel implements operation.Directory. A channel that does not exist or
// that the bot may not see is the zero Channel and no error: that is known.
func (d *Directory) Channel(ctx context.Context, id string) (operation.Channel, error) {
	return d.channels.get(ctx, id)
}

// Groups implements operation.Directory: all user groups with all members, at
// most five minutes old, and read anew after ForgetGroups.
func (d *Directory) Groups(ctx context.Context) ([]operation.Group, error) {
	return d.groups.get(ctx, "")
}

// Forget implements operation.Directory. It makes the list of user groups at
// most 30 seconds old.
func (d *Directory) Forget(userID, channelID string) {
	d.people.forget(userID)
	d.channels.forget(channelID)
	d.groups.age("", groupsAtSteps)
}

// ForgetGroups drops what is remembered of the user groups, because Slack says
// that one of them changed.
func (d *Directory) ForgetGroups() { d.groups.drop("") }

// Workspace implements operation.Directory: where the bot is installed.
func (d *Directory) Workspace(ctx context.Context) (operation.Workspace, error) {
	return d.home.get(ctx, "")
}

func (d *Directory) readPerson(ctx context.Context, id string) (operation.Person, error) {
	u, err := d.web.patient.GetUserInfoContext(ctx, id)
	if err != nil {
		return operation.Person{}, fmt.Errorf("reading person %s: %w", id, scrub(err))
	}
	if u.ID == "" {
		return operation.Person{}, fmt.Errorf("reading person %s: Slack's answer names nobody", id)
	}
	return operation.Person{
		ID: u.ID, TeamID: u.TeamID, EnterpriseID: u.Enterprise.EnterpriseID, Name: u.Name,
		Bot:         u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == slackbot,
		Deactivated: u.Deleted, Guest: u.IsRestricted || u.IsUltraRestricted, Stranger: u.IsStranger,
	}, nil
}

func (d *Directory) readChannel(ctx context.Context, id string) (operation.Channel, error) {
	c, err := d.web.patient.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if errorCode(err) == slackChannelNotFound {
		return operation.Channel{}, nil // Slack did answer: there is no such channel, or none that we may see
	}
	if err != nil {
		return operation.Channel{}, fmt.Errorf("reading channel %s: %w", id, scrub(err))
	}
	if c.ID == "" {
		return operation.Channel{}, fmt.Errorf("reading channel %s: Slack's answer names no channel", id)
	}
	creator := c.Creator
	if c.IsIM {
		creator = c.User // nobody creates a direct message; it is the person's
	}
	return operation.Channel{
		ID: c.ID, Name: c.Name, Creator: creator, Direct: c.IsIM, Private: c.IsPrivate || c.IsMpIM || c.IsIM,
		Archived: c.IsArchived, Member: c.IsMember || c.IsIM,
		// Channels that span the workspaces of one organization have
		// is_org_shared and no is_ext_shared; those are ours.
		Shared: c.IsExtShared || c.IsPendingExtShared || len(c.PendingShared) > 0 || c.IsShared && !c.IsOrgShared,
	}, nil
}

func (d *Directory) readGroups(ctx context.Context, _ string) ([]operation.Group, error) {
	list, err := d.web.patient.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true), slack.GetUserGroupsOptionIncludeDisabled(true))
	if err != nil {
		return nil, fmt.Errorf("reading user groups: %w", scrub(err))
	}
	groups := make([]operation.Group, len(list))
	for i, g := range list {
		if g.UserCount > 0 && len(g.Users) == 0 && g.DateDelete == 0 && !g.IsExternal {
			// Whoever is in it would not be in it for a rule that forbids.
			return nil, fmt.Errorf("reading user groups: Slack left out the members of %s", g.ID)
		}
		groups[i] = operation.Group{ID: g.ID, Handle: g.Handle, Name: g.Name, Members: slices.Clone(g.Users),
			Disabled: g.DateDelete > 0, External: g.IsExternal}
	}
	return groups, nil
}

func (d *Directory) readHome(ctx context.Context, _ string) (operation.Workspace, error) {
	a, err := d.web.patient.AuthTestContext(ctx)
	if err != nil {
		return operation.Workspace{}, fmt.Errorf("asking Slack who the bot is: %w", scrub(err))
	}
	if a.TeamID == "" {
		return operation.Workspace{}, errors.New("asking Slack who the bot is: the answer names no workspace")
	}
	return operation.Workspace{TeamID: a.TeamID, EnterpriseID: a.EnterpriseID, BotUserID: a.UserID}, nil
}
