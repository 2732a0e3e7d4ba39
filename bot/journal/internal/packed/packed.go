// Package packed stores JSON text in fewer bytes: S2 with a fixed dictionary of the
// keys and usual values of records and of events' data, and digests and UUIDs as bytes.
//
// A packed value begins with a byte that names its dictionary, which no JSON text
// begins with, so that text of earlier versions is read as it is. The dictionaries
// are part of what is stored: they never change. A better one gets another number.
package packed

import (
	"database/sql/driver"
	_ "embed" // the dictionaries
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/compress/s2"
)

// Text is text that is packed in its column: a blob on SQLite, bytea on PostgreSQL.
type Text string

// The numbers of the dictionaries. Stored; add, never change.
const (
	recordNumber = 1
	dataNumber   = 2
)

//go:embed record.txt
var recordText []byte

//go:embed data.txt
var dataText []byte

//nolint:gochecknoglobals // made once, never changed, safe for concurrent use
var recordDict, dataDict = s2.MakeDict(recordText, nil), s2.MakeDict(dataText, nil)

// Value packs the text. It implements driver.Valuer and never fails.
func (t Text) Value() (driver.Value, error) { return Pack(string(t)), nil }

// Scan reads a column that is packed or text. It implements sql.Scanner.
func (t *Text) Scan(column any) error {
	text, err := new(Reader).Text(column)
	*t = Text(text)
	return err
}

// Reader reads packed columns with the memory of those before. It is not safe for
// concurrent use.
type Reader struct{ short, long []byte }

// Text returns the text of a column that is packed, text, or null.
func (r *Reader) Text(column any) (string, error) {
	switch c := column.(type) {
	case nil: // of an outer join
		return "", nil
	case string:
		return c, nil
	case []byte:
		text, err := r.unpack(c)
		return string(text), err
	}
	return "", fmt.Errorf("a packed text is stored as %T", column)
}

// Pack returns the packed text, or the text itself if that is not longer.
func Pack(text string) []byte {
	number, dict := byte(dataNumber), dataDict
	if strings.HasPrefix(text, `{"id":`) {
		number, dict = recordNumber, recordDict
	}
	if indexKind([]byte(text)) >= 0 {
		return []byte(text)
	}
	short := shorten([]byte(text))
	packed := make([]byte, 1+s2.MaxEncodedLen(len(short)))
	packed[0] = number
	packed = packed[:1+len(dict.Encode(packed[1:], short))]
	if len(packed) >= len(text) {
		return []byte(text)
	}
	return packed
}

var errDamaged = errors.New("a packed text cannot be read: the database is damaged, or a newer lbbot wrote it")

// unpack returns the text of a column, in the memory of r or of the column.
func (r *Reader) unpack(column []byte) ([]byte, error) {
	if len(column) == 0 || column[0] != recordNumber && column[0] != dataNumber {
		return column, nil
	}
	dict := dataDict
	if column[0] == recordNumber {
		dict = recordDict
	}
	short, err := dict.Decode(r.short[:cap(r.short)], column[1:])
	if err != nil {
		return nil, errDamaged
	}
	if cap(short) > cap(r.short) {
		r.short = short
	}
	if indexKind(short) < 0 {
		return short, nil
	}
	r.long, err = lengthen(r.long[:0], short)
	return r.long, err
}
