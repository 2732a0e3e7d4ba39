package commands

// ErrorAdvice explains an error code of Zenlayer: what it means and what a person can do.
type ErrorAdvice struct {
	// Means completes "What it said:", Do completes "What to do:". Each is one sentence that starts with a small letter
	// and ends with a full stop.
	Means, Do string
}

// Advice returns the advice for an error code; false if the code is not known.
func Advice(code string) (ErrorAdvice, bool) {
	for _, k := range knownCodes {
		if k.code == code {
			return k.advice, true
		}
	}
	return ErrorAdvice{}, false
}

// AdviceOn is Advice for an answer with an HTTP status. An answer from 300 to 499 without a code did not come from
// Zenlayer itself, and gets advice as well; 429 does not.
func AdviceOn(status int, code string) (ErrorAdvice, bool) {
	if code == "" && status >= 300 && status < 500 && status != 429 {
		return ErrorAdvice{"the answer has none of Zenlayer's codes, so something in front of Zenlayer gave it.",
			"nothing on your side; the bot's owners have to look at the network path and at ZENLAYER_ENDPOINT."}, true
	}
	return Advice(code)
}

type knownCode struct {
	code   string
	advice ErrorAdvice
}

// The advice that several codes share.
const (
	fixValue = "check the values and try again with changes."
	owners   = "nothing on your side; the bot's owners have to look at it."
	newKey   = "nothing on your side; the bot's owners have to check or replace its access key."
)

// knownCodes is a table that nothing changes: first the common error codes of the platform (docs.console.zenlayer.com,
// common error codes), then those of load balancer and instance calls.
var knownCodes = [...]knownCode{
	{"INTERNAL_SERVER_ERROR", ErrorAdvice{"something broke inside Zenlayer.",
		"wait until the bot has found out; do not repeat it by hand."}},
	{"SERVICE_TEMPORARY_UNAVAILABLE", ErrorAdvice{"the service is not available for the moment.",
		"try again in a few minutes."}},
	{"REQUEST_TIMED_OUT", ErrorAdvice{"the request took too long inside Zenlayer.",
		"wait until the bot has found out; do not repeat it by hand."}},
	{"REQUEST_LIMIT_EXCEEDED", ErrorAdvice{"too many calls in a short time.", "wait a minute, then try again."}},
	{"INVALID_OPERATION_TIMEOUT", ErrorAdvice{"the operation took too long inside Zenlayer.",
		"wait until the bot has found out; do not repeat it by hand."}},
	{"AUTHFAILURE_INVALID_AUTHORIZATION", ErrorAdvice{"the bot's login was not understood.", newKey}},
	{"AUTHFAILURE_SIGNATURE_FAILURE", ErrorAdvice{"the bot's key was refused.", newKey}},
	{"AUTHFAILURE_UNAUTHORIZED_OPERATION", ErrorAdvice{"the bot's key may not make this call.",
		"nothing on your side; the bot's owners have to give its key the right for this call."}},
	{"AUTHFAILURE_SIGNATURE_EXPIRED", ErrorAdvice{
		"the bot's clock and Zenlayer's are more than five minutes apart.",
		"nothing on your side; the bot's owners have to set its clock right."}},
	{"MISSING_PARAMETER", ErrorAdvice{"a required value is missing.", owners}},
	{"INVALID_PARAMETER_TYPE", ErrorAdvice{"a value is of the wrong kind.", fixValue}},
	{"INVALID_PARAMETER_EXCEED_MAXIMUM", ErrorAdvice{"a number is too large.",
		"look at ports (1 to 65535) and weight (1 to 100), then try again with changes."}},
	{"INVALID_PARAMETER_LESS_MINIMUM", ErrorAdvice{"a number is too small.",
		"look at ports (1 to 65535) and weight (1 to 100), then try again with changes."}},
	{"INVALID_PARAMETER_EXCEED_LENGTH", ErrorAdvice{"a value is too long, or a list has too many entries.",
		"shorten the backend name or give fewer ports, then try again with changes."}},
	{"INVALID_PARAMETER_LESS_LENGTH", ErrorAdvice{"a value is too short, or a list has too few entries.", fixValue}},
	{"INVALID_PARAMETER_PATTERN_ERROR", ErrorAdvice{"a value has characters that are not allowed.",
		"choose another backend name, with letters, digits, hyphens and periods, then try again with changes."}},
	{"INVALID_PARAMETER_DATE_FORMAT_ERROR", ErrorAdvice{"a date is not in the expected form.", owners}},
	{"INVALID_PARAMETER_VALUE", ErrorAdvice{"a value is not one of those allowed.",
		"look at the type (bm or vm) and the ports, then try again with changes."}},
	{"OPERATION_FAILED_FOR_RECYCLE_RESOURCE",
		ErrorAdvice{"the server or load balancer is in the recycle bin.",
			"restore it in the console, or choose another server."}},
	{"OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND",
		ErrorAdvice{"the resource group does not exist.",
			"check in the console which resource group the server is in."}},
	{"OPERATION_FAILED_RESOURCE_NOT_FOUND",
		ErrorAdvice{"the listener or the server does not exist any more.",
			"pick both again; one may have been recreated."}},
	{"INVALID_INSTANCE_NOT_FOUND", ErrorAdvice{"the server does not exist, or is of the other type.",
		"check the server's ID, and the type: bm (bare metal) or vm (virtual machine)."}},
	{"OPERATION_DENIED_INSTANCE_RECYCLED", ErrorAdvice{"the server is in the recycle bin.",
		"restore it in the console, or choose another server."}},
	{"INVALID_LB_LISTENER_NOT_FOUND", ErrorAdvice{"the listener does not exist any more.",
		"pick the listener again; it may have been recreated."}},
	{"INVALID_BACKEND_INSTANCE_LISTENER_EXIST",
		ErrorAdvice{"the server is already on this listener, maybe with other ports.",
			"choose another server, or take this one off the listener first."}},
	{"INVALID_BACKEND_INSTANCE_MULTIPLE", ErrorAdvice{"the same server was given more than once.",
		"give each server once, then try again with changes."}},
	{"INVALID_BACKEND_SERVER_PORT", ErrorAdvice{"a port is not accepted for this listener.",
		"leave the ports out to use the listener's own, or choose others."}},
}
