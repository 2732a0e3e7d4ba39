package packed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDictionariesNeverChange fails if what is stored could no longer be read.
func TestDictionariesNeverChange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		string(recordText): "a427fe032fb9407de6d97021bf0145f06894f852f0b09ed7c4d8c9985153ee05",
		string(dataText):   "da52869e34fc4ce73e2ef5bc7a3267a71a73bd0c6fbc1e90358596237933ea0b",
	} {
		sum := sha256.Sum256([]byte(text))
		require.Equal(t, want, hex.EncodeToString(sum[:]))
	}
	stored, err := hex.DecodeString("02510c7b2261733a3f0044312d33305432323a31383a31322e3035325a" +
		"2e360001000c353561313d8f30223a226c73742d38663263227d")
	require.NoError(t, err)
	text, err := new(Reader).unpack(stored)
	require.NoError(t, err)
	require.Equal(t, `{"asked_at":"2026-11-30T22:18:12.052Z","instance":"i-55a1","listener":"lst-8f2c"}`, string(text))
}

func TestTextComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "null", "plain", `{"id":"1"}`,
		`{"id":"` + strings.Repeat("ü\x00", 5000) + `"}`,
		`{"id":"1","policy_digest":"` + strings.Repeat("0f", 32) + `","a":"` + strings.Repeat("0f", 33) + `"}`,
		`{"id":"01a0f170-6c80-7528-9507-c944cb6f6fa5","a":"01a0f170-6c80-7528-9507-C944cb6f6fa5","b":"` +
			`C98FE429-9B52-A2AD-7238-E24EDF6813EF","c":"01a0f170-6c80-7528-9507x0944cb6f6fa","d":"01a0f170-`,
		`{"e":"00000000-0000-0000-0000-000000000000"}`,
		strings.Repeat("0f", 32), strings.Repeat("0F", 32) + `"`, `{"a":"` + strings.Repeat("1", 200) + `"}`,
		`{"asked_at":"2026-11-30T22:18:12.052Z","policy_1":"a"}`,
		strings.Repeat(`{"id":"1","state":"added"}`, 100_000)} {
		stored, err := Text(text).Value()
		require.NoError(t, err)
		var back Text
		require.NoError(t, back.Scan(stored))
		require.Equal(t, text, string(back))
		require.LessOrEqual(t, len(stored.([]byte)), len(text))
		if text != "" {
			require.NoError(t, back.Scan(text), "as earlier versions stored it")
			require.Equal(t, text, string(back))
		}
	}
}

func TestHashIsStoredInHalfItsDigits(t *testing.T) {
	t.Parallel()
	for text, size := range map[string]int{strings.Repeat("0f", 32): 32, strings.Repeat("0F", 32): 64, "short": 5} {
		stored, err := Hash(text).Value()
		require.NoError(t, err)
		var back Hash
		require.NoError(t, back.Scan(stored))
		require.Equal(t, text, string(back))
		require.Equal(t, size, len(fmt.Sprintf("%s", stored)))
		require.NoError(t, back.Scan(text), "as earlier versions stored it")
		require.Equal(t, text, string(back))
		require.NoError(t, back.Scan([]byte(text)))
		require.Equal(t, text, string(back))
	}
	require.Error(t, new(Hash).Scan(7))
}

func TestDamagedTextIsAnError(t *testing.T) {
	t.Parallel()
	var text Text
	for _, column := range []any{[]byte{1}, []byte{2, 255, 255, 1}, []byte{1, 4, 0}, damagedDigest(), 7} {
		require.Error(t, text.Scan(column), "%v", column)
	}
	require.NoError(t, text.Scan(nil))
	require.Empty(t, text)
}

func FuzzUnpackNeverPanics(f *testing.F) {
	f.Add(Pack(`{"id":"1","state":"added"}`))
	f.Fuzz(func(t *testing.T, column []byte) {
		text, err := new(Reader).unpack(column)
		if err == nil && len(text) > 0 && text[0] > dataNumber {
			again, err := new(Reader).unpack(Pack(string(text)))
			require.NoError(t, err)
			require.Equal(t, string(text), string(again))
		}
	})
}

// damagedDigest is a packed text that ends inside a digest.
func damagedDigest() []byte {
	return append([]byte{dataNumber}, dataDict.Encode(nil, []byte("{\x00abc"))...)
}
