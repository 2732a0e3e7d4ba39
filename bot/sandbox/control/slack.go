package control

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"lbbot/bot/sandbox"
)

// slackFaults are the faults of the Slack stand-in.
func (p *Panel) slackFaults() []fault { return slices.Concat(p.connectionFaults(), p.callFaults()) }

// connectionFaults are those of Socket Mode.
func (p *Panel) connectionFaults() []fault {
	s := p.slack
	return []fault{
		atOnce("slack-refresh", "Slack asks every connection to leave", func(Setting) { s.Refresh() }),
		atOnce("slack-warning", "Slack announces the end of every connection, and closes it after 10 seconds",
			func(o Setting) { s.Warn(o.wait(10 * time.Second)) }, "seconds"),
		atOnce("slack-drop", "every connection is cut without a word", func(Setting) { s.DropConnections() }),
		atOnce("slack-stall", "every connection is silent for 5 seconds",
			func(o Setting) { s.Mute(o.wait(5 * time.Second)) }, "seconds"),
		whileOn("slack-ghost", "a connection stays open and takes envelopes, but nothing is read from it",
			func(o Setting) { s.Ghost(cmp.Or(o.Times, 1)) },
			func() bool {
				return slices.ContainsFunc(s.Connections(), func(c sandbox.Connection) bool { return c.Ghost })
			}, s.ForgetGhosts, "times"),
		whileOn("slack-off", "Socket Mode is switched off (link_disabled)", func(Setting) { s.LinkDisabled(true) },
			func() bool { return s.Switches().LinkDisabled }, func() { s.LinkDisabled(false) }),
		whileOn("slack-refuses-connections", "the next connections are refused with an HTTP status",
			func(o Setting) { s.RefuseUpgrades(cmp.Or(o.Times, 1), cmp.Or(o.Status, http.StatusServiceUnavailable)) },
			func() bool { return s.Switches().Refusals != 0 }, func() { s.RefuseUpgrades(0, 0) }, "times", "status"),
		whileOn("lost-acks", "the next acks are lost", func(o Setting) { s.SwallowAcks(cmp.Or(o.Times, 1)) },
			func() bool { return s.Switches().SwallowedAcks != 0 }, func() { s.SwallowAcks(0) }, "times"),
		whileOn("duplicates", "the next envelopes come twice", func(o Setting) {
			s.Duplicate(cmp.Or(o.Times, 1), o.NewEnvelope)
		}, func() bool { return s.Duplicates() != 0 }, func() { s.Duplicate(0, false) }, "times", "new_envelope"),
		whileOn("redelivery", "commands and clicks that were not acked come again after the next connection",
			func(Setting) { s.RedeliverUnacked(true) }, s.RedeliversUnacked, func() { s.RedeliverUnacked(false) }),
		whileOn("acks-anywhere", "an ack counts on another connection than its envelope's",
			func(Setting) { s.AcceptAcksAnywhere(true) }, func() bool { return s.Switches().AnyAcks },
			func() { s.AcceptAcksAnywhere(false) }),
		whileOn("large-frames-dropped", "frames over 20,480 bytes are ignored, on connections made from now on",
			func(Setting) { s.DropLargeFrames(true) }, func() bool { return s.Switches().DropLarge },
			func() { s.DropLargeFrames(false) }),
		whileOn("open-after-close", "Slack answers a close frame and leaves TCP open",
			func(Setting) { s.LeaveTCPOpen(true) }, func() bool { return s.Switches().LeaveTCPOpen },
			func() { s.LeaveTCPOpen(false) }),
	}
}

// callFaults are those of the Web API.
func (p *Panel) callFaults() []fault {
	s := p.slack
	return []fault{
		p.callFault("slack-429", "the next call is refused by Slack's rate limit",
			func(o Setting) (string, sandbox.APIFault) {
				return cmp.Or(o.Method, "*"), sandbox.APIFault{RetryAfter: o.wait(3 * time.Second), Times: o.Times}
			}, "times", "method", "seconds"),
		p.callFault("edits-refused", "Slack refuses every edit of a message until this is cleared",
			func(Setting) (string, sandbox.APIFault) {
				return "chat.update", sandbox.APIFault{Error: "cant_update_message", Times: -1}
			}),
		p.webAPI(),
		{Fault: Fault{Name: "token-revoked", About: "Slack revokes a token: bot or app", Fields: []string{"token"},
			Needs: true},
			set: func(o Setting) error {
				kinds := map[string]sandbox.TokenKind{"bot": sandbox.TheBotToken, "app": sandbox.TheAppToken}
				kind, ok := kinds[o.Token]
				if !ok {
					return fmt.Errorf("token is bot or app, not %q", o.Token)
				}
				s.RevokeToken(kind)
				return nil
			},
			on:    func() bool { return s.Revoked(sandbox.TheBotToken) || s.Revoked(sandbox.TheAppToken) },
			clear: s.RestoreTokens},
		{Fault: Fault{Name: "scopes-missing", About: "the app was not granted some scopes", Fields: []string{"scopes"},
			Needs: true},
			set:   func(o Setting) error { s.SetMissingScopes(o.Scopes...); return nil },
			on:    func() bool { return len(s.MissingScopes()) > 0 },
			clear: func() { s.SetMissingScopes() }},
	}
}

// webAPI is any fault of a method.
func (p *Panel) webAPI() fault {
	f := p.callFault("web-api", "the next call of a method fails: with an error, an HTTP status, a hang or a drop",
		func(o Setting) (string, sandbox.APIFault) {
			return cmp.Or(o.Method, "*"), sandbox.APIFault{Error: o.Error, Status: o.Status, Hang: o.Hang,
				DropBefore: o.Drop == "before", DropAfter: o.Drop == "after", Execute: o.Execute, Times: o.Times}
		}, "times", "method", "error", "status", "hang", "drop", "execute")
	set := f.set
	f.Needs = true
	f.set = func(o Setting) error {
		ways := 0
		for _, given := range []bool{o.Error != "", o.Status != 0, o.Hang, o.Drop != ""} {
			if given {
				ways++
			}
		}
		switch {
		case ways != 1:
			return errors.New("web-api needs exactly one of error, status, hang and drop")
		case o.Drop != "" && o.Drop != "before" && o.Drop != "after":
			return fmt.Errorf("drop is before or after, not %q", o.Drop)
		}
		return set(o)
	}
	return f
}

// callFault is a fault of calls; of says of which, and what happens.
func (p *Panel) callFault(
	name, about string, of func(Setting) (string, sandbox.APIFault), fields ...string) fault {
	set := func(o Setting) error {
		method, f := of(o)
		f.Name = name
		if _, known := p.slack.Method(method); !known && method != "*" && method != "response_url" {
			return fmt.Errorf("the stand-in has no method %q", method)
		}
		p.slack.FailNext(method, f)
		return nil
	}
	return fault{Fault: Fault{Name: name, About: about, Fields: append([]string{}, fields...)}, set: set,
		on: func() bool { return p.slack.Scripted(name) }, clear: func() { p.slack.ClearFaultsOf(name) }}
}

// atOnce is a fault that happens when it is set.
func atOnce(name, about string, set func(Setting), fields ...string) fault {
	return whileOn(name, about, set, nil, nil, fields...)
}

// whileOn is a fault that lasts until it has struck often enough or is cleared.
func whileOn(name, about string, set func(Setting), on func() bool, end func(), fields ...string) fault {
	return fault{Fault: Fault{Name: name, About: about, Fields: append([]string{}, fields...)},
		set: func(s Setting) error { set(s); return nil }, on: on, clear: end}
}
