package sandbox

import (
	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/webapi"
)

// webMethods are the methods by name.
func (s *Slack) webMethods() map[string]webapi.Method {
	return map[string]webapi.Method{
		"apps.connections.open": {Run: s.openConnection, PerMinute: webapi.Tier3, Token: TheAppToken},
		"auth.test":             {Run: s.authTest, PerMinute: webapi.Special},
		"chat.postMessage":      {Run: s.postMessage, PerMinute: webapi.Special, Scope: "chat:write"},
		"chat.postEphemeral":    {Run: s.postEphemeral, PerMinute: webapi.Tier4, Scope: "chat:write"},
		"chat.update":           {Run: s.updateMessage, PerMinute: webapi.Tier3, Scope: "chat:write"},
		"chat.delete":           {Run: s.deleteMessage, PerMinute: webapi.Tier3, Scope: "chat:write"},
		"chat.getPermalink":     {Run: s.permalink, PerMinute: webapi.Special},
		"chat.scheduleMessage":  {Run: s.scheduleMessage, PerMinute: webapi.Tier3, Scope: "chat:write"},
		"blocks.validate":       {Run: s.blocksValidate, PerMinute: webapi.Tier4, Token: webapi.NoToken},
		"conversations.members": {Run: s.conversationsMembers, PerMinute: webapi.Tier4},
		"conversations.open":    {Run: s.conversationsOpen, PerMinute: webapi.Tier3, Scope: "im:write"},
		"bots.info":             {Run: s.botsInfo, PerMinute: webapi.Tier3, Scope: "users:read"},
		"users.list":            {Run: s.usersList, PerMinute: webapi.Tier2, Scope: "users:read"},
		"conversations.info":    {Run: s.conversationsInfo, PerMinute: webapi.Tier3},
		"conversations.history": {Run: s.conversationsHistory, PerMinute: webapi.Tier3},
		"conversations.replies": {Run: s.conversationsReplies, PerMinute: webapi.Tier3},
		"usergroups.list":       {Run: s.usergroupsList, PerMinute: webapi.Tier2, Scope: "usergroups:read"},
		"users.info":            {Run: s.usersInfo, PerMinute: webapi.Tier4, Scope: "users:read"},
		"views.open":            {Run: s.viewsOpen, PerMinute: webapi.Tier4},
		"views.push":            {Run: s.viewsPush, PerMinute: webapi.Tier4},
		"views.update":          {Run: s.viewsUpdate, PerMinute: webapi.Tier4},
		"views.publish":         {Run: s.viewsPublish, PerMinute: webapi.Tier4},
	}
}

// botScopes are the scopes the app has unless they were taken away.
func botScopes() []string {
	return []string{"app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public",
		"commands", "groups:history", "groups:read", "im:history", "im:read", "mpim:history", "mpim:read",
		"usergroups:read", "users:read"}
}

// blockFailure turns violations into Slack's answer.
func blockFailure(code string, errs []blockkit.Violation) *webapi.Error {
	fail := webapi.Refuse(code)
	for _, e := range errs {
		fail.Details = append(fail.Details, e.Error())
	}
	return fail
}

// badArgument refuses a call for an argument that is missing or invalid.
func badArgument(argument string) *webapi.Error {
	return &webapi.Error{Code: "invalid_arguments", Details: []string{"[ERROR] missing or invalid field: " + argument}}
}
