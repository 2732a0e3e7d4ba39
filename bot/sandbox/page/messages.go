package page

import (
	"cmp"
	"html/template"
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
	Private bool
	Reply   bool
	Edited  bool
	Notice  bool
	Time    string
	Exact   string // for <time>, RFC 3339
	Text    template.HTML
	Blocks  []shownBlock
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

// messages are the channel's messages for the reader, replies after their parent.
func (p *site) messages(at place, world sandbox.Workspace, people []shownPerson) []shownMessage {
	list := slices.DeleteFunc(slices.Clone(p.slack.Messages(at.ChannelID, at.Viewer)),
		func(m sandbox.Message) bool { return m.Deleted })
	thread := func(m sandbox.Message) string { return cmp.Or(m.ThreadTS, m.TS) }
	slices.SortStableFunc(list, func(a, b sandbox.Message) int {
		return cmp.Or(strings.Compare(thread(a), thread(b)), strings.Compare(a.TS, b.TS))
	})
	shown := make([]shownMessage, 0, len(list))
	for _, m := range list {
		shown = append(shown, showMessage(at, m, world, people))
	}
	return shown
}

func showMessage(at place, m sandbox.Message, world sandbox.Workspace, people []shownPerson) shownMessage {
	at.TS = m.TS
	when := timeOf(m.TS).In(at.names.location())
	s := shownMessage{
		ID: domID("m", m.ChannelID, m.TS), Private: m.Ephemeral, Edited: m.Edited > 0, Notice: m.Notice != "",
		Reply: m.ThreadTS != "" && m.ThreadTS != m.TS,
		Time:  when.Format("15:04"), Exact: when.UTC().Format(time.RFC3339),
		Blocks: at.blocks(m.Blocks),
	}
	if len(s.Blocks) == 0 {
		s.Text = at.names.mrkdwn(m.Text)
	}
	switch i := slices.IndexFunc(people, func(p shownPerson) bool { return p.ID == m.UserID }); {
	case s.Notice:
		s.From, s.App = shownPerson{Name: "Slackbot", Initials: "S"}, true
	case m.BotID != "" || m.UserID == world.BotUserID || m.UserID == "":
		s.From, s.App = shownPerson{Name: cmp.Or(world.BotName, "bot"), Initials: "lb"}, true
	case i >= 0:
		s.From = people[i]
	default:
		s.From = shownPerson{Name: m.UserID, Initials: "?"}
	}
	return s
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
		in := place{Viewer: at.Viewer, ViewID: v.ID, names: at.names, errors: v.Errors, chosen: chosenIn(v.Raw)}
		shown = append(shown, shownView{
			ID: v.ID, Title: v.Title, Submit: v.Submit, Close: cmp.Or(v.Close, "Cancel"), Viewer: at.Viewer,
			Channel: at.ChannelID,
			Trouble: v.Trouble, Blocks: in.blocks(v.Blocks),
		})
	}
	if len(shown) > 0 {
		shown[len(shown)-1].Top = true
	}
	return shown
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
