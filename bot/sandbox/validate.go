package sandbox

import (
	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/webapi"
)

// blocksValidate checks blocks, a message or a view and shows nothing
// (docs.slack.dev/reference/methods/blocks.validate).
func (s *Slack) blocksValidate(args webapi.Arguments) (object, *webapi.Error) {
	var given []string
	for _, key := range []string{"blocks", "message", "view"} {
		if args.Has(key) {
			given = append(given, key)
		}
	}
	if len(given) != 1 {
		return nil, badArgument("exactly one of blocks, message and view")
	}
	value, _, err := args.Nested(given[0])
	if err != nil {
		return nil, webapi.Refuse("invalid_blocks_format")
	}
	var found []blockkit.Violation
	switch o, _ := value.(object); {
	case given[0] == "view":
		found = blockkit.ValidateView(mustJSON(value))
	case given[0] == "message" && o["text"] != nil: // the method takes blocks and attachments only
		found = []blockkit.Violation{{Pointer: "/message/text", Rule: "additional_properties",
			Message: "no more properties are allowed, got text"}}
	default:
		found = blockkit.ValidateMessage(mustJSON(value))
	}
	if len(found) == 0 {
		return object{}, nil
	}
	fail := webapi.Refuse("invalid_blocks")
	for _, v := range found {
		fail.Errors = append(fail.Errors, object{"pointer": v.Pointer, "code": "failed_constraint",
			"message": v.Message, "constraint": object{"type": v.Rule}})
	}
	return nil, fail
}
