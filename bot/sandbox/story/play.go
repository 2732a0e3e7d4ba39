package story

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
	"lbbot/zenlayer/zenlayertest"
)

// Player plays stories with a bot that is connected to Slack and works on Cloud. The
// stand-ins and Patience are required.
type Player struct {
	Slack   *sandbox.Slack
	Cloud   *zenlayertest.Server
	Control *control.Panel
	// Patience is how long a step may take until what it promises is seen.
	Patience time.Duration
	// Pace is a pause before each act, for people who watch.
	Pace time.Duration
}

// Play plays a story and calls tell with each line, in order. It blocks until the story
// has ended. If it does not end as it should, the error is a *Wrong; it also ends with ctx.
func (p *Player) Play(ctx context.Context, s Story, tell func(Line)) error {
	r := &run{Player: p, story: s, tell: tell, began: time.Now(), calls: len(p.Cloud.Calls()),
		backends: len(p.Cloud.Backends())}
	r.before = r.newest()
	r.read() // what is there already is not told
	r.telling = true
	slack, leaveSlack := p.Slack.Subscribe()
	defer leaveSlack()
	cloud, leaveCloud := p.Cloud.Subscribe()
	defer leaveCloud()
	for _, step := range s.Steps {
		select {
		case <-time.After(p.Pace):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := r.do(ctx, step); err != nil {
			return err
		}
		patience := time.NewTimer(p.Patience)
		missing := r.missing(step)
		for missing != "" {
			select {
			case <-slack:
			case <-cloud:
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-patience.C:
				return r.wrong(step, missing)
			}
			missing = r.missing(step)
		}
		patience.Stop()
	}
	return r.end()
}

// run is a story that is played.
type run struct {
	*Player
	story    Story
	tell     func(Line)
	began    time.Time
	before   string // the newest message when the story began
	calls    int    // of the cloud at the start, then those that were told
	backends int    // at the start
	told     map[string]string
	telling  bool
	errors   []string       // that were seen at fields of forms
	reads    int            // calls that only read, since the last line
	changes  map[string]int // calls that change something, by action
}

// do acts as the person of the story.
func (r *run) do(ctx context.Context, s Step) error {
	if s.Fault.Fault != "" {
		r.say("Fault", r.about(s.Fault.Fault))
		return r.Control.SetFault(s.Fault)
	}
	if s.act() == "" {
		return nil
	}
	r.say(r.name(r.story.As), s.act())
	var done sandbox.Interaction
	switch {
	case s.Type != "":
		command, text, _ := strings.Cut(s.Type, " ")
		done = r.Slack.TypeCommand(ctx, r.story.As, r.story.In, command, text)
	default:
		done = r.press(ctx, s)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if done.Failure != "" && len(done.Errors) == 0 {
		return r.wrong(s, "that Slack lets the person do it: "+strings.TrimPrefix(done.Failure, "refused: "))
	}
	return nil
}

// missing reads what is new and says what of a step is not seen yet.
func (r *run) missing(s Step) string {
	r.read()
	for _, want := range []struct {
		text    string
		private bool
		words   string
	}{{s.Private, true, "a message to that person alone with %q"}, {s.Public, false, "a message to all with %q"}} {
		if want.text != "" && !slices.ContainsFunc(r.messages(), func(m sandbox.Message) bool {
			return m.Ephemeral == want.private && strings.Contains(plain(m.Text), want.text)
		}) {
			return fmt.Sprintf(want.words, want.text)
		}
	}
	view, open := r.form()
	if s.Form != "" && (!open || view.Title != s.Form) {
		return fmt.Sprintf("the form %q", s.Form)
	}
	shown := func(text string) bool { return strings.Contains(text, s.Error) }
	if s.Error != "" && !slices.ContainsFunc(r.errors, shown) {
		return fmt.Sprintf("an error in the form with %q", s.Error)
	}
	return ""
}

// end compares the account with what the story promises.
func (r *run) end() error {
	r.read()
	last := Step{}
	if more := len(r.Cloud.Backends()) - r.backends; more != r.story.Backends {
		return r.wrong(last, fmt.Sprintf("%+d backends in the cloud, not %+d", r.story.Backends, more))
	}
	if !maps.Equal(r.changes, r.story.Calls) {
		return r.wrong(last, fmt.Sprintf("the changing calls %v, not %v", r.story.Calls, r.changes))
	}
	r.say("", r.story.End)
	return nil
}

// wrong says what was expected after a step, and the last thing that was seen.
func (r *run) wrong(s Step, expected string) error {
	after := "the last step"
	if s.act() != "" {
		after = fmt.Sprintf("%q", s.act())
	}
	seen := "no message"
	if all := r.messages(); len(all) > 0 {
		seen = plain(all[len(all)-1].Text)
	}
	if view, open := r.form(); open {
		seen = "the form " + view.Title
		for _, field := range slices.Sorted(maps.Keys(view.Errors)) {
			seen += "; " + view.Errors[field]
		}
	}
	return &Wrong{Story: r.story.Name, Step: after, Expected: expected, Seen: seen}
}

// form is the topmost form that the person has open.
func (r *run) form() (sandbox.View, bool) {
	views := r.Slack.Views(r.story.As)
	if len(views) == 0 {
		return sandbox.View{}, false
	}
	return views[len(views)-1], true
}

// messages are those of the story that the person sees, oldest first.
func (r *run) messages() []sandbox.Message {
	return slices.DeleteFunc(r.Slack.Messages(r.story.In, r.story.As), func(m sandbox.Message) bool {
		return m.Deleted || m.TS <= r.before
	})
}

func (r *run) newest() string {
	newest := ""
	for _, m := range r.Slack.Messages(r.story.In, r.story.As) {
		newest = max(newest, m.TS)
	}
	return newest
}

func (r *run) about(fault string) string {
	for _, f := range r.Control.Faults() {
		if f.Name == fault {
			return f.About
		}
	}
	return fault
}

func (r *run) name(id string) string {
	for _, p := range r.Slack.People() {
		if p.ID == id {
			return cmp.Or(p.RealName, p.Name, id)
		}
	}
	return id
}
