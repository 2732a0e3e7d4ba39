package slackapp

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
	actFixOpenForm  = "fix_open_form"
	actFixPick      = "fix_pick_"      // and a number: the preview with a suggestion; value: a key of Choices
	actHelpOpen     = "help_open"      // help, privately; no value
	actFormOpen     = "form_open"      // go on with the form after its time ran out; value: a key of the caller's
	actReqSend      = "req_send"       // preview: add the server
	actReqChange    = "req_change"     // preview: the form with these values
	actReqCancel    = "req_cancel"     // preview: drop it
	actReqMore      = "req_more"       // overflow; see moreValue
	actReqAgain     = "req_again"      // a new preview of the same request
	actReqAgainForm = "req_again_form" // the form with the values of the same request
	actOpStop       = "op_stop"        // stop, or make no further attempts
	actSettleNow    = "settle_now"     // look at the listener now
	actSettleYes    = "settle_yes"     // a person says: it is there
	actSettleNo     = "settle_no"      // a person says: it is not there
	actWhoamiOpen   = "whoami_open"    // what may I do?, privately; no value
	actHistOlder    = "hist_older"     // the next page of a history; value: a key of the caller's
	actLinkOpen     = "link_open"      // a button with an address; to be acked, nothing else

	actApprovalAsk = "approval_ask" // preview: ask others to agree
	actGlassOpen   = "glass_open"   // preview: the form for break-glass
	actApYes       = "ap_yes"       // agree to somebody else's request
	actApNo        = "ap_no"        // the form that asks why not
	actApQuestion  = "ap_question"  // open a talk in the thread
	actApMore      = "ap_more"      // overflow; see moreValue
)

// Callback ids of the views.
const (
	viewForm    = "register_form"    // formView; its submission is to be checked
	viewPreview = "register_preview" // previewView; its submission is to be sent
	viewNotice  = "register_notice"  // loading, checking and failed views; cannot be submitted
	viewDeny    = "approval_deny"    // denyView; its submission ends the request
	viewGlass   = "break_glass"      // glassView; its submission adds without approval
)

// Block ids that a test or a repeated update looks for. Inputs have those of
// fieldBlockID; all others are left to Slack, which then draws changed blocks
// anew.
const (
	blockActions = "actions"
	blockPicks   = "picks"
	fieldPrefix  = "field_"
)

// The entries of the req_more overflow menu. Each is answered privately by
// the message function named.
const (
	moreCopy    = "copy"    // copyMessage
	moreWhy     = "why"     // whyMessage
	moreZeno    = "zeno"    // zenoMessage
	moreDetails = "details" // detailsMessage
	morePool    = "pool"    // poolMessage
)

// metadataEvent names the metadata of a posted card: event_payload has ref,
// id, state and version.
const metadataEvent = "lbbot_operation"

// actionIDs lists every action id a card or view may carry, in no order that
// matters.
func actionIDs() []string {
	return []string{actFixOpenForm, actFixPick + "1", actFixPick + "2", actFixPick + "3", actFixPick + "4",
		actFixPick + "5", actHelpOpen, actFormOpen, actReqSend, actReqChange, actReqCancel, actReqMore,
		actReqAgain, actReqAgainForm, actOpStop, actSettleNow, actSettleYes, actSettleNo, actWhoamiOpen, actHistOlder,
		actLinkOpen,
		actApprovalAsk, actGlassOpen, actApYes, actApNo, actApQuestion, actApMore}
}

// errButtonValue says that a button or menu carried something this bot does
// not put there.
var errButtonValue = errors.New("not a value of this bot's buttons")

const maxButtonID = 64 // characters of an id in a button value

// buttonValue is what every button of an operation's card carries: which
// operation, and which version of it the person was looking at.
func buttonValue(op operation.Operation) string { return keyValue(op.ID, op.Version) }

// keyValue is a button value for something that is not an operation, such as
// remembered form values.
func keyValue(key string, version int64) string {
	return key + ":" + strconv.FormatInt(version, 10)
}

// parseButtonValue reads what buttonValue wrote.
func parseButtonValue(s string) (id string, version int64, err error) {
	id, number, ok := strings.Cut(s, ":")
	if !ok || !validID(id) {
		return "", 0, errButtonValue
	}
	version, err = strconv.ParseInt(number, 10, 64)
	if err != nil || version < 0 || strconv.FormatInt(version, 10) != number {
		return "", 0, errButtonValue
	}
	return id, version, nil
}

// moreValue is the value of one entry of the req_more menu.
func moreValue(what string, op operation.Operation) string { return what + ":" + buttonValue(op) }

// parseMoreValue reads what moreValue wrote.
func parseMoreValue(s string) (what, id string, version int64, err error) {
	what, rest, _ := strings.Cut(s, ":")
	switch what {
	case moreCopy, moreWhy, moreZeno, moreDetails, morePool:
	default:
		return "", "", 0, errButtonValue
	}
	if id, version, err = parseButtonValue(rest); err != nil {
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
		if !isAlnum(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// fieldBlockID is the block id of a form field; its action id is the same.
func fieldBlockID(key string) string { return fieldPrefix + key }
