package doctor

// checks returns all checks in the order in which they are played.
func checks() []check {
	slack, bot := []string{checkSlack}, []string{checkBotToken}
	ruled, keyed, stored := []string{checkPolicy, "user groups"}, []string{checkKey}, []string{checkDatabase}
	return []check{
		{checkConfiguration, true, nearby, nil, (*exam).configuration},
		{"time zone data", false, nearby, nil, (*exam).timeZone},
		{checkRunning, true, nearby, nil, (*exam).runningBot},
		{checkFolder, true, ofBot, nil, (*exam).dataFolder},
		{checkDatabase, true, ofBot, []string{checkFolder}, (*exam).readsDatabase},
		{"tables", true, ofBot, stored, (*exam).tables},
		{"durable settings", true, ofBot, stored, (*exam).durable},
		{checkPolicy, true, nearby, nil, (*exam).policyFile},
		{checkSlack, true, remote, nil, (*exam).slackAnswers},
		{checkBotToken, true, remote, slack, (*exam).botToken},
		{checkAppToken, true, remote, slack, (*exam).appToken},
		{checkSocketMode, true, remote, []string{checkAppToken}, (*exam).socketMode},
		{"one app", true, remote, []string{checkBotToken, checkAppToken}, (*exam).sameApp},
		{"scopes", true, remote, bot, (*exam).scopes},
		{"user groups", true, remote, []string{checkBotToken, checkPolicy}, (*exam).groups},
		{"owner channel", true, remote, bot, channelOf("LBBOT_OWNER_CHANNEL",
			func(x *exam) string { return x.OwnerChannel },
			"nobody would hear of faults and of requests that need a person")},
		{"approval channel", true, remote, bot, channelOf("LBBOT_APPROVAL_CHANNEL",
			func(x *exam) string { return x.ApprovalChannel }, "")},
		{"audit channel", true, remote, bot, channelOf("LBBOT_AUDIT_CHANNEL",
			func(x *exam) string { return x.AuditChannel }, "")},
		{"channels of the policy", true, remote, []string{checkBotToken, checkPolicy}, (*exam).ruleChannels},
		{"who may ask", true, remote, ruled, (*exam).whoAsks},
		{"who may approve", true, remote, ruled, (*exam).whoApproves},
		{checkZenlayer, true, remote, nil, (*exam).zenlayerAnswers},
		{checkClock, true, remote, nil, (*exam).clockIsRight},
		{checkKey, true, remote, []string{checkZenlayer, checkClock}, (*exam).credentials},
		{checkListeners, true, remote, keyed, (*exam).listeners},
		{"bare metal servers", true, remote, keyed, (*exam).bareMetal},
		{"VM servers", false, remote, keyed, (*exam).virtual},
	}
}
