package form

import (
	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
)

const (
	Title    = "Add server"
	checking = "Checking… You can close this; the answer then comes as a private message."
	ToFix    = "Not sent: %s to fix." // the number of things
)

// Modal is an empty view of this app.
func Modal(callback, title, closing string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback,
		Title: render.PlainText(title, MaxViewTitle), Close: render.PlainText(closing, MaxViewTitle),
		Blocks: slack.Blocks{BlockSet: []slack.Block{}},
	}
}

// MaxViewTitle is Slack's limit for a title and for the buttons of a view, in
// characters.
const MaxViewTitle = 24

// Alert is a line that stands out; only views may have it. It is nil for an
// empty text, and a plain paragraph for one that Slack's limit would cut. The
// text may be that of a message.
func Alert(text string, level slack.AlertLevel) slack.Block {
	text = render.Clean(render.Unmarked(text))
	if len([]rune(text)) > alertRoom {
		return render.Section(render.Prose(text, render.MaxSectionField))
	}
	if text = render.Prose(text, alertRoom); text == "" {
		return nil
	}
	return slack.NewAlertBlock(render.Mrkdwn(text, render.MaxAlert), slack.AlertBlockOptionLevel(level))
}

// Alerts are one line each, the first few.
func Alerts(texts []string) []slack.Block {
	list := make([]slack.Block, 0, len(texts))
	for _, t := range texts[:min(len(texts), render.MaxAlerts)] {
		list = append(list, Alert(t, slack.AlertLevelInfo))
	}
	return list
}

const alertRoom = 160 // of render.MaxAlert, so that escaping does not cut the end off

// CheckingView is shown while a submission is checked.
func CheckingView() slack.ModalViewRequest {
	return NoticeView(Title, checking, slack.AlertLevelInfo)
}

// ReadingView is shown until the form is filled from a message.
func ReadingView() slack.ModalViewRequest {
	return NoticeView(Title, "Reading the message …", slack.AlertLevelInfo)
}

// FailedView ends a view that could not be filled, or sent, under the title
// that it had.
func FailedView(title, text string) slack.ModalViewRequest {
	return NoticeView(render.FirstOf(title, Title), text, slack.AlertLevelWarning)
}

// NoticeView is a form that only says something.
func NoticeView(title, text string, level slack.AlertLevel) slack.ModalViewRequest {
	v := Modal(render.ViewNotice, title, "Close")
	v.Blocks.BlockSet = render.Blocks(Alert(
		render.FirstOf(text, "This did not work. Close it and type the command instead."), level))
	return v
}
