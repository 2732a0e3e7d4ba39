package sandbox

import (
	"maps"
	"strings"

	"lbbot/bot/sandbox/blockkit"
)

// The payloads of docs.slack.dev/reference/interaction-payloads and of slash
// commands and events. All are built with mu held.

func (s *Slack) teamObject() object { return object{"id": s.state.world.TeamID, "domain": s.domain()} }

func (s *Slack) enterpriseObject() any {
	if id := s.state.world.EnterpriseID; id != "" {
		return object{"id": id, "name": s.state.world.TeamName}
	}
	return nil
}

func (s *Slack) userObject(p Person) object {
	return object{"id": p.ID, "username": p.Name, "name": p.Name, "team_id": p.TeamID}
}

// placeName is a channel's name in payloads: Slack hides the names of channels
// that are not public.
func placeName(c Channel) string {
	switch {
	case c.IM != "":
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

// slashPayload is the payload of a slash command
// (docs.slack.dev/interactivity/implementing-slash-commands).
func (s *Slack) slashPayload(p Person, c Channel, command, text string, act Interaction) object {
	w := s.state.world
	out := object{"token": "deprecated", "team_id": w.TeamID, "team_domain": s.domain(), "channel_id": c.ID,
		"channel_name": placeName(c), "user_id": p.ID, "user_name": p.Name, "command": command, "text": text,
		"api_app_id": w.AppID, "is_enterprise_install": "false", "response_url": act.ResponseURL,
		"trigger_id": act.TriggerID}
	if w.EnterpriseID != "" {
		out["enterprise_id"], out["enterprise_name"] = w.EnterpriseID, w.TeamName
	}
	return out
}

// interactivePayload has what all interactive payloads have.
func (s *Slack) interactivePayload(kind string, p Person, trigger string) object {
	out := object{"type": kind, "api_app_id": s.state.world.AppID, "token": "deprecated", "team": s.teamObject(),
		"enterprise": s.enterpriseObject(), "is_enterprise_install": false, "user": s.userObject(p)}
	if trigger != "" {
		out["trigger_id"] = trigger
	}
	return out
}

// onMessage adds where a component in a message was used. Slack sends the
// content only of messages that everybody can see.
func (s *Slack) onMessage(payload object, c Channel, m *message, values blockkit.Values) {
	container := object{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.Ephemeral}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"] = container
	payload["channel"] = object{"id": c.ID, "name": placeName(c)}
	payload["state"] = object{"values": values}
	if !m.Ephemeral {
		payload["message"] = s.wire(m)
	}
}

// actionObject is one entry of "actions"; held is what the element holds now.
func (s *Slack) actionObject(c blockkit.Component, held object) object {
	e := c.Element
	out := object{"type": e["type"], "block_id": c.BlockID, "action_id": c.ActionID(), "action_ts": s.nextTS()}
	copied := []string{"placeholder"}
	if e["type"] == "button" {
		copied = []string{"text", "value", "style", "url"}
	}
	for _, key := range copied {
		if v := e[key]; v != nil {
			out[key] = v
		}
	}
	maps.Copy(out, held)
	return out
}

// eventPayload wraps an event (docs.slack.dev/apis/events-api).
func (s *Slack) eventPayload(event object) object {
	w := s.state.world
	channelID, _ := event["channel"].(string)
	channel, _ := s.channel(channelID)
	if event["event_ts"] == nil {
		event["event_ts"] = s.nextTS()
	}
	var enterprise any
	if w.EnterpriseID != "" {
		enterprise = w.EnterpriseID
	}
	return object{"type": "event_callback", "token": "deprecated", "team_id": w.TeamID, "context_team_id": w.TeamID,
		"api_app_id": w.AppID, "event_id": s.nextID("Ev"), "event_time": s.now().Unix(), "event_context": "opaque",
		"is_ext_shared_channel": channel.ExtShared,
		"authorizations": []object{{"enterprise_id": enterprise, "team_id": w.TeamID, "user_id": w.BotUserID,
			"is_bot": true, "is_enterprise_install": false}},
		"event": event}
}

// escapeTyped escapes typed text as Slack does with should_escape
// (docs.slack.dev/reference/app-manifest): entities, known #channels, @people
// and @groups as references, addresses in brackets.
func (s *Slack) escapeTyped(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		if reference, n := s.reference(text[i:]); n > 0 && (i == 0 || !isNameByte(text[i-1])) {
			out.WriteString(reference)
			i += n
			continue
		}
		out.WriteString(entity(text[i]))
		i++
	}
	return out.String()
}

func entity(b byte) string {
	switch b {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	return string([]byte{b})
}

// reference escapes a reference at the start of the text. n is its length in
// bytes, 0 if there is none.
func (s *Slack) reference(text string) (out string, n int) {
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		n = strings.IndexAny(text+" ", " \t\n\"'`<>")
		return "<" + strings.ReplaceAll(text[:n], "&", "&amp;") + ">", n
	}
	if text[0] != '#' && text[0] != '@' {
		return "", 0
	}
	n = 1
	for n < len(text) && isNameByte(text[n]) {
		n++
	}
	name := strings.TrimRight(text[1:n], ".")
	n = len(name) + 1
	w := s.state.world
	for _, c := range w.Channels {
		if text[0] == '#' && c.IM == "" && c.Name == name {
			if c.Private {
				name = ""
			}
			return "<#" + c.ID + "|" + name + ">", n
		}
	}
	if text[0] == '#' {
		return "", 0
	}
	for _, p := range w.People {
		if p.Name == name {
			return "<@" + p.ID + "|" + name + ">", n
		}
	}
	for _, g := range w.Groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + "|@" + name + ">", n
		}
	}
	if name == w.BotName {
		return "<@" + w.BotUserID + ">", n
	}
	return "", 0
}

func isNameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '.'
}
