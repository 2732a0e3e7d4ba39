package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lbbot/bot/journal"
)

const (
	checkConfiguration = "configuration"

	checkFolder   = "data folder"
	checkDatabase = "database"
	checkRunning  = "running bot"
)

// ErrNoBot means that no bot is running, as far as this machine can see. ErrOther means that
// another program, or another version of lbbot, answers in its place.
var (
	ErrNoBot = errors.New("no bot answers")
	ErrOther = errors.New("another program, or another version of lbbot, answers")
)

// configuration is valid: else no check is played.
func (x *exam) configuration(context.Context) finding {
	if len(x.Unknown) > 0 {
		return warns("correct or remove it; lbbot config print shows where each value comes from", "%s",
			strings.Join(x.Unknown, "; "))
	}
	return passed("all settings are valid")
}

// runningBot asks the bot at its admin address.
func (x *exam) runningBot(ctx context.Context) finding {
	on, err := x.Running(ctx)
	switch none := errors.Is(err, ErrNoBot); {
	case none && x.Local:
		return fails("start it with lbbot run, or set LBBOT_ADMIN_ADDR as the bot has it", "%v", err)
	case none:
		return skipped("%v", err)
	}
	x.mayRun = "a bot is running"
	if errors.Is(err, ErrOther) {
		return fails("set LBBOT_ADMIN_ADDR to the address of the bot", "%v", err)
	}
	if err != nil {
		return fails("look at the log of the bot, and restart it if it hangs", "%v", err)
	}
	x.running = &on
	if !on.Ready {
		var words, next []string
		for _, r := range on.Reasons {
			words = append(words, fmt.Sprintf("%s (since %s UTC)", r.Words, r.Since.UTC().Format(time.DateTime)))
			next = append(next, r.Next+", see "+r.Runbook)
		}
		return fails(strings.Join(next, "; "), "it is not ready: %s", strings.Join(words, "; "))
	}
	hello := ""
	if at := on.Slack.LastHello; at != nil {
		hello = fmt.Sprintf(", the last hello %s ago", x.Now().Sub(*at).Round(time.Second))
	}
	return passed("version %s is ready, with %s to Slack%s", on.Version, count(on.Slack.Connections, "connection"),
		hello)
}

// file returns the path of an SQLite database; "" for PostgreSQL.
func (x *exam) file() string {
	path, ok := strings.CutPrefix(x.DatabaseURL, "sqlite:")
	if !ok {
		return ""
	}
	return path
}

// dataFolder writes and deletes an empty file beside the database.
func (x *exam) dataFolder(context.Context) finding {
	path := x.file()
	if path == "" {
		return passed("not needed: the database is PostgreSQL")
	}
	folder := filepath.Dir(path)
	next := "let the user that runs lbbot write to " + folder + ", or name another file in LBBOT_DATABASE_URL"
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return fails("create it, or name another file in LBBOT_DATABASE_URL", "the folder %s does not exist", folder)
	}
	f, err := os.CreateTemp(folder, ".lbbot-doctor-*")
	if err != nil {
		return fails(next, "%s cannot be written: %v", folder, err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return fails(next, "%s cannot be written: %v", folder, err)
	}
	if x.Inside != nil { // closing the file here would release the bot's locks on it
		return passed("%s can be written", folder)
	}
	db, err := os.OpenFile(filepath.Clean(path), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return passed("%s can be written", folder)
	}
	if err != nil {
		return fails("let the user that runs lbbot write to "+path, "%s cannot be written: %v", path, err)
	}
	_ = db.Close()
	return passed("%s and the database in it can be written", folder)
}

// readsDatabase opens the database without changing it.
func (x *exam) readsDatabase(ctx context.Context) finding {
	var err error
	if x.Inside != nil {
		x.database, err = x.Inside.Inspect(ctx)
	} else {
		x.database, err = journal.Inspect(ctx, x.DatabaseURL)
	}
	if err != nil {
		do, words := journal.Advice(err), err.Error()
		if do != "" {
			words = strings.Replace(words, do+": ", "", 1)
		}
		return fails(cmp.Or(do, "check LBBOT_DATABASE_URL"), "%s", words)
	}
	if x.database.Absent {
		x.nobodyRuns()
		return passed("%s does not exist yet; the bot creates it at its first start", x.database.Name)
	}
	if x.running == nil && x.Inside == nil && x.database.File != "" {
		held, err := journal.InUse(x.database.File)
		if err != nil {
			return warns("let the user that runs lbbot read the lock file", "%v", err)
		}
		if held {
			x.mayRun = "the database is in use"
			return warns("if the bot is running, set LBBOT_ADMIN_ADDR as it has it; else stop the other process, or "+
				"use another database", "%s is locked by another process, and no bot answers", x.database.Name)
		}
	}
	if n := x.database.Replicas; n > 0 {
		x.mayRun = "a replica is running"
		return passed("%s can be read; %s", x.database.Name, count(n, "live replica"))
	}
	// The replicas of another version are not counted.
	if d := x.database; d.File != "" || d.Version == 0 || d.Version == d.Known {
		x.nobodyRuns()
	}
	return passed("%s can be read", x.database.Name)
}

// unknownUse is why a bot may be running until the database says that none uses it.
const unknownUse = "whether a bot uses the database is not known"

// nobodyRuns notes that no bot uses the database.
func (x *exam) nobodyRuns() {
	if x.mayRun == unknownUse {
		x.mayRun = ""
	}
}

func (x *exam) tables(context.Context) finding {
	d := x.database
	switch {
	case d.Version > d.Known:
		return fails("run the newer lbbot that wrote them, or restore a backup made before the update",
			"they have version %d, and this lbbot knows %d", d.Version, d.Known)
	case d.Version == 0:
		return passed("there are none yet; the bot creates them at its first start")
	case d.Version < d.Known:
		return warns("start the bot once, after a backup: it updates them",
			"they have version %d, and this lbbot needs %d", d.Version, d.Known)
	}
	return passed("they have version %d, as this lbbot needs", d.Version)
}

func (x *exam) durable(context.Context) finding {
	var all, wrong []string
	for _, s := range x.database.Settings {
		text := s.Name + " is " + s.Value
		if all = append(all, text); s.Unsafe {
			wrong = append(wrong, text)
		}
	}
	switch {
	case len(wrong) > 0:
		next := "switch it on for this database: until then a power cut can lose accepted requests"
		if x.file() != "" {
			next = "start the bot once, which sets it; if it cannot, move the file to a local disk"
		}
		return fails(next, "%s", strings.Join(wrong, ", "))
	case len(all) == 0:
		return passed("the bot sets them when it creates the database")
	}
	return passed("%s", strings.Join(all, ", "))
}

func (x *exam) timeZone(context.Context) finding {
	if x.TimeZone == "" {
		return passed("TZ is not set; times in the log are of the machine's own zone")
	}
	if _, err := time.LoadLocation(strings.TrimPrefix(x.TimeZone, ":")); err != nil {
		return fails("install the package tzdata, or correct TZ",
			"TZ is %q, and this machine does not know that zone: times in the log are UTC", x.TimeZone)
	}
	return passed("TZ is %s", x.TimeZone)
}
