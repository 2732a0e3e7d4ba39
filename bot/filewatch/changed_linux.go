package filewatch

import (
	"os"
	"syscall"
	"time"
)

// ChangeTime returns when the file was last changed in any way. Unlike its
// modification time, programs cannot set it.
func ChangeTime(info os.FileInfo) time.Time {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(stat.Ctim.Unix())
}
