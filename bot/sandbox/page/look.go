package page

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
)

// look is what the templates show to one reader.
type look struct {
	As       shownPerson
	People   []shownPerson
	Channel  shownChannel
	Channels []shownChannel
	List     messageList
	Thread   shownThread
	AtHome   bool
	Home     *shownView // nil if the app has published none
	Views    []shownView
	Notice   string
	Ready    bool
	Unready  string
	Team     string
	Bot      string
	Composer composer
	Version  string
	Tour     *shownTour // nil without stories
	Samples  []sampleGroup
	Calls    []shownCall
	Backends int
	WillLose bool
	Faults   []control.Fault
	Switches bool // the page can switch the cloud off
	Off      bool // the cloud is off
}

type shownPerson struct {
	ID, Name, Handle string
	Initials         string
	Tint             int    // 0 to 7, the colour of the avatar
	Role             string // "Member", "Guest", "Outsider", "Deactivated"
	About            string // one line
	Me               bool
}

type shownChannel struct {
	ID, Name string
	Icon     string // "hash", "lock", "chat"
	Note     string // "external", "archived"
	Topic    string
	Current  bool
	New      bool // has messages that the reader has not seen
}

type sampleGroup struct {
	Kind    string
	Samples []Sample
}

func (p *site) look(r *http.Request) look {
	world := p.slack.Workspace()
	people := p.persons(world, r.FormValue("as"))
	l := look{
		People: people, Ready: p.options.Ready(), Unready: p.options.Unready,
		Team: world.TeamName, Bot: cmp.Or(world.BotName, "bot"),
		Version: p.options.Version, AtHome: r.FormValue("channel") == homeChannel,
		Samples: groupSamples(p.options.Samples), Backends: p.options.Cloud.Backends(),
		WillLose: p.on(control.LostAnswer), Switches: p.options.Switch != nil, Off: p.on(control.CloudOff),
	}
	l.Faults = slices.DeleteFunc(p.options.Control.Faults(), func(f control.Fault) bool {
		return f.Needs || f.Name == control.LostAnswer || f.Name == control.CloudOff // they have buttons of their own
	})
	if i := slices.IndexFunc(people, func(s shownPerson) bool { return s.Me }); i >= 0 {
		l.As = people[i]
	}
	channels := p.slack.Channels(l.As.ID)
	current := currentChannel(channels, l.As.ID, r.FormValue("channel"))
	at := place{Viewer: l.As.ID, ChannelID: current.ID, names: p.names(world, channels, current.ID, zone(r))}
	if l.AtHome {
		current = sandbox.Channel{ID: homeChannel}
		at.ChannelID, l.Home = homeChannel, p.home(at)
	}
	all := p.slack.Messages(current.ID, l.As.ID)
	l.Channels = p.channels(channels, l.As.ID, current.ID)
	l.Channel = showChannel(current, l.Bot)
	l.Thread = p.thread(at, r.FormValue("thread"), all, world, people)
	l.List = p.messages(at, all, world, people)
	l.Views = p.views(at)
	calls := p.options.Cloud.Calls()
	l.Calls = showCalls(calls, at.names.location())
	p.mu.Lock()
	defer p.mu.Unlock()
	l.Tour = p.tour.show(p.options.Stories)
	l.Composer = p.composer(l, "")
	l.Composer.Text = p.tour.typedIn(p.options.Stories, r.FormValue("try"), l.As.ID, current.ID)
	if l.Thread.TS != "" {
		l.Thread.Composer = p.composer(l, l.Thread.TS)
	}
	l.Notice = cmp.Or(l.Thread.Composer.Notice, l.Composer.Notice)
	return l
}

// on says that a fault is on.
func (p *site) on(name string) bool {
	return slices.ContainsFunc(p.options.Control.Faults(), func(f control.Fault) bool { return f.Name == name && f.On })
}

// homeChannel stands for the app's Home where a channel's id is expected.
const homeChannel = "home"

// zone is the reader's time zone. page.js sets it in a cookie, with dots for
// slashes, which a cookie may not have.
func zone(r *http.Request) *time.Location {
	c, err := r.Cookie("zone")
	if err != nil || c.Value == "" || c.Value == "Local" {
		return time.UTC
	}
	if loc, err := time.LoadLocation(strings.ReplaceAll(c.Value, ".", "/")); err == nil {
		return loc
	}
	return time.UTC
}

// currentChannel is the channel with the id, or the first that the reader sees.
func currentChannel(channels []sandbox.Channel, as, id string) sandbox.Channel {
	var best sandbox.Channel
	for _, ch := range channels {
		if ch.ID == id && (ch.IM == "" || ch.IM == as) {
			return ch
		}
		if best.ID == "" && ch.IM == "" && !ch.Archived && !ch.ExtShared {
			best = ch
		}
	}
	if best.ID == "" && len(channels) > 0 {
		best = channels[0]
	}
	return best
}

