package private

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// Offer is a request in which names were not found, with what may have been
// meant. It is stored: the names of its fields never change.
type Offer struct {
	Verb  commands.Verb   `json:"verb,omitempty"` // empty: to add a server
	Asked commands.Values `json:"asked"`
	Picks []pick          `json:"picks"`
	// Thread is the operation.Place.ThreadTS of what was asked for.
	Thread string `json:"thread,omitempty"`
}

type pick struct {
	Field string `json:"field"`
	Value string `json:"value"`
	label string
}

// OfferOf returns the choices of all problems, each problem having its share of
// commands.MaxChoices.
func OfferOf(e *commands.InputError) Offer {
	if e.Asked == nil {
		return Offer{}
	}
	having := 0
	for _, p := range e.Problems {
		having += min(len(p.Choices), 1)
	}
	o := Offer{Verb: e.Verb, Asked: e.Asked}
	for _, p := range e.Problems {
		for _, c := range p.Choices[:min(len(p.Choices), commands.MaxChoices/max(having, 1))] {
			label := c.Label
			if having > 1 {
				label = p.Field + " " + label
			}
			o.Picks = append(o.Picks, pick{Field: p.Field, Value: c.Value, label: label})
		}
	}
	return o
}

// pickBlocks are the buttons for the choices of e, kept under key; nothing without one.
func pickBlocks(e *commands.InputError, key string) []slack.Block {
	o := OfferOf(e)
	if key == "" || len(o.Picks) == 0 {
		return nil
	}
	row := slack.NewActionBlock(render.BlockPicks)
	for i, p := range o.Picks {
		b := render.Button(render.ActFixPick+strconv.Itoa(i+1), p.label,
			fmt.Sprintf("Preview with %s", render.Bare(p.label)), render.KeyValue(key, 0))
		b.Text = render.PlainText(p.label, render.MaxOption) // as much as Slack allows: names alone may be alike
		row.Elements.ElementSet = append(row.Elements.ElementSet, b)
	}
	return []slack.Block{
		render.Section(pickWords(o, len(e.Problems)) +
			fmt.Sprintf(" Nothing is sent before you press *%s* in the preview.", sendLabel(e.Verb))),
		row}
}

// pickWords says what follows a choice: the preview, or what is left to fix.
func pickWords(o Offer, problems int) string {
	first, last := o.Picks[0].Field, o.Picks[len(o.Picks)-1].Field
	switch {
	case first != last:
		return fmt.Sprintf("Pick the %s first, then the %s.", first, last)
	case problems > 1:
		return "Pick one, then fix the rest."
	}
	return "Pick one to see its preview."
}

// PickIndex reads which choice a button is for.
func PickIndex(action string) (index int, ok bool) {
	number, ok := strings.CutPrefix(action, render.ActFixPick)
	n, err := strconv.Atoi(number)
	return n - 1, ok && err == nil && n >= 1 && n <= commands.MaxChoices
}
