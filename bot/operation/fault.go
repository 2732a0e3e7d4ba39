package operation

import (
	"errors"
	"strconv"
	"strings"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// codeListenerGone is the API's code for a listener that it does not know
// (docs.console.zenlayer.com, load balancing error codes).
const codeListenerGone = "INVALID_LB_LISTENER_NOT_FOUND"

// saysListenerGone reports whether the API itself said so: a page that
// something in front of it serves with the same status proves nothing.
func saysListenerGone(err error) bool {
	e, ok := errors.AsType[*zenlayer.APIError](err)
	return ok && zenlayer.IsNotFound(err) && (e.Code == codeListenerGone || e.Code == "OPERATION_FAILED_RESOURCE_NOT_FOUND")
}

// refusal names the reason for a call that certainly changed nothing and is
// not worth repeating.
func refusal(err error) Reason {
	switch {
	case zenlayer.IsClockSkew(err):
		return ReasonClockSkew
	case zenlayer.IsCredentials(err):
		return ReasonCredentials
	case zenlayer.IsBlocked(err):
		return ReasonBlocked
	}
	return ReasonRefused
}

// AsksToWait reports whether Zenlayer itself said that it is asked too much.
func AsksToWait(status int, code string) bool {
	return status == 429 || code == zenlayer.CodeRequestLimitExceeded
}

// Answered reports whether something answered, so that there is more to say than
// that nothing did. A server error is no answer.
func (f Fault) Answered() bool { return f.Status != 0 && f.Status < 500 }

// Words say what an answer means, for a sentence, and by what it can be found.
func (f Fault) Words() string {
	said := f.Message
	if advice, ok := commands.AdviceOn(f.Status, f.Code); ok {
		said = strings.TrimSuffix(advice.Means, ".")
	}
	ids := []string{"HTTP " + strconv.Itoa(f.Status)}
	if f.Code != "" {
		ids = append(ids, f.Code)
	}
	if f.RequestID != "" {
		ids = append(ids, "request "+f.RequestID)
	}
	return said + " (" + strings.Join(ids, ", ") + ")"
}

// FaultOf keeps of an error what may be stored and shown. The client has
// already removed secrets from it.
func FaultOf(err error) Fault {
	if err == nil {
		return Fault{}
	}
	e, ok := errors.AsType[*zenlayer.APIError](err)
	if list, partly := errors.AsType[*zenlayer.IncompleteError](err); partly {
		return Fault{Status: 200, Message: Clip("the list could not be read completely: "+list.Reason, 300)}
	}
	if !ok {
		return Fault{Message: Clip(err.Error(), 300)}
	}
	f := Fault{Code: e.Code, Status: e.Status, Message: e.Message, RequestID: e.RequestID}
	if f.Message == "" {
		f.Message = e.Excerpt
	}
	f.Message = Clip(f.Message, 300)
	return f
}

func Clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i] + "…"
		}
		runes--
	}
	return s
}
