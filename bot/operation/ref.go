package operation

import (
	"crypto/rand"
	"encoding/base32"
)

// RefPrefix starts every reference that people read.
const RefPrefix = "LBR-"

// NewRef makes a reference of six random base32 characters. References are
// unique in the journal; on ErrRefTaken another one is made.
func NewRef() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return RefPrefix + base32.StdEncoding.EncodeToString(b[:])[:6]
}
