package form

import (
	"fmt"

	"lbbot/bot/slackapp/render"
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
	if words := render.Bare(f.Alerted[key]); words != "" {
		return fmt.Sprintf(fromAlert, render.Clamp(words, render.MaxOption), usual)
	}
	return usual
}
