package cases

import (
	"bytes"
	_ "embed" // the schema
)

//go:embed schema.json
var schemaText []byte

// Schema returns the JSON schema of test files, for editors.
func Schema() []byte { return bytes.Clone(schemaText) }
