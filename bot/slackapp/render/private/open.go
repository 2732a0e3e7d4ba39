package private

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
)

// OpenShown is how many open requests are listed.
const OpenShown = 10

// ReadInPart says that there may be more open requests than were read, history.MaxOpen.
const ReadInPart = "At least 1000 requests are open, and I have read 1000 of them"

// OpenRequest is a request with the address of its card; empty: not known, or not needed.
type OpenRequest struct {
	history.Past
	Link string
}

// OpenRequests lists open requests, and says how many more there are. all is false if
// not all open requests were read.
func OpenRequests(list []OpenRequest, more int, all bool) render.Message {
	if len(list) == 0 && !all {
		return Answer(ReadInPart + ", and none of these is in this channel or yours. There may be others.")
	}
	if len(list) == 0 {
		return Answer("No request is open in this channel, and none of yours anywhere else. What was done: " +
			"/lb-register history here.")
	}
	counted := fmt.Sprintf("%d open requests", len(list)+more)
	if len(list)+more == 1 {
		counted = "1 open request"
	}
	if !all {
		counted = "At least " + counted
	}
	blocks := []slack.Block{render.Section(fmt.Sprintf("*%s* in this channel, and your own elsewhere", counted))}
	var words []string
	for _, r := range list {
		blocks = append(blocks, render.Beside(openLine(r), render.OpenButton(r.Operation, r.Link)))
		words = append(words, fmt.Sprintf("%s %s", entryWord(history.Entry{Operation: r.Operation}), r.Operation.Ref))
	}
	small := "To see one in detail, type /lb-register status and its ID."
	if more > 0 {
		small = fmt.Sprintf("%d more are not shown. %s", more, small)
	}
	if !all {
		small = ReadInPart + ". There may be more here, or of yours. " + small
	}
	return render.Ephemeral(fmt.Sprintf("%s: %s.", counted, strings.Join(words, ", ")),
		append(blocks, render.ContextLine(small))...)
}

// OpenWords are how a request stands, and which server and listener it is about.
func OpenWords(op operation.Operation) string {
	what, between := render.Subject(op), " "
	if strings.HasPrefix(what, "{add}") {
		between = ": "
	}
	return "*" + entryWord(history.Entry{Operation: op}) + "*" + between + render.Say(op, render.Name, what) + " " +
		render.ListenerPath(op, render.Name)
}

// openLine is what is open, who asked for it, and since when.
func openLine(r OpenRequest) string {
	op := r.Operation
	return strings.Join([]string{OpenWords(op),
		"by " + render.ActorMention(op.Actor), "since " + render.Dated(r.At), op.Ref}, " · ")
}
