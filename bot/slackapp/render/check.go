package render

// Check is one result of an examination of the bot.
type Check struct {
	Verdict string // ok, warning, failed or not checked
	Name    string
	Found   string
	Next    string // what to do; empty if nothing
}
