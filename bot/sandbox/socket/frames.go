package socket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
)

var (
	errFrameTooLong = errors.New("frame is too long")
	errFragment     = errors.New("message is fragmented")
)

// frameHijacker gives the upgrader a connection whose frames are watched: the
// WebSocket library joins fragments, which Slack refuses.
type frameHijacker struct {
	http.ResponseWriter
	watch *frameWatch
}

// Hijack implements http.Hijacker.
func (h *frameHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacker, ok := h.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("the server cannot hijack")
	}
	conn, rw, err := hijacker.Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking over the connection: %w", err)
	}
	h.watch.Conn = conn
	return h.watch, rw, nil
}

// frameWatch reads the frame headers (RFC 6455 section 5.2) of a client and ends
// reading at a frame that Slack refuses.
type frameWatch struct {
	net.Conn
	off atomic.Bool

	allowLong, allowParts bool

	header []byte
	skip   uint64 // bytes left of the current payload
}

func (f *frameWatch) disable() { f.off.Store(true) }

// Read implements net.Conn.
func (f *frameWatch) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if f.off.Load() {
		return n, err
	}
	if broken := f.follow(p[:n]); broken != nil {
		return 0, broken
	}
	return n, err
}

func (f *frameWatch) follow(b []byte) error {
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(b)))
			f.skip -= n
			b = b[n:]
			continue
		}
		f.header = append(f.header, b[0])
		b = b[1:]
		length, complete := frameLength(f.header)
		if !complete {
			continue
		}
		fin, opcode := f.header[0]&0x80 != 0, f.header[0]&0x0f
		f.header, f.skip = f.header[:0], length
		if (!fin || opcode == 0) && !f.allowParts {
			return errFragment
		}
		if length > maxClientFrame && !f.allowLong {
			return errFrameTooLong
		}
	}
	return nil
}

// frameLength is the payload length, once the header with its mask is complete.
func frameLength(h []byte) (length uint64, complete bool) {
	if len(h) < 2 {
		return 0, false
	}
	need := 2
	short := uint64(h[1] & 0x7f)
	switch short {
	case 126:
		need += 2
	case 127:
		need += 8
	}
	body := need
	if h[1]&0x80 != 0 {
		need += 4
	}
	if len(h) < need {
		return 0, false
	}
	switch short {
	case 126:
		return uint64(binary.BigEndian.Uint16(h[2:body])), true
	case 127:
		return binary.BigEndian.Uint64(h[2:body]), true
	}
	return short, true
}
