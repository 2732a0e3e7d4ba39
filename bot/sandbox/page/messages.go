package page

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/sandbox"
)

type shownMessage struct {
	ID      string
	From    shownPerson
	App     bool
	Other   bool // another app than the bot
	Private bool
	Edited  bool
	Notice  bool
	Time    string
	Exact   string // for <time>, RFC 3339
	Text    template.HTML
	Blocks  []shownBlock
	// Attached are its attachments.
	Attached []shownAttachment

	TS     string
	Menu   bool   // it has a menu
	Count  string // of replies, in words; empty without any
	Last   string // time of the last reply
	Unread bool   // has replies that the reader has not seen
}

// messageList is what the template of messages shows: a channel's, or a thread's.
type messageList struct {
	As, Channel string
	Thread      string // empty in a channel
	Shortcuts   []sandbox.Shortcut
	Messages    []shownMessage
}

// messageMenu is the menu of a message in its list.
type messageMenu struct {
	Message shownMessage
	List    messageList
}

// In is the message's menu.
func (m shownMessage) In(list messageList) messageMenu { return messageMenu{m, list} }

// Link opens the message's thread.
func (m shownMessage) Link(list messageList) string {
	return "/?" + url.Values{"as": {list.As}, "channel": {list.Channel}, "thread": {m.TS}}.Encode()
}

// shownThread is the pane of a thread; the zero value is none.
type shownThread struct {
	TS       string
	List     messageList
	Composer composer
}

type shownView struct {
	ID, Title, Submit, Close string
	Viewer                   string
	Channel                  string
	Top                      bool
	Trouble                  string
	Blocks                   []shownBlock
}

type shownCall struct {
	ID, Time, Exact, Service, Action string
	Status                           string
	Tone                             string // "good", "bad", "lost"
	Request, Answer                  string
}

// messages are the messages of the channel that are in no thread, or those of the
// thread of the place, its first message before the replies.
func (p *site) messages(at place, all []sandbox.Message, world sandbox.Workspace, people []shownPerson) messageList {
	list := messageList{As: at.Viewer, Channel: at.ChannelID, Thread: at.Thread}
	list.Shortcuts = slices.DeleteFunc(p.slack.Shortcuts(), func(s sandbox.Shortcut) bool { return !s.OnMessage })
	for _, m := range all {
		if cmp.Or(m.ThreadTS, at.Thread) != at.Thread || at.Thread != "" && m.ThreadTS == "" && m.TS != at.Thread {
			continue
		}
		s := showMessage(at, m, world, people)
		if at.Thread == "" && m.Replies > 0 {
			s.Count, s.Last = counted(m.Replies, "reply", "replies"), lastReply(at, all, m.TS)
			s.Unread = p.unread(at.Viewer, m, all)
		}
		list.Messages = append(list.Messages, s)
	}
	return list
}

