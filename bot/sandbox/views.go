package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/webapi"
)

// viewStackMax is how many modals are open at once.
const viewStackMax = 3

// view is an open modal or a published Home tab.
type view struct {
	id, hash  string
	kind      string // "modal" or "home"
	userID    string
	channelID string // where the person was when it opened; may be empty
	root      string
	previous  string
	def       object // as the bot sent it, blocks named
	errors    map[string]string
	trouble   string
	values    blockkit.Values  // what the person filled in
	offered   map[string][]any // options answered for external selects, by block and action
}

// parseView reads and validates the view argument. self is the id of the view
// that it replaces, whose external id it may keep.
func (s *Slack) parseView(args webapi.Arguments, kind, self string) (object, *webapi.Error) {
	v, given, err := args.Nested("view")
	def, isObject := v.(object)
	if err != nil || !given || !isObject {
		return nil, badArgument("view")
	}
	return def, s.checkView(def, kind, self)
}

func (s *Slack) checkView(def object, kind, self string) *webapi.Error {
	found := blockkit.CheckView(def)
	if len(mustJSON(def)) > blockkit.MaxViewBytes {
		return webapi.Refuse("view_too_large")
	}
	if def["type"] != kind && len(found) == 0 {
		found = append(found, blockkit.Violation{Pointer: "/view/type", Rule: "enum", Message: "must be " + kind})
	}
	if len(found) > 0 {
		return blockFailure("invalid_arguments", found)
	}
	external, _ := def["external_id"].(string)
	for id, other := range s.state.views {
		if external != "" && id != self && other.def["external_id"] == external {
			return webapi.Refuse("duplicate_external_id")
		}
	}
	return nil
}

// newView registers a view.
func (s *Slack) newView(def object, userID, channelID string) *view {
	v := &view{id: s.nextID("V"), kind: def["type"].(string), userID: userID, channelID: channelID,
		values: blockkit.Values{}, offered: map[string][]any{}}
	v.root = v.id
	s.state.views[v.id] = v
	s.setView(v, def)
	return v
}

// setView replaces the content of a view. An element keeps its value if its
// block id, action id and type stay the same, a value that nobody has changed
// included: an app that wants a new initial value changes the block id.
func (s *Slack) setView(v *view, def object) {
	held := v.state()
	blocks, _ := def["blocks"].([]any)
	blockkit.Name(blocks, s.shortID)
	v.def, v.errors, v.trouble = def, nil, ""
	v.hash = fmt.Sprintf("%d.%s", s.now().Unix(), rand.Text()[:8])
	kept := blockkit.Values{}
	for _, c := range blockkit.Components(blocks) {
		if old := held[c.BlockID][c.ActionID()]; old != nil && old["type"] == c.Element["type"] {
			kept.Set(c.BlockID, c.ActionID(), old)
		}
	}
	v.values = kept
}

// state is state.values of payloads.
func (v *view) state() blockkit.Values { return blockkit.State(v.blocks(), v.values, v.channelID) }

// enter stores what a person filled in.
func (v *view) enter(state ViewState) error {
	for block, actions := range state {
		for action, value := range actions {
			c, ok := blockkit.Find(v.blocks(), block+"/"+action)
			if !ok || !c.HasState() {
				return fmt.Errorf("the view has no field %s/%s: it has %s", block, action,
					strings.Join(v.fields(), ", "))
			}
			if _, err := enter(v.values, c, value, v.choices(c)); err != nil {
				return err
			}
		}
	}
	return nil
}

// offer adds options that the bot offers for an external select. They replace
// earlier ones with the same value.
func (v *view) offer(c blockkit.Component, options []any) {
	key := c.BlockID + "/" + c.ActionID()
	value := func(option any) any { o, _ := option.(object); return o["value"] }
	v.offered[key] = append(options, slices.DeleteFunc(v.offered[key], func(old any) bool {
		return slices.ContainsFunc(options, func(option any) bool { return value(option) == value(old) })
	})...)
}

// choices are the options besides its own that a menu can take: those offered,
// and the one that an external select holds, even if the app has replaced its
// initial option since.
func (v *view) choices(c blockkit.Component) []any {
	all := v.offered[c.BlockID+"/"+c.ActionID()]
	held := v.values[c.BlockID][c.ActionID()]["selected_option"]
	if held != nil && c.Element["type"] == "external_select" {
		all = append(slices.Clone(all), held)
	}
	return all
}

func (v *view) blocks() []any { list, _ := v.def["blocks"].([]any); return list }

func (v *view) text(key string) string { return textOf(v.def, key) }

func (v *view) str(key string) string { s, _ := v.def[key].(string); return s }

func (v *view) flag(key string) bool { b, _ := v.def[key].(bool); return b }

func (v *view) top(stack []*view) bool { return len(stack) > 0 && stack[len(stack)-1] == v }

// closeViews takes views off the person's stack, from the given depth upwards.
func (s *Slack) closeViews(userID string, from int) {
	stack := s.state.stacks[userID]
	for _, v := range stack[from:] {
		delete(s.state.views, v.id)
	}
	s.state.stacks[userID] = slices.Clone(stack[:from])
}

