package commands

// HelpPage is one page of help.
type HelpPage struct {
	// Title is a heading without markup.
	Title string
	// Lines are plain sentences and, beginning with Name, commands that can
	// be copied; what follows two spaces after a command explains it.
	Lines []string
}
