// Package sqlitefile has the path, the connection settings and the folder of the file of
// an SQLite journal.
package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Pragmas are set on every connection and read back, because the driver ignores
// unknown names. See sqlite.org/pragma.html.
//
// With synchronous=FULL each commit is on disk when it returns, so a power cut repeats
// nothing that a caller was told is stored. What it can repeat was in no commit: the
// answer of a call, a post of a card whose place was not stored, a private message whose
// delivery was not recorded as answered.
func Pragmas() []Pragma {
	return []Pragma{
		{"busy_timeout", "5000", "5000"},
		{"foreign_keys", "1", "1"},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
	}
}

// Pragma is one setting of a connection: its name, what it is set to, and how it is read back.
type Pragma struct{ Name, Set, Want string }

// Path turns what follows "sqlite:" in a database URL into an absolute path. Its errors say
// what to write.
func Path(rest string) (string, error) {
	if strings.HasPrefix(rest, "///") {
		rest = rest[2:]
	}
	switch {
	case rest == "":
		return "", errors.New("opening journal: the database URL names no file: " +
			"write sqlite:lbbot.db or sqlite:/path/to/lbbot.db")
	case strings.Contains(rest, ":memory:"), strings.Contains(rest, "mode=memory"):
		return "", errors.New("opening journal: a database in memory loses what was accepted: " +
			"name a file, for example sqlite:lbbot.db")
	case strings.HasPrefix(rest, "//"):
		return "", errors.New("opening journal: write sqlite:name.db or sqlite:/path/to/name.db, without a host")
	case strings.ContainsAny(rest, "?#"):
		return "", errors.New("opening journal: an sqlite: URL takes no options: leave out what follows the file name")
	}
	path, err := filepath.Abs(rest)
	if err != nil {
		return "", fmt.Errorf("opening journal %s: %w", rest, err)
	}
	return path, nil
}

// DSN is how the driver opens the file.
func DSN(path string, readOnly bool) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range Pragmas() {
		if readOnly && p.Name == "journal_mode" {
			continue // setting it is a write; the file has it
		}
		q.Add("_pragma", p.Name+"("+p.Set+")")
	}
	if readOnly {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Check reads the pragmas back on every connection of a pool.
func Check(ctx context.Context, db *sql.DB, connections int) error {
	for range connections {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // kept open, so that each iteration gets another connection
		for _, p := range Pragmas() {
			var got string
			if err := conn.QueryRowContext(ctx, "pragma "+p.Name).Scan(&got); err != nil {
				return err
			}
			if got != p.Want {
				return fmt.Errorf("%s is %s and must be %s: put the file on a local disk", p.Name, got, p.Want)
			}
		}
	}
	return nil
}

// CheckFolder returns why there can be no file at path, as far as its folder shows.
func CheckFolder(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("opening journal %s: the folder %s does not exist: create it, "+
			"or name another with --database or LBBOT_DATABASE_URL", path, folder)
	case err != nil:
		return fmt.Errorf("opening journal %s: %w", path, err)
	case !info.IsDir():
		return fmt.Errorf("opening journal %s: %s is not a folder", path, folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("opening journal %s: this is a folder: name a file in it", path)
	}
	return nil
}

// CheckReadable returns why the file cannot be read.
func CheckReadable(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading journal %s: there is no such file: the bot creates it at its first start; "+
			"check --database or LBBOT_DATABASE_URL", path)
	}
	if err != nil {
		return fmt.Errorf("reading journal %s: %w", path, err)
	}
	return f.Close()
}
