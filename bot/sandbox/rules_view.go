package sandbox

// ValidateView checks a modal or Home view against the closed schema and limits
// of docs.slack.dev/reference/views. It returns nil for a valid one; pointers
// start with /view, as in the answers of the views methods.
func ValidateView(raw []byte) []BlockError {
	c := newChecker(modalSurface)
	v, err := decodeJSON(raw)
	if err != nil {
		c.fail("/view", "format", "not JSON", "JSON", nil)
		return c.errs
	}
	o, ok := c.asObject("/view", v)
	if !ok {
		return c.errs
	}
	c.view("/view", o)
	if len(raw) > viewBytesMax {
		c.fail("/view", "max_length", "view is too large", viewBytesMax, len(raw))
	}
	return c.errs
}

func (c *checker) view(at string, o object) {
	switch c.enum(at, o, "type", true, "modal", "home") {
	case "home":
		c.surface = homeSurface
		c.closed(at, o, "type", "blocks", "private_metadata", "callback_id", "external_id")
	default:
		c.closed(at, o, "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id",
			"clear_on_close", "notify_on_close", "external_id", "submit_disabled")
		c.text(at, o, "title", plainText, 24, true)
		c.text(at, o, "submit", plainText, 24, false)
		c.text(at, o, "close", plainText, 24, false)
		c.boolean(at, o, "clear_on_close", "notify_on_close", "submit_disabled")
	}
	c.str(at, o, "private_metadata", 0, privateMetadataMax, false)
	c.str(at, o, "callback_id", 0, 255, false)
	c.str(at, o, "external_id", 0, 255, false)
	c.blocks(at+"/blocks", c.array(at, o, "blocks", 0, viewBlocksMax, true))
	if c.inputs > 0 && c.surface == modalSurface && o["submit"] == nil {
		c.fail(at, "required", "submit is required when a view has input blocks", "submit", nil)
	}
}
