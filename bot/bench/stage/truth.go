package stage

import (
	"fmt"
	"strings"
)

// Truth compares what people were shown with what the stand-in of Zenlayer has, for
// commands 0 to n-1. It returns what does not agree; nil if all is
// well: each command has one backend, made once, and one message that says so.
func (s *Stage) Truth(typed int) []string {
	var wrong []string
	backends := map[string]int{}
	for _, b := range s.cloud.Backends() {
		backends[b.InstanceID]++
	}
	for token, n := range s.cloud.EffectsByToken() {
		if n != 1 {
			wrong = append(wrong, fmt.Sprintf("client token %s added %d servers", token, n))
		}
	}
	if extra := len(backends) - typed; extra > 0 {
		wrong = append(wrong, fmt.Sprintf("%d servers were added that nobody asked for", extra))
	}
	for n := range typed {
		if made := backends[serverID(n)]; made != 1 {
			wrong = append(wrong, fmt.Sprintf("command %d: %s was added %d times", n, serverID(n), made))
		}
		if said := s.saidAdded(n); said != 1 {
			wrong = append(wrong, fmt.Sprintf("command %d: %d messages say that %s was added; the person saw %s", n,
				said, serverID(n), s.Seen(n)))
		}
	}
	return wrong
}

// saidAdded counts the messages that show the result of command n.
func (s *Stage) saidAdded(n int) int {
	said := 0
	for _, m := range s.slack.Messages(channelID(n), "") {
		if got, ok := added(m.Text); ok && got == n && !m.Ephemeral && !m.Deleted {
			said++
		}
	}
	return said
}

// Findings are the rules of Slack that the bot has broken so far, which Slack tolerates.
func (s *Stage) Findings() string { return strings.Join(s.slack.Findings(), "\n") }
