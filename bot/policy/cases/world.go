package cases

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lbbot/bot/operation"
)

// Person is somebody in Slack. Only the id is needed.
type Person struct {
	ID     string   `yaml:"id"`
	Kind   kind     `yaml:"kind"`   // default: member
	Groups []string `yaml:"groups"` // user group ids, besides those of the file
}

// kind is what a person is to the workspace.
type kind string

// The kinds of people.
const (
	member      kind = "member"
	guest       kind = "guest"
	bot         kind = "bot"
	deactivated kind = "deactivated"
	stranger    kind = "stranger" // of another organization
	outsider    kind = "outsider" // whose home is another workspace
	unread      kind = "unread"   // Slack does not answer
)

func kinds() []kind { return []kind{member, guest, bot, deactivated, stranger, outsider, unread} }

// Channel is where somebody asks. The default name is the id.
type Channel struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Creator  string `yaml:"creator"`
	Private  bool   `yaml:"private"`
	Direct   bool   `yaml:"direct"` // a direct message with the bot
	Shared   bool   `yaml:"shared"` // with another organization
	Archived bool   `yaml:"archived"`
	Unseen   bool   `yaml:"unseen"` // the bot is not in it
	Unread   bool   `yaml:"unread"` // Slack does not answer
}

// Listener is what a server is added to. The default name is the id. The other
// defaults are values that no policy is likely to name.
type Listener struct {
	ID               string `yaml:"id"`
	Name             string `yaml:"name"`
	Protocol         string `yaml:"protocol"`           // default: TCP
	LoadBalancer     string `yaml:"load_balancer"`      // id; default: lb-unnamed
	LoadBalancerName string `yaml:"load_balancer_name"` // default: its id
	Zone             string `yaml:"zone"`
}

// listener is the listener as a question has it.
func (l Listener) listener() operation.Listener {
	lb := cmp.Or(l.LoadBalancer, "lb-unnamed")
	return operation.Listener{ID: l.ID, Name: cmp.Or(l.Name, l.ID), Protocol: cmp.Or(l.Protocol, "TCP"),
		LoadBalancerID: lb, LoadBalancerName: cmp.Or(l.LoadBalancerName, lb), Zone: l.Zone}
}

// Instance is the server.
type Instance struct {
	ID   string `yaml:"id"`   // default: i-unnamed
	Type string `yaml:"type"` // bm or vm; default: bm
}

// The ids of the two workspaces.
const (
	home      = "T0HOME"
	elsewhere = "T0ELSEWHERE"
)

// world is a Slack workspace in memory. It implements operation.Directory. People
// that are not in it are members; channels that are not in it are internal, and
// their name is their id. It is safe for concurrent use while nobody changes it.
type world struct {
	People   []Person
	Channels []Channel
	Members  map[string][]string // of each user group, by its id
}

// Forget implements operation.Directory. There is no cache.
func (w *world) Forget(string, string, time.Duration) {}

// Workspace implements operation.Directory.
func (w *world) Workspace(context.Context) (operation.Workspace, error) {
	return operation.Workspace{TeamID: home, BotUserID: "U0LBBOT"}, nil
}

// Person implements operation.Directory.
func (w *world) Person(_ context.Context, id string) (operation.Person, error) {
	p := operation.Person{ID: id, TeamID: home, Name: id}
	i := slices.IndexFunc(w.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return p, nil
	}
	switch w.People[i].Kind {
	case guest:
		p.Guest = true
	case bot:
		p.Bot = true
	case deactivated:
		p.Deactivated = true
	case stranger:
		p.Stranger = true
	case outsider:
		p.TeamID = elsewhere
	case unread:
		return operation.Person{}, fmt.Errorf("Slack does not answer who %s is, as the file says", id)
	}
	return p, nil
}

// Channel implements operation.Directory.
func (w *world) Channel(_ context.Context, id string) (operation.Channel, error) {
	c := Channel{ID: id}
	if i := slices.IndexFunc(w.Channels, func(c Channel) bool { return c.ID == id }); i >= 0 {
		c = w.Channels[i]
	}
	if c.Unread {
		return operation.Channel{}, fmt.Errorf("Slack does not answer what channel %s is, as the file says", id)
	}
	return operation.Channel{ID: id, Name: cmp.Or(c.Name, id), Creator: c.Creator, Direct: c.Direct,
		Private: c.Private || c.Direct,
		Shared:  c.Shared, Archived: c.Archived, Member: !c.Unseen}, nil
}

// Groups implements operation.Directory.
func (w *world) Groups(context.Context) ([]operation.Group, error) {
	members := map[string][]string{}
	for id, list := range w.Members {
		members[id] = slices.Clone(list)
	}
	for _, p := range w.People {
		for _, id := range p.Groups {
			if !slices.Contains(members[id], p.ID) {
				members[id] = append(members[id], p.ID)
			}
		}
	}
	var out []operation.Group
	for id, list := range members {
		out = append(out, operation.Group{ID: id, Handle: id, Members: list})
	}
	slices.SortFunc(out, func(a, b operation.Group) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}
