package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// The value of the only option of a list that is not available, or of which the
// person may change nothing. No listener or server has it as its ID.
const (
	NotListed = "list:not-available"
	NoneToYou = "list:nothing-allowed"
)

// NoneToYouHelp says more where there is room for it.
const NoneToYouHelp = "You may not change any listener from here. Type /lb-register whoami to see what you may do."

const (
	notListed     = "List not available. Close this menu and type the ID instead"
	notListedHelp = "This list was not available. Press Type IDs instead, and type the ID."
	noneToYou     = "You may not change any listener from here. Type /lb-register whoami"
	usedLately    = "Used lately here"
	moreLabel     = "%d more: type more letters"
	buttonTyped   = "Type IDs instead"
	buttonLists   = "Pick from lists"
	labelLists    = "Pick from lists instead of typing the IDs"
	labelTyped    = "Type IDs instead of picking from the lists"
)

// The limits of a list of options. Slack allows more characters of a value in
// some of its pages, and in the frame of an ack.
const (
	maxOptions   = 100
	maxValue     = 75
	maxListBytes = 19_000
)

const noLists = "I have no current list of %s from Zenlayer. You can type IDs; they will be checked before anything " +
	"is sent."

// WithoutLists says which lists there are none of; empty if there are both.
func WithoutLists(listeners, servers bool) string {
	switch {
	case listeners && servers:
		return ""
	case listeners:
		return fmt.Sprintf(noLists, "servers")
	}
	return fmt.Sprintf(noLists, "listeners and servers")
}

// pick is a field that is picked from a list. Its ids are not those of the typed
// field, so that Slack never puts the value of one into the other.
func (f State) pick(field commands.Field) slack.Block {
	id := render.PickBlockID(field.Key)
	least := field.Search.Least
	if len(f.Searches[field.Key]) > 0 {
		least = 0 // it opens with what was typed before
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal,
		render.PlainText(field.Search.Placeholder, maxPlaceholder), id)
	e.MinQueryLength, e.InitialOption = &least, f.Picked[field.Key]
	// Drawn again for what was picked, it must not take the focus from another field.
	e.FocusOnLoad = field.Key == commands.KeyListener && e.InitialOption == nil
	in := slack.NewInputBlock(id, render.PlainText(field.Label, maxLabel),
		render.PlainText(f.hint(field.Key, field.Search.Hint), maxLabel), e)
	in.DispatchAction = field.Key == commands.KeyListener
	return in
}

// swaps are the buttons that turn lists into typed fields, and back.
func (f State) swaps() slack.Block {
	var list, typed slack.BlockElement
	for _, field := range pickFields() {
		switch key := field.Key; {
		case !f.Typed[key]:
			typed = render.Button(render.ActFormTyped, buttonTyped, labelTyped, "")
		case f.Listed[key]:
			list = render.Button(render.ActFormLists, buttonLists, labelLists, "")
		}
	}
	return render.Actions(list, typed)
}

// ListenerOption is "https-443 on api-lb (TCP 443)"; nil if Slack cannot carry
// its ID, or a command would understand another one.
func ListenerOption(l operation.Listener) *slack.OptionBlockObject {
	end := ""
	if p := render.Bare(l.Protocol + " " + l.Port); p != "" {
		end = " (" + p + ")"
	}
	text := nameIn(render.FirstOf(l.Name, l.ID), 32)
	if lb := render.FirstOf(l.LoadBalancerName, l.LoadBalancerID); lb != "" {
		text += " on " + nameIn(lb, 24)
	}
	facts := []string{render.Bare(l.Zone), render.Servers(l.Servers), render.Bare(l.ID)}
	return option(l.ID, text+end, facts)
}

// ServerOption is "web-07 (10.0.3.17)"; nil as of ListenerOption.
func ServerOption(s operation.Server) *slack.OptionBlockObject {
	text := nameIn(render.FirstOf(s.Name, s.ID), 50)
	if ip := render.Bare(s.IP); ip != "" {
		text += " (" + ip + ")"
	}
	facts := append([]string{render.Capital(render.ServerType(s.Type))}, serverStatus(s.Status)...)
	return option(s.ID, text, append(facts, render.Bare(s.ID)))
}

// serverStatus says a status in words.
func serverStatus(status string) []string {
	if why := render.ServerDown(status); why != "" {
		return []string{render.Capital(why), "cannot take traffic"}
	}
	return []string{render.Capital(strings.ToLower(render.Bare(status)))}
}

