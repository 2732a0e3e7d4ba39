package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/socket"
)

const (
	// groupsFor is how old the list of user groups may be: usergroups.list
	// allows 20 calls a minute only.
	groupsFor = 5 * time.Minute

	// groupsAtSteps is how old it may be at a click and at the last check. Slack
	// sends an event about a change to one replica only, and may lose it.
	groupsAtSteps = operation.LastAge

	// factsFor is how old a person or a channel may be: one look-up serves a command,
	// the last check before its call, and what others do in that channel. A right
	// that is taken away must be gone at the next click, so clicks forget first.
	factsFor = operation.LastAge

	slackbot = "USLACKBOT" // the one bot that users.info does not call a bot
)

// Directory reads people, channels and user groups from Slack. A failed look-up is
// an error, never an old or an empty answer. It is safe for concurrent use and starts no
// goroutines.
type Directory struct {
	web      *Client
	now      func() time.Time
	people   *recent[operation.Person]
	channels *recent[operation.Channel]
	groups   *recent[[]operation.Group]
	home     *recent[operation.Workspace]
}

// NewDirectory makes a directory with empty caches.
func NewDirectory(w *Client, now func() time.Time) *Directory {
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
// most five minutes old, and read again after ForgetGroups.
func (d *Directory) Groups(ctx context.Context) ([]operation.Group, error) {
	return d.groups.get(ctx, "")
}

// Forget implements operation.Directory.
func (d *Directory) Forget(userID, channelID string, maxAge time.Duration) {
	d.people.age(userID, maxAge)
	d.channels.age(channelID, maxAge)
	d.groups.age("", groupsAtSteps)
}

// ForgetGroups drops the cached user groups, because Slack says that one of them
// changed.
func (d *Directory) ForgetGroups() { d.groups.drop("") }

// Workspace implements operation.Directory: where the bot is installed.
func (d *Directory) Workspace(ctx context.Context) (operation.Workspace, error) {
	return d.home.get(ctx, "")
}

func (d *Directory) readPerson(ctx context.Context, id string) (operation.Person, error) {
	answer, err := d.web.patient.call(ctx, "users.info", url.Values{"user": {id}})
	if err != nil {
		return operation.Person{}, fmt.Errorf("reading person %s: %w", id, explained(err))
	}
	p, err := personOf(answer)
	if err != nil {
		return operation.Person{}, fmt.Errorf("reading person %s: %w", id, err)
	}
	return p, nil
}

func personOf(answer socket.Fields) (operation.Person, error) {
	u := answer.Object("user")
	org := u.Object("enterprise_user")
	profile := u.Part("profile")
	p := operation.Person{
		ID: u.Text("id"), TeamID: u.Text("team_id"),
		Name:         cmp.Or(profile.Label("display_name"), profile.Label("real_name"), u.Label("name")),
		EnterpriseID: org.Text("enterprise_id"), PersonID: org.Text("id"), Teams: org.Texts("teams"),
		Bot:         anyOf(u, "is_bot", "is_workflow_bot", "is_connector_bot"),
		Deactivated: u.Flag("deleted"), Guest: anyOf(u, "is_restricted", "is_ultra_restricted"),
		Stranger: u.Flag("is_stranger"),
	}
	p.Bot = p.Bot || p.ID == slackbot
	if err := answer.Err(); err != nil {
		return operation.Person{}, err
	}
	if p.ID == "" {
		return operation.Person{}, errors.New("Slack's answer names nobody")
	}
	return p, nil
}

// anyOf reports whether one of the flags is set. It reads all of them, so that an
// unreadable flag is always an error.
func anyOf(f socket.Fields, names ...string) bool {
	set := false
	for _, name := range names {
		set = f.Flag(name) || set
	}
	return set
}

func (d *Directory) readChannel(ctx context.Context, id string) (operation.Channel, error) {
	answer, err := d.web.patient.call(ctx, "conversations.info", url.Values{"channel": {id}})
	if ErrorCode(err) == CodeChannelNotFound {
		return operation.Channel{}, nil // Slack did answer: there is no such channel, or none that we may see
	}
	if err != nil {
		return operation.Channel{}, fmt.Errorf("reading channel %s: %w", id, explained(err))
	}
	c, err := channelOf(answer)
	if err != nil {
		return operation.Channel{}, fmt.Errorf("reading channel %s: %w", id, err)
	}
	return c, nil
}

func channelOf(answer socket.Fields) (operation.Channel, error) {
	c := answer.Object("channel")
	direct := c.Flag("is_im")
	creator := c.Text("creator")
	if direct {
		creator = c.Text("user") // a direct message has no creator; it belongs to the person
	}
	// Channels that span the workspaces of one organization have is_org_shared
	// and no is_ext_shared; those are ours.
	shared, ours := c.Flag("is_shared"), c.Flag("is_org_shared")
	out := operation.Channel{
		ID: c.Text("id"), Name: c.Text("name"), Creator: creator, Direct: direct,
		Private:  anyOf(c, "is_private", "is_mpim") || direct,
		Archived: c.Flag("is_archived"), Member: c.Flag("is_member") || direct,
		Shared: anyOf(c, "is_ext_shared", "is_pending_ext_shared") || len(c.Texts("pending_shared")) > 0 ||
			shared && !ours,
	}
	if err := answer.Err(); err != nil {
		return operation.Channel{}, err
	}
	if out.ID == "" {
		return operation.Channel{}, errors.New("Slack's answer names no channel")
	}
	return out, nil
}

func (d *Directory) readGroups(ctx context.Context, _ string) ([]operation.Group, error) {
	answer, err := d.web.patient.call(ctx, "usergroups.list",
		url.Values{"include_users": {"true"}, "include_disabled": {"true"}})
	if err != nil {
		return nil, fmt.Errorf("reading user groups: %w", explained(err))
	}
	list := answer.Objects("usergroups")
	groups := make([]operation.Group, len(list))
	for i, g := range list {
		groups[i] = readGroup(g.Apart())
	}
	if err := answer.Err(); err != nil {
		return nil, fmt.Errorf("reading user groups: %w", err)
	}
	return groups, nil
}

// readGroup reads one group. A group that cannot be read affects only a policy
// that names it.
func readGroup(g socket.Fields) operation.Group {
	out := operation.Group{ID: g.Text("id"), Handle: g.Label("handle"), Name: g.Label("name"),
		Members:  g.Texts("users"),
		Disabled: g.Number("date_delete") > 0, External: g.Flag("is_external")}
	if len(out.Members) == 0 && !out.Disabled && !out.External &&
		(g.Number("user_count") > 0 || !g.Has("users") && !g.Has("user_count")) {
		out.Unread = "Slack left out its members" // a rule that forbids would not forbid them
	}
	if err := g.Err(); err != nil {
		out.Unread = err.Error()
	}
	return out
}

func (d *Directory) readHome(ctx context.Context, _ string) (operation.Workspace, error) {
	answer, err := d.web.patient.call(ctx, "auth.test", nil)
	if err != nil {
		return operation.Workspace{}, fmt.Errorf("asking Slack who the bot is: %w", explained(err))
	}
	w, err := workspaceOf(answer)
	if err != nil {
		return operation.Workspace{}, fmt.Errorf("asking Slack who the bot is: %w", err)
	}
	return w, nil
}

func workspaceOf(answer socket.Fields) (operation.Workspace, error) {
	orgWide := answer.Flag("is_enterprise_install")
	w := operation.Workspace{TeamID: answer.Text("team_id"), EnterpriseID: answer.Text("enterprise_id"),
		BotUserID: answer.Text("user_id")}
	if err := answer.Err(); err != nil {
		return operation.Workspace{}, err
	}
	if orgWide {
		return operation.Workspace{}, explained(&callError{Method: "auth.test", Code: slackOrgWide})
	}
	if w.TeamID == "" {
		return operation.Workspace{}, errors.New("the answer names no workspace")
	}
	return w, nil
}

var _ operation.Directory = (*Directory)(nil)
