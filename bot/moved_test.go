package bot_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// awayWith are the ways in which a database file can be taken from a running bot.
func awayWith() map[string]func(h *house) {
	beside := func(h *house) string { return filepath.Join(filepath.Dir(filepath.Dir(h.file())), "away") }
	return map[string]func(h *house){
		"deleted":        func(h *house) { require.NoError(h.t, os.Remove(h.file())) },
		"folder renamed": func(h *house) { require.NoError(h.t, os.Rename(filepath.Dir(h.file()), beside(h))) },
		"replaced": func(h *house) {
			h.backup(beside(h))
			require.NoError(h.t, os.Rename(beside(h), h.file()))
		},
		"overwritten": func(h *house) {
			content, err := os.ReadFile(h.file())
			require.NoError(h.t, err)
			copy(content[60:], "old!") // the user version of another run
			require.NoError(h.t, os.WriteFile(h.file(), content, 0o600))
		},
		"log deleted": func(h *house) { require.NoError(h.t, os.Remove(h.file()+"-wal")) },
	}
}

// ofItsOwn gives a house a folder for the database.
func (h *house) ofItsOwn() *house {
	h.t.Helper()
	folder := filepath.Join(h.t.TempDir(), "data")
	require.NoError(h.t, os.Mkdir(folder, 0o700))
	h.config.DatabaseURL = "sqlite:" + filepath.Join(folder, "lbbot.db")
	h.start()
	return h
}

// eachTaking runs a test of each way with a preview on the screen. Nothing may
// be sent.
func eachTaking(t *testing.T, test func(h *house, preview sandbox.Message, take func())) {
	t.Parallel()
	for name, take := range awayWith() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, func(c *bot.Config) { c.Drain = bot.Duration(time.Second) }).ofItsOwn()
			h.types(ana, incident, good)
			test(h, h.sees(ana, incident, "Preview"), func() { take(h) })
			require.Empty(t, h.registerBodies())
		})
	}
}

func TestDatabaseFileTakenAwayAcceptsAndSendsNothing(t *testing.T) {
	eachTaking(t, func(h *house, preview sandbox.Message, take func()) {
		take()
		h.clicks(ana, preview, "req_send")
		h.sees(ana, incident,
			"database file was moved, deleted or overwritten, so nothing was accepted and nothing is sent")
		require.ErrorContains(h.t, h.ready(), "while the bot was running: stop the bot")
		h.types(ana, ops, "lst-80aa web-04")
		h.sees(ana, ops, "nothing was accepted and nothing is sent")
		require.Empty(h.t, h.cards(incident))
	})
}

func TestDatabaseFileTakenAwayAfterTheClickStopsTheCall(t *testing.T) {
	eachTaking(t, func(h *house, preview sandbox.Message, take func()) {
		var once sync.Once
		taken := make(chan struct{})
		h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
			if c.Action == "DescribeListeners" && p == zenlayertest.AfterExecute { // the last checks have begun
				once.Do(func() { take(); close(taken) })
			}
		})
		h.clicks(ana, preview, "req_send")
		<-taken
		require.Eventually(h.t, func() bool {
			return strings.Contains(h.log.String(), "while the bot was running: stop the bot")
		}, 20*time.Second, 5*time.Millisecond)
		require.NoError(h.t, h.stop())
	})
}
