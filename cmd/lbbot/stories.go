package main

import (
	"lbbot/bot/sandbox/control"
	"lbbot/bot/sandbox/story"
)

// stories are what the sandbox shows of lbbot: in the tour of its page, and with --play.
func stories() []story.Story { return append(plainStories(), troubleStories()...) }

// plainStories are those in which nothing goes wrong but what the person types.
func plainStories() []story.Story {
	return []story.Story{
		{Name: "typed", Title: "Type a command", As: engineer, In: owners,
			About: "You see what would change, and nothing does before you press Add server.",
			Try:   "Press Enter, then Add server.",
			Steps: []story.Step{
				{Type: `/lb-register api-lb/https-443 web-07 weight=50 reason="inc-2041 add capacity"`,
					Private: "Preview"},
				{Press: "Add server", Public: "Added: web-07 on api-lb port 443"},
			},
			Backends: 1, Calls: map[string]int{registerBackend: 1},
			End: "web-07 is on the listener, and the channel knows who added it."},
		{Name: "form", Title: "Fill in the form", As: engineer, In: incident,
			About: "A mistake is named at its field, and nothing is sent before it is right.",
			Try:   "Send it, and fill in the form.",
			Steps: []story.Step{
				{Type: "/lb-register", Form: "Add server"},
				{Fill: []story.Field{{Label: "Listener", Value: "api-lb/https-443"}, {Label: "Server", Value: "web-12"},
					{Label: "Ports", Value: "80a"}}, Press: "Check", Error: "is not a port"},
				{Fill: []story.Field{{Label: "Ports", Value: "443"}}, Press: "Check", Form: "Check and add"},
				{Press: "Add server", Public: "Added: web-12 on api-lb port 443"},
			},
			Backends: 1, Calls: map[string]int{registerBackend: 1},
			End: "One mistake was named at its field; one server was added."},
		{Name: "denied", Title: "Be refused", As: "U0DEV", In: incident,
			About: "A rule forbids this: the person alone reads why, and nothing is sent.",
			Try:   "Send it as Dev.",
			Steps: []story.Step{
				{Type: "/lb-register api-lb/dns-53 web-12", Private: "Name service changes are frozen this week"},
			},
			End: "The refusal named its reason to one person alone, and Zenlayer was asked for no change."},
	}
}

// troubleStories show what the bot does about a lost answer and about a second thought.
func troubleStories() []story.Story {
	return []story.Story{
		{Name: "lost-answer", Title: "Lose an answer", As: engineer, In: incident,
			About: "Zenlayer makes the change, but its answer is lost: the bot looks.",
			Try:   "Press “Lose the next answer”, then send it.",
			Steps: []story.Step{
				{Fault: control.Setting{Fault: control.LostAnswer}},
				{Type: `/lb-register api-lb/https-443 web-06 weight=50 reason="inc-2041 add capacity"`,
					Private: "Preview"},
				{Press: "Add server", Public: "Added: web-06 on api-lb port 443"},
			},
			Backends: 1, Calls: map[string]int{registerBackend: 1},
			End: "Nobody was told that it failed, and Zenlayer has one web-06 on this listener, not two."},
		{Name: "undo", Title: "Undo it", As: engineer, In: incident,
			About: "Undo takes off what was just added, after a second look.",
			Try:   "Send it, press Add server, then Undo.",
			Steps: []story.Step{
				{Type: `/lb-register api-lb/https-443 web-11 weight=50 reason="inc-2041 add capacity"`,
					Private: "Preview"},
				{Press: "Add server", Public: "Added: web-11 on api-lb port 443"},
				{Press: "Undo", Private: "web-11"},
				{Press: "Remove", Public: "Removed: web-11"},
			},
			Calls: map[string]int{registerBackend: 1, deregisterBackend: 1},
			End:   "The listener is as it was before."},
	}
}

const (
	registerBackend   = "RegisterBackend"
	deregisterBackend = "DeregisterBackend"
)
