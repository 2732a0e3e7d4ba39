package sandbox

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/sandbox/webapi"
)

func (s *Slack) domain() string {
	return strings.ToLower(strings.ReplaceAll(s.state.world.TeamName, " ", "-"))
}

// openConnection also takes the host of the call for response addresses: a bot on
// another machine calls the stand-in by another name.
func (s *Slack) openConnection(args webapi.Arguments) (object, *webapi.Error) {
	secure := ""
	if args.TLS {
		secure = "s"
	}
	s.base = "http" + secure + "://" + args.Host
	return object{"url": s.Server.OpenURL("ws" + secure + "://" + args.Host)}, nil
}

func (s *Slack) authTest(webapi.Arguments) (object, *webapi.Error) {
	w := s.state.world
	answer := object{"url": "https://" + s.domain() + ".slack.com/", "team": w.TeamName, "user": w.BotName,
		"team_id": w.TeamID, "user_id": w.BotUserID, "bot_id": w.BotID, "app_id": w.AppID,
		"is_enterprise_install": w.OrgWide}
	if w.EnterpriseID != "" {
		answer["enterprise_id"] = w.EnterpriseID
	}
	return answer, nil
}

// botsInfo knows the app's own bot.
func (s *Slack) botsInfo(args webapi.Arguments) (object, *webapi.Error) {
	w := s.state.world
	if args.Str("bot") != w.BotID {
		return nil, webapi.Refuse("bot_not_found")
	}
	return object{"bot": object{"id": w.BotID, "deleted": false, "name": w.BotName, "app_id": w.AppID,
		"user_id": w.BotUserID, "updated": 1_780_000_000}}, nil
}

// usersInfo answers with the flags of docs.slack.dev/reference/objects/user-object.
func (s *Slack) usersInfo(args webapi.Arguments) (object, *webapi.Error) {
	p, ok := s.person(args.Str("user"))
	if !ok {
		return nil, webapi.Refuse("user_not_found")
	}
	return object{"user": s.account(p)}, nil
}

// usersList answers everybody, the bot included.
func (s *Slack) usersList(args webapi.Arguments) (object, *webapi.Error) {
	ids := []string{s.state.world.BotUserID}
	for _, p := range s.state.world.People {
		ids = append(ids, p.ID)
	}
	from, to, next, fail := pageOf(args, len(ids), len(ids))
	if fail != nil {
		return nil, fail
	}
	members := []object{}
	for _, id := range ids[from:to] {
		p, _ := s.person(id)
		members = append(members, s.account(p))
	}
	return object{"members": members, "cache_ts": s.now().Unix(), "response_metadata": object{"next_cursor": next}}, nil
}

// account is a person in answers.
func (s *Slack) account(p Person) object {
	w := s.state.world
	user := object{"id": p.ID, "team_id": p.TeamID, "name": p.Name, "real_name": p.RealName, "deleted": p.Deactivated,
		"is_bot": p.Bot, "is_app_user": p.ID == w.BotUserID, "is_admin": false, "is_owner": false,
		"is_primary_owner": false, "is_restricted": p.Guest || p.SingleChannelGuest,
		"is_ultra_restricted": p.SingleChannelGuest, "updated": 1_790_000_000,
		"profile": object{"real_name": p.RealName, "display_name": p.Name, "team": p.TeamID}}
	if p.Stranger {
		user["is_stranger"] = true
	}
	if zone, err := time.LoadLocation(p.TZ); err == nil && p.TZ != "" {
		label, offset := s.now().In(zone).Zone()
		user["tz"], user["tz_label"], user["tz_offset"] = p.TZ, label, offset
	}
	if p.EnterpriseID != "" {
		user["enterprise_user"] = object{"id": cmp.Or(p.EnterpriseUserID, p.ID), "enterprise_id": p.EnterpriseID,
			"is_admin": false, "is_owner": false, "teams": p.teams()}
	}
	if p.NoTeam {
		delete(user, "team_id")
	}
	return user
}

func (s *Slack) usergroupsList(args webapi.Arguments) (object, *webapi.Error) {
	groups := []object{}
	for _, g := range s.state.world.Groups {
		if g.Disabled && !args.Boolean("include_disabled") {
			continue
		}
		deleted := 0
		if g.Disabled {
			deleted = 1_790_000_000
		}
		group := object{"id": g.ID, "team_id": s.state.world.TeamID, "is_usergroup": true, "name": g.Name,
			"handle": g.Handle, "is_external": g.External, "date_create": 1_780_000_000, "date_delete": deleted,
			"user_count": len(g.Members)}
		if args.Boolean("include_users") {
			group["users"] = append([]string{}, g.Members...)
		}
		groups = append(groups, group)
	}
	return object{"usergroups": groups}, nil
}

