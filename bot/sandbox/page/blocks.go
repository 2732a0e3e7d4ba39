package page

import (
	"bytes"
	"encoding/json"
	"html/template"
	"strconv"
	"time"

	"lbbot/bot/sandbox"
)

// place is where a block is shown. It decides what its buttons do and how names
// and times are written. Buttons do nothing in the zero value.
type place struct {
	Viewer    string // the person who acts
	ChannelID string
	TS        string // the message, empty in a view
	ViewID    string // the view, empty in a message
	Thread    string // the thread whose pane shows it; empty in the channel

	names  names
	errors map[string]string // field errors of a view, by block id
	chosen chosen            // what the external menus of a view hold
}

// chosen are options by block id and action id; nil where nothing is chosen.
type chosen map[string]map[string]struct {
	Option *rawOption `json:"selected_option"`
}

// chosenIn reads what the menus of a view hold, as the Web API returns it.
func chosenIn(view json.RawMessage) chosen {
	var v struct {
		State struct {
			Values chosen `json:"values"`
		} `json:"state"`
	}
	_ = json.Unmarshal(view, &v) // a view without state holds nothing
	return v.State.Values
}

// id makes an id for the document. The first message of a thread is in the
// document twice: in the channel and in the pane of the thread.
func (p place) id(kind string, parts ...string) string {
	if p.Thread != "" {
		kind = "t" + kind
	}
	return domID(append([]string{kind, p.ChannelID, p.TS, p.ViewID}, parts...)...)
}

// InView says that the block is part of a modal or of Home.
func (p place) InView() bool { return p.ViewID != "" }

// names maps ids to names. The zero value shows the ids.
type names struct {
	people   map[string]string // user id to display name
	channels map[string]string // channel id to name without the #
	groups   map[string]string // user group id to handle without the @
	zone     *time.Location    // the reader's; nil means UTC

	pickPeople   []choice          // what a people picker offers
	pickChannels []sandbox.Channel // what a conversation picker offers
	current      string            // the conversation the reader is in
}

// shownBlock is a block for the templates. A text in it is either plain, and
// escaped by the template, or HTML made by mrkdwn, which escapes it.
type shownBlock struct {
	Kind      string // the template's case: "section", "input", …, "unknown"
	Anchor    string // unique in the document
	Text      template.HTML
	Fields    []template.HTML
	Items     []template.HTML
	Controls  []widget
	Accessory *widget
	Input     *widget
	Label     string
	Hint      string
	Error     string
	Optional  bool
	Level     string // of an alert
	Type      string // of an unknown block
	JSON      string // of an unknown block
}

// rawBlock has the properties of a block that the page draws
// (docs.slack.dev/reference/block-kit/blocks).
type rawBlock struct {
	Type      string            `json:"type"`
	BlockID   string            `json:"block_id"`
	Text      rawText           `json:"text"`
	Fields    []rawText         `json:"fields"`
	Elements  []json.RawMessage `json:"elements"`
	Accessory json.RawMessage   `json:"accessory"`
	Element   json.RawMessage   `json:"element"`
	Label     rawText           `json:"label"`
	Hint      *rawText          `json:"hint"`
	Optional  bool              `json:"optional"`
	Dispatch  bool              `json:"dispatch_action"`
	Level     string            `json:"level"`
}

type rawText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// blocks prepares a JSON array of blocks for the templates. It never fails: an
// unknown block becomes a box with its type and JSON.
func (p place) blocks(raw json.RawMessage) []shownBlock {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return []shownBlock{unknownBlock("blocks", raw)}
	}
	shown := make([]shownBlock, 0, len(list))
	for i, one := range list {
		b := p.block(one)
		if b.Anchor == "" {
			b.Anchor = p.id("b", strconv.Itoa(i))
		}
		shown = append(shown, b)
	}
	return shown
}

func (p place) block(raw json.RawMessage) shownBlock {
	var b rawBlock
	if err := json.Unmarshal(raw, &b); err != nil {
		return unknownBlock(typeOfJSON(raw), raw)
	}
	shown := p.kind(b, raw)
	if b.BlockID != "" {
		shown.Anchor = p.id("b", "", b.BlockID)
	}
	return shown
}

func (p place) kind(b rawBlock, raw json.RawMessage) shownBlock {
	shown := shownBlock{Kind: b.Type, Text: p.html(b.Text)}
	switch b.Type {
	case "header", "divider":
	case "alert":
		shown.Level = oneOfList(b.Level, "info", "warning", "error", "success")
	case "section":
		for _, f := range b.Fields {
			shown.Fields = append(shown.Fields, p.html(f))
		}
		if len(b.Accessory) > 0 {
			c := p.widget(b.Accessory, b.BlockID)
			shown.Accessory = &c
		}
	case "context":
		for _, element := range b.Elements {
			var text rawText
			_ = json.Unmarshal(element, &text) // the stand-in takes only texts
			shown.Items = append(shown.Items, p.html(text))
		}
	case "actions":
		for _, element := range b.Elements {
			shown.Controls = append(shown.Controls, p.widget(element, b.BlockID))
		}
	case "input":
		return p.input(b)
	default:
		return unknownBlock(b.Type, raw)
	}
	return shown
}

func (p place) input(b rawBlock) shownBlock {
	c := p.widget(b.Element, b.BlockID)
	c.Required = !b.Optional
	c.Dispatch = b.Dispatch
	c.Field = b.Label.Text
	shown := shownBlock{Kind: "input", Label: b.Label.Text, Optional: b.Optional, Input: &c, Error: p.errors[b.BlockID]}
	if b.Hint != nil {
		shown.Hint = b.Hint.Text
		c.DescribedBy = c.ID + "-hint"
	}
	if shown.Error != "" {
		c.Invalid = true
		c.DescribedBy = joinWords(c.ID+"-error", c.DescribedBy)
	}
	return shown
}

func (p place) html(t rawText) template.HTML {
	if t.Type == "mrkdwn" {
		return p.names.mrkdwn(t.Text)
	}
	return plainHTML(t.Text)
}

// unknownBlock is the box for a block that the page does not draw.
func unknownBlock(kind string, raw json.RawMessage) shownBlock {
	return shownBlock{Kind: "unknown", Type: kind, JSON: indented(string(raw))}
}

// typeOfJSON is the "type" of a JSON object, or "?" if it has none.
func typeOfJSON(raw json.RawMessage) string {
	var t struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(raw, &t) != nil || t.Type == "" {
		return "?"
	}
	return t.Type
}

// indented indents JSON and returns anything else as it is.
func indented(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}
