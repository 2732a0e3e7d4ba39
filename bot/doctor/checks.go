package doctor

// checks returns all checks in the order in which they are played.
func checks() []check {
	slack, bot := []string{checkSlack}, []string{checkBotToken}
	ruled, keyed, stored := []string{checkPolicy, "user groups"}, []string{checkKey}, []string{checkDatabase}
	return []check{
		{checkConfiguration, true, true, nil, (*exam).configuration},
		{"time zone data", false, true, nil, (*exam).timeZone},
		{checkRunning, true, true, nil, (*exam).runningBot},
		{checkFolder, true, false, nil, (*exam).dataFolder},
		{checkDatabase, true, false, []string{checkFolder}, (*exam).readsDatabase},
		{"tables", true, false, stored, (*exam).tables},
		{"durable settings", true, false, stored, (*exam).durable},
		{checkPolicy, true, true, nil, (*exam).policyFile},
		{checkSlack, true, false, nil, (*exam).slackAnswers},
		{checkBotToken, true, false, slack, (*exam).botToken},
		{checkAppToken, true, false, slack, (*exam).appToken},
		{checkSocketMode, true, false, []string{checkAppToken}, (*exam).socketMode},
		{"one app", true, false, []string{checkBotToken, checkAppToken}, (*exam).sameApp},
		{"scopes", true, false, bot, (*exam).scopes},
		{"user groups", true, false, []string{checkBotToken, checkPolicy}, (*exam).groups},
		{"owner channel", true, false, bot, channelOf("LBBOT_OWNER_CHANNEL",
			func(x *exam) string { return x.OwnerChannel },
			"nobody would hear of faults and of requests that need a person")},
		{"approval channel", true, false, bot, channelOf("LBBOT_APPROVAL_CHANNEL",
			func(x *exam) string { return x.ApprovalChannel }, "")},
		{"audit channel", true, false, bot, channelOf("LBBOT_AUDIT_CHANNEL",
			func(x *exam) string { return x.AuditChannel }, "")},
		{"channels of the policy", true, false, []string{checkBotToken, checkPolicy}, (*exam).ruleChannels},
		{"who may ask", true, false, ruled, (*exam).whoAsks},
		{"who may approve", true, false, ruled, (*exam).whoApproves},
		{checkZenlayer, true, false, nil, (*exam).zenlayerAnswers},
		{checkClock, true, false, nil, (*exam).clockIsRight},
		{checkKey, true, false, []string{checkZenlayer, checkClock}, (*exam).credentials},
		{checkListeners, true, false, keyed, (*exam).listeners},
		{"bare metal servers", true, false, keyed, (*exam).bareMetal},
		{"VM servers", false, false, keyed, (*exam).virtual},
	}
}
