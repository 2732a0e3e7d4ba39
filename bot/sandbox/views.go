package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"
)

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
	values    map[string]map[string]object // what the person filled in, Slack-shaped
	offered   map[string][]any             // options answered for external selects, by block and action
}

// trigger is one permission to open a modal.
type trigger struct {
	userID, channelID, viewID string
	at                        time.Time
	used                      bool
}

// newTrigger makes a trigger id; viewID is set inside a modal.
func (s *Slack) newTrigger(userID, channelID, viewID string) string {
	s.state.lastID++
	id := fmt.Sprintf("%d.%d.%s", s.now().UnixMilli(), s.state.lastID, rand.Text())
	s.state.triggers[id] = &trigger{userID: userID, channelID: channelID, viewID: viewID, at: s.now()}
	return id
}

// liveTrigger finds a trigger that may still be exchanged.
func (s *Slack) liveTrigger(id string) (*trigger, *apiError) {
	t := s.state.triggers[id]
	switch {
	case id == "":
		return nil, &apiError{code: "invalid_arguments", details: []string{"[ERROR] missing required field: trigger_id"}}
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.now().Sub(t.at) > s.opt.TriggerLife:
		return nil, refuse("expired_trigger_id")
	}
	return t, nil
}

// parseView reads and validates the view argument; self is the view it will
// replace, whose external id it may keep.
func (s *Slack) parseView(args arguments, kind, self string) (object, *apiError) {
	v, given, err := args.nested("view")
	def, isObject := v.(object)
	if err != nil || !given || !isObject {
		return nil, &apiError{code: "invalid_arguments", details: []string{"[ERROR] missing required field: view"}}
	}
	return def, s.checkView(def, kind, self)
}

func (s *Slack) checkView(def object, kind, self string) *apiError {
	c := newChecker(modalSurface)
	c.view("/view", def)
	if len(mustJSON(def)) > viewBytesMax {
		return refuse("view_too_large")
	}
	if def["type"] != kind && len(c.errs) == 0 {
		c.fail("/view/type", "enum", "must be a valid enum value", []string{kind}, def["type"])
	}
	if len(c.errs) > 0 {
		return blockFailure("invalid_arguments", c.errs)
	}
	external, _ := def["external_id"].(string)
	for id, other := range s.state.views {
		if external != "" && id != self && other.def["external_id"] == external {
			return refuse("duplicate_external_id")
		}
	}
	return nil
}

// newView registers a view.
func (s *Slack) newView(def object, userID, channelID string) *view {
	v := &view{id: s.nextID("V"), kind: def["type"].(string), userID: userID, channelID: channelID,
		values: map[string]map[string]object{}, offered: map[string][]any{}}
	v.root = v.id
	s.state.views[v.id] = v
	s.setView(v, def)
	return v
}

// setView gives a view new content. What the person typed survives where block
// id, action id and kind of element stay the same.
func (s *Slack) setView(v *view, def object) {
	blocks, _ := def["blocks"].([]any)
	def["blocks"] = s.nameBlocks(blocks)
	v.def, v.errors, v.trouble = def, nil, ""
	v.hash = fmt.Sprintf("%d.%s", s.now().Unix(), rand.Text()[:8])
	kept := map[string]map[string]object{}
	eachStateful(v.blocks(), func(block, action string, e object) {
		if old := v.values[block][action]; old != nil && old["type"] == e["type"] {
			set(kept, block, action, old)
		}
	})
	v.values = kept
}

func (v *view) blocks() []any { list, _ := v.def["blocks"].([]any); return list }

func (v *view) text(key string) string {
	o, _ := v.def[key].(object)
	s, _ := o["text"].(string)
	return s
}

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

func (s *Slack) viewsOpen(args arguments) (object, *apiError) {
	t, fail := s.liveTrigger(args.str("trigger_id"))
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

func (s *Slack) viewsPush(args arguments) (object, *apiError) {
	t, fail := s.liveTrigger(args.str("trigger_id"))
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
		return nil, refuse("not_found")
	case len(s.state.stacks[t.userID]) >= viewStackMax:
		return nil, refuse("push_limit_reached")
	}
	t.used = true
	v := s.newView(def, t.userID, from.channelID)
	s.push(v)
	return object{"view": s.viewWire(v, true)}, nil
}

func (s *Slack) viewsUpdate(args arguments) (object, *apiError) {
	id, external := args.str("view_id"), args.str("external_id")
	if id == "" && external == "" {
		return nil, &apiError{code: "invalid_arguments", details: []string{"[ERROR] missing required field: view_id"}}
	}
	var v *view
	for _, candidate := range s.state.views {
		if candidate.id == id || id == "" && candidate.def["external_id"] == external {
			v = candidate
		}
	}
	if v == nil {
		return nil, refuse("not_found")
	}
	def, fail := s.parseView(args, v.kind, v.id)
	if fail != nil {
		return nil, fail
	}
	if hash := args.str("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	s.setView(v, def)
	return object{"view": s.viewWire(v, true)}, nil
}

func (s *Slack) viewsPublish(args arguments) (object, *apiError) {
	person, ok := s.person(args.str("user_id"))
	if !ok {
		return nil, &apiError{code: "invalid_arguments", details: []string{"[ERROR] invalid user_id"}}
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
	if hash := args.str("hash"); hash != "" && (v == nil || hash != v.hash) {
		return nil, refuse("hash_conflict")
	}
	if v == nil {
		v = s.newView(def, person.ID, "")
		s.state.homes[person.ID] = v
	} else {
		s.setView(v, def)
	}
	return object{"view": s.viewWire(v, true)}, nil
}

// viewWire is the view as answers and payloads carry it; view_closed leaves the
// inputs out.
func (s *Slack) viewWire(v *view, inputs bool) object {
	w := s.state.world
	values := map[string]map[string]object{}
	if inputs {
		values = v.state()
	}
	out := object{"id": v.id, "team_id": w.TeamID, "type": v.kind, "blocks": v.blocks(), "private_metadata": v.str("private_metadata"),
		"callback_id": v.str("callback_id"), "external_id": v.str("external_id"), "state": object{"values": values}, "hash": v.hash,
		"clear_on_close": v.flag("clear_on_close"), "notify_on_close": v.flag("notify_on_close"), "root_view_id": v.root,
		"previous_view_id": nil, "app_id": w.AppID, "app_installed_team_id": w.TeamID, "bot_id": w.BotID,
		"title": v.def["title"], "submit": v.def["submit"], "close": v.def["close"]}
	if v.previous != "" {
		out["previous_view_id"] = v.previous
	}
	return out
}

func (s *Slack) shownView(v *view) View {
	return View{ID: v.id, Hash: v.hash, Type: v.kind, Title: v.text("title"), Submit: v.text("submit"), Close: v.text("close"),
		CallbackID: v.str("callback_id"), ExternalID: v.str("external_id"), PrivateMetadata: v.str("private_metadata"),
		RootID: v.root, PreviousID: v.previous, Blocks: mustJSON(v.blocks()), Raw: mustJSON(s.viewWire(v, true)),
		Errors: v.errors, Trouble: v.trouble}
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
