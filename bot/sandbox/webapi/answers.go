package webapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

func (s *API) writeAnswer(w http.ResponseWriter, method string, answer Object, fail *Error) {
	granted := s.granted()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if m, ok := s.o.Methods[method]; ok && m.Token == TheBotToken {
		w.Header().Set("X-Oauth-Scopes", strings.Join(granted, ","))
		w.Header().Set("X-Accepted-Oauth-Scopes", m.Scope)
	}
	if fail == nil {
		answer["ok"] = true
		WriteJSON(w, http.StatusOK, answer)
		return
	}
	answer = Object{"ok": false, "error": fail.Code}
	if fail.Needed != "" {
		answer["needed"], answer["provided"] = fail.Needed, strings.Join(granted, ",")
	}
	if len(fail.Details) > 0 {
		answer["response_metadata"] = Object{"messages": fail.Details}
		if strings.HasPrefix(method, "chat.") {
			answer["errors"] = fail.Details
		}
	}
	if len(fail.Errors) > 0 {
		answer["errors"] = fail.Errors
	}
	status := http.StatusOK
	if fail.RetryAfter > 0 {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", retryAfterSeconds(fail.RetryAfter))
	}
	WriteJSON(w, status, answer)
}

// WriteJSON answers with a status and v as JSON. The caller sets the content type.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, fmt.Sprintf("encoding the answer: %v", err), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the caller has left
}
