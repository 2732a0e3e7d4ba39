package web

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ana     = "U0ANA"
	bo      = "U0BO"
	olga    = "U0OLGA" // from another organization
	ops     = "C0OPS"
	partner = "C0PARTNER" // shared with another organization
	teamID  = "T0LOCAL"

	plantedBot = "xoxb-planted-bot-token"
)

var errPlanted = errors.New("planted trouble")

// lines is a log to look into.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(l),
		zapcore.DebugLevel))
}

// members asks the directory who is in a group.
func members(t *testing.T, d *Directory, group string) []string {
	t.Helper()
	groups, err := d.Groups(t.Context())
	require.NoError(t, err)
	for _, g := range groups {
		if g.ID == group {
			return g.Members
		}
	}
	return nil
}
