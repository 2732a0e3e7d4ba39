package slackapp

// The words of the views, beside those of commands.RegisterFields.
const (
	formTitle      = "Add server"
	formSubmit     = "Check"
	formClose      = "Cancel"
	formDismiss    = "Close"
	formLoading    = "Opening the form…"
	formChecking   = "Checking… You can close this; the answer then comes as a private message."
	formFix        = "Not sent: %s to fix."
	formProblem    = "%s: %s"
	formFailed     = "This did not work. Close it and type the command instead."
	viewCheckTitle = "Check and add"
	viewBack       = "Back"
)
