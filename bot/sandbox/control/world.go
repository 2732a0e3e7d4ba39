package control

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"lbbot/bot/sandbox"
)

// World is a workspace as a file describes it. People and channels are named by
// their names; ids that are left out are made from the names.
type World struct {
	Workspace struct {
		ID           string `yaml:"id" json:"id"`
		Name         string `yaml:"name" json:"name"`
		Organization string `yaml:"organization" json:"organization,omitempty"`
	} `yaml:"workspace" json:"workspace"`
	App      App            `yaml:"app" json:"app"`
	Zenlayer Keys           `yaml:"zenlayer" json:"-"`
	People   []WorldPerson  `yaml:"people" json:"people"`
	Groups   []WorldGroup   `yaml:"groups" json:"groups"`
	Channels []WorldChannel `yaml:"channels" json:"channels"`
}

// App is the app that is installed in the workspace.
type App struct {
	ID        string          `yaml:"id" json:"id"`
	Name      string          `yaml:"name" json:"name"`
	UserID    string          `yaml:"user_id" json:"user_id"`
	BotID     string          `yaml:"bot_id" json:"bot_id"`
	Commands  []string        `yaml:"commands" json:"commands,omitempty"` // none: people can type every command
	Scopes    []string        `yaml:"scopes" json:"scopes,omitempty"`     // none: those of lbbot
	Shortcuts []WorldShortcut `yaml:"shortcuts" json:"shortcuts"`
	BotToken  string          `yaml:"bot_token" json:"-"`
	AppToken  string          `yaml:"app_token" json:"-"`
}

// WorldShortcut is a shortcut of the app.
type WorldShortcut struct {
	Name       string `yaml:"name" json:"name"`
	CallbackID string `yaml:"callback_id" json:"callback_id"`
	OnMessage  bool   `yaml:"on_message" json:"on_message"`
}

// Keys are the key pair that the Zenlayer stand-in takes.
type Keys struct {
	ID     string `yaml:"access_key_id"`
	Secret string `yaml:"access_key_secret"`
}

// WorldPerson is a person or a bot.
type WorldPerson struct {
	ID       string `yaml:"id" json:"id"`
	Name     string `yaml:"name" json:"name"`
	RealName string `yaml:"real_name" json:"real_name"`
	TimeZone string `yaml:"time_zone" json:"time_zone,omitempty"`
	Kind     string `yaml:"kind" json:"kind"` // one of personKinds; empty: member
	Team     string `yaml:"team" json:"team,omitempty"`
}

// WorldGroup is a user group.
type WorldGroup struct {
	ID      string   `yaml:"id" json:"id"`
	Handle  string   `yaml:"handle" json:"handle"`
	Name    string   `yaml:"name" json:"name"`
	Members []string `yaml:"members" json:"members"`
}

// WorldChannel is a channel.
type WorldChannel struct {
	ID       string   `yaml:"id" json:"id"`
	Name     string   `yaml:"name" json:"name"`
	Creator  string   `yaml:"creator" json:"creator,omitempty"`
	Members  []string `yaml:"members" json:"members"`
	App      bool     `yaml:"app" json:"app"` // the app is a member
	Private  bool     `yaml:"private" json:"private"`
	Shared   bool     `yaml:"shared" json:"shared"` // with another organization
	Archived bool     `yaml:"archived" json:"archived"`
}

// The kinds of people.
const (
	member      = "member"
	guest       = "guest"
	oneChannel  = "single-channel guest"
	outsider    = "outsider"
	robot       = "bot"
	deactivated = "deactivated"
)

func personKinds() []string { return []string{member, guest, oneChannel, outsider, robot, deactivated} }

// otherTeam is the workspace of outsiders whose team is not given.
const otherTeam = "T0OTHER"

// ReadWorld reads a world from YAML. An unknown key or a wrong type is an error
// that names the line of file; all unknown names are reported at once.
func ReadWorld(file string, text []byte) (World, error) {
	var w World
	if err := yaml.UnmarshalWithOptions(text, &w, yaml.Strict()); err != nil {
		if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
			at := e.GetToken().Position
			return w, fmt.Errorf("%s:%d:%d: %s", file, at.Line, at.Column, e.GetMessage())
		}
		return w, fmt.Errorf("%s: %w", file, err)
	}
	w.complete()
	if faults := w.faults(); len(faults) > 0 {
		return w, fmt.Errorf("%s: %s", file, strings.Join(faults, "\n"+file+": "))
	}
	return w, nil
}

