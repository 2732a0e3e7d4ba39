package sandbox

import "strings"

// SampleWorkspace is a small workspace: members of three user groups, a guest,
// an outsider, a deactivated person and two bots; public, private, shared and
// archived channels.
func SampleWorkspace() Workspace {
	person := func(id, name, real, zone string) Person {
		return Person{ID: id, Name: name, RealName: real, TZ: zone, TeamID: "T0LOCAL"}
	}
	gil := person("U0GIL", "gil", "Gil (guest)", "Europe/Lisbon")
	gil.Guest = true
	olga := person("U0OLGA", "olga", "Olga (partner)", "Europe/Berlin")
	olga.TeamID = "T0PARTNER"
	exited := person("U0EXA", "exa", "Exa (left)", "UTC")
	exited.Deactivated = true
	robot := person("U0INCBOT", "incident-bot", "Incident bot", "")
	robot.Bot = true
	alerts := person("U0ALERTS", "alertmanager", "Alertmanager", "")
	alerts.Bot = true
	w := Workspace{
		TeamID: "T0LOCAL", TeamName: "Sandbox", AppID: "A0LOCAL001", BotUserID: "U0LBBOT", BotID: "B0LBBOT",
		BotName: "lbbot",
		People: []Person{
			person("U0ANA", "ana", "Ana (SRE)", "Asia/Singapore"), person("U0BO", "bo", "Bo (lead)", "Europe/Paris"),
			person("U0CHEN", "chen", "Chen (lead)", "Asia/Shanghai"),
			person("U0DEV", "dev", "Dev (developer)", "America/New_York"),
			gil, olga, exited, robot, alerts,
		},
		Groups: []Group{
			{ID: "S01SRE", Handle: "sre", Name: "SRE", Members: []string{"U0ANA", "U0BO"}},
			{ID: "S02DEV", Handle: "dev", Name: "Developers", Members: []string{"U0DEV"}},
			{ID: "S03LEAD", Handle: "lb-leads", Name: "Load balancer leads", Members: []string{"U0BO", "U0CHEN"}},
		},
	}
	insiders := []string{"U0ANA", "U0BO", "U0CHEN", "U0DEV"}
	everybody := append(append([]string{}, insiders...), "U0GIL")
	w.Channels = []Channel{
		{ID: "C0OPS", Name: "ops", Creator: "U0BO", Members: everybody, BotMember: true},
		{ID: "C0GENERAL", Name: "general", Creator: "U0BO", Members: everybody},
		{ID: "C0INC2041", Name: "inc-2041", Creator: "U0INCBOT", Members: insiders, BotMember: true},
		{ID: "C0APPROVE", Name: "lb-approvals", Creator: "U0BO", Members: insiders, BotMember: true},
		{ID: "C0INCFAKE", Name: "inc-fake", Creator: "U0DEV", Members: insiders, BotMember: true},
		{ID: "C0PARTNER", Name: "partner-shared", Creator: "U0BO", ExtShared: true,
			Members: append([]string{"U0OLGA"}, insiders...), BotMember: true},
		{ID: "C0SECRET", Name: "secret", Creator: "U0CHEN", Private: true, Members: []string{"U0ANA", "U0CHEN"}},
		{ID: "C0OLD", Name: "old", Creator: "U0BO", Archived: true, Members: insiders, BotMember: true},
	}
	return w.WithDirectMessages()
}

// WithDirectMessages adds the direct messages of each person of the workspace
// with the bot.
func (w Workspace) WithDirectMessages() Workspace {
	for _, p := range w.People {
		if !p.Bot && !p.Deactivated && p.TeamID == w.TeamID {
			w.Channels = append(w.Channels, Channel{ID: "D0" + strings.TrimPrefix(p.ID, "U0"), IM: p.ID, Creator: p.ID,
				Private: true, Members: []string{p.ID}, BotMember: true})
		}
	}
	return w
}