// lastReply is when the last public reply to a message was written.
func lastReply(at place, all []sandbox.Message, ts string) string {
	for _, m := range slices.Backward(all) {
		if m.ThreadTS == ts && !m.Ephemeral {
			return timeOf(m.TS).In(at.names.location()).Format("15:04")
		}
	}
	return ""
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func showMessage(at place, m sandbox.Message, world sandbox.Workspace, people []shownPerson) shownMessage {
	at.TS = m.TS
	when := timeOf(m.TS).In(at.names.location())
	s := shownMessage{
		Private: m.Ephemeral, Edited: m.Edited > 0 && len(m.Blocks) == 0, Notice: m.Notice != "" || m.Deleted,
		Time: when.Format("15:04"), Exact: when.UTC().Format(time.RFC3339),
		Blocks: at.blocks(m.Blocks), Attached: at.attachments(m.Attachments), TS: m.TS,
		Menu: !m.Ephemeral && !m.Deleted,
	}
	s.ID = domID("m", m.ChannelID, m.TS)
	if at.Thread != "" {
		s.ID = domID("tm", m.ChannelID, m.TS)
	}
	if len(s.Blocks) == 0 {
		s.Text = at.names.mrkdwn(m.Text)
	}
	switch i := slices.IndexFunc(people, func(p shownPerson) bool { return p.ID == m.UserID }); {
	case s.Notice:
		s.From, s.App = shownPerson{Name: "Slackbot", Initials: "S"}, true
	case m.BotID != "" && m.BotID != world.BotID:
		s.From, s.App, s.Other = otherApp(m.UserID, world), true, true
	case m.BotID != "" || m.UserID == world.BotUserID || m.UserID == "":
		s.From, s.App = shownPerson{Name: cmp.Or(world.BotName, "bot"), Initials: "lb"}, true
	case i >= 0:
		s.From = people[i]
	default:
		s.From = shownPerson{Name: m.UserID, Initials: "?"}
	}
	return s
}

// otherApp is another app of the workspace.
func otherApp(id string, world sandbox.Workspace) shownPerson {
	for _, person := range world.People {
		if person.ID == id {
			return showPerson(person, "", "")
		}
	}
	return shownPerson{Name: id, Initials: "?"}
}

// timeOf is the time in a message id ("seconds.microseconds").
func timeOf(ts string) time.Time {
	whole, _, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Unix(0, 0)
	}
	return time.Unix(seconds, 0)
}

// views are the reader's open modals, bottom first; the last one is on top.
func (p *site) views(at place) []shownView {
	var shown []shownView
	for _, v := range p.slack.Views(at.Viewer) {
		if v.Type != "" && v.Type != "modal" {
			continue
		}
		shown = append(shown, showView(at, v))
	}
	if len(shown) > 0 {
		shown[len(shown)-1].Top = true
	}
	return shown
}

func showView(at place, v sandbox.View) shownView {
	in := place{Viewer: at.Viewer, ViewID: v.ID, names: at.names, errors: v.Errors, chosen: chosenIn(v.Raw)}
	return shownView{ID: v.ID, Title: v.Title, Submit: v.Submit, Close: cmp.Or(v.Close, "Cancel"), Viewer: at.Viewer,
		Channel: at.ChannelID, Trouble: v.Trouble, Blocks: in.blocks(v.Blocks)}
}

// home is the person's Home; nil if the app has published none.
func (p *site) home(at place) *shownView {
	v, published := p.slack.Home(at.Viewer)
	if !published {
		return nil
	}
	at.ChannelID = homeChannel
	shown := showView(at, v)
	return &shown
}

// showCalls prepares the calls, newest first.
func showCalls(calls []Call, zone *time.Location) []shownCall {
	shown := make([]shownCall, 0, len(calls))
	for i, c := range slices.Backward(calls) {
		at := c.At.In(zone)
		s := shownCall{
			ID: "call-" + strconv.Itoa(i), Time: at.Format("15:04:05"), Exact: at.UTC().Format(time.RFC3339),
			Service: c.Service, Action: c.Action,
			Status: strconv.Itoa(c.Status), Tone: "good", Request: indented(c.Request), Answer: indented(c.Answer),
		}
		switch {
		case c.Lost:
			s.Status, s.Tone = "answer lost", "lost"
		case c.Status == 0:
			s.Status, s.Tone = "no answer", "lost"
		case c.Status >= 400:
			s.Tone = "bad"
		}
		shown = append(shown, s)
	}
	return shown
}

// groupSamples puts the samples under their headings, in order.
func groupSamples(samples []Sample) []sampleGroup {
	var groups []sampleGroup
	for _, s := range samples {
		i := slices.IndexFunc(groups, func(g sampleGroup) bool { return g.Kind == s.Kind })
		if i < 0 {
			groups = append(groups, sampleGroup{Kind: s.Kind})
			i = len(groups) - 1
		}
		groups[i].Samples = append(groups[i].Samples, s)
	}
	return groups
}
