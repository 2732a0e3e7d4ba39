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
	switch c := column.(type) {
	case nil: // of an outer join
		*t = ""
		return nil
	case string:
		*t = Text(c)
		return nil
	case []byte:
		text, err := Unpack(nil, c)
		*t = Text(text)
		return err
	}
	return fmt.Errorf("a packed text is stored as %T", column)
}

// Pack returns the packed text, or the text itself if that is not longer.
func Pack(text string) []byte {
	number, dict := byte(dataNumber), dataDict
	if strings.HasPrefix(text, `{"id":`) {
		number, dict = recordNumber, recordDict
	}
	if hasKinds([]byte(text)) {
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

// Unpack returns the text of a column. It may use the memory of dst, or of the column.
func Unpack(dst, column []byte) ([]byte, error) {
	if len(column) == 0 {
		return column, nil
	}
	dict := dataDict
	switch column[0] {
	case recordNumber:
		dict = recordDict
	case dataNumber:
	default:
		return column, nil
	}
	short, err := dict.Decode(dst[:cap(dst)], column[1:])
	if err != nil {
		return nil, errDamaged
	}
	if !hasKinds(short) {
		return short, nil
	}
	return lengthen(short)
}
