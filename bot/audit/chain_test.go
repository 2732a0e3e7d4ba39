package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// chainOf is a trail of n denials.
func chainOf(n int) []Entry {
	all := make([]Entry, n)
	for i := range all {
		all[i] = Entry{Seq: int64(i + 1), At: 1772334840000 + int64(i), Kind: operation.EventDenied,
			OperationID: fmt.Sprint("id-", i),
			ActorID:     fmt.Sprint("U", i), ChannelID: "C1", Data: `{"code":"no_rule"}`}
	}
	Extend(beginning(), time.UnixMilli(1772334840500), all)
	return all
}

func TestTheCanonicalFormIsTheOneThatIsDocumented(t *testing.T) {
	t.Parallel()
	all := chainOf(2)
	text := fmt.Sprintf("13:lbbot audit 1,64:%s,1:2,13:%d,1:2,13:%d,6:denied,4:id-1,2:U1,2:C1,%d:%s,",
		all[0].Hash, all[1].LinkedAt, all[1].At, len(all[1].Data), all[1].Data)
	h := sha256.Sum256([]byte(text))
	require.Equal(t, hex.EncodeToString(h[:]), all[1].Hash)
	require.Equal(t, noHash, all[0].Previous)
	head, err := ParseHead(" " + Head{2, strings.ToUpper(all[1].Hash)}.String() + "\n")
	require.NoError(t, err)
	require.Equal(t, Head{2, all[1].Hash}, head)
	for _, wrong := range []string{"", "7", "7:", "x:" + noHash, "7:" + noHash[1:], "-1:" + noHash,
		"7:" + strings.Repeat("g", 64)} {
		_, err := ParseHead(wrong)
		require.ErrorContains(t, err, "is not a head", wrong)
	}
}

func TestAnExportCanBeVerifiedByItself(t *testing.T) {
	t.Parallel()
	const trailLength = 7
	all := chainOf(trailLength)
	verify := func(entries []Entry, heads ...Head) Trail {
		trail, err := verifyEntries(Expected{Heads: heads}, func(yield func(Entry) error) error {
			for _, e := range entries {
				if err := yield(e); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, err)
		return trail
	}
	head := Head{trailLength, all[trailLength-1].Hash}
	require.Nil(t, verify(all, head).Break)
	require.Nil(t, verify(all[2:], head).Break, "it may begin anywhere")
	without := append(append([]Entry{}, all[:3]...), all[4:]...)
	require.Equal(t, int64(5), verify(without).Break.Position)
	require.Equal(t, int64(6), verify(all[:5], head).Break.Position)
	altered := append([]Entry{}, all...)
	altered[3].Data = "{}"
	require.Equal(t, int64(4), verify(altered).Break.Position)
	require.NotNil(t, verify(nil, head).Break)
}

func TestTheKeyOfCheckpointsIsChecked(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "secret-planted", "c2hvcnQ=", strings.Repeat("A", 88)} {
		_, err := ParseKey(wrong)
		require.ErrorContains(t, err, "32 bytes in base64")
		if wrong != "" {
			require.NotContains(t, err.Error(), wrong)
		}
	}
	k, err := ParseKey(" a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=\n")
	require.NoError(t, err)
	require.Equal(t, ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize))), k)
	public, err := ParsePublicKey(ShowKey(k.Public().(ed25519.PublicKey)))
	require.NoError(t, err)
	require.Equal(t, k.Public(), public)
	_, err = ParsePublicKey("AAAA")
	require.Error(t, err)
}

func TestReportClaimsThatNothingWasDeletedOnlyUpToAHeadThatMatches(t *testing.T) {
	t.Parallel()
	all := chainOf(3)
	for name, tt := range map[string]struct {
		heads []Head
		says  string
		not   string
	}{
		"without a head": {nil, "the chain is unbroken, but no head was compared", "nothing was"},
		"with a head": {[]Head{{2, all[1].Hash}},
			"up to position 2 nothing was altered, deleted or moved", "no head"},
	} {
		trail, err := verifyEntries(Expected{Heads: tt.heads}, func(yield func(Entry) error) error {
			return errors.Join(yield(all[0]), yield(all[1]), yield(all[2]))
		})
		require.NoError(t, err)
		var out strings.Builder
		require.NoError(t, Report(&out, trail))
		require.Contains(t, out.String(), tt.says, name)
		require.NotContains(t, out.String(), tt.not, name)
	}
}
