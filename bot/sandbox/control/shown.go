package control

import "lbbot/bot/sandbox"

// worldOf describes a workspace as a file would, without its secrets.
func worldOf(w sandbox.Workspace, shortcuts []sandbox.Shortcut) World {
	var out World
	out.Workspace.ID, out.Workspace.Name, out.Workspace.Organization = w.TeamID, w.TeamName, w.EnterpriseID
	out.App = App{ID: w.AppID, Name: w.BotName, UserID: w.BotUserID, BotID: w.BotID, Shortcuts: []WorldShortcut{}}
	for _, s := range shortcuts {
		out.App.Shortcuts = append(out.App.Shortcuts, WorldShortcut(s))
	}
	names := map[string]string{}
	for _, p := range w.People {
		names[p.ID] = p.Name
		out.People = append(out.People, WorldPerson{ID: p.ID, Name: p.Name, RealName: p.RealName, TimeZone: p.TZ,
			Kind: kindOf(p, w.TeamID), Team: p.TeamID})
	}
	named := func(ids []string) []string {
		all := []string{}
		for _, id := range ids {
			all = append(all, names[id])
		}
		return all
	}
	for _, g := range w.Groups {
		out.Groups = append(out.Groups, WorldGroup{ID: g.ID, Handle: g.Handle, Name: g.Name, Members: named(g.Members)})
	}
	for _, c := range w.Channels {
		if c.IM == "" {
			out.Channels = append(out.Channels, WorldChannel{ID: c.ID, Name: c.Name, Creator: names[c.Creator],
				Members: named(c.Members), App: c.BotMember, Private: c.Private, Shared: c.ExtShared,
				Archived: c.Archived})
		}
	}
	return out
}

func kindOf(p sandbox.Person, team string) string {
	switch {
	case p.Deactivated:
		return deactivated
	case p.Bot:
		return robot
	case p.SingleChannelGuest:
		return oneChannel
	case p.Guest:
		return guest
	case p.TeamID != team:
		return outsider
	}
	return member
}
