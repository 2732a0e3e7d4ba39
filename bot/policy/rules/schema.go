package rules

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/cedar-policy/cedar-go/x/exp/schema"
)

// SchemaText returns the schema of policies in Cedar's own form, with its
// comments.
func SchemaText() []byte { return bytes.Clone(schemaText) }

// SchemaJSON returns the same schema in Cedar's JSON form, which editors and
// other tools of Cedar read.
func SchemaJSON() ([]byte, error) {
	var s schema.Schema
	if err := s.UnmarshalCedar(schemaText); err != nil {
		return nil, fmt.Errorf("parsing the built-in schema: %w", err)
	}
	text, err := s.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("writing the built-in schema as JSON: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, fmt.Errorf("writing the built-in schema as JSON: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
