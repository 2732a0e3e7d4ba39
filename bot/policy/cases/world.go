package cases

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Person is somebody in Slack. Only the id is needed.
type Person struct {
	ID     string   `yaml:"id"`
	Kind   Kind     `yaml:"kind"`   // absent: a member
	Groups []string `yaml:"groups"` // user group ids, besides those of the file
}

// Kind is what a person is to the workspace.
type Kind string

// The kinds of people.
const (
	Member      Kind = "member"
	Guest       Kind = "guest"
	Bot         Kind = "bot"
	Deactivated Kind = "deactivated"
	Stranger    Kind = "stranger" // of another organization
	Outsider    Kind = "outsider" // whose home is another workspace
	Unread      Kind = "unread"   // Slack does not answer
)

// Kinds returns all kinds of people.
func Kinds() []Kind {
	return []Kind{Member, Guest, Bot, Deactivated, Stranger, Outsider, Unread}
}

// Channel is where somebody asks. A name that is absent is the id.
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

// Listener is what a server is added to. A name that is absent is the id; what
// else is absent is something that no policy is likely to name.
type Listener struct {
	ID               string `yaml:"id"`
	Name             string `yaml:"name"`
	Protocol         string `yaml:"protocol"`           // absent: TCP
	LoadBalancer     string `yaml:"load_balancer"`      // id; absent: lb-unnamed
	LoadBalancerName string `yaml:"load_balancer_name"` // absent: the id
	Zone             string `yaml:"zone"`
}

// Listener returns it as a decision wants it.
func (l Listener) listener() operation.Listener {
	lb := cmp.Or(l.LoadBalancer, "lb-unnamed")
	return operation.Listener{ID: l.ID, Name: cmp.Or(l.Name, l.ID), Protocol: cmp.Or(l.Protocol, "TCP"),
		LoadBalancerID: lb, LoadBalancerName: cmp.Or(l.LoadBalancerName, lb), Zone: l.Zone}
}

// Instance is the server.
type Instance struct {
	ID   string `yaml:"id"`   // absent: i-unnamed
	Type string `yaml:"type"` // bm or vm; absent: bm
}

// Request is what is asked for, without who and where.
type Request struct {
	Action   operation.Action
	Listener Listener
	Instance Instance
	Account  string // absent: default, as the setting
	Weight   int    // 0: Zenlayer's default
	Ports    []int
	At       time.Time
}

// Question puts a request, a person and a channel together.
func (r Request) Question(personID, channelID string) operation.Question {
	return operation.Question{
		Action: cmp.Or(r.Action, operation.ActionRegister), Account: cmp.Or(r.Account, "default"),
		Actor: operation.Actor{UserID: personID}, Place: operation.Place{ChannelID: channelID},
		Listener: r.Listener.listener(), Weight: r.Weight, Ports: r.Ports, At: r.At,
		Server: operation.Server{ID: cmp.Or(r.Instance.ID, "i-unnamed"), Type: zenlayer.InstanceType(strings.ToUpper(cmp.Or(r.Instance.Type, "bm")))},
	}
}

// The ids that a world gives where it is not told.
const (
	home      = "T0HOME"
	elsewhere = "T0ELSEWHERE"
)

// World is a Slack workspace in memory. It implements operation.Directory:
// people that it was not told of are members, channels are internal and have
// their id for a name. It is safe for concurrent use while it is not changed.
type World struct {
	People   []Person
	Channels []Channel
	Members  map[string][]string // of each user group, by its id
}

// Forget implements operation.Directory: nothing is remembered.
func (w *World) Forget(string, string) {}

// Workspace implements operation.Directory.
func (w *World) Workspace(context.Context) (operation.Workspace, error) {
	return operation.Workspace{TeamID: home, BotUserID: "U0LBBOT"}, nil
}

// Person implements operation.Directory.
func (w *World) Person(_ context.Context, id string) (operation.Person, error) {
	p := operation.Person{ID: id, TeamID: home, Name: id}
	i := slices.IndexFunc(w.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return p, nil
	}
	switch w.People[i].Kind {
	case Guest:
		p.Guest = true
	case Bot:
		p.Bot = true
	case Deactivated:
		p.Deactivated = true
	case Stranger:
		p.Stranger = true
	case Outsider:
		p.TeamID = elsewhere
	case Unread:
		return operation.Person{}, fmt.Errorf("Slack does not answer who %s is, as the file says", id)
	}
	return p, nil
}

// Channel implements operation.Directory.
func (w *World) Channel(_ context.Context, id string) (operation.Channel, error) {
	c := Channel{ID: id}
	if i := slices.IndexFunc(w.Channels, func(c Channel) bool { return c.ID == id }); i >= 0 {
		c = w.Channels[i]
	}
	if c.Unread {
		return operation.Channel{}, fmt.Errorf("Slack does not answer what channel %s is, as the file says", id)
	}
	return operation.Channel{ID: id, Name: cmp.Or(c.Name, id), Creator: c.Creator, Direct: c.Direct, Private: c.Private || c.Direct,
		Shared: c.Shared, Archived: c.Archived, Member: !c.Unseen}, nil
}

// Groups implements operation.Directory.
func (w *World) Groups(context.Context) ([]operation.Group, error) {
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