// complete fills in what was left out.
func (w *World) complete() {
	w.Workspace.ID, w.Workspace.Name = cmp.Or(w.Workspace.ID, "T0LOCAL"), cmp.Or(w.Workspace.Name, "Sandbox")
	a := &w.App
	a.Name = cmp.Or(a.Name, "bot")
	a.ID, a.UserID = cmp.Or(a.ID, "A0LOCAL001"), cmp.Or(a.UserID, idOf("U0", a.Name))
	a.BotID = cmp.Or(a.BotID, idOf("B0", a.Name))
	for i := range w.People {
		p := &w.People[i]
		p.ID, p.RealName, p.Kind = cmp.Or(p.ID, idOf("U0", p.Name)), cmp.Or(p.RealName, p.Name), cmp.Or(p.Kind, member)
		if p.Kind == outsider {
			p.Team = cmp.Or(p.Team, otherTeam)
		}
	}
	for i := range w.Groups {
		w.Groups[i].ID = cmp.Or(w.Groups[i].ID, idOf("S0", w.Groups[i].Handle))
	}
	for i := range w.Channels {
		w.Channels[i].ID = cmp.Or(w.Channels[i].ID, idOf("C0", w.Channels[i].Name))
	}
}

// idOf makes an id from a name: prefix and its letters and digits in upper case.
func idOf(prefix, name string) string {
	return prefix + strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(name))
}

// faults are sentences about names that are missing, double or unknown.
func (w *World) faults() []string {
	var found []string
	fail := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	ids, people := map[string]string{}, map[string]bool{}
	once := func(what, id, name string) {
		if name == "" {
			fail("%s has no name", what)
		} else if other := ids[id]; other != "" {
			fail("%s %s has the id %s of %s", what, name, id, other)
		}
		ids[id] = what + " " + name
	}
	once("app", w.App.UserID, w.App.Name)
	for _, p := range w.People {
		once("person", p.ID, p.Name)
		people[p.Name] = true
		if !slices.Contains(personKinds(), p.Kind) {
			fail("person %s: kind %q is not one of %s", p.Name, p.Kind, strings.Join(personKinds(), ", "))
		}
	}
	known := func(what string, names ...string) {
		for _, name := range names {
			if name != "" && !people[name] {
				fail("%s names %q, who is not one of people", what, name)
			}
		}
	}
	for _, g := range w.Groups {
		once("group", g.ID, g.Handle)
		known("group "+g.Handle, g.Members...)
	}
	for _, c := range w.Channels {
		once("channel", c.ID, c.Name)
		known("channel "+c.Name, append([]string{c.Creator}, c.Members...)...)
	}
	for _, c := range w.App.Commands {
		if !strings.HasPrefix(c, "/") || strings.ContainsAny(c, " \t") {
			fail("app: %q is not a slash command such as /deploy", c)
		}
	}
	if len(w.People) == 0 || len(w.Channels) == 0 {
		fail("people and channels are both needed")
	}
	return found
}

// Options are the options of the Slack stand-in for this world.
func (w World) Options() sandbox.Options {
	var shortcuts []sandbox.Shortcut
	for _, s := range w.App.Shortcuts {
		shortcuts = append(shortcuts, sandbox.Shortcut(s))
	}
	return sandbox.Options{Workspace: w.workspace(), Command: strings.Join(w.App.Commands, " "), Shortcuts: shortcuts,
		Scopes:   w.App.Scopes,
		BotToken: w.App.BotToken, AppToken: w.App.AppToken}
}

func (w World) workspace() sandbox.Workspace {
	ids := map[string]string{}
	for _, p := range w.People {
		ids[p.Name] = p.ID
	}
	named := func(names []string) []string {
		var out []string
		for _, name := range names {
			out = append(out, ids[name])
		}
		return out
	}
	out := sandbox.Workspace{TeamID: w.Workspace.ID, TeamName: w.Workspace.Name, EnterpriseID: w.Workspace.Organization,
		AppID: w.App.ID, BotUserID: w.App.UserID, BotID: w.App.BotID, BotName: w.App.Name}
	for _, p := range w.People {
		out.People = append(out.People, sandbox.Person{ID: p.ID, Name: p.Name, RealName: p.RealName, TZ: p.TimeZone,
			TeamID: cmp.Or(p.Team, w.Workspace.ID), Guest: p.Kind == guest, SingleChannelGuest: p.Kind == oneChannel,
			Bot: p.Kind == robot, Deactivated: p.Kind == deactivated})
	}
	for _, g := range w.Groups {
		out.Groups = append(out.Groups, sandbox.Group{ID: g.ID, Handle: g.Handle, Name: cmp.Or(g.Name, g.Handle),
			Members: named(g.Members)})
	}
	for _, c := range w.Channels {
		out.Channels = append(out.Channels, sandbox.Channel{ID: c.ID, Name: c.Name, Creator: ids[c.Creator],
			Members: named(c.Members), BotMember: c.App, Private: c.Private, ExtShared: c.Shared, Archived: c.Archived})
	}
	return out.WithDirectMessages()
}
