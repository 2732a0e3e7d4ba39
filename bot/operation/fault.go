package operation

import (
	"errors"

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

// asksToWait reports whether Zenlayer itself said that it is asked too much.
func asksToWait(status int, code string) bool {
	return status == 429 || code == zenlayer.CodeRequestLimitExceeded
}

// faultOf keeps of an error what may be stored and shown. The client has
// already removed secrets from it.
func faultOf(err error) Fault {
	if err == nil {
		return Fault{}
	}
	e, ok := errors.AsType[*zenlayer.APIError](err)
	if !ok {
		return Fault{Message: clip(err.Error(), 300)}
	}
	f := Fault{Code: e.Code, Status: e.Status, Message: e.Message, RequestID: e.RequestID}
	if f.Message == "" {
		f.Message = e.Excerpt
	}
	f.Message = clip(f.Message, 300)
	return f
}

func clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i] + "…"
		}
		runes--
	}
	return s
}
