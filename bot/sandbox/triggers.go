package sandbox

import (
	"crypto/rand"
	"fmt"
	"time"

	"lbbot/bot/sandbox/webapi"
)

// triggerLife is how long a trigger id works.
const triggerLife = 3 * time.Second

// trigger is one permission to open a modal.
type trigger struct {
	userID, channelID, viewID string
	at                        time.Time
	used                      bool
}

// newTrigger makes a trigger id; viewID is set inside a modal.
func (s *Slack) newTrigger(userID, channelID, viewID string) string {
	s.state.lastID++
	id := fmt.Sprintf("%d.%d.%s", s.now().UnixMilli(), s.state.lastID, rand.Text())
	s.state.triggers[id] = &trigger{userID: userID, channelID: channelID, viewID: viewID, at: s.now()}
	return id
}

// liveTrigger finds a trigger that may still be exchanged.
func (s *Slack) liveTrigger(id string) (*trigger, *webapi.Error) {
	t := s.state.triggers[id]
	switch {
	case id == "":
		return nil, badArgument("trigger_id")
	case t == nil:
		return nil, webapi.Refuse("invalid_trigger_id")
	case t.used:
		return nil, webapi.Refuse("exchanged_trigger_id")
	case s.now().Sub(t.at) > triggerLife:
		return nil, webapi.Refuse("expired_trigger_id")
	}
	return t, nil
}
