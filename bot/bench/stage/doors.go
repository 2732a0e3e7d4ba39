package stage

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// counts counts calls by name.
type counts struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counts) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[name]++
}

func (c *counts) copy() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.seen)
}

// Calls are the calls of the bot so far, those that were refused included.
type Calls struct {
	Slack    map[string]int // by method
	Zenlayer map[string]int // by action; instances also by service
}

// Calls returns the calls so far.
func (s *Stage) Calls() Calls { return Calls{s.slackDoor.counts.copy(), s.cloudDoor.counts.copy()} }

// Total is the number of all calls.
func (c Calls) Total() int {
	sum := 0
	for _, calls := range []map[string]int{c.Slack, c.Zenlayer} {
		for _, n := range calls {
			sum += n
		}
	}
	return sum
}

// serveCloud counts a call of Zenlayer and passes it on.
func (s *Stage) serveCloud(w http.ResponseWriter, r *http.Request) {
	s.cloudDoor.counts.add(r.Header.Get("X-ZC-Action"))
	s.cloud.ServeHTTP(w, r)
}

// bodyMax bounds what is read of a call, like the stand-in.
const bodyMax = 4 << 20

// serveSlack counts a call of Slack's Web API, passes it on, and looks whether it showed
// a result.
func (s *Stage) serveSlack(w http.ResponseWriter, r *http.Request) {
	method, isCall := strings.CutPrefix(r.URL.Path, "/api/")
	if isCall { // others open a connection or answer to a response address
		s.slackDoor.counts.add(method)
	}
	if method != "chat.postMessage" && method != "chat.update" {
		s.slack.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		http.Error(w, "the request body could not be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	held := &answer{ResponseWriter: w, status: http.StatusOK}
	s.slack.ServeHTTP(held, r)
	if bytes.Contains(held.body.Bytes(), []byte(`"ok":true`)) {
		if n, ok := added(shownText(r.Header.Get("Content-Type"), body)); ok {
			s.result(n)
		}
	}
	w.WriteHeader(held.status)
	_, _ = w.Write(held.body.Bytes()) // fails only if the bot has left
}

// result notes that the result of command n is shown.
func (s *Stage) result(n int) {
	s.mu.Lock()
	done, notify := s.shown[n], s.notify
	delete(s.shown, n)
	s.mu.Unlock()
	if done == nil {
		return // an edit of a card that said so before
	}
	if notify != nil {
		notify(n)
	}
	close(done)
}

// answer holds what is answered.
type answer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// shownText returns the text of a message in the body of a call, or "".
func shownText(contentType string, body []byte) string {
	if strings.HasPrefix(contentType, "application/json") {
		var message struct{ Text string }
		_ = json.Unmarshal(body, &message) // the stand-in has taken it
		return message.Text
	}
	values, _ := url.ParseQuery(string(body))
	return values.Get("text")
}

// aServer finds the id or the name of a server of this stage.
var aServer = regexp.MustCompile(`\b(?:i-b|bench-)(\d{6})\b`)

// added returns the number of the command whose result a text is.
func added(text string) (int, bool) {
	if !strings.HasPrefix(text, "Added") {
		return 0, false
	}
	found := aServer.FindStringSubmatch(text)
	if found == nil {
		return 0, false
	}
	n, err := strconv.Atoi(found[1])
	return n, err == nil
}
