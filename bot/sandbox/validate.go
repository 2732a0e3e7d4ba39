package sandbox

// validateBlocks is blocks.validate: exactly one of blocks, message and view,
// no token (docs.slack.dev/reference/methods/blocks.validate).
func validateBlocks(args arguments) (object, *apiError) {
	c := newChecker(messageSurface)
	given := 0
	for _, key := range []string{"blocks", "message", "view"} {
		v, ok, err := args.nested(key)
		if !ok && err == nil {
			continue
		}
		given++
		o, isObject := v.(object)
		list, isList := v.([]any)
		switch {
		case err != nil, key == "blocks" && !isList, key != "blocks" && !isObject:
			return nil, refuse("invalid_arguments")
		case key == "blocks":
			c.blocks("/blocks", c.array("", object{"blocks": list}, "blocks", 0, messageBlocksMax, false))
		case key == "view":
			c.surface = modalSurface
			c.view("", o)
		default:
			c.closed("", o, "blocks", "attachments") // text is refused here, unlike in a post
			c.message(object{"blocks": o["blocks"], "attachments": o["attachments"], "text": "not part of it"})
		}
	}
	switch {
	case given != 1:
		return nil, refuse("invalid_arguments")
	case len(c.errs) > 0:
		return nil, &apiError{code: "invalid_blocks", objects: c.errs}
	}
	return object{}, nil
}