// visible finds a channel that the bot may know of.
func (s *Slack) visible(id string) (Channel, *webapi.Error) {
	channel, ok := s.channel(id)
	if !ok || channel.Private && !channel.BotMember {
		return channel, webapi.Refuse("channel_not_found")
	}
	return channel, nil
}

// readable finds a channel the bot can read about; family is the scope's second
// half ("read" or "history").
func (s *Slack) readable(id, family string) (Channel, *webapi.Error) {
	channel, fail := s.visible(id)
	if fail != nil {
		return channel, fail
	}
	scope := "channels:"
	if channel.IM != "" {
		scope = "im:"
	} else if channel.Private {
		scope = "groups:"
	}
	return channel, s.NeedScope(scope + family)
}

func (s *Slack) conversationsInfo(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.readable(args.Str("channel"), "read")
	if fail != nil {
		return nil, fail
	}
	return object{"channel": s.channelObject(channel)}, nil
}

func (s *Slack) conversationsMembers(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.readable(args.Str("channel"), "read")
	if fail != nil {
		return nil, fail
	}
	members := append([]string{}, channel.Members...)
	if channel.BotMember {
		members = append(members, s.state.world.BotUserID)
	}
	from, to, next, fail := pageOf(args, len(members), 100)
	if fail != nil {
		return nil, fail
	}
	return object{"members": members[from:to], "response_metadata": object{"next_cursor": next}}, nil
}

// conversationsOpen opens direct messages with one person.
func (s *Slack) conversationsOpen(args webapi.Arguments) (object, *webapi.Error) {
	if id := args.Str("channel"); id != "" {
		channel, fail := s.visible(id)
		return object{"channel": object{"id": channel.ID}}, fail
	}
	p, ok := s.person(args.Str("users"))
	switch {
	case args.Str("users") == "":
		return nil, badArgument("users")
	case !ok:
		return nil, webapi.Refuse("user_not_found")
	case p.Deactivated:
		return nil, webapi.Refuse("user_disabled")
	case p.Bot:
		return nil, webapi.Refuse("cannot_dm_bot")
	}
	return object{"channel": object{"id": s.directMessage(p.ID).ID}}, nil
}

// channelObject has the flags of docs.slack.dev/reference/objects/conversation-object.
func (s *Slack) channelObject(c Channel) object {
	if c.IM != "" {
		return object{"id": c.ID, "created": 1_780_000_000, "is_im": true, "is_org_shared": false,
			"is_archived": c.Archived, "user": c.IM, "is_user_deleted": false,
			"context_team_id": s.state.world.TeamID}
	}
	return object{"id": c.ID, "name": c.Name, "name_normalized": c.Name, "creator": c.Creator, "created": 1_780_000_000,
		"is_channel": !c.Private, "is_group": c.Private, "is_im": false, "is_mpim": false, "is_private": c.Private,
		"is_archived": c.Archived, "is_general": c.Name == "general", "is_shared": c.ExtShared || c.OrgShared,
		"is_ext_shared": c.ExtShared, "is_org_shared": c.OrgShared, "is_pending_ext_shared": c.PendingExtShared,
		"is_member": c.BotMember, "context_team_id": s.state.world.TeamID,
		"topic":   object{"value": "", "creator": "", "last_set": 0},
		"purpose": object{"value": "", "creator": "", "last_set": 0}}
}

// pageOf turns cursor and limit into a range and the next cursor.
func pageOf(args webapi.Arguments, total, standard int) (from, to int, next string, fail *webapi.Error) {
	limit := standard
	if text := args.Str("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 999 {
			return 0, 0, "", webapi.Refuse("invalid_limit")
		}
		limit = n
	}
	if text := args.Str("cursor"); text != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(text, "next:"))
		if err != nil || n < 0 || n > total || !strings.HasPrefix(text, "next:") {
			return 0, 0, "", webapi.Refuse("invalid_cursor")
		}
		from = n
	}
	to = min(total, from+limit)
	if to < total {
		next = "next:" + strconv.Itoa(to)
	}
	return from, to, next, nil
}
