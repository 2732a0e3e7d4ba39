package packed

import (
	"bytes"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
)

// S2 cannot shorten hexadecimal digits. Before S2, a string that is a digest or a UUID
// becomes its kind and its bytes. A text that has such a byte itself is not packed.
const (
	kindDigest = iota // a SHA-256, 64 digits
	kindLower         // a UUID
	kindUpper         // a UUID in upper case
	kinds

	digest, uuid = 32, 16 // bytes
)

// indexKind returns where a text has a byte that names a kind; -1: nowhere.
func indexKind(text []byte) int {
	for i, c := range text {
		if c < kinds {
			return i
		}
	}
	return -1
}

// shorten replaces the strings in text that are a digest or a UUID.
func shorten(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for {
		i := bytes.IndexByte(text, '"') + 1
		if i == 0 {
			return append(out, text...)
		}
		out, text = append(out, text[:i]...), text[i:]
		var n int
		if out, n = appendShort(out, text); n > 0 {
			text = text[n:]
		}
	}
}

// appendShort appends the string that text begins with, if it is a digest or a UUID, and
// returns its length.
func appendShort(out, text []byte) ([]byte, int) {
	var raw [digest]byte
	const digits, long = 2 * digest, 36
	if len(text) > digits && text[digits] == '"' {
		if _, err := hex.Decode(raw[:], text[:digits]); err == nil && bytes.Equal(text[:digits], lower(raw[:])) {
			return append(append(out, kindDigest), raw[:]...), digits
		}
	}
	if len(text) <= long || text[long] != '"' || text[8] != '-' {
		return out, 0
	}
	kind := kindLower
	var plain []byte
	for i, c := range text[:long] {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		if 'A' <= c && c <= 'F' {
			kind = kindUpper
		}
		plain = append(plain, c)
	}
	_, err := hex.Decode(raw[:uuid], plain)
	if err != nil || !bytes.Equal(appendUUID(nil, byte(kind), raw[:uuid]), text[:long]) {
		return out, 0
	}
	return append(append(out, byte(kind)), raw[:uuid]...), long
}

func lower(raw []byte) []byte { return hex.AppendEncode(nil, raw) }

func appendUUID(out []byte, kind byte, raw []byte) []byte {
	begin := len(out)
	for i, b := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, []byte{b})
	}
	if kind == kindUpper {
		copy(out[begin:], bytes.ToUpper(out[begin:]))
	}
	return out
}

// lengthen is the reverse of shorten, and appends to out.
func lengthen(out, short []byte) ([]byte, error) {
	for {
		i := indexKind(short)
		if i < 0 {
			return append(out, short...), nil
		}
		kind, size := short[i], uuid
		if kind == kindDigest {
			size = digest
		}
		if len(short) < i+1+size {
			return nil, errDamaged
		}
		raw := short[i+1 : i+1+size]
		out = append(out, short[:i]...)
		if kind == kindDigest {
			out = hex.AppendEncode(out, raw)
		} else {
			out = appendUUID(out, kind, raw)
		}
		short = short[i+1+size:]
	}
}

// Hash is a SHA-256 in hexadecimal digits, stored as its 32 bytes. Earlier versions
// stored the digits.
type Hash string

// Value implements driver.Valuer. What is no SHA-256 is stored as text.
func (h Hash) Value() (driver.Value, error) {
	raw, err := hex.DecodeString(string(h))
	if err == nil && len(raw) == digest && hex.EncodeToString(raw) == string(h) {
		return raw, nil
	}
	return string(h), nil
}

// Scan implements sql.Scanner.
func (h *Hash) Scan(column any) error {
	switch c := column.(type) {
	case string:
		*h = Hash(c)
		return nil
	case []byte:
		if *h = Hash(c); len(c) == digest {
			*h = Hash(hex.EncodeToString(c))
		}
		return nil
	}
	return fmt.Errorf("a hash is stored as %T", column)
}
