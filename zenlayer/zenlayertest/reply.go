package zenlayertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Codes of the public common error table, and of related actions.
const (
	codeInvalidAuthorization = "AUTHFAILURE_INVALID_AUTHORIZATION"
	codeSignatureFailure     = "AUTHFAILURE_SIGNATURE_FAILURE"
	codeSignatureExpired     = "AUTHFAILURE_SIGNATURE_EXPIRED"
	codeUnauthorized         = "AUTHFAILURE_UNAUTHORIZED_OPERATION"
	codeMissing              = "MISSING_PARAMETER"
	codeType                 = "INVALID_PARAMETER_TYPE"
	codeMaximum              = "INVALID_PARAMETER_EXCEED_MAXIMUM"
	codeMinimum              = "INVALID_PARAMETER_LESS_MINIMUM"
	codeLength               = "INVALID_PARAMETER_EXCEED_LENGTH"
	codePattern              = "INVALID_PARAMETER_PATTERN_ERROR"
	codeValue                = "INVALID_PARAMETER_VALUE"
	codeListenerNotFound     = "INVALID_LB_LISTENER_NOT_FOUND"
	codeInstanceNotFound     = "INVALID_INSTANCE_NOT_FOUND"
	codeInstanceRecycled     = "OPERATION_DENIED_INSTANCE_RECYCLED"
	codeBackendExists        = "INVALID_BACKEND_INSTANCE_LISTENER_EXIST"
	codeResourceNotFound     = "OPERATION_FAILED_RESOURCE_NOT_FOUND"
	codeLimit                = "REQUEST_LIMIT_EXCEEDED"
	codeInternal             = "INTERNAL_SERVER_ERROR"
	codeUnavailable          = "SERVICE_TEMPORARY_UNAVAILABLE"
	codeTimedOut             = "REQUEST_TIMED_OUT"

	// codeTokenReused is invented: what the service answers when a known client token
	// comes with other parameters is not documented.
	codeTokenReused = "STANDIN_INVENTED_CLIENT_TOKEN_REUSED"
)

// refusal is an error answer of the API.
type refusal struct {
	status        int
	code, message string
}

func unauthorized(code, message string) *refusal {
	return &refusal{http.StatusUnauthorized, code, message}
}

func badParameter(code, message string) *refusal {
	return &refusal{http.StatusBadRequest, code, message}
}

// reply is an answer ready to be sent.
type reply struct {
	status int
	header http.Header
	body   string
}

func jsonReply(status int, body any) reply {
	encoded, err := json.Marshal(body)
	if err != nil { // cannot happen for the package's own values
		return htmlReply(http.StatusInternalServerError, "stand-in: "+err.Error())
	}
	return reply{status, http.Header{"Content-Type": {"application/json"}}, string(encoded)}
}

func htmlReply(status int, text string) reply {
	body := "<html>\r\n<head><title>" + text + "</title></head>\r\n<body><center><h1>" + text +
		"</h1></center></body>\r\n</html>\r\n"
	return reply{status, http.Header{"Content-Type": {"text/html"}}, body}
}

func success(requestID string, payload map[string]any) reply {
	payload["requestId"] = requestID
	return jsonReply(http.StatusOK, map[string]any{"requestId": requestID, "response": payload})
}

// shifted returns a decoded value with numbers and booleans as text and digits as
// numbers.
func shifted(value any) any {
	switch v := value.(type) {
	case float64, bool:
		return fmt.Sprint(v)
	case string:
		if n, err := strconv.Atoi(v); err == nil && strconv.Itoa(n) == v {
			return n
		}
	case []any:
		for i := range v {
			v[i] = shifted(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = shifted(v[name])
		}
	}
	return value
}

func (r reply) shifted() reply {
	var body any
	if json.Unmarshal([]byte(r.body), &body) != nil {
		return r
	}
	return jsonReply(r.status, shifted(body))
}

func (r *refusal) reply(requestID string) reply {
	return jsonReply(r.status, map[string]any{"requestId": requestID, "code": r.code, "message": r.message})
}
