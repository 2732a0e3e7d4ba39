package render

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lbbot/bot/operation"
)

// Action ids: the names Slack sends back when a person presses a button or
// picks from an overflow menu. Messages keep their buttons for years, so a
// name is never given another meaning.
const (
	// typing mistake: the form with what was understood; value: a key of the caller's
	ActFixOpenForm  = "fix_open_form"
	ActFixPick      = "fix_pick_"       // and a number: the preview with a suggestion; value: a key of Choices
	ActHelpOpen     = "help_open"       // help, privately; no value
	ActFormOpen     = "form_open"       // go on with the form after its time ran out; value: a key of the caller's
	ActReqSend      = "req_send"        // preview: add the server
	ActReqChange    = "req_change"      // preview: the form with these values
	ActReqCancel    = "req_cancel"      // preview: drop it
	ActReqMore      = "req_more"        // a menu or the Details button; see MoreValue
	ActReqAgain     = "req_again"       // a new preview of the same request
	ActReqAgainForm = "req_again_form"  // the form with the values of the same request
	ActHomeAdd      = "home_add"        // App Home: the empty form; no value
	ActOpStop       = "op_stop"         // stop, or make no further attempts
	ActUndoAsk      = "undo_ask"        // added: the preview of taking it back
	ActSettleNow    = "settle_now"      // look at the listener now
	ActSettleYes    = "settle_yes"      // a person says: it is there
	ActSettleNo     = "settle_no"       // a person says: it is not there
	ActWhoamiOpen   = "whoami_open"     // what may I do?, privately; no value
	ActHistOlder    = "hist_older"      // the next page of a history; value: a key of the caller's
	ActLinkOpen     = "link_open"       // a button with an address; to be acked, nothing else
	ActFormTyped    = "form_type_ids"   // form: fields to type into in place of the lists; no value
	ActFormLists    = "form_pick_lists" // form: lists in place of fields to type into; no value
	ActPickListener = "pick_listener"   // form: a listener was picked; value: its ID

	ActApprovalAsk = "approval_ask" // preview: ask others to agree
	ActGlassOpen   = "glass_open"   // preview: the form for break-glass
	ActPoolShow    = "pool_show"    // preview in a view: the pool over it
	ActApYes       = "ap_yes"       // agree to someone else's request
	ActApNo        = "ap_no"        // the form that asks for the reason
	ActApQuestion  = "ap_question"  // start a conversation in the thread
	ActApMore      = "ap_more"      // overflow; see MoreValue
)

// Callback ids of the views.
const (
	ViewForm    = "register_form"    // form.Register; its submission is to be checked
	ViewPreview = "register_preview" // private.PreviewView; its submission is to be sent
	ViewNotice  = "register_notice"  // loading, checking and failed views; cannot be submitted
	ViewDeny    = "approval_deny"    // form.Deny; its submission ends the request
	ViewHome    = "home"             // home.View
	ViewGlass   = "break_glass"      // form.Glass; its submission adds without approval
)

// Block ids that a test or a repeated update looks for. Inputs have the ids of
// FieldBlockID. Slack chooses all others and therefore redraws changed blocks.
const (
	blockActions = "actions"
	BlockPicks   = "picks"
	fieldPrefix  = "field_"
	pickPrefix   = "pick_"
)

// The entries of the req_more overflow menu. Each is answered privately by
// the named function.
const (
	MoreCopy    = "copy"    // private.Copy
	MoreWhy     = "why"     // private.Why
	MoreZeno    = "zeno"    // private.Zeno
	MoreDetails = "details" // private.Details
	MorePool    = "pool"    // private.Pool
)

// CardEvent names the metadata of a posted card: event_payload has ref,
// id, state and version.
const CardEvent = "lbbot_operation"

// ActionIDs lists every action id a card or view may carry, in no order that
// matters.
func ActionIDs() []string {
	return []string{ActFixOpenForm, ActFixPick + "1", ActFixPick + "2", ActFixPick + "3", ActFixPick + "4",
		ActFixPick + "5", ActHelpOpen, ActFormOpen, ActReqSend, ActReqChange, ActReqCancel, ActReqMore,
		ActReqAgain, ActReqAgainForm, ActUndoAsk, ActOpStop, ActSettleNow, ActSettleYes, ActSettleNo,
		ActWhoamiOpen, ActHistOlder,
		ActLinkOpen, ActFormTyped, ActFormLists, ActPickListener,
		ActApprovalAsk, ActGlassOpen, ActPoolShow, ActApYes, ActApNo, ActApQuestion, ActApMore}
}

// ErrButtonValue says that a button or menu carried something this bot does
// not put there.
var ErrButtonValue = errors.New("not a value of this bot's buttons")

const maxButtonID = 64 // characters of an id in a button value

// ButtonValue is what every button of an operation's card carries: which
// operation, and which version of it the person was looking at.
func ButtonValue(op operation.Operation) string { return KeyValue(op.ID, op.Version) }

// KeyValue is a button value for something that is not an operation, such as
// remembered form values.
func KeyValue(key string, version int64) string {
	return key + ":" + strconv.FormatInt(version, 10)
}

// ParseButtonValue reads a value that ButtonValue wrote.
func ParseButtonValue(s string) (id string, version int64, err error) {
	id, number, ok := strings.Cut(s, ":")
	if !ok || !validID(id) {
		return "", 0, ErrButtonValue
	}
	version, err = strconv.ParseInt(number, 10, 64)
	if err != nil || version < 0 || strconv.FormatInt(version, 10) != number {
		return "", 0, ErrButtonValue
	}
	return id, version, nil
}

// MoreValue is the value of one entry of the req_more menu.
func MoreValue(what string, op operation.Operation) string { return what + ":" + ButtonValue(op) }

// ParseMoreValue reads a value that MoreValue wrote.
func ParseMoreValue(s string) (what, id string, version int64, err error) {
	what, rest, _ := strings.Cut(s, ":")
	switch what {
	case MoreCopy, MoreWhy, MoreZeno, MoreDetails, MorePool:
	default:
		return "", "", 0, ErrButtonValue
	}
	if id, version, err = ParseButtonValue(rest); err != nil {
		return "", "", 0, fmt.Errorf("reading menu entry %s: %w", what, err)
	}
	return what, id, version, nil
}

// validID reports whether s has only the characters of ids we make.
func validID(s string) bool {
	if s == "" || len(s) > maxButtonID {
		return false
	}
	for _, c := range []byte(s) {
		if !IsAlnum(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// IsAlnum reports whether c is an ASCII letter or digit.
func IsAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// FieldBlockID is the block id of a form field; its action id is the same.
func FieldBlockID(key string) string { return fieldPrefix + key }

// PickBlockID is the block id of a form field whose value is picked from a list;
// its action id is the same.
func PickBlockID(key string) string { return pickPrefix + key }
