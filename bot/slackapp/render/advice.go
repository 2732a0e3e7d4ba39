package render

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
)

const (
	// ShowCommand shows one request where the bot runs.
	ShowCommand    = "lbbot operations show %s"
	NothingChanged = "Nothing changed."
	refusedUnknown = "I do not know this code yet."
	DiffersAs      = "It is on the listener as %s. %s"
	FactAskers     = "the asker's account"
	NothingWasSent = "Nothing was sent."
	FirstNotSent   = "Not sent"
	// FirstNotAnswered begins the answer to a question that failed: nothing was to be sent.
	FirstNotAnswered = "Not answered"
)

// AdviceOn is what an answer of Zenlayer means and what to do about it. The same
// code has the same words, whichever call it answered; otherwise is what to do
// about one that is not known.
func AdviceOn(f operation.Fault, otherwise string) (said, do string) {
	advice, known := commands.AdviceOn(f.Status, f.Code)
	if !known {
		return SaidWords(f), otherwise
	}
	return strings.Join(NonEmpty([]string{advice.Means, quoted(f.Message)}), " "), advice.Do
}

// AnsweredHow says who answered something else than was asked.
func AnsweredHow(f operation.Fault) string {
	switch {
	case f.Code != "":
		return "Zenlayer refused what I asked it"
	case f.Status >= 300:
		return "something answered in Zenlayer's place"
	}
	return "Zenlayer gave an answer that I cannot use"
}

// FaultIDs are by what an answer can be found.
func FaultIDs(f operation.Fault) []string {
	var parts []string
	if f.Code != "" {
		parts = append(parts, Code(f.Code))
	}
	if f.Status > 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", f.Status))
	}
	if f.RequestID != "" {
		parts = append(parts, fmt.Sprintf("request %s", Code(f.RequestID)))
	}
	return parts
}

// UnreadWords say why the last reading of the listener failed, after format for
// what is only an error; empty if it did not fail.
func UnreadWords(op operation.Operation, w Wording, format string) string {
	switch {
	case op.Unread.Answered():
		said, do := AdviceOn(op.Unread, w.ReadAgain())
		return fmt.Sprintf("At the last check %s: %s *What to do:* %s (%s)", AnsweredHow(op.Unread), Sentence(said), do,
			strings.Join(FaultIDs(op.Unread), " · "))
	case op.LookFault != "":
		return fmt.Sprintf(format, Sentence(op.LookFault))
	}
	return ""
}

// SaidWords is what Zenlayer said, as it said it.
func SaidWords(f operation.Fault) string {
	quote := quoted(f.Message)
	switch {
	case quote == "" && f.Code == "":
		return "nothing that I could read."
	case quote == "":
		return Code(f.Code) + ". " + refusedUnknown
	case f.Code == "":
		return quote
	}
	return quote + " " + refusedUnknown
}

func quoted(s string) string {
	if s = Prose(s, SaidLimit); s == "" {
		return ""
	}
	return fmt.Sprintf("\"%s\"", s)
}

// Sentence makes foreign words end like a sentence.
func Sentence(s string) string {
	s = Prose(s, SaidLimit)
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}