// persons are the people to act as. Me is the one with the id, or the first.
func (p *site) persons(world sandbox.Workspace, as string) []shownPerson {
	handles := map[string][]string{}
	for _, g := range world.Groups {
		for _, id := range g.Members {
			handles[id] = append(handles[id], "@"+g.Handle)
		}
	}
	var all []shownPerson
	for _, person := range world.People {
		if person.Bot || person.ID == world.BotUserID {
			continue
		}
		role, about := roleOf(person, world)
		if groups := handles[person.ID]; len(groups) > 0 {
			about += ", in " + strings.Join(groups, ", ")
		}
		all = append(all, showPerson(person, role, about))
	}
	me := max(0, slices.IndexFunc(all, func(s shownPerson) bool { return s.ID == as }))
	if len(all) > 0 {
		all[me].Me = true
	}
	return all
}

// roleOf is what a person is in this workspace.
func roleOf(person sandbox.Person, world sandbox.Workspace) (role, about string) {
	switch {
	case person.Deactivated:
		return "Deactivated", "has a deactivated account"
	case person.Stranger || person.TeamID != "" && person.TeamID != world.TeamID:
		return "Outsider", "from another organization"
	case person.SingleChannelGuest:
		return "Guest", "invited to one channel"
	case person.Guest:
		return "Guest", "invited to some channels"
	default:
		return "Member", "member of " + cmp.Or(world.TeamName, "this workspace")
	}
}

func showPerson(person sandbox.Person, role, about string) shownPerson {
	name := cmp.Or(person.RealName, person.Name, person.ID)
	return shownPerson{
		ID: person.ID, Name: name, Handle: person.Name, Initials: initials(name), Tint: tint(person.ID), Role: role,
		About: about,
	}
}

// initials are the first letters of the first two words.
func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(r) && len(out) < 2 {
			out = append(out, unicode.ToUpper(r))
		}
	}
	return string(out)
}

// tint is one of the eight avatar colours.
func tint(id string) int {
	sum := 0
	for _, c := range []byte(id) {
		sum = sum*31 + int(c)
		sum &= 0xffff
	}
	return sum % 8
}

func (p *site) names(world sandbox.Workspace, channels []sandbox.Channel, current string, zone *time.Location) names {
	n := names{
		people: map[string]string{"": world.BotName}, channels: map[string]string{}, groups: map[string]string{},
		zone: zone, pickChannels: channels, current: current,
	}
	for _, person := range world.People {
		name := cmp.Or(person.RealName, person.Name, person.ID)
		n.people[person.ID] = name
	}
	n.people[world.BotUserID] = world.BotName
	for _, ch := range world.Channels {
		if !ch.Private {
			n.channels[ch.ID] = ch.Name
		}
	}
	for _, ch := range channels {
		n.channels[ch.ID] = ch.Name
	}
	for _, g := range world.Groups {
		n.groups[g.ID] = g.Handle
	}
	return n
}

// channels is the list at the side. What is in the current channel counts as
// seen from now on.
func (p *site) channels(channels []sandbox.Channel, as, current string) []shownChannel {
	newest := map[string]string{}
	for _, ch := range channels {
		for _, m := range p.slack.Messages(ch.ID, as) {
			newest[ch.ID] = max(newest[ch.ID], m.TS)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen[as]
	if seen == nil {
		seen = newest
		p.seen[as] = seen
	}
	if seen[began] == "" {
		for _, ts := range newest {
			seen[began] = max(seen[began], ts)
		}
	}
	seen[current] = newest[current]
	var all []shownChannel
	for _, ch := range channels {
		if ch.IM != "" && ch.IM != as {
			continue
		}
		s := showChannel(ch, p.slack.Workspace().BotName)
		s.Current = ch.ID == current
		s.New = newest[ch.ID] > seen[ch.ID]
		all = append(all, s)
	}
	return all
}

func showChannel(ch sandbox.Channel, bot string) shownChannel {
	s := shownChannel{ID: ch.ID, Name: ch.Name, Icon: "hash", Topic: counted(len(ch.Members), "member", "members")}
	switch {
	case ch.ID == homeChannel:
		s.Icon, s.Name, s.Topic = "home", bot, "Home"
	case ch.IM != "":
		s.Icon, s.Name, s.Topic = "chat", bot, "Direct messages with the app"
	case ch.Private:
		s.Icon = "lock"
	}
	switch {
	case ch.Archived:
		s.Note = "archived"
	case ch.ExtShared || ch.PendingExtShared:
		s.Note = "external"
		s.Topic = "Shared with another organization"
	}
	return s
}
