package form

import (
	"fmt"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

const (
	fromAlert = "From the alert: %s. %s"
	inThread  = "The result goes to the thread of the message. If you choose another channel, it goes there."
)

// Mark marks fields as filled in from a message.
func (f *State) Mark(keys []string) {
	f.Alerted = map[string]string{}
	for _, key := range keys {
		f.Alerted[key] = f.Values[key]
		if o := f.Picked[key]; o != nil && o.Text != nil {
			f.Alerted[key] = o.Text.Text
		}
	}
}

// hint is what stands under a field, with its mark.
func (f State) hint(key, usual string) string {
	if key == commands.KeyListener && f.ChannelID == "" {
		usual = noChannel
	}
	if words := render.Bare(f.Alerted[key]); words != "" {
		return fmt.Sprintf(fromAlert, render.Clamp(words, render.MaxOption), usual)
	}
	return usual
}

// noChannel is said where a form was opened in no channel.
const noChannel = "Here you may change what you may change in a direct message with me, since Slack does not say " +
	"where you are. For the rules of a channel, type /lb-register there."
