package sandbox

import (
	"crypto/rand"
	"io"
	"net/http"
	"time"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/webapi"
)

// How long and how often a response address works
// (docs.slack.dev/interactivity/handling-user-interaction).
const (
	responseLife    = 30 * time.Minute
	responseURLUses = 5
)

// response is one response address.
type response struct {
	userID, channelID string
	original          *message // the message that carried the component; nil for commands
	uses              int
	until             time.Time
}

// newResponse makes an address; kind is "commands", "actions" or "app-actions".
func (s *Slack) newResponse(kind, userID, channelID string, original *message) string {
	s.state.lastID++
	path := "/" + kind + "/" + s.state.world.TeamID + "/" + s.nextID("") + "/" + rand.Text()
	s.state.responses[path] = &response{userID: userID, channelID: channelID, original: original,
		until: s.now().Add(responseLife)}
	return s.base + path
}

// serveResponse takes a post to a response address. It answers the plain text
// "ok", or anything else for a failure: Slack does not document failures.
func (s *Slack) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webapi.RequestMax))
	v, decodeErr := blockkit.Decode(body)
	o, ok := v.(object)
	status, fail := http.StatusOK, webapi.Refuse("invalid_payload")
	execute := func() *webapi.Error {
		if ok && err == nil && decodeErr == nil && r.Method == http.MethodPost {
			status, fail = s.respond(r.URL.Path, webapi.Arguments{Values: o})
		}
		return fail
	}
	switch {
	case !s.API.Execute(w, r, "response_url", webapi.Arguments{Values: o}, execute):
	case fail != nil:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		webapi.WriteJSON(w, status, object{"ok": false, "error": fail.Code})
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok")
	}
}

func (s *Slack) respond(path string, args webapi.Arguments) (int, *webapi.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.responses[path]
	switch {
	case r == nil:
		return http.StatusNotFound, webapi.Refuse("no_service")
	case s.now().After(r.until):
		return http.StatusNotFound, webapi.Refuse("expired_url")
	case r.uses >= responseURLUses:
		return http.StatusNotFound, webapi.Refuse("used_url")
	}
	if fail := s.answer(r, args); fail != nil {
		return http.StatusOK, fail
	}
	r.uses++
	return 0, nil
}

// answer posts, replaces or deletes a message for a response address or for the
// ack of a command.
func (s *Slack) answer(r *response, args webapi.Arguments) *webapi.Error {
	// slack-go sends an empty metadata object with every response, and Slack
	// takes no metadata here.
	delete(args.Values, "metadata")
	if args.Boolean("delete_original") {
		if r.original == nil || r.original.Deleted {
			return webapi.Refuse("message_not_found")
		}
		r.original.Deleted = true
		return nil
	}
	c, fail := s.content(args, -1)
	if fail != nil {
		return fail
	}
	kind := args.Str("response_type")
	if kind != "" && kind != "ephemeral" && kind != "in_channel" {
		return webapi.Refuse("invalid_response_type")
	}
	if args.Boolean("replace_original") && r.original != nil {
		return s.replaceOriginal(r.original, kind, c)
	}
	m := s.fromBot(r.channelID)
	if kind != "in_channel" {
		m.Ephemeral, m.To = true, r.userID
	} else if fail := s.enterThread(m, args.Str("thread_ts")); fail != nil {
		return fail
	}
	s.fill(m, c)
	s.add(m)
	return nil
}

// replaceOriginal changes a message. It cannot change who sees it.
func (s *Slack) replaceOriginal(m *message, kind string, c content) *webapi.Error {
	switch {
	case m.Deleted:
		return webapi.Refuse("message_not_found")
	case kind == "in_channel" && m.Ephemeral, kind == "ephemeral" && !m.Ephemeral:
		return webapi.Refuse("cant_change_visibility")
	}
	m.keepVersion()
	s.fill(m, c)
	return nil
}