// TextOption is an option of which only the ID is known, or may be told.
func TextOption(id string) *slack.OptionBlockObject { return option(id, render.Bare(id), nil) }

// nameIn is a name that leaves room for what follows.
func nameIn(name string, limit int) string { return render.Clamp(render.BareName(name), limit) }

func option(id, text string, facts []string) *slack.OptionBlockObject {
	if !commands.TakesID(id) || utf8.RuneCountInString(id) > maxValue || render.Bare(text) == "" {
		return nil
	}
	o := slack.NewOptionBlockObject(id, render.PlainText(text, render.MaxOption), nil)
	if about := strings.Join(render.NonEmpty(facts), " · "); about != "" {
		o.Description = render.PlainText(about, render.MaxOption)
	}
	return o
}

// list is the answer to a question for options, as far as Slack takes it.
type list struct {
	groups []*slack.OptionGroupBlockObject
	seen   map[string]bool
	bytes  int
	more   int // that fit and are not in groups
}

// add appends an option to the group with the label.
func (l *list) add(label string, o *slack.OptionBlockObject) {
	if o == nil || l.seen[o.Value] {
		return
	}
	raw, _ := json.Marshal(o) // strings: cannot fail
	size := len(raw) + 1
	fresh := len(l.groups) == 0 || l.groups[len(l.groups)-1].Label.Text != label
	if fresh {
		size += len(label) + 120
	}
	if len(l.seen) == maxOptions || l.bytes+size > maxListBytes {
		l.more++
		return
	}
	if fresh {
		l.groups = append(l.groups, slack.NewOptionGroupBlockElement(render.PlainText(label, render.MaxOption)))
	}
	last := l.groups[len(l.groups)-1]
	last.Options = append(last.Options, o)
	l.seen[o.Value] = true
	l.bytes += size
}

// Listeners is the answer to a question for listeners: those used lately first,
// the others by load balancer.
func Listeners(s suggest.Suggested) any {
	l := list{seen: map[string]bool{}, more: s.More}
	for _, x := range s.Lately {
		l.add(usedLately, ListenerOption(x))
	}
	first := len(l.groups)
	for _, x := range byBalancer(s.Others) {
		l.add(nameIn(render.FirstOf(x.LoadBalancerName, x.LoadBalancerID, x.ID), 40), ListenerOption(x))
	}
	if len(l.groups) == 0 {
		return NoOptions()
	}
	if l.more > 0 {
		g := l.groups[min(first, len(l.groups)-1)]
		g.Label = render.PlainText(fmt.Sprintf(moreLabel, l.more)+" · "+g.Label.Text, render.MaxOption)
	}
	return map[string]any{"option_groups": l.groups}
}

// byBalancer puts the listeners of each load balancer together, in the order in
// which the first of each comes.
func byBalancer(all []operation.Listener) []operation.Listener {
	var order []string
	of := map[string][]operation.Listener{}
	for _, x := range all {
		id := render.FirstOf(x.LoadBalancerID, x.LoadBalancerName)
		if of[id] == nil {
			order = append(order, id)
		}
		of[id] = append(of[id], x)
	}
	out := make([]operation.Listener, 0, len(all))
	for _, id := range order {
		out = append(out, of[id]...)
	}
	return out
}

// Servers is the answer to a question for servers; more match than these.
func Servers(servers []operation.Server, more int) any {
	l := list{seen: map[string]bool{}, more: more}
	for _, x := range servers {
		l.add("", ServerOption(x))
	}
	switch {
	case len(l.groups) == 0:
		return NoOptions()
	case l.more > 0:
		l.groups[0].Label = render.PlainText(fmt.Sprintf(moreLabel, l.more), render.MaxOption)
		return map[string]any{"option_groups": l.groups}
	}
	return map[string]any{"options": l.groups[0].Options}
}

// NoList is the answer to a question for options when there is no list to
// answer from.
func NoList() any {
	return map[string]any{"options": []*slack.OptionBlockObject{option(NotListed, notListed, nil)}}
}

// NothingAllowed is the answer to somebody who may change no listener. It tells no name.
func NothingAllowed() any {
	return map[string]any{"options": []*slack.OptionBlockObject{option(NoneToYou, noneToYou, nil)}}
}

// NoOptions is the answer to a question when nothing matches, or that is not understood.
func NoOptions() any { return map[string]any{"options": []any{}} }
