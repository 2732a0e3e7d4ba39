package zenlayertest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// reply returns the answer of a call with the fault. normal is the answer without it.
func (f Fault) reply(id string, normal reply) reply {
	out := f.plainReply(id, normal)
	if f.RetryAfter != "" {
		out.header = out.header.Clone()
		out.header.Set("Retry-After", f.RetryAfter)
	}
	return out
}

func (f Fault) plainReply(id string, normal reply) reply {
	switch f.Kind {
	case InternalError:
		return f.refuse(id, http.StatusInternalServerError, codeInternal, "An internal error occurred.")
	case BadGateway:
		return htmlReply(http.StatusBadGateway, "502 Bad Gateway")
	case Unavailable:
		return f.refuse(id, http.StatusServiceUnavailable, codeUnavailable, "The service is temporarily unavailable.")
	case TimedOut:
		return f.refuse(id, http.StatusServiceUnavailable, codeTimedOut, "The request timed out.")
	case RateLimited:
		return f.refuse(id, http.StatusTooManyRequests, codeLimit, "The request rate is over the limit.")
	case ErrorIn200:
		return f.refuse(id, http.StatusOK, codeInternal, "An internal error occurred.")
	case Refused:
		return f.custom(id)
	case Challenge:
		out := htmlReply(http.StatusForbidden, "Just a moment...")
		out.header.Set("Cf-Mitigated", "challenge")
		return out
	case Blocked:
		return htmlReply(http.StatusUnavailableForLegalReasons, "Blocked by a security policy")
	case Redirect302, Redirect307:
		status := http.StatusFound
		if f.Kind == Redirect307 {
			status = http.StatusTemporaryRedirect
		}
		out := htmlReply(status, "Moved")
		out.header.Set("Location", cmp.Or(f.Location, "https://redirect.invalid/"))
		return out
	case NoBackendID:
		return withoutBackendID(normal)
	case TruncatedJSON:
		normal.body = normal.body[:len(normal.body)/2]
		return normal
	case HugeBody:
		normal.body = `{"padding":"` + strings.Repeat("x", 2<<20) + `",` + strings.TrimPrefix(normal.body, "{")
		return normal
	}
	return normal
}

func (f Fault) refuse(id string, status int, code, message string) reply {
	if f.Plain {
		return htmlReply(status, http.StatusText(status))
	}
	r := refusal{status, cmp.Or(f.Code, code), cmp.Or(f.Message, message)}
	return r.reply(id)
}

func (f Fault) custom(id string) reply {
	status := cmp.Or(f.Status, http.StatusBadRequest)
	if f.Body != "" {
		return reply{status, http.Header{"Content-Type": {"text/plain"}}, f.Body}
	}
	return f.refuse(id, status, "", "")
}

func (f Fault) skew() time.Duration {
	if f.Kind != ClockSkew {
		return 0
	}
	return cmp.Or(f.Delay, 10*time.Minute)
}

func withoutBackendID(normal reply) reply {
	var body struct {
		RequestID string         `json:"requestId"`
		Response  map[string]any `json:"response"`
	}
	if err := json.Unmarshal([]byte(normal.body), &body); err != nil || body.Response == nil {
		return normal
	}
	delete(body.Response, "backendId")
	return jsonReply(normal.status, map[string]any{"requestId": body.RequestID, "response": body.Response})
}
