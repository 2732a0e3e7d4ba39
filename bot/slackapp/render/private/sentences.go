package private

// Sentences that the handlers of envelopes choose from.
const (
	StillChecking  = "Still checking. The answer comes here. If there is none in a minute, type the command again."
	StillStoring   = "Still storing this. If nothing has changed in a minute, press the button again."
	QuestionStands = "Your question stands in the thread of this card already. Write there."
	TriggerAgain   = "Slack gives me 3 seconds to open a form, and they were over. Press the button again."
	ChooseChannel  = "Choose the channel that sees the result."
	CloseAndCheck  = "Press Close, then Check again."
	CloseAndType   = "Press Close, then type the command again."
	GlassDenied    = "The policy does not let you add %s to %s without approval." // server, listener
)
