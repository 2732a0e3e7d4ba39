package slackapp

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	// groupsFor is how old the list of user groups may be: usergroups.list
	// allows 20 calls a minute only.
	groupsFor = 5 * time.Minute

	// factsFor merges the look-ups of one moment. A right that is taken away
	// must be gone at the next step, so it is no longer than that.
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

// Channel implements operation.Directory.
func (d *Directory) Channel(ctx context.Context, id string) (operation.Channel, error) {
	return d.channels.get(ctx, id)
}

// Groups implements operation.Directory: all user groups with all members, at
// most five minutes old.
func (d *Directory) Groups(ctx context.Context) ([]operation.Group, error) {
	return d.groups.get(ctx, "")
}

// Workspace implements operation.Directory: where the bot is installed.
func (d *Directory) Workspace(ctx context.Context) (operation.Workspace, error) {
	return d.home.get(ctx, "")
}

func (d *Directory) readPerson(ctx context.Context, id string) (operation.Person, error) {
	u, err := d.web.patient.GetUserInfoContext(ctx, id)
	if err != nil {
		return operation.Person{}, fmt.Errorf("reading person %s: %w", id, scrub(err))
	}
	return operation.Person{
		ID: u.ID, TeamID: u.TeamID, EnterpriseID: u.Enterprise.EnterpriseID, Name: u.Name,
		Bot:         u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == slackbot,
		Deactivated: u.Deleted, Guest: u.IsRestricted || u.IsUltraRestricted, Stranger: u.IsStranger,
	}, nil
}

func (d *Directory) readChannel(ctx context.Context, id string) (operation.Channel, error) {
	c, err := d.web.patient.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return operation.Channel{}, fmt.Errorf("reading channel %s: %w", id, scrub(err))
	}
	return operation.Channel{
		ID: c.ID, Name: c.Name, Creator: c.Creator, Direct: c.IsIM, Private: c.IsPrivate || c.IsMpIM || c.IsIM,
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
	return operation.Workspace{TeamID: a.TeamID, EnterpriseID: a.EnterpriseID, BotUserID: a.UserID}, nil
}

// recent keeps the answers of a look-up for a while and makes one look-up for
// all who ask at the same time. Errors are not kept.
type recent[T any] struct {
	now  func() time.Time
	keep time.Duration
	read func(context.Context, string) (T, error)

	mu      sync.Mutex
	entries map[string]*entry[T]
}

type entry[T any] struct {
	done  chan struct{} // closed when value and err are set
	value T
	err   error
	at    time.Time
}

// maxRecent bounds the entries; beyond it old ones are dropped.
const maxRecent = 10_000

func newRecent[T any](now func() time.Time, keep time.Duration, read func(context.Context, string) (T, error)) *recent[T] {
	return &recent[T]{now: now, keep: keep, read: read, entries: map[string]*entry[T]{}}
}

func (r *recent[T]) get(ctx context.Context, key string) (T, error) {
	r.mu.Lock()
	e, ok := r.entries[key]
	if ok && e.settled() && (e.err != nil || r.now().Sub(e.at) >= r.keep) {
		ok = false
	}
	if !ok {
		e = &entry[T]{done: make(chan struct{})}
		r.prune()
		r.entries[key] = e
		r.mu.Unlock()
		e.at = r.now() // an answer is as old as its question
		e.value, e.err = r.read(ctx, key)
		close(e.done)
		return e.value, e.err
	}
	r.mu.Unlock()
	select {
	case <-e.done:
	case <-ctx.Done():
		var zero T
		return zero, context.Cause(ctx)
	}
	if e.err != nil && ctx.Err() == nil {
		return r.read(ctx, key) // the one who asked first may have had less time
	}
	return e.value, e.err
}

func (e *entry[T]) settled() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

func (r *recent[T]) prune() {
	if len(r.entries) < maxRecent {
		return
	}
	for key, e := range r.entries {
		if e.settled() && r.now().Sub(e.at) >= r.keep {
			delete(r.entries, key)
		}
	}
}
