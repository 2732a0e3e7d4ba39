package commands

import "strings"

// canDo is what this version can do, for an answer to what it cannot.
const canDo = "I can add a server, and show status, history and whoami: " + Name + " help."

// notYet returns what to say to a verb that this version does not have, or "".
func notYet(verb string) string {
	switch verb {
	case "again", "repeat", "retry":
		return "This version cannot repeat a request yet. Type the command once more, or paste it from the earlier card."
	case "undo", "rollback", "revert", "remove", "rm", "delete", "del", "deregister", "unregister", "detach", "drain", "disable":
		return "This version cannot remove or drain a server yet. Do it in the Zenlayer console; the card of the request has its backend ID."
	case "change", "update", "edit", "modify", "set", "enable", "move", "replace":
		return "This version cannot change a server that is on a listener yet. Change it in the Zenlayer console."
	case "list", "ls", "show", "get", "find", "search":
		return "This version has no lists yet. Give the listener and the server by name or ID, as the Zenlayer console shows them."
	case "cancel", "stop", "abort":
		return "This version cannot stop a request by command. Press Cancel on its preview or Stop on its card."
	case "approve", "deny", "reject", "confirm":
		return "This version takes no decision by command. Press the button on the request's card."
	case "doctor", "check", "ping", "version":
		return "This version cannot check itself from Slack. People who run the bot see its state at /readyz on its host."
	case "pause", "resume", "lock", "unlock":
		return "This version cannot be paused or resumed from Slack yet. Ask the bot's owners."
	case "bulk", "export", "import":
		return "This version takes one server at a time. People who run the bot can type lbbot operations export on its host."
	}
	return ""
}

// isVerb says whether a first word is read as a verb, of this version or not.
func isVerb(s string) bool {
	switch s = strings.ToLower(s); s {
	case string(VerbHelp), string(VerbStatus), string(VerbWhoami), string(VerbHistory), "add", "register":
		return true
	}
	return notYet(s) != ""
}
