package control

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/zenlayer/zenlayertest"
)

// cloudKinds are all faults of the Zenlayer stand-in.
func cloudKinds() []zenlayertest.FaultKind {
	return []zenlayertest.FaultKind{
		zenlayertest.AnswerLost, zenlayertest.AnswerCut, zenlayertest.ConnectionDropped, zenlayertest.Hang,
		zenlayertest.SlowBody, zenlayertest.InternalError, zenlayertest.BadGateway, zenlayertest.Unavailable,
		zenlayertest.TimedOut, zenlayertest.ErrorIn200, zenlayertest.NoBackendID, zenlayertest.TruncatedJSON,
		zenlayertest.Challenge, zenlayertest.Blocked, zenlayertest.Redirect302, zenlayertest.Redirect307,
		zenlayertest.RateLimited, zenlayertest.ClockSkew, zenlayertest.HugeBody, zenlayertest.HiddenBackend,
		zenlayertest.TokensForgotten, zenlayertest.Refused,
	}
}

// Names of faults that the page has buttons for.
const (
	LostAnswer = "lost-answer"
	CloudOff   = "cloud-off"
)

// cloudFaults are the faults of the Zenlayer stand-in.
func (p *Panel) cloudFaults() []fault {
	changes := func(f zenlayertest.Fault) zenlayertest.Fault { f.Changes = true; return f }
	return []fault{
		p.cloudFault(LostAnswer, "the next change is made, and its answer is lost", zenlayertest.AnswerLost,
			changes, "times"),
		p.cloudFault("cloud-502", "the next calls answer 502 with a page", zenlayertest.BadGateway, nil,
			"times", "action"),
		p.cloudFault("cloud-429", "the next calls are refused by Zenlayer's rate limit", zenlayertest.RateLimited, nil,
			"times", "action", "seconds"),
		p.cloudFault("slow-cloud", "the next answers take 5 seconds", zenlayertest.SlowBody, nil,
			"times", "action", "seconds"),
		p.cloudFault(CloudOff, "every call is dropped until this is cleared", zenlayertest.ConnectionDropped,
			func(f zenlayertest.Fault) zenlayertest.Fault { f.Times = -1; return f }),
		p.noRight(),
		{Fault: Fault{Name: "zenlayer", About: "any fault of the Zenlayer stand-in: " + quoted(cloudKinds()),
			Fields: []string{"kind", "times", "action", "seconds"}, Needs: true},
			set: func(s Setting) error {
				if !slices.Contains(cloudKinds(), zenlayertest.FaultKind(s.Kind)) {
					return fmt.Errorf("the Zenlayer stand-in has no fault %q: kind is one of %s", s.Kind,
						quoted(cloudKinds()))
				}
				p.cloud.Inject(cloudSetting(zenlayertest.FaultKind(s.Kind), s))
				return nil
			},
			on:    func() bool { return len(p.cloud.Faults()) > 0 },
			clear: p.cloud.ClearFaults},
	}
}

// noRight is a key without a right, until this is cleared.
func (p *Panel) noRight() fault {
	const name = "no-right"
	f := p.cloudFault(name, "the key has no right to a call, until this is cleared", zenlayertest.Refused,
		func(f zenlayertest.Fault) zenlayertest.Fault {
			f.Times, f.Status, f.Code = -1, http.StatusUnauthorized, "AUTHFAILURE_UNAUTHORIZED_OPERATION"
			f.Message = "The operation is not authorised or does not exist."
			return f
		}, "action", "service")
	f.Needs = true
	return f
}

// cloudFault is a fault of one kind; change may set what Setting does not.
func (p *Panel) cloudFault(name, about string, kind zenlayertest.FaultKind,
	change func(zenlayertest.Fault) zenlayertest.Fault, fields ...string) fault {
	same := func(f zenlayertest.Fault) bool { return f.Kind == kind }
	return fault{Fault: Fault{Name: name, About: about, Fields: append([]string{}, fields...)},
		set: func(s Setting) error {
			f := cloudSetting(kind, s)
			if change != nil {
				f = change(f)
			}
			p.cloud.Inject(f)
			return nil
		},
		on: func() bool { return slices.ContainsFunc(p.cloud.Faults(), same) },
		clear: func() {
			others := slices.DeleteFunc(p.cloud.Faults(), same)
			p.cloud.ClearFaults()
			for _, f := range others {
				p.cloud.Inject(f)
			}
		}}
}

func cloudSetting(kind zenlayertest.FaultKind, s Setting) zenlayertest.Fault {
	f := zenlayertest.Fault{Kind: kind, Action: s.Action, Service: s.Service, Times: s.Times,
		Delay: s.wait(5 * time.Second)}
	if kind == zenlayertest.RateLimited && s.Seconds > 0 {
		f.RetryAfter = strconv.Itoa(int(s.Seconds))
	}
	return f
}

func quoted(names []zenlayertest.FaultKind) string {
	var all []string
	for _, n := range names {
		all = append(all, strconv.Quote(string(n)))
	}
	return strings.Join(all, ", ")
}