// push puts a view on the person's stack.
func (s *Slack) push(v *view) {
	stack := s.state.stacks[v.userID]
	if len(stack) > 0 {
		v.root, v.previous = stack[0].id, stack[len(stack)-1].id
	}
	s.state.stacks[v.userID] = append(slices.Clone(stack), v)
}

func (s *Slack) viewsOpen(args webapi.Arguments) (object, *webapi.Error) {
	t, fail := s.liveTrigger(args.Str("trigger_id"))
	if fail != nil {
		return nil, fail
	}
	def, fail := s.parseView(args, "modal", "")
	if fail != nil {
		return nil, fail
	}
	t.used = true
	s.closeViews(t.userID, 0)
	v := s.newView(def, t.userID, t.channelID)
	s.push(v)
	return object{"view": s.viewWire(v, true)}, nil
}

func (s *Slack) viewsPush(args webapi.Arguments) (object, *webapi.Error) {
	t, fail := s.liveTrigger(args.Str("trigger_id"))
	if fail != nil {
		return nil, fail
	}
	def, fail := s.parseView(args, "modal", "")
	if fail != nil {
		return nil, fail
	}
	from := s.state.views[t.viewID]
	switch {
	case from == nil || from.kind != "modal":
		return nil, webapi.Refuse("not_found")
	case len(s.state.stacks[t.userID]) >= viewStackMax:
		return nil, webapi.Refuse("push_limit_reached")
	}
	t.used = true
	v := s.newView(def, t.userID, from.channelID)
	s.push(v)
	return object{"view": s.viewWire(v, true)}, nil
}

func (s *Slack) viewsUpdate(args webapi.Arguments) (object, *webapi.Error) {
	id, external := args.Str("view_id"), args.Str("external_id")
	if id == "" && external == "" {
		return nil, badArgument("view_id")
	}
	var v *view
	for _, candidate := range s.state.views {
		if candidate.id == id || id == "" && candidate.def["external_id"] == external {
			v = candidate
		}
	}
	if v == nil {
		return nil, webapi.Refuse("not_found")
	}
	def, fail := s.parseView(args, v.kind, v.id)
	if fail != nil {
		return nil, fail
	}
	if hash := args.Str("hash"); hash != "" && hash != v.hash {
		return nil, webapi.Refuse("hash_conflict")
	}
	s.setView(v, def)
	return object{"view": s.viewWire(v, true)}, nil
}

func (s *Slack) viewsPublish(args webapi.Arguments) (object, *webapi.Error) {
	person, ok := s.person(args.Str("user_id"))
	if !ok {
		return nil, badArgument("user_id")
	}
	v := s.state.homes[person.ID]
	self := ""
	if v != nil {
		self = v.id
	}
	def, fail := s.parseView(args, "home", self)
	if fail != nil {
		return nil, fail
	}
	if hash := args.Str("hash"); hash != "" && (v == nil || hash != v.hash) {
		return nil, webapi.Refuse("hash_conflict")
	}
	if v == nil {
		v = s.newView(def, person.ID, "")
		s.state.homes[person.ID] = v
	} else {
		s.setView(v, def)
	}
	return object{"view": s.viewWire(v, true)}, nil
}

// viewWire is the view in answers and payloads. view_closed has no inputs.
func (s *Slack) viewWire(v *view, inputs bool) object {
	w := s.state.world
	values := blockkit.Values{}
	if inputs {
		values = v.state()
	}
	out := object{"id": v.id, "team_id": w.TeamID, "type": v.kind, "blocks": v.blocks(),
		"private_metadata": v.str("private_metadata"), "callback_id": v.str("callback_id"),
		"external_id": v.str("external_id"), "state": object{"values": values}, "hash": v.hash,
		"clear_on_close": v.flag("clear_on_close"), "notify_on_close": v.flag("notify_on_close"),
		"root_view_id": v.root, "previous_view_id": nil, "app_id": w.AppID, "app_installed_team_id": w.TeamID,
		"bot_id": w.BotID, "title": v.def["title"], "submit": v.def["submit"], "close": v.def["close"]}
	if v.previous != "" {
		out["previous_view_id"] = v.previous
	}
	return out
}

func (s *Slack) shownView(v *view) View {
	return View{ID: v.id, Hash: v.hash, Type: v.kind, Title: v.text("title"), Submit: v.text("submit"),
		Close: v.text("close"), CallbackID: v.str("callback_id"), PrivateMetadata: v.str("private_metadata"),
		Blocks: mustJSON(v.blocks()), Raw: mustJSON(s.viewWire(v, true)), Errors: v.errors, Trouble: v.trouble}
}

// Views returns the person's open modals, the visible one last.
func (s *Slack) Views(userID string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.state.stacks[userID] {
		out = append(out, s.shownView(v))
	}
	return out
}

// Home returns the person's Home tab, if the bot has published one.
func (s *Slack) Home(userID string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.state.homes[userID]
	if v == nil {
		return View{}, false
	}
	return s.shownView(v), true
}
